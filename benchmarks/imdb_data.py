"""IMDB with few labels: the reviews, the draws of labelled ones, and the raw text for pretraining."""

import gzip
import json
import re
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import numpy
import srsly

DATA_ENV = "SPACY_MTL_DATA"
TASK = "sentiment"
N_DEV = 5000
LABELS = {"pos": "positive", "neg": "negative"}
#: Only for the order of the raw text.
RAW_SEED = 0


class Draw(NamedTuple):
    """Labelled reviews drawn from the training data."""

    texts: list[str]
    labels: list[str]
    dev_texts: list[str]
    dev_labels: list[str]


@cache
def load(data_dir: str, split: str) -> tuple[list[str], list[str]]:
    """Load a split.

    data_dir (str): The folder of all data.
    split (str): "train", "test" or "unsup".
    RETURNS (tuple): The texts and their labels.
    """
    path = Path(data_dir) / "imdb" / f"{split}.jsonl.gz"
    with gzip.open(path, "rt", encoding="utf8") as file:
        rows: list[dict[str, Any]] = [json.loads(line) for line in file]
    texts = [clean(row["text"]) for row in rows]
    return texts, [LABELS.get(row.get("label", ""), "") for row in rows]


def clean(text: str) -> str:
    """Take line breaks in HTML and repeated white space out of a text.

    text (str): The text.
    RETURNS (str): The text in one line.
    """
    return re.sub(r"\s+", " ", re.sub(r"<br\s*/?>", " ", text)).strip()


def draw(data_dir: str, n_labels: int, seed: int) -> Draw:
    """Draw labelled reviews and other ones for dev.

    data_dir (str): The folder of all data.
    n_labels (int): How many to draw. Up to 20,000 leave the dev reviews untouched; all 25,000 contain them,
        and then nothing may be chosen on dev.
    seed (int): The seed. The first n of a larger draw are the smaller one.
    RETURNS (Draw): The reviews.
    """
    texts, labels = load(data_dir, "train")
    order = numpy.random.RandomState(seed).permutation(len(texts))
    dev = order[-N_DEV:]
    chosen = order[:n_labels]
    return Draw(
        [texts[i] for i in chosen],
        [labels[i] for i in chosen],
        [texts[i] for i in dev],
        [labels[i] for i in dev],
    )


def write_raw_text(data_dir: str, path: Path) -> int:
    """Write the text for pretraining: all unlabelled and training reviews that do not stand in test, each
    once, in a random order.

    data_dir (str): The folder of all data.
    path (Path): The file.
    RETURNS (int): The number of texts.
    """
    test = set(load(data_dir, "test")[0])
    texts = dict.fromkeys([*load(data_dir, "unsup")[0], *load(data_dir, "train")[0]])
    kept = [text for text in texts if text not in test]
    order = numpy.random.RandomState(RAW_SEED).permutation(len(kept))
    srsly.write_jsonl(path, ({"text": kept[i]} for i in order))
    return len(kept)
