"""Speed of the shared encoder and of what surrounds it, beside stock spaCy.

    python benchmarks/speed.py --data DIR              about eight minutes
    python benchmarks/speed.py --data DIR --quick      within a minute, prints only
    python benchmarks/speed.py --data DIR --threads    threads and processes
    python benchmarks/speed.py --data DIR --memory     two million texts, takes long

Both sides run in turn in one process on one thread, and ratios are those of medians. Results go to
`results/speed.json` and `results/speed.svg`; sections that are not run stay there as they are.
"""

import argparse
import os
from importlib import import_module
from pathlib import Path

#: The module of each section, imported late: the number of threads has to be set before NumPy is there.
SECTIONS = {
    "encoder": "speed_encoder",
    "pipe": "speed_pipe",
    "train": "speed_train",
    "pretrain": "speed_pretrain",
    "tasks": "speed_tasks",
    "peers": "speed_peers",
    "growth": "speed_growth",
}
QUICK_SECTIONS = ("encoder", "pipe", "train", "tasks")
THREAD_VARIABLES = (
    "OPENBLAS_NUM_THREADS",
    "OMP_NUM_THREADS",
    "MKL_NUM_THREADS",
    "BLIS_NUM_THREADS",
    "VECLIB_MAXIMUM_THREADS",
    "NUMBA_NUM_THREADS",
)
DATA_ENV = "SPACY_MTL_DATA"
NO_DATA = "Pass the folder of the data with --data, or set {env}."
UNKNOWN_SECTIONS = "Unknown sections {unknown}: expected some of {names}."
MEMORY_TEXTS = 2_000_000


def main() -> None:
    """Run the sections named on the command line."""
    parser = argparse.ArgumentParser(description="Speed.")
    parser.add_argument("--data", default=os.environ.get(DATA_ENV), help="folder of the data")
    parser.add_argument("--quick", action="store_true", help="few texts; written only with --out")
    parser.add_argument("--out", type=Path, help="folder of the results")
    parser.add_argument("--sections", help="comma-separated, of: " + ",".join(SECTIONS))
    parser.add_argument("--all", action="store_true", help="everything that the README shows")
    parser.add_argument("--threads", action="store_true", help="measure threads and processes")
    parser.add_argument(
        "--memory", type=int, nargs="?", const=MEMORY_TEXTS, metavar="N", help="measure memory"
    )
    args = parser.parse_args()
    if args.all:
        args.sections = args.sections or ",".join(SECTIONS)
        args.threads, args.memory = True, args.memory or MEMORY_TEXTS
    if not args.data:
        parser.error(NO_DATA.format(env=DATA_ENV))
    default = QUICK_SECTIONS if args.quick else SECTIONS
    sections = args.sections.split(",") if args.sections else list(default)
    if unknown := sorted(set(sections) - set(SECTIONS)):
        parser.error(UNKNOWN_SECTIONS.format(unknown=unknown, names=", ".join(SECTIONS)))
    os.environ.update(dict.fromkeys(THREAD_VARIABLES, "1"))
    if args.threads:
        save("threads", "--threads", import_module("speed_threads").run(args.data), args)
    if args.memory is not None:
        record = import_module("speed_memory").run(args.data, args.memory)
        save("memory", f"--memory {args.memory}", record, args)
    if args.sections or not (args.threads or args.memory is not None):
        for name in sections:
            record = import_module(SECTIONS[name]).run(args.data, args.quick)
            options = f"--sections {name}" + " --quick" * args.quick
            save(name, options, record, args)


def save(name: str, options: str, record: dict, args: argparse.Namespace) -> None:
    """Print a section, and keep it.

    name (str): The section.
    options (str): The options that make it.
    record (dict): Its figures.
    args (Namespace): What was asked for.
    """
    speed_record, speed_table = import_module("speed_record"), import_module("speed_table")
    command = f"python benchmarks/speed.py --data DATA {options}"
    section = speed_record.header(command) | record
    print(f"{name}: {section['cpu']}\n\n{speed_table.TABLES[name](section)}\n", flush=True)
    if args.quick and args.out is None:
        return
    folder = args.out or speed_record.RESULTS
    speed_record.merge(folder / "speed.json", {name: section})
    if name == "growth":
        import_module("speed_plot").write(section, folder / "speed.svg")


if __name__ == "__main__":
    main()
