"""A small data set of three related tasks, and pipelines trained on it."""

import json
import random
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from spacy.cli.train import train

from spacy_mtl.cli import init_config, train_baselines

WORDS = {
    "positive": ["good", "great", "lovely", "superb"],
    "negative": ["bad", "awful", "poor", "nasty"],
    "film": ["actor", "plot", "scene"],
    "shop": ["parcel", "order", "refund"],
}
SIZES = {"sentiment": 60, "topic": 40, "mood": 24}
STEPS = 24

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


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return write_data(tmp_path / "data")


@pytest.fixture
def one_task(tmp_path: Path) -> Callable[..., Path]:
    """Write a folder with one task, whose dev rows are those of training if not given."""

    def write(rows: list[Row], dev: list[Row] | None = None, task: str = "mood") -> Path:
        write_rows(tmp_path / "one" / "train" / f"{task}.jsonl", rows)
        write_rows(tmp_path / "one" / "dev" / f"{task}.jsonl", rows if dev is None else dev)
        return tmp_path / "one"

    return write


@pytest.fixture(scope="session")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with `data`, `multi.cfg`, `multi/model-best` and `single/TASK/model-best`."""
    root = tmp_path_factory.mktemp("trained")
    data = write_data(root / "data")
    text = init_config(data, max_steps=STEPS, width=32, depth=1)
    (root / "multi.cfg").write_text(text, encoding="utf8")
    train(root / "multi.cfg", root / "multi")
    train_baselines(root / "multi.cfg", root / "single")
    return root
