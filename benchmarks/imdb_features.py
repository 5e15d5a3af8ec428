"""Texts of the IMDB benchmark as arrays, for logistic regression."""

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import numpy
import spacy
from imdb_data import load
from imdb_encoders import (
    make_config,
    make_vectors,
    pretrain_encoder,
    recipe_settings,
    write_labelled,
)
from spacy.tokens import Doc
from spacy.training.initialize import init_nlp

from spacy_mtl.layers.target_vectors import TargetVectors

SPLITS = ("train", "test")
BATCH = 256


def features(data_dir: str, work: Path, kind: str) -> dict[str, Any]:
    """Get the arrays of all texts of both splits, computed once and kept.

    data_dir (str): The folder of all data.
    work (Path): Where they are kept.
    kind (str): "mean" or "sif" for means of word vectors, plain or weighted; or a recipe and the number
        of epochs, e.g. "lmao:3", for means of an encoder's output.
    RETURNS (dict): For each split an array `(n_texts, width)`.
    """
    path = work / "features" / f"{kind.replace(':', '-')}.npz"
    if not path.exists():
        embed = (
            _word_vectors(data_dir, work, kind)
            if ":" not in kind
            else _encoder(data_dir, work, kind)
        )
        arrays = {split: _embed_all(embed, load(data_dir, split)[0]) for split in SPLITS}
        path.parent.mkdir(parents=True, exist_ok=True)
        numpy.savez(path, **arrays)
    with numpy.load(path) as found:
        return dict(found)


def _embed_all(embed: Callable[[list[str]], Iterable[Any]], texts: list[str]) -> Any:
    parts = [embed(texts[start : start + BATCH]) for start in range(0, len(texts), BATCH)]
    return numpy.concatenate([numpy.stack(list(part)) for part in parts]).astype("f")


def _word_vectors(data_dir: str, work: Path, kind: str) -> Callable[[list[str]], Iterable[Any]]:
    nlp = spacy.load(make_vectors(data_dir, work))
    targets = TargetVectors(
        nlp.vocab.vectors,
        normalize=kind == "sif",
        weighting="sif" if kind == "sif" else "none",
        skip_punctuation=False,
        lang="en",
    )

    def mean(doc: Doc) -> Any:
        found = targets.look_up([doc])
        return found.vectors.sum(axis=0) / max(1, found.known.sum())

    return lambda texts: map(mean, map(nlp.make_doc, texts))


def _encoder(data_dir: str, work: Path, kind: str) -> Callable[[list[str]], Iterable[Any]]:
    recipe, epochs = kind.split(":")
    settings = recipe_settings(recipe)
    if int(epochs):
        weights = pretrain_encoder(data_dir, work, recipe)[int(epochs) - 1]
        settings["initialize.init_tok2vec"] = str(weights)
    nlp = init_nlp(make_config(write_labelled(data_dir, work, 1000, 0), work, settings))
    encoder = nlp.get_pipe("tok2vec")

    def embed(texts: list[str]) -> Iterable[Any]:
        with nlp.memory_zone():
            docs = [nlp.make_doc(text) for text in texts]
            return [vectors.mean(axis=0) for vectors in encoder.predict(docs)]

    return embed
