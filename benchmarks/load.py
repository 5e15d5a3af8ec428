"""What a pipeline stands: millions of texts with ever new words, threads, processes, and texts without end.

    python benchmarks/load.py                     all sections that benchmarks/results/load.json lacks
    python benchmarks/load.py SECTION ...         these, anew
    python benchmarks/load.py --quick SECTION     few texts, printed and not saved

Sections: `memory` (does memory stay flat, and speed, inside of memory zones and without them), `bulk` (does that of a
worker of `mtl apply`), `threads` (do eight that use one pipeline get what one gets), `processes` (do two, forked or
spawned), `long` (a text of a million tokens, a token of a million characters, a hundred thousand empty texts). Each
part runs in a process of its own, so that none sees the memory of another. Texts are made up: nothing has to be
downloaded.
"""

import argparse
import json
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import load_parts
from speed_record import RESULTS, header, merge, read

FILE = RESULTS / "load.json"
#: Texts of the curves, inside of memory zones and without.
ZONED, PLAIN = 5_000_000, 500_000
#: Texts of a worker, which begins anew twice on the way.
BULK = 6_000_000
QUICK = 0.004
TOKENS = (125_000, 250_000, 500_000, 1_000_000)


def memory(share: float) -> dict[str, Any]:
    """Memory and speed over many texts."""
    return {
        "zones": call("memory", way="zones", n_texts=max(20_000, int(share * ZONED))),
        "plain": call("memory", way="plain", n_texts=max(20_000, int(share * PLAIN))),
    }


def bulk(share: float) -> dict[str, Any]:
    """Memory of a worker of bulk inference."""
    return call("bulk", n_texts=max(250_000, int(share * BULK)))


def threads(share: float) -> dict[str, Any]:
    """Results of eight threads and of one, and what memory zones do in threads."""
    n_texts = max(50, int(share * 2000))
    found = {way: call("threads", way=way, n_texts=n_texts) for way in ("call", "pipe")}
    return {**found, "zone_per_thread": call("zones_in_threads", n_texts=n_texts)}


def processes(share: float) -> dict[str, Any]:
    """Results of two processes and of one."""
    n_texts = max(200, int(share * 20_000))
    return {
        method: call("processes", method=method, n_texts=n_texts) for method in ("fork", "spawn")
    }


def long(share: float) -> dict[str, Any]:
    """Long texts, long words, and no texts."""
    sizes = [int(max(share, 0.02) * n_tokens) for n_tokens in TOKENS]
    return {
        "text": [call("long_text", n_tokens=n_tokens) for n_tokens in sizes],
        "word": call("long_word", n_characters=1_000_000),
        "empty": call("empty_texts", n_texts=max(1000, int(share * 100_000))),
    }


SECTIONS: dict[str, Callable[[float], dict[str, Any]]] = {
    "memory": memory,
    "bulk": bulk,
    "threads": threads,
    "processes": processes,
    "long": long,
}


def call(part: str, **settings: Any) -> dict[str, Any]:
    """Run a part in a process of its own.

    part (str): Name of the function in `load_parts`.
    **settings (Any): Its arguments.
    RETURNS (Dict[str, Any]): Its result. If the process has died: how.
    """
    command = [sys.executable, __file__, "--part", part, json.dumps(settings)]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=False)
    if done.returncode:
        return {**settings, "died": done.returncode}
    return {**settings, **json.loads(done.stdout.splitlines()[-1])}


def main() -> None:
    """Run the sections that were asked for, and save each as soon as it is there."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("sections", nargs="*", metavar="SECTION")
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--part", nargs=2)
    args = parser.parse_args()
    if args.part:
        name, settings = args.part
        print(json.dumps(getattr(load_parts, name)(**json.loads(settings))))
        return
    unknown = sorted(set(args.sections) - set(SECTIONS))
    if unknown:
        parser.error(f"unknown sections {unknown}, choose from {', '.join(SECTIONS)}")
    known = read(FILE)
    for name in args.sections or [name for name in SECTIONS if name not in known]:
        print(f"section {name}", file=sys.stderr, flush=True)
        found = SECTIONS[name](QUICK if args.quick else 1.0)
        if args.quick:
            print(json.dumps({name: found}, indent=2))
            continue
        merge(FILE, {name: {**header(f"python benchmarks/load.py {name}"), **found}})


if __name__ == "__main__":
    main()
