"""A small data set of three related tasks, for the tests of the command line."""

import json
import random
from collections.abc import Iterator
from pathlib import Path

WORDS = {
    "positive": ["good", "great", "lovely", "superb"],
    "negative": ["bad", "awful", "poor", "nasty"],
    "film": ["actor", "plot", "scene"],
    "shop": ["parcel", "order", "refund"],
}
SIZES = {"sentiment": 60, "topic": 40, "mood": 24}

Row = dict[str, object]


def make_rows(task: str, count: int, seed: int) -> Iterator[Row]:
    rng = random.Random(seed)
    for _ in range(count):
        feeling, topic = rng.choice(["positive", "negative"]), rng.choice(["film", "shop"])
        words = [*rng.choices(WORDS[feeling], k=2), *rng.choices(WORDS[topic], k=2), "the", "it"]
        rng.shuffle(words)
        text = " ".join(words)
        if task == "sentiment":
            yield {"text": text, "label": feeling}
        elif task == "topic":
            yield {"text": text, "label": topic}
        else:
            moods = {"joy": feeling == "positive", "interest": topic == "film"}
            yield {"text": text, "labels": [mood for mood, applies in moods.items() if applies]}


def write_rows(path: Path, rows: list[Row]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    lines = [json.dumps(row) + "\n" for row in rows]
    path.write_text("".join(lines), encoding="utf8")


def write_data(root: Path) -> Path:
    for seed, split in enumerate(("train", "dev", "test")):
        for task, size in SIZES.items():
            count = size if split == "train" else size // 2
            write_rows(root / split / f"{task}.jsonl", list(make_rows(task, count, seed)))
    return root
