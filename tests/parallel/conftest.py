"""A small data set, and its config."""

import random
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import srsly
from thinc.api import Config

from spacy_mtl.cli.init_config import init_config

WORDS = {"good": ["fine", "great", "lovely"], "bad": ["awful", "poor", "nasty"]}


def write_task(path: Path, n: int, seed: int) -> None:
    rng = random.Random(seed)
    rows = []
    for _ in range(n):
        label = rng.choice(list(WORDS))
        words = [*rng.choices(WORDS[label], k=2), *rng.choices(["the", "film", "it", "was"], k=4)]
        rng.shuffle(words)
        rows.append({"text": " ".join(words), "label": label})
    path.parent.mkdir(parents=True, exist_ok=True)
    srsly.write_jsonl(path, rows)


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with two tasks."""
    root = tmp_path_factory.mktemp("data")
    for seed, (task, n) in enumerate({"mood": 60, "taste": 36}.items()):
        write_task(root / "train" / f"{task}.jsonl", n, seed)
        write_task(root / "dev" / f"{task}.jsonl", 20, seed + 10)
    return root


@pytest.fixture(scope="module")
def make_config(data: Path) -> Callable[..., Config]:
    """Make a config. Settings are changed by dotted names, with two underscores for a dot."""
    text = init_config(data, width=16, depth=1, max_steps=20)

    def make(**changes: Any) -> Config:
        overrides = {name.replace("__", "."): value for name, value in changes.items()}
        defaults = {
            "training.batcher.size": 8,
            "training.eval_frequency": 10,
            "training.patience": 0,
            "components.tok2vec.model.embed_size": 1000,
            "components.tok2vec.model.ngram_rows": 1000,
        }
        return Config().from_str(text, overrides={**defaults, **overrides})

    return make


@pytest.fixture(scope="module")
def ray() -> Iterator[Any]:
    """Ray on this machine, for all tests of a file."""
    pytest.importorskip("ray")
    from spacy_mtl.ray_session import ray_session

    with ray_session(2) as module:
        yield module
