"""The eleven sets of TweetEval: their tasks, labels and rows."""

import gzip
import json
from pathlib import Path

DATA_ENV = "SPACY_MTL_DATA"
SPLITS = ("train", "dev", "test")
STANCE_TARGETS = ("abortion", "atheism", "climate", "feminist", "hillary")

TASKS: dict[str, tuple[str, ...]] = {
    "emoji": ("emoji",),
    "emotion": ("emotion",),
    "hate": ("hate",),
    "irony": ("irony",),
    "offensive": ("offensive",),
    "sentiment": ("sentiment",),
    "stance": tuple(f"stance-{target}" for target in STANCE_TARGETS),
}

SETS: tuple[str, ...] = tuple(name for names in TASKS.values() for name in names)

EMOJI_LABELS = (
    "red_heart",
    "smiling_face_with_hearteyes",
    "face_with_tears_of_joy",
    "two_hearts",
    "fire",
    "smiling_face_with_smiling_eyes",
    "smiling_face_with_sunglasses",
    "sparkles",
    "blue_heart",
    "face_blowing_a_kiss",
    "camera",
    "United_States",
    "sun",
    "purple_heart",
    "winking_face",
    "hundred_points",
    "beaming_face_with_smiling_eyes",
    "Christmas_tree",
    "camera_with_flash",
    "winking_face_with_tongue",
)

LABELS: dict[str, tuple[str, ...]] = {
    "emoji": EMOJI_LABELS,
    "emotion": ("anger", "joy", "optimism", "sadness"),
    "hate": ("not-hate", "hate"),
    "irony": ("non_irony", "irony"),
    "offensive": ("not-offensive", "offensive"),
    "sentiment": ("negative", "neutral", "positive"),
    **{name: ("none", "against", "favor") for name in TASKS["stance"]},
}

UNKNOWN_SET = "Unknown set {name!r}: expected one of {names}."
UNKNOWN_SPLIT = "Unknown split {split!r}: expected one of {splits}."
MISSING_FILE = (
    "No file {path}. Pass the folder that holds the tweeteval-* folders with --data, or set {env}."
)
BAD_ROW = "{path}, line {line}: {reason}."


def check_set(name: str) -> None:
    """Raise a ValueError unless the set exists.

    name (str): The name of the set.
    """
    if name not in LABELS:
        raise ValueError(UNKNOWN_SET.format(name=name, names=", ".join(SETS)))


def load(data_dir: str | Path, name: str, split: str) -> tuple[list[str], list[str]]:
    """Read the rows of one split of one set.

    data_dir (str | Path): The folder that holds `tweeteval-<name>/<split>.jsonl.gz`.
    name (str): The set, e.g. "emotion" or "stance-abortion".
    split (str): "train", "dev" or "test".
    RETURNS (tuple): The texts and their labels, in the order of the file.
    """
    check_set(name)
    if split not in SPLITS:
        raise ValueError(UNKNOWN_SPLIT.format(split=split, splits=", ".join(SPLITS)))
    path = Path(data_dir) / f"tweeteval-{name}" / f"{split}.jsonl.gz"
    if not path.is_file():
        raise FileNotFoundError(MISSING_FILE.format(path=path, env=DATA_ENV))
    texts, labels = [], []
    with gzip.open(path, "rt", encoding="utf8") as file_:
        for number, line in enumerate(file_, start=1):
            try:
                row = json.loads(line)
                text, label = row["text"], row["label"]
            except (ValueError, KeyError, TypeError) as err:
                reason = f'not a JSON object with "text" and "label" ({err!r})'
                raise ValueError(BAD_ROW.format(path=path, line=number, reason=reason)) from err
            if label not in LABELS[name]:
                reason = f"unknown label {label!r}"
                raise ValueError(BAD_ROW.format(path=path, line=number, reason=reason))
            texts.append(text)
            labels.append(label)
    return texts, labels
