"""The word vectors and pretrained encoders of the IMDB benchmark, made once and kept in a folder."""

import json
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from imdb_data import TASK, draw, write_raw_text
from spacy.training.initialize import init_nlp
from spacy.training.pretrain import pretrain
from srsly import write_jsonl
from thinc.api import Config

from spacy_mtl.cli.init_config import init_config
from spacy_mtl.training.vectors import VectorSettings, train_vectors

#: Word vectors trained with floret, one for each word.
VECTORS = VectorSettings(mode="default", dim=100, epochs=3, min_count=5, window=8, maxn=0)
#: The encoder of all rows. Its n-gram columns take most of what pretraining learns about single words.
ENCODER = {"width": 196, "ngram_width": 100, "depth": 2, "ngram_rows": 50000}
#: Passes over the raw text. One for the recipes that are not named.
EPOCHS = {"lmao": 3, "lmao_vectors": 2}
#: What each recipe changes in the config that `mtl init-config --pretrain` writes.
RECIPES: dict[str, dict[str, Any]] = {
    "lmao": {},
    "lmao_vectors": {
        "components.tok2vec.model.pretrained_vectors": True,
        "components.tok2vec.model.vector_dropout": 0.5,
    },
    "lmao_trigram": {"pretraining.objective.target": "trigram"},
    "lmao_vectors_trigram": {
        "components.tok2vec.model.pretrained_vectors": True,
        "components.tok2vec.model.vector_dropout": 0.5,
        "pretraining.objective.target": "trigram",
    },
    "lmao_document": {"pretraining.objective.target": {"word": 1.0, "document": 1.0}},
    "lmao_masked": {"pretraining.objective.tokens": "masked"},
    "lmao_stock": {
        "pretraining.objective.loss": "cosine",
        "pretraining.objective.tokens": "masked",
        "pretraining.objective.hidden_size": 300,
        "pretraining.objective.weighting": "none",
    },
}


def recipe_settings(recipe: str) -> dict[str, Any]:
    """RETURNS (dict): What a recipe changes in the part of the config that describes the encoder."""
    return {name: value for name, value in RECIPES[recipe].items() if "pretraining" not in name}


def write_labelled(data_dir: str, folder: Path, n_labels: int, seed: int) -> Path:
    """Write a draw of labelled reviews as files that the package reads.

    data_dir (str): The folder of all data.
    folder (Path): Where to put the folder with the files.
    n_labels (int): How many labels.
    seed (int): Seed of the draw.
    RETURNS (Path): The folder with the files.
    """
    path = folder / f"labels-{n_labels}-{seed}"
    if not path.exists():
        path.mkdir(parents=True)
        drawn = draw(data_dir, n_labels, seed)
        for split, texts, labels in (
            ("train", drawn.texts, drawn.labels),
            ("dev", drawn.dev_texts, drawn.dev_labels),
        ):
            rows = [{"text": t, "label": y} for t, y in zip(texts, labels, strict=True)]
            write_jsonl(path / f"{TASK}.{split}.jsonl", rows)
    return path


def make_vectors(data_dir: str, work: Path) -> Path:
    """Train the word vectors on the raw text.

    data_dir (str): The folder of all data.
    work (Path): Where they are kept.
    RETURNS (Path): The pipeline with the vectors.
    """
    raw, output = work / "raw.jsonl", work / "vectors"
    if not raw.exists():
        work.mkdir(parents=True, exist_ok=True)
        write_raw_text(data_dir, raw)
    if not output.exists():
        train_vectors(raw, output, VECTORS)
    return output


def make_config(data: Path, work: Path, overrides: Mapping[str, Any]) -> Config:
    """Write the config of one pipeline.

    data (Path): The labelled files.
    work (Path): Where raw text and vectors are.
    overrides (Mapping): What is changed in it, by dotted name.
    RETURNS (Config): The config, without variables.
    """
    text = init_config(data, raw_text=str(work / "raw.jsonl"), target_vectors=str(work / "vectors"))
    encoder = {f"components.tok2vec.model.{name}": value for name, value in ENCODER.items()}
    if overrides.get("components.tok2vec.model.pretrained_vectors"):
        encoder["paths.vectors"] = str(work / "vectors")
    return Config().from_str(text, overrides={**encoder, **overrides}).interpolate()


def pretrain_encoder(data_dir: str, work: Path, recipe: str) -> list[Path]:
    """Pretrain an encoder as `spacy pretrain` does.

    data_dir (str): The folder of all data.
    work (Path): Where the weights are kept.
    recipe (str): One of RECIPES.
    RETURNS (list[Path]): The weights after each epoch.
    """
    output, epochs = work / recipe, EPOCHS.get(recipe, 1)
    files = [output / f"model{epoch}.bin" for epoch in range(epochs)]
    if not all(file.exists() for file in files):
        make_vectors(data_dir, work)
        output.mkdir(parents=True, exist_ok=True)
        data = write_labelled(data_dir, work, 1000, 0)
        config = make_config(data, work, {"pretraining.max_epochs": epochs, **RECIPES[recipe]})
        start = time.perf_counter()
        pretrain(config, output, silent=False)
        seconds = round(time.perf_counter() - start)
        (output / "done.json").write_text(json.dumps({"epochs": epochs, "seconds": seconds}))
    return files


def save_encoder(data_dir: str, work: Path, recipe: str, epochs: int) -> Path:
    """Save a pipeline of a pretrained encoder alone, to take it from.

    data_dir (str): The folder of all data.
    work (Path): Where it is kept.
    recipe (str): One of RECIPES.
    epochs (int): How long it was pretrained.
    RETURNS (Path): The pipeline's folder.
    """
    path = work / "pipelines" / f"{recipe}-{epochs}"
    if not path.exists():
        weights = pretrain_encoder(data_dir, work, recipe)[epochs - 1]
        settings = {**recipe_settings(recipe), "initialize.init_tok2vec": str(weights)}
        config = make_config(write_labelled(data_dir, work, 1000, 0), work, settings)
        nlp = init_nlp(config)
        path.parent.mkdir(parents=True, exist_ok=True)
        nlp.to_disk(path)
    return path
