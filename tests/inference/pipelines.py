"""A small trained pipeline and texts for it."""

import random
from pathlib import Path

import srsly
from builders import SENTIMENT, TAGS, add_encoder, add_task, train
from spacy import blank
from spacy.language import Language

WORDS = [
    "good",
    "bad",
    "film",
    "great",
    "awful",
    "acting",
    "plot",
    "fast",
    "cheap",
    "slow",
    "the",
    "a",
    "of",
    "and",
    "🙂",
    "ünï",
    "x\x00y",
]


def make_model(n_steps: int = 20) -> Language:
    """A pipeline with an exclusive task and one with several labels a text."""
    nlp = blank("xx")
    add_encoder(nlp)
    add_task(nlp, "sentiment")
    add_task(nlp, "tags", multi_label=True)
    train(nlp, [*SENTIMENT, *TAGS], n_steps=n_steps)
    return nlp


def make_texts(n: int, seed: int = 0) -> list[str]:
    """Texts of none to twelve words."""
    rng = random.Random(seed)
    return [" ".join(rng.choices(WORDS, k=rng.randrange(12))) for _ in range(n)]


def write_texts(path: Path, texts: list[str]) -> Path:
    """Write a file with texts and another field."""
    srsly.write_jsonl(path, [{"text": text, "id": i} for i, text in enumerate(texts)])
    return path
