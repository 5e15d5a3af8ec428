"""Bulk inference: does a second worker pay, is the process that reads and writes in the way, and does memory stay flat?

    python benchmarks/bulk.py --data DIR                       tweets of TweetEval
    python benchmarks/bulk.py                                  made-up texts
    python benchmarks/bulk.py --quick                          a few seconds, to see that it works
    python benchmarks/bulk.py --data DIR --add ray             more rounds of one engine, added to those that are kept

Each round runs the same file through 1 worker and 2 workers, in turn, with each engine. "steady" is the rate from a
tenth to nine tenths of the rows, "job" the whole call with the start of the workers. Memory is measured on its
own, for growing numbers of rows.
"""

import argparse
import gzip
import json
import random
import statistics
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from functools import partial
from itertools import cycle, islice, pairwise
from pathlib import Path
from typing import Any

import psutil
from spacy.language import Language
from spacy.training.initialize import init_nlp
from spacy.util import registry
from speed_record import RESULTS, header
from thinc.api import Config

from spacy_mtl.bulk.apply import ENGINES, apply_files
from spacy_mtl.cli.init_config import init_config
from spacy_mtl.inference.runs import RunReport

MIN_BLOCKS = 3
TOO_FEW = "The blocks of the job are too few for a steady rate. Give more --rows."
DEMO = Path(__file__).parent.parent / "assets" / "demo"
WORKERS = (1, 2)
#: Seconds between two looks at a running job, and looks between two at its processes, which take time themselves.
PAUSE = 0.1
LOOKS = 30
MEGABYTE = 1 << 20


def read_texts(data: str | None) -> list[str]:
    """Read tweets, or make texts up.

    data (Optional[str]): The folder of the data.
    RETURNS (List[str]): The texts.
    """
    if data is None:
        rng = random.Random(0)
        words = [f"{rng.choice('abcdefgh')}{i:x}" for i in range(20_000)]
        return [" ".join(rng.choices(words, k=rng.randrange(5, 35))) for _ in range(20_000)]
    texts = []
    for path in sorted(Path(data).glob("tweeteval-*/train.jsonl.gz")):
        with gzip.open(path, "rt", encoding="utf8") as file:
            texts += [json.loads(line)["text"] for line in file]
    if not texts:
        sys.exit(f"There are no files tweeteval-*/train.jsonl.gz in {data}.")
    return texts


def write_rows(path: Path, texts: list[str], n: int) -> Path:
    """Write a file with as many rows as are asked for.

    path (Path): The file.
    texts (List[str]): Texts, which are repeated.
    n (int): The number of rows.
    RETURNS (Path): The file.
    """
    with path.open("w", encoding="utf8") as file:
        for i, text in enumerate(islice(cycle(texts), n)):
            file.write(json.dumps({"id": i, "text": text}) + "\n")
    return path


class Watch:
    """Looks at a job while it runs: rows that are done, processor time and memory of its processes."""

    def __init__(self) -> None:
        """Begin with nothing."""
        self.points: list[tuple[float, int]] = []
        self.worker_seconds: dict[int, float] = {}
        self.worker_peak: dict[int, int] = {}
        self.driver_peak = 0
        self._is_over = threading.Event()
        self._thread: threading.Thread | None = None

    def __call__(self, report: RunReport) -> None:
        """Begin to look.

        report (RunReport): The job.
        """
        self._thread = threading.Thread(target=self._look, args=[report])
        self._thread.start()

    def stop(self) -> None:
        """Look no more."""
        self._is_over.set()
        if self._thread is not None:
            self._thread.join()

    def steady(self) -> float:
        """RETURNS (float): Rows a second, from a tenth to nine tenths of them."""
        last = self.points[-1][1]
        inside = [point for point in self.points if 0.1 * last <= point[1] <= 0.9 * last]
        # The moments at which blocks came, and not those between.
        steps = [inside[0], *(b for a, b in pairwise(inside) if a[1] != b[1])]
        if len(steps) < MIN_BLOCKS:
            raise ValueError(TOO_FEW)
        (start, first), (end, done) = steps[1], steps[-1]
        return (done - first) / (end - start)

    def _look(self, report: RunReport) -> None:
        driver = psutil.Process()
        n_looks = 0
        while not self._is_over.is_set():
            self.points.append((time.perf_counter(), report.rows))
            if n_looks % LOOKS == 0:
                self.driver_peak = max(self.driver_peak, driver.memory_info().rss)
                for process in find_workers(driver):
                    self._look_at(process)
            n_looks += 1
            self._is_over.wait(PAUSE)

    def _look_at(self, process: psutil.Process) -> None:
        try:
            times, memory = process.cpu_times(), process.memory_info().rss
        except psutil.Error:
            return
        self.worker_seconds[process.pid] = times.user + times.system
        self.worker_peak[process.pid] = max(self.worker_peak.get(process.pid, 0), memory)


def find_workers(driver: psutil.Process) -> Iterator[psutil.Process]:
    """Find the processes that work.

    driver (Process): The process that reads and writes.
    YIELDS (Process): The workers.
    """
    for process in driver.children(recursive=True):
        try:
            words = process.cmdline()
        except psutil.Error:
            continue
        is_actor = bool(words) and "RayWorker" in words[0]
        # Processes of the engine local are children of the one that they are copies of.
        is_copy = "forkserver" in " ".join(words) and process.ppid() != driver.pid
        if is_actor or is_copy or "spawn_main" in " ".join(words):
            yield process


def measure(
    nlp: Language, source: Path, folder: Path, engine: str, n_workers: int
) -> dict[str, float]:
    """Run one job.

    nlp (Language): The pipeline.
    source (Path): The file.
    folder (Path): Where to write.
    engine (str): "local" or "ray".
    n_workers (int): The number of workers.
    RETURNS (Dict[str, float]): Rates in rows a second, processor seconds for 1,000 rows, and megabytes.
    """
    watch = Watch()
    wall, processor = time.perf_counter(), time.process_time()
    report = apply_files(
        nlp,
        [source],
        folder / f"{engine}.jsonl",
        engine=engine,
        n_workers=n_workers,
        overwrite=True,
        on_start=watch,
    )
    wall, processor = time.perf_counter() - wall, time.process_time() - processor
    watch.stop()
    thousands = report.rows / 1000
    return {
        "steady": round(watch.steady(), 1),
        "job": round(report.rows / wall, 1),
        "driver_seconds": round(processor / thousands, 5),
        "worker_seconds": round(sum(watch.worker_seconds.values()) / thousands, 5),
        "driver_mb": round(watch.driver_peak / MEGABYTE, 1),
        "worker_mb": round(max(watch.worker_peak.values(), default=0) / MEGABYTE, 1),
    }


def compare(
    run: Callable[[str, int], dict[str, float]], rounds: int, found: dict[str, Any]
) -> dict[str, Any]:
    """Measure 1 and 2 workers in turn, with each engine.

    run (Callable): Measures an engine with a number of workers.
    rounds (int): How often.
    found (Dict[str, Any]): Rounds by engine and number of workers, to which these are added.
    RETURNS (Dict[str, Any]): For each engine the rounds, their medians and the gain.
    """
    for number in range(rounds):
        for engine in found:
            for n_workers in WORKERS if number % 2 else WORKERS[::-1]:
                result = run(engine, n_workers)
                found[engine][str(n_workers)].append(result)
                print(engine, n_workers, result, file=sys.stderr, flush=True)
    for sides in found.values():
        one, two = (sides[str(n)] for n in WORKERS)
        medians = {
            str(n): {key: statistics.median(r[key] for r in sides[str(n)]) for key in one[0]}
            for n in WORKERS
        }
        gains = {
            key: round(statistics.median(b[key] / a[key] for a, b in zip(one, two, strict=True)), 3)
            for key in ("steady", "job")
        }
        sides.update(median=medians, gain=gains)
    return found


def main() -> None:
    """Measure, and write the result."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", help="folder with tweeteval-*/train.jsonl.gz")
    parser.add_argument("--rows", type=int, default=200_000, help="rows of the comparison")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument(
        "--memory-rows", default="50000,500000,2000000", help="'' to keep what was measured"
    )
    parser.add_argument("--quick", action="store_true", help="few rows and rounds, nothing is kept")
    parser.add_argument("--add", choices=ENGINES, help="only rounds of this engine")
    args = parser.parse_args()
    if args.quick:
        args.rows, args.rounds, args.memory_rows = 50_000, 1, ""
    texts = read_texts(args.data)
    registry.ensure_populated()
    nlp = init_nlp(Config().from_str(init_config(DEMO, max_steps=1)))
    result = {
        **header("python benchmarks/bulk.py" + (" --data DIR" if args.data else "")),
        "tasks": len(nlp.pipe_names) - 1,
        "rows": args.rows,
        "texts": "TweetEval, train" if args.data else "made up",
    }
    found: dict[str, Any] = {engine: {str(n): [] for n in WORKERS} for engine in ENGINES}
    if args.add:
        kept = json.loads((RESULTS / "bulk.json").read_text(encoding="utf8"))
        if (kept["rows"], kept["texts"]) != (result["rows"], result["texts"]):
            sys.exit("The rounds that are kept were of other rows or texts.")
        result, found = kept, {args.add: kept["engines"][args.add]}
        args.memory_rows = ""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        source = write_rows(folder / "rows.jsonl", texts, args.rows)
        run = partial(measure, nlp, source, folder)
        result.setdefault("engines", {}).update(compare(run, args.rounds, found))
        result.setdefault("memory", {engine: {} for engine in ENGINES})
        if not args.memory_rows and (RESULTS / "bulk.json").exists():
            result["memory"] = json.loads((RESULTS / "bulk.json").read_text("utf8"))["memory"]
        for n in (int(n) for n in args.memory_rows.split(",") if n):
            source = write_rows(folder / "rows.jsonl", texts, n)
            for engine in ENGINES:
                peak = measure(nlp, source, folder, engine, max(WORKERS))
                print(engine, n, peak, file=sys.stderr, flush=True)
                result["memory"][engine][str(n)] = peak
    if args.quick:
        print(json.dumps(result, indent=2))
    else:
        (RESULTS / "bulk.json").write_text(json.dumps(result, indent=2) + "\n", encoding="utf8")


if __name__ == "__main__":
    main()
