"""What others reach on TweetEval: a linear model, fastText and stock spaCy, one model a set.

Settings are chosen on dev with the metric of the task, once for all seeds; test is read for the
final scores alone. One file per system and seed is written to `results/tweeteval/`, a set at a
time, and whatever stands there already is not computed again:

    python benchmarks/tweeteval_peers.py --data DATA --systems tfidf_lr,floret --seeds 0,1,2
"""

import argparse
import io
import itertools
import json
import os
import platform
import random
import tempfile
import time
from collections.abc import Callable
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any, NamedTuple

import floret
import numpy
import spacy
from sklearn.base import BaseEstimator
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline, make_union
from spacy.cli.init_config import init_config
from spacy.tokens import DocBin
from spacy.training.initialize import init_nlp
from spacy.training.loop import train as train_nlp
from thinc.api import use_ops
from tweeteval_data import DATA_ENV, LABELS, SETS, load
from tweeteval_metrics import confusion, score_confusions, set_score, write_record

Settings = dict[str, Any]
RESULTS = Path(__file__).parent / "results" / "tweeteval"
PACKAGES = ("spacy", "thinc", "numpy", "scikit-learn", "floret")
EVALUATED = ("dev", "test")

LR_GRID: list[Settings] = [
    {"C": C, "class_weight": class_weight}
    for C, class_weight in itertools.product((1.0, 3.0, 10.0), (None, "balanced"))
]
LR_FIXED: Settings = {"max_iter": 1000, "tol": 1e-3}
TFIDF_FIXED: Settings = {"sublinear_tf": True, "dtype": numpy.float32}
FLORET_GRID = [
    {"lr": lr, "epoch": epoch, "minn": minn, "maxn": maxn}
    for lr, epoch, (minn, maxn) in itertools.product((0.1, 0.5), (5, 25), ((0, 0), (3, 5)))
]
FLORET_FIXED = {"dim": 100, "wordNgrams": 2, "bucket": 500_000, "thread": 1, "verbose": 0}
LABEL_PREFIX = "__label__"
COMMAND = "python benchmarks/tweeteval_peers.py --data DATA --systems {system} --seeds {seed}"
NO_DATA = "Pass the folder of the data with --data, or set {env}."
UNKNOWN_SYSTEMS = "Unknown systems {unknown}: expected some of {names}."


class Predictions(NamedTuple):
    """Labels of the dev and the test rows of one set, and the settings that led to them."""

    dev: list[str]
    test: list[str]
    settings: Settings


def run_tfidf_lr(data_dir: str | Path, seed: int, name: str, **settings: Any) -> Predictions:
    """Logistic regression on TF-IDF weights of word unigrams and bigrams.

    data_dir (str | Path): The folder of the data.
    seed (int): Orders the training rows; the optimum does not depend on it.
    name (str): The set.
    settings (Any): The settings; without any, they are chosen on dev.
    RETURNS (Predictions): The labels of dev and test.
    """
    return _run_lr(data_dir, seed, name, settings, use_chars=False)


def run_tfidf_char_lr(data_dir: str | Path, seed: int, name: str, **settings: Any) -> Predictions:
    """Logistic regression on TF-IDF weights of word (1-2) and character (3-5) n-grams.

    data_dir (str | Path): The folder of the data.
    seed (int): Orders the training rows; the optimum does not depend on it.
    name (str): The set.
    settings (Any): The settings; without any, they are chosen on dev.
    RETURNS (Predictions): The labels of dev and test.
    """
    return _run_lr(data_dir, seed, name, settings, use_chars=True)


def run_floret(data_dir: str | Path, seed: int, name: str, **settings: Any) -> Predictions:
    """A supervised fastText classifier, as trained by floret, on lower-cased tokens.

    data_dir (str | Path): The folder of the data.
    seed (int): The seed of the classifier.
    name (str): The set.
    settings (Any): The settings; without any, they are chosen on dev.
    RETURNS (Predictions): The labels of dev and test.
    """
    settings = settings or _tune_floret(data_dir, name)
    model = _train_floret(data_dir, name, seed, settings)
    dev, test = (_predict_floret(model, data_dir, name, split) for split in EVALUATED)
    return Predictions(dev, test, settings)


def run_spacy_textcat(data_dir: str | Path, seed: int, name: str) -> Predictions:
    """Stock spaCy, as `spacy init config --lang en --pipeline textcat` sets it up: a bag of words.

    data_dir (str | Path): The folder of the data.
    seed (int): The seed of the training run.
    name (str): The set.
    RETURNS (Predictions): The labels of dev and test.
    """
    return _run_spacy(data_dir, seed, name, optimize="efficiency")


def run_spacy_textcat_accuracy(data_dir: str | Path, seed: int, name: str) -> Predictions:
    """Stock spaCy with `--optimize accuracy`: convolutional network and bag of words. The vectors
    of en_core_web_lg that the config asks for are left out: no other peer is pretrained.

    data_dir (str | Path): The folder of the data.
    seed (int): The seed of the training run.
    name (str): The set.
    RETURNS (Predictions): The labels of dev and test.
    """
    # Equal output; BLIS runs a slow generic kernel on processors that it does not know.
    with use_ops("numpy", use_blis=False):
        return _run_spacy(data_dir, seed, name, optimize="accuracy")


SYSTEMS: dict[str, Callable[..., Predictions]] = {
    "tfidf_lr": run_tfidf_lr,
    "tfidf_char_lr": run_tfidf_char_lr,
    "floret": run_floret,
    "spacy_textcat": run_spacy_textcat,
    "spacy_textcat_accuracy": run_spacy_textcat_accuracy,
}


def run_system(system: str, seed: int, *, data_dir: str | Path, out_dir: Path) -> dict[str, Any]:
    """Run a system on every set that its file does not hold yet, and score it once all are there.
    Settings that another seed has chosen are taken over.

    system (str): A key of `SYSTEMS`.
    seed (int): The seed.
    data_dir (str | Path): The folder of the data.
    out_dir (Path): Where `<system>-<seed>.json` is kept.
    RETURNS (dict): The content of that file.
    """
    path = out_dir / f"{system}-{seed}.json"
    record = json.loads(path.read_text(encoding="utf8")) if path.is_file() else {}
    if "test" in record:
        return record
    sets = record.get("sets", {})
    settings: dict[str, Settings] = {}
    for other in out_dir.glob(f"{system}-*.json"):
        rows = json.loads(other.read_text(encoding="utf8"))["sets"]
        settings |= {name: row["settings"] for name, row in rows.items()}
    for name in [name for name in SETS if name not in sets]:
        start, cpu_start = time.perf_counter(), time.process_time()
        predictions = SYSTEMS[system](data_dir, seed, name, **settings.get(name, {}))
        sets[name] = {
            "seconds": round(time.perf_counter() - start, 1),
            "cpu_seconds": round(time.process_time() - cpu_start, 1),
            "settings": predictions.settings,
        }
        for split in EVALUATED:
            gold = load(data_dir, name, split)[1]
            sets[name][split] = confusion(name, gold, getattr(predictions, split))
        record = {
            "system": system,
            "seed": seed,
            "command": COMMAND.format(system=system, seed=seed),
            "seconds": round(sum(row["seconds"] for row in sets.values()), 1),
            "cpu_seconds": round(sum(row["cpu_seconds"] for row in sets.values()), 1),
            "versions": {"python": platform.python_version()} | {p: version(p) for p in PACKAGES},
            "sets": sets,
        }
        write_record(path, record)
        print(f"{system} {seed} {name}: {sets[name]['seconds']} s", flush=True)
    for split in EVALUATED:
        record[split] = score_confusions({name: sets[name][split] for name in SETS})
    write_record(path, record)
    return record


def _run_lr(
    data_dir: str | Path, seed: int, name: str, settings: Settings, *, use_chars: bool
) -> Predictions:
    settings = settings or _tune_lr(data_dir, name, use_chars)
    texts, labels = load(data_dir, name, "train")
    order = random.Random(seed).sample(range(len(texts)), len(texts))
    model = make_pipeline(_features(use_chars), LogisticRegression(**settings, **LR_FIXED))
    model.fit([texts[i] for i in order], [labels[i] for i in order])
    dev, test = (model.predict(load(data_dir, name, split)[0]).tolist() for split in EVALUATED)
    return Predictions(dev, test, settings)


def _tune_lr(data_dir: str | Path, name: str, use_chars: bool) -> Settings:
    texts, labels = load(data_dir, name, "train")
    dev_texts, dev_labels = load(data_dir, name, "dev")
    features = _features(use_chars)
    X, X_dev = features.fit_transform(texts), features.transform(dev_texts)

    def dev_score(settings: Settings) -> float:
        model = LogisticRegression(**settings, **LR_FIXED).fit(X, labels)
        return set_score(name, dev_labels, model.predict(X_dev))

    return max(LR_GRID, key=dev_score)


def _features(use_chars: bool) -> BaseEstimator:
    words = TfidfVectorizer(ngram_range=(1, 2), min_df=2, **TFIDF_FIXED)
    chars = TfidfVectorizer(analyzer="char_wb", ngram_range=(3, 5), min_df=3, **TFIDF_FIXED)
    return make_union(words, chars) if use_chars else words


def _tune_floret(data_dir: str | Path, name: str) -> Settings:
    gold = load(data_dir, name, "dev")[1]

    def dev_score(settings: Settings) -> float:
        model = _train_floret(data_dir, name, 0, settings)
        return set_score(name, gold, _predict_floret(model, data_dir, name, "dev"))

    return max(FLORET_GRID, key=dev_score)


def _train_floret(data_dir: str | Path, name: str, seed: int, settings: Settings) -> Any:
    labels = load(data_dir, name, "train")[1]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "train.txt"
        with path.open("w", encoding="utf8") as file_:
            for label, line in zip(labels, _token_lines(str(data_dir), name, "train"), strict=True):
                file_.write(f"{LABEL_PREFIX}{LABELS[name].index(label)} {line}\n")
        return floret.train_supervised(input=str(path), seed=seed, **FLORET_FIXED, **settings)


def _predict_floret(model: Any, data_dir: str | Path, name: str, split: str) -> list[str]:
    # A line without a known token gets no label at all: it falls back to the set's first one.
    guesses = model.predict(list(_token_lines(str(data_dir), name, split)))[0]
    ids = [int(guess[0].removeprefix(LABEL_PREFIX)) if guess else 0 for guess in guesses]
    return [LABELS[name][i] for i in ids]


@cache
def _token_lines(data_dir: str, name: str, split: str) -> tuple[str, ...]:
    docs = spacy.blank("en").pipe(load(data_dir, name, split)[0])
    lines = (" ".join(token.lower_ for token in doc if not token.is_space) for doc in docs)
    return tuple(line.replace(LABEL_PREFIX, "label") for line in lines)


def _run_spacy(data_dir: str | Path, seed: int, name: str, *, optimize: str) -> Predictions:
    config = init_config(lang="en", pipeline=["textcat"], optimize=optimize, gpu=False, silent=True)
    config["system"]["seed"] = seed
    if optimize == "accuracy":
        config["paths"]["vectors"] = None
        config["components"]["tok2vec"]["model"]["embed"]["include_static_vectors"] = False
    with tempfile.TemporaryDirectory() as folder:
        for split in ("train", "dev"):
            config["paths"][split] = str(Path(folder) / f"{split}.spacy")
            _write_docs(Path(config["paths"][split]), data_dir, name, split)
        train_nlp(init_nlp(config), Path(folder), stdout=io.StringIO(), stderr=io.StringIO())
        nlp = spacy.load(Path(folder) / "model-best")
    docs = (nlp.pipe(load(data_dir, name, split)[0]) for split in EVALUATED)
    dev, test = ([max(d.cats, key=d.cats.__getitem__) for d in split] for split in docs)
    return Predictions(dev, test, {})


def _write_docs(path: Path, data_dir: str | Path, name: str, split: str) -> None:
    texts, labels = load(data_dir, name, split)
    doc_bin = DocBin()
    for doc, gold in zip(spacy.blank("en").pipe(texts), labels, strict=True):
        doc.cats = {label: float(label == gold) for label in LABELS[name]}
        doc_bin.add(doc)
    doc_bin.to_disk(path)


def main() -> None:
    """Run the systems and seeds named on the command line."""
    parser = argparse.ArgumentParser(description="Peers on TweetEval.")
    parser.add_argument("--data", default=os.environ.get(DATA_ENV))
    parser.add_argument("--systems", default=",".join(SYSTEMS))
    parser.add_argument("--seeds", default="0,1,2")
    args = parser.parse_args()
    if not args.data:
        parser.error(NO_DATA.format(env=DATA_ENV))
    systems = args.systems.split(",")
    if unknown := sorted(set(systems) - set(SYSTEMS)):
        parser.error(UNKNOWN_SYSTEMS.format(unknown=unknown, names=", ".join(SYSTEMS)))
    for system, seed in itertools.product(systems, map(int, args.seeds.split(","))):
        record = run_system(system, seed, data_dir=args.data, out_dir=RESULTS)
        print(f"{system} {seed}: test ALL {record['test']['ALL']}", flush=True)


if __name__ == "__main__":
    main()
