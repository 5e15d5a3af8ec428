"""A small pretraining: raw text, word vectors, and configs."""

import random
from pathlib import Path
from typing import Any

import numpy
import spacy
import srsly
from spacy.language import DEFAULT_CONFIG_PATH, DEFAULT_CONFIG_PRETRAIN_PATH
from spacy.vectors import Vectors
from thinc.api import Config, Optimizer

WORDS = [f"{a}{b}" for a in ("ka", "lo", "mi", "tu", "ne", "sa") for b in ("ra", "pe", "do", "vi")]
WIDTH = 8
BASE = """
[nlp]
lang = "xx"
pipeline = ["tok2vec"]

[components]

[components.tok2vec]
factory = "tok2vec"

[components.tok2vec.model]
@architectures = "spacy_mtl.HashEmbedCNN.v1"
width = 8
depth = 1
embed_size = 50
maxout_pieces = 2

[corpora]

[corpora.pretrain]
@readers = "spacy.JsonlCorpus.v1"
path = {raw}

[initialize]
vectors = {vectors}

[training]
seed = 3

[pretraining]
max_epochs = 2
dropout = 0.2
n_save_epoch = null
n_save_every = null
component = "tok2vec"
layer = ""
corpus = "corpora.pretrain"

[pretraining.batcher]
@batchers = "spacy.batch_by_words.v1"
size = 30
discard_oversize = false
tolerance = 0.2

[pretraining.optimizer]
@optimizers = "Adam.v1"
learn_rate = 0.01
"""
LMAO = """
[pretraining.objective]
@architectures = "spacy_mtl.LMAO.v1"
target = {"word": 1.0, "document": 0.5}
hidden_size = 6
"""
CHARACTERS = """
[pretraining.objective]
@architectures = "spacy.PretrainCharacters.v1"
maxout_pieces = 2
hidden_size = 6
n_characters = 2
"""
VECTORS = """
[pretraining.objective]
@architectures = "spacy.PretrainVectors.v1"
maxout_pieces = 2
hidden_size = 6
loss = "cosine"
"""
MONITOR = """
[pretraining.objective.monitor]
@misc = "spacy_mtl.PretrainMonitor.v1"
path = {held_out}
every_words = 100
limit = 20
"""


def write_texts(path: Path, n: int = 60, seed: int = 0) -> Path:
    """Write texts in which each word has a favourite follower."""
    rng = random.Random(seed)
    rows = []
    for _ in range(n):
        word = rng.randrange(len(WORDS))
        words = []
        for _ in range(rng.randint(3, 14)):
            words.append(WORDS[word])
            word = (word + rng.choice((1, 1, 1, 5))) % len(WORDS)
        rows.append({"text": " ".join(words)})
    srsly.write_jsonl(path, rows)
    return path


def write_labels(path: Path, n: int = 40, seed: int = 1) -> Path:
    """Write texts with labels that words tell."""
    rng = random.Random(seed)
    half = len(WORDS) // 2
    rows = []
    for i in range(n):
        words = WORDS[:half] if i % 2 else WORDS[half:]
        rows.append({"text": " ".join(rng.choices(words, k=6)), "label": "ab"[i % 2]})
    srsly.write_jsonl(path, rows)
    return path


def write_vectors(folder: Path, width: int = WIDTH) -> Path:
    """Save a pipeline with a vector for each word."""
    nlp = spacy.blank("xx")
    data = numpy.random.default_rng(5).normal(size=(len(WORDS), width)).astype("f")
    keys = [nlp.vocab.strings.add(word) for word in WORDS]
    nlp.vocab.vectors = Vectors(strings=nlp.vocab.strings, data=data, keys=keys)
    nlp.to_disk(folder)
    return folder


def make_config(root: Path, objective: str = LMAO, *, monitor: str = "", **changes: Any) -> Config:
    """Write texts and vectors, and make a config. Settings are changed by dotted names, with two underscores
    for a dot."""
    if not (root / "vectors").exists():
        write_texts(root / "raw.jsonl")
        write_texts(root / "held_out.jsonl", 20, seed=9)
        write_vectors(root / "vectors")
        write_labels(root / "labels.jsonl")
    text = BASE + objective + monitor
    for name in ("raw", "vectors", "held_out"):
        path = root / ("vectors" if name == "vectors" else f"{name}.jsonl")
        text = text.replace("{" + name + "}", f'"{path}"')
    config = Config().from_str(text)
    for name, value in changes.items():
        *place, key = name.split("__")
        block = config
        for part in place:
            block = block[part]
        block[key] = value
    defaults = spacy.util.load_config(DEFAULT_CONFIG_PATH)
    pretraining = spacy.util.load_config(DEFAULT_CONFIG_PRETRAIN_PATH)
    return Config(defaults).merge(pretraining).merge(config)


def weights(folder: Path, name: str = "model-last.bin") -> bytes:
    """Read a file of weights."""
    return (folder / name).read_bytes()


def interrupt(monkeypatch: Any, n_calls: int) -> None:
    """Let Ctrl-C come in the middle of an optimizer's step."""
    calls = 0

    def step(self: Optimizer, *args: Any, **settings: Any) -> Any:
        nonlocal calls
        calls += 1
        if calls == n_calls:
            raise KeyboardInterrupt
        return original(self, *args, **settings)

    original = Optimizer.__call__
    monkeypatch.setattr(Optimizer, "__call__", step)
