"""How well flipped labels are found, and what proposals of texts to label are worth.

    python benchmarks/review.py --data DIR --work DIR [--sets emotion,sst2,trec6] [--seeds 0,1,2]
    python benchmarks/review.py --data DIR --work DIR --genuine 50

Encoders are pretrained on raw text without labels and kept in the work folder. Results are written to
`results/review/`, one file for each set and seed, as they come; what is there already is not computed again.
With --genuine no label is flipped: the most suspicious rows of the training set of SST-2 are listed by line, without
their texts.
"""

import argparse
import json
import os
import platform
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy
from review_data import (
    CHOSEN_ON,
    KINDS,
    RATES,
    SETS,
    UNTRAINED,
    LabelledSet,
    flip,
    load_encoder,
    load_split,
)
from review_learning import START, STEP, STRATEGIES, learning_curve
from review_methods import (
    OURS,
    PEER,
    STRONG_PEER,
    Judge,
    measure,
    our_scores,
    peer_scores,
    tfidf,
)
from review_methods import UNTRAINED as OURS_UNTRAINED
from thinc.api import use_ops

from spacy_mtl.review.features import Features, extract_features
from spacy_mtl.review.progress import Progress

DATA_ENV = "SPACY_MTL_DATA"
RESULTS = Path(__file__).parent / "results" / "review"
PACKAGES = ("spacy", "thinc", "numpy", "scikit-learn", "cleanlab", "spacy-mtl")
COMMAND = "python benchmarks/review.py --data DATA --work DIR --sets {set} --seeds {seed}"
#: Methods whose suspects are dropped and put right.
JUDGED = (PEER, STRONG_PEER, OURS)


class Runs:
    """The runs of one set: its texts and features are read once."""

    def __init__(self, name: str, data_dir: str, work: Path, out: Path) -> None:
        """Open the set."""
        self.name, self.out = name, out
        self._place = (data_dir, work)
        self.train = load_split(data_dir, name, "train")
        self._features: dict[str, Features] = {}
        self._test: LabelledSet | None = None
        self._judge: Judge | None = None

    @property
    def test(self) -> LabelledSet:
        """RETURNS (LabelledSet): The test split."""
        if self._test is None:
            self._test = load_split(self._place[0], self.name, "test", self.train.labels)
        return self._test

    @property
    def judge(self) -> Judge:
        """RETURNS (Judge): The classifier that learns from reviewed labels."""
        if self._judge is None:
            self._judge = Judge(self.train.texts, self.test.texts, self.test.y)
        return self._judge

    def features(self, kind: str, *, with_test: bool = False) -> Features:
        """RETURNS (Features): Features of the training texts, and of the test texts behind them if wanted."""
        key = f"{kind}-{with_test}"
        if key not in self._features:
            texts = self.train.texts + (self.test.texts if with_test else [])
            nlp = load_encoder(*self._place, kind)
            with use_ops("numpy", use_blis=False):
                progress = Progress(silent=True)
                found = extract_features(nlp, texts, source=kind, progress=progress)
            self._features[key] = found
        return self._features[key]

    def run_flips(self, seed: int) -> None:
        """Flip labels and look for them, in all ways that have not been done."""
        record = self._load(seed)
        for rate in RATES:
            for kind in KINDS:
                key = f"{kind}:{rate}"
                if key not in record["flips"]:
                    record["flips"][key] = self._run_flip(rate, kind, seed)
                    self._save(seed, record)
                    shown = {
                        name: found["average_precision"]
                        for name, found in record["flips"][key]["methods"].items()
                    }
                    print(self.name, seed, key, shown, flush=True)

    def run_learning(self, seed: int) -> None:
        """Follow each strategy for twenty rounds, unless that has been done."""
        record = self._load(seed)
        features = None
        for strategy in STRATEGIES:
            if strategy in record["learning"]:
                continue
            if features is None:
                features = self.features({**SETS, **CHOSEN_ON}[self.name][1], with_test=True)
                n = len(self.train.y)
                train, test = features.take(slice(0, n)), features.take(slice(n, None))
            curve = learning_curve(
                train,
                self.train.texts,
                self.train.y,
                test,
                self.test.y,
                len(self.train.labels),
                strategy,
                seed,
            )
            area = round(float(numpy.mean(curve)), 2)
            record["learning"][strategy] = {"curve": curve, "area": area}
            self._save(seed, record)
            print(self.name, seed, strategy, area, flush=True)

    def _run_flip(self, rate: float, kind: str, seed: int) -> dict[str, Any]:
        texts, y_true, labels = self.train
        # Seeds of the sets that settings are chosen on differ from those that are reported.
        draw = seed + 100 if self.name in CHOSEN_ON else seed
        y, flipped = flip(y_true, len(labels), rate, kind, draw)
        scores = {
            PEER: peer_scores(tfidf(texts, characters=False), y, len(labels), seed),
            STRONG_PEER: peer_scores(tfidf(texts, characters=True), y, len(labels), seed),
        }
        encoder = {**SETS, **CHOSEN_ON}[self.name][1]
        for kind_of_encoder, name in ((encoder, OURS), (UNTRAINED, OURS_UNTRAINED)):
            features = self.features(kind_of_encoder)
            scores.update(our_scores(features, texts, y, len(labels), seed, name=name))
        methods = {name: measure(found, flipped) for name, found in scores.items()}
        found: dict[str, Any] = {"n_flips": int(flipped.sum()), "methods": methods}
        if self.name in SETS:
            found["macro_f"] = {
                "clean": self.judge.macro_f(y_true),
                "flipped": self.judge.macro_f(y),
            }
            for name in JUDGED:
                n = int(flipped.sum())
                methods[name] |= self.judge.after_review(scores[name], y, y_true, n)
        return found

    def _load(self, seed: int) -> dict[str, Any]:
        path = self.out / f"{self.name}-{seed}.json"
        if path.exists():
            return json.loads(path.read_text(encoding="utf8"))
        return {"set": self.name, "seed": seed, "flips": {}, "learning": {}}

    def _save(self, seed: int, record: dict[str, Any]) -> None:
        about = {
            "rows": len(self.train.y),
            "encoder": {**SETS, **CHOSEN_ON}[self.name][1],
            "learning_sizes": {"start": START, "step": STEP},
            "command": COMMAND.format(set=self.name, seed=seed),
            "versions": {"python": platform.python_version()} | {p: version(p) for p in PACKAGES},
        }
        path = self.out / f"{self.name}-{seed}.json"
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary = path.with_suffix(".tmp")
        temporary.write_text(json.dumps({**record, **about}, indent=1) + "\n", encoding="utf8")
        temporary.replace(path)

    def genuine(self, n: int) -> list[dict[str, Any]]:
        """RETURNS (list): The most suspicious rows as they are: their lines, labels and scores."""
        features = self.features(SETS[self.name][1])
        texts, y, labels = self.train
        ((_, scores), *_) = our_scores(features, texts, y, len(labels), 0, name=OURS)
        top = numpy.argsort(-scores, kind="stable")[:n]
        return [
            {"line": int(i) + 1, "label": labels[y[i]], "score": round(float(scores[i]), 4)}
            for i in top
        ]


def main() -> None:
    """Run what is named on the command line."""
    parser = argparse.ArgumentParser(description="Label review.")
    parser.add_argument("--data", default=os.environ.get(DATA_ENV), help="folder of the data")
    parser.add_argument("--work", type=Path, default=Path(".review"), help="for encoders")
    parser.add_argument("--sets", default=",".join(SETS), help="comma-separated")
    parser.add_argument("--seeds", default="0,1,2", help="comma-separated")
    parser.add_argument("--genuine", type=int, default=0, help="list this many rows of SST-2")
    parser.add_argument("--out", type=Path, default=RESULTS)
    args = parser.parse_args()
    if not args.data:
        parser.error(f"Pass the folder of the data with --data, or set {DATA_ENV}.")
    known = {**SETS, **CHOSEN_ON}
    if unknown := sorted(set(args.sets.split(",")) - set(known)):
        parser.error(f"Unknown {unknown}: expected some of {', '.join(known)}.")
    if args.genuine:
        rows = Runs("sst2", args.data, args.work, args.out).genuine(args.genuine)
        path = args.out / "genuine-sst2.json"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(
            json.dumps({"set": "sst2", "split": "train", "rows": rows}, indent=1) + "\n"
        )
        return
    for name in args.sets.split(","):
        runs = Runs(name, args.data, args.work, args.out)
        for seed in map(int, args.seeds.split(",")):
            runs.run_flips(seed)
            if name in SETS:
                runs.run_learning(seed)


if __name__ == "__main__":
    main()
