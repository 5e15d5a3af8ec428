"""A small training: labelled texts, raw text, pairs, and configs."""

import io
import json
import random
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import srsly
from pretrain_setup import WORDS, write_texts, write_vectors
from spacy.language import DEFAULT_CONFIG_PATH, Language
from spacy.training.initialize import init_nlp
from spacy.training.loop import train as spacy_train
from spacy.util import load_config
from thinc.api import Config, Optimizer

BASE = """
[nlp]
lang = "xx"
pipeline = ["tok2vec","sentiment","topic"]

[components]

[components.tok2vec]
factory = "multitask_tok2vec"

[components.tok2vec.model]
@architectures = "spacy_mtl.HashEmbedCNN.v1"
width = 8
depth = 2
embed_size = 50
maxout_pieces = 2

[corpora]

[corpora.train]
@readers = "spacy_mtl.MultitaskCorpus.v1"
path = {data}
split = "train"

[corpora.dev]
@readers = "spacy_mtl.MultitaskCorpus.v1"
path = {data}
split = "dev"
tasks = ["sentiment","topic"]

[initialize]

[training]
seed = 3
dropout = 0.2
max_steps = 25
max_epochs = 0
patience = 0
eval_frequency = 10

[training.batcher]
@batchers = "spacy_mtl.batch_by_task.v1"
size = 8

[training.batcher.sampler]
@misc = "spacy_mtl.TaskSampler.v1"

[training.logger]
@loggers = "spacy_mtl.MultitaskLogger.v1"
save_state = true

[training.optimizer]
@optimizers = "spacy_mtl.Adam.v1"
learn_rate = 0.01

[training.score_weights]
sentiment_score = 0.5
topic_score = 0.5
"""
LISTENER = {"@architectures": "spacy_mtl.Tok2VecListener.v1", "width": 8, "upstream": "tok2vec"}
HEAD = {
    "factory": "textcat_multitask",
    "model": {"@architectures": "spacy_mtl.TaskHead.v1", "hidden_width": 6, "tok2vec": LISTENER},
}
#: Settings by dotted names.
Changes = dict[str, Any]


def write_data(root: Path) -> None:
    """Write files of two tasks, of pairs, of raw text, and word vectors."""
    rng = random.Random(4)
    for split, n in (("train", 60), ("dev", 20)):
        for task, labels in (("sentiment", "ab"), ("topic", "xyz")):
            rows = []
            for i in range(n // len(labels) * len(labels)):
                label = i % len(labels)
                favoured = WORDS[label :: len(labels)]
                words = rng.choices(favoured, k=3) + rng.choices(WORDS, k=rng.randint(1, 6))
                rows.append({"text": " ".join(words), "label": labels[label]})
            (root / "data" / task).mkdir(parents=True, exist_ok=True)
            srsly.write_jsonl(root / "data" / task / f"{split}.jsonl", rows)
    pairs = [
        {
            "text1": " ".join(rng.choices(WORDS, k=4)),
            "text2": " ".join(rng.choices(WORDS, k=4)),
            "score": rng.random(),
        }
        for _ in range(24)
    ]
    (root / "pairs" / "sts").mkdir(parents=True)
    srsly.write_jsonl(root / "pairs" / "sts" / "train.jsonl", pairs)
    write_texts(root / "raw.jsonl", 40)
    write_vectors(root / "vectors")


def make_config(root: Path, changes: Changes | None = None) -> Config:
    """Write the data, and make a config. In values `{root}` stands for the folder."""
    if not (root / "data").exists():
        write_data(root)
    config = Config().from_str(BASE.replace("{data}", f'"{root / "data"}"'))
    for name in ("sentiment", "topic"):
        config["components"][name] = dict(HEAD)
    for name, value in (changes or {}).items():
        *place, key = name.split(".")
        block = config
        for part in place:
            block = block.setdefault(part, {})
        block[key] = _fill(value, root)
    return Config(load_config(DEFAULT_CONFIG_PATH)).merge(config, remove_extra=False)


def _fill(value: Any, root: Path) -> Any:
    if isinstance(value, dict):
        return {key: _fill(item, root) for key, item in value.items()}
    return value.replace("{root}", str(root)) if isinstance(value, str) else value


def run_spacy(config: Config, folder: Path) -> Language:
    """Train with `spacy train`."""
    folder.mkdir(exist_ok=True)
    nlp = init_nlp(config)
    spacy_train(nlp, folder, stdout=io.StringIO(), stderr=io.StringIO())
    return nlp


def files_of(folder: Path) -> dict[str, bytes]:
    """Read all files of both pipelines."""
    paths = [path for name in ("model-best", "model-last") for path in (folder / name).rglob("*")]
    return {str(path.relative_to(folder)): path.read_bytes() for path in paths if path.is_file()}


def log_of(folder: Path) -> list[dict[str, Any]]:
    """Read the log, without what depends on the clock."""
    lines = (folder / "training.jsonl").read_text("utf8").splitlines()
    entries = [json.loads(line) for line in lines]
    for entry in entries:
        del entry["seconds"], entry["words_per_second"], entry["scores"]["speed"]
    return entries


def check_same(folder: Path, expected: Path) -> None:
    """Check that two runs have written the same files."""
    ours, theirs = files_of(folder), files_of(expected)
    assert ours.keys() == theirs.keys() and theirs
    assert [name for name in ours if ours[name] != theirs[name]] == []
    if (expected / "training.jsonl").exists():
        assert log_of(folder) == log_of(expected)


@contextmanager
def interrupted(n_calls: int) -> Any:
    """Let Ctrl-C come in the middle of an optimizer's step, once it has taken so many."""
    calls = 0

    def step(self: Optimizer) -> Any:
        nonlocal calls
        calls += 1
        if calls == n_calls:
            raise KeyboardInterrupt
        return original(self)

    original = Optimizer.step_schedules
    with pytest.MonkeyPatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(Optimizer, "step_schedules", step)
        yield
