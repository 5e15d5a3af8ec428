"""Odd files, names, settings, arguments and texts, found by a fuzzer that follows what they reach in the code.

    pip install atheris
    python benchmarks/fuzz.py --work DIR [--minutes 40] [--target NAME ...] [--seed 0]

Does anything but a success or a clear error come of them? Each target runs in a process of its own for its share of
the CPU minutes, from first inputs that the script makes. An input whose outcome is not allowed (see
fuzz_judge.py: another error than the package's own, a hang of 10 CPU seconds, a crash of the process) is written to
DIR/NAME/findings, with what went wrong. The same input can be tried again:

    python benchmarks/fuzz.py --work DIR --target NAME --input FILE
"""

import argparse
import json
import os
import re
import resource
import shutil
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

RESULT = Path(__file__).parent / "results" / "fuzz.json"
COMMAND = "python benchmarks/fuzz.py --work DIR"
#: What libFuzzer tells of the code that was reached.
STATUS = re.compile(r"cov: (\d+) ft: (\d+) corp: (\d+)")
#: CPU seconds that pass between two notes of how far a target is.
EVERY = 2.0
#: Of a process.
MEGABYTES = 4000


def main() -> None:
    """Fuzz the targets one after the other and write the results."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--work", type=Path, required=True)
    parser.add_argument("--minutes", type=float, default=40.0, help="CPU minutes in total")
    parser.add_argument("--target", nargs="*", default=None)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--input", type=Path, default=None)
    parser.add_argument("--worker", type=float, default=None, help=argparse.SUPPRESS)
    options = parser.parse_args()
    options.work = options.work.resolve()
    if options.worker is not None:
        fuzz(options.target[0], options.work, options.worker, options.seed)
    from fuzz_targets import TARGETS

    names = options.target or list(TARGETS)
    if options.input is not None:
        from fuzz_judge import try_input

        found = try_input(TARGETS[names[0]], options.input.read_bytes(), options.work / "place")
        print("allowed" if found is None else found["trace"])
        return
    seconds = 60 * options.minutes / len(names)
    for name in names:
        found = run(name, options.work, seconds, options.seed)
        # Other targets may be fuzzed at the same time.
        old = json.loads(RESULT.read_text("utf8")) if RESULT.exists() else {}
        rows = {row["target"]: row for row in old.get("rows", ())}
        rows[name] = found
        rows[name]["what"] = TARGETS[name].what
        print(json.dumps({key: rows[name][key] for key in rows[name] if key != "findings"}))
        for found in rows[name]["findings"]:
            print("   ", found["error"], found["where"], found["text"][:150], found["input"])
        sys.stdout.flush()
        result = {
            "command": COMMAND,
            "seed": options.seed,
            "rows": [rows[name] for name in TARGETS if name in rows],
            "fixed": old.get("fixed", []),
        }
        RESULT.write_text(json.dumps(result, indent=1, ensure_ascii=True) + "\n", "utf8")


def run(name: str, work: Path, seconds: float, seed: int) -> dict[str, Any]:
    """Fuzz a target in a process of its own, and in another one if it crashes.

    name (str): The target.
    work (Path): Folder for all targets.
    seconds (float): CPU seconds.
    seed (int): Seed of the fuzzer.
    RETURNS (Dict[str, Any]): What came of it.
    """
    folder = work / name.replace(" ", "-")
    shutil.rmtree(folder, ignore_errors=True)
    (folder / "findings").mkdir(parents=True)
    total = {"target": name, "seconds": 0.0, "runs": 0, "branches": 0, "features": 0, "corpus": 0}
    findings: dict[tuple[str, str], dict[str, Any]] = {}
    crashes = 0
    while seconds - total["seconds"] > EVERY and crashes < 20:
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        left = seconds - total["seconds"]
        command = [sys.executable, __file__, "--work", str(work), "--target", name]
        with (folder / "log.txt").open("wb") as log:
            ended = subprocess.run(
                [*command, "--worker", str(left), "--seed", str(seed + crashes)],
                stdout=log,
                stderr=log,
                stdin=subprocess.DEVNULL,
                env={**os.environ, "OPENBLAS_NUM_THREADS": "1"},
            )
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        total["seconds"] += after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
        with suppress(OSError, ValueError):
            done = json.loads((folder / "done.json").read_text())
            total["runs"] += done["runs"]
            findings |= {(found["error"], found["where"]): found for found in done["findings"]}
        status = STATUS.findall((folder / "log.txt").read_text("utf8", "replace"))
        if status:
            numbers = [max(map(int, column)) for column in zip(*status, strict=True)]
            for key, number in zip(("branches", "features", "corpus"), numbers, strict=True):
                total[key] = max(total[key], number)
        if ended.returncode:
            crashes += 1
            (folder / "log.txt").rename(folder / f"crash-{crashes}.txt")
            where = f"exit code {ended.returncode}"
            findings["crash", where] = {"error": "crash", "where": where, "text": "", "input": ""}
    shown = [
        {key: found[key] for key in ("error", "where", "text", "input")}
        for found in findings.values()
    ]
    return {**total, "seconds": round(total["seconds"], 1), "findings": shown}


def fuzz(name: str, work: Path, seconds: float, seed: int) -> None:
    """Fuzz a target until the time is over, and end the process.

    name (str): The target.
    work (Path): Folder for all targets.
    seconds (float): CPU seconds.
    seed (int): Seed of the fuzzer.
    """
    import atheris

    # It cannot compile what has been instrumented.
    sys.modules["numba"] = None  # type: ignore[assignment]
    with atheris.instrument_imports(include=["spacy_mtl"], enable_loader_override=False):
        from fuzz_targets import TARGETS

        import spacy_mtl.cli

        import_all(spacy_mtl)
    from fuzz_judge import try_input

    folder = work / name.replace(" ", "-")
    target = TARGETS[name]
    corpus = folder / "corpus"
    corpus.mkdir(exist_ok=True)
    for number, data in enumerate(target.seeds()):
        (corpus / f"seed{number}").write_bytes(data)
    words = [word for word in dict.fromkeys(target.words) if word]
    quoted = ["".join(f"\\x{byte:02x}" for byte in word.encode()) for word in words]
    (folder / "words.txt").write_text("".join(f'"{word}"\n' for word in quoted))
    findings: dict[tuple[str, str], dict[str, Any]] = {}
    runs, noted = 0, time.process_time()

    def note() -> None:
        done = {"runs": runs, "findings": list(findings.values())}
        (folder / "done.json.new").write_text(json.dumps(done))
        (folder / "done.json.new").replace(folder / "done.json")

    def test(data: bytes) -> None:
        nonlocal runs, noted
        runs += 1
        found = try_input(target, data, folder / "place")
        key = found and (found["error"], found["where"])
        if found and key not in findings:
            findings[key] = found
            stem = folder / "findings" / found["input"]
            stem.write_bytes(data)
            stem.with_suffix(".txt").write_text(found["trace"], "utf8", "backslashreplace")
            note()
        now = time.process_time()
        if now - noted > EVERY:
            noted = now
            note()
            if now > seconds:
                sys.stderr.flush()
                os._exit(0)

    arguments = [
        *(sys.argv[0], f"-seed={seed + 1}", "-max_len=2048", f"-rss_limit_mb={MEGABYTES}"),
        *("-timeout=120", "-print_pcs=0", f"-artifact_prefix={folder}/findings/"),
        # An empty one is an error.
        *([f"-dict={folder}/words.txt"] if words else []),
        str(corpus),
    ]
    atheris.Setup(arguments, test)
    atheris.Fuzz()


def import_all(package: Any) -> None:
    """Import all modules of a package, those aside that lack an extra."""
    import importlib
    import pkgutil

    for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
        if not module.name.endswith("__main__"):
            with suppress(ImportError):
                importlib.import_module(module.name)


if __name__ == "__main__":
    main()
