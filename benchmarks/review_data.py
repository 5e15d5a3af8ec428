"""Sets of the benchmark of label review, their encoders, and labels that are flipped."""

import gzip
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy
import spacy
from imdb_encoders import save_encoder
from spacy.language import Language
from spacy.training.initialize import init_nlp
from thinc.api import use_ops
from tweeteval_ours import make_config

TWEETS, FILMS, UNTRAINED = "tweets", "films", "untrained"
#: The folder of each set, and the encoder that has read raw text of its kind, or the nearest there is. None of
#: them has seen a label.
SETS = {
    "emotion": ("tweeteval-emotion", TWEETS),
    "sst2": ("sst2", FILMS),
    "trec6": ("trec6", FILMS),
}
#: Weights and settings were chosen on these, with flips of other seeds.
CHOSEN_ON = {
    "irony": ("tweeteval-irony", TWEETS),
    "offensive": ("tweeteval-offensive", TWEETS),
    "sentiment": ("tweeteval-sentiment", TWEETS),
    "imdb": ("imdb", FILMS),
}
MAX_ROWS = 4000
RATES = (0.05, 0.1, 0.2)
KINDS = ("random", "class")


class LabelledSet(NamedTuple):
    """One split of a set."""

    texts: list[str]
    y: Any
    labels: list[str]


def load_split(
    data_dir: str | Path, name: str, split: str, labels: Sequence[str] = ()
) -> LabelledSet:
    """Read a split.

    data_dir (str | Path): The folder of the data.
    name (str): The set.
    split (str): "train" or "test".
    labels (Sequence[str]): Labels in their order. Those of the split, sorted, if not given.
    RETURNS (LabelledSet): Its rows. Of sets that settings are chosen on, the first 4,000 of a shuffle.
    """
    folder = {**SETS, **CHOSEN_ON}[name][0]
    with gzip.open(Path(data_dir) / folder / f"{split}.jsonl.gz", "rt", encoding="utf8") as file_:
        rows = [json.loads(line) for line in file_]
    if name in CHOSEN_ON and len(rows) > MAX_ROWS:
        rows = [rows[i] for i in numpy.random.RandomState(0).permutation(len(rows))[:MAX_ROWS]]
    labels = list(labels) or sorted({str(row["label"]) for row in rows})
    y = numpy.array([labels.index(str(row["label"])) for row in rows])
    return LabelledSet([row["text"] for row in rows], y, labels)


def load_encoder(data_dir: str, work: Path, kind: str) -> Language:
    """Load a pipeline with an encoder that has seen no labels; pretrain it, unless that has been done.

    data_dir (str): The folder of the data.
    work (Path): Where raw text, vectors and weights are kept.
    kind (str): The encoder.
    RETURNS (Language): The pipeline.
    """
    with use_ops("numpy", use_blis=False):
        if kind == FILMS:
            return spacy.load(save_encoder(data_dir, work / FILMS, "lmao_vectors", 2))
        source = work / TWEETS if kind == TWEETS else None
        return init_nlp(make_config(data_dir, 0, {}, source, sets=["emotion"]))


def flip(y: Any, n_labels: int, rate: float, kind: str, seed: int) -> tuple[Any, Any]:
    """Flip labels.

    y (Ints1d): The labels.
    n_labels (int): How many there are.
    rate (float): Which part of the labels is flipped.
    kind (str): "random": any row, to any other label. "class": rows of some labels up to nine times as often
        as those of others, and each label to one other alone.
    seed (int): Seed of the draw.
    RETURNS (tuple): The new labels, and which were flipped.
    """
    rng = numpy.random.RandomState(seed)
    n_flips = round(rate * len(y))
    new = y.copy()
    if kind == "random":
        rows = rng.choice(len(y), n_flips, replace=False)
        new[rows] = (y[rows] + rng.randint(1, n_labels, n_flips)) % n_labels
    else:
        weights = rng.uniform(0.2, 1.8, n_labels)[y]
        rows = rng.choice(len(y), n_flips, replace=False, p=weights / weights.sum())
        new[rows] = (y[rows] + rng.randint(1, n_labels, n_labels)[y[rows]]) % n_labels
    flipped = numpy.zeros(len(y), dtype=bool)
    flipped[rows] = True
    return new, flipped
