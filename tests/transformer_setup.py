"""Small transformers that need no download: a folder as Hugging Face's libraries save a model, with
pieces made of the tests' own texts and random weights."""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy
import pytest
import spacy
from builders import SENTIMENT, TAGS, TOPIC, add_task
from spacy.language import Language

WIDTH = 32
DEPTH = 2
N_HEADS = 4
INNER = 48
SPECIAL = {
    "bert": ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"],
    "roberta": ["<s>", "<pad>", "</s>", "<unk>", "<mask>"],
}
MODEL_TYPES = ("bert", "roberta")
TEXTS = [text for text, _ in [*SENTIMENT, *TOPIC, *TAGS]]
needs_transformers = [
    pytest.importorskip("torch", reason="the extra 'transformers' is not installed (no PyTorch)"),
    pytest.importorskip(
        "spacy_curated_transformers", reason="the extra 'transformers' is not installed"
    ),
]


def make_pieces(kind: str, texts: Iterable[str] = TEXTS) -> list[str]:
    """A vocabulary: frequent words and all letters, or the 256 bytes."""
    if kind == "roberta":
        # Printable stand-ins for the bytes, as the byte-level vocabularies have them.
        shown = [*range(33, 127), *range(161, 173), *range(174, 256)]
        hidden = [byte for byte in range(256) if byte not in shown]
        return [*SPECIAL[kind], *map(chr, shown), *(chr(256 + i) for i in range(len(hidden)))]
    words = sorted({word for text in texts for word in text.split()})
    letters = sorted({char for word in words for char in word} - set(words))
    inner = [f"##{char}" for char in sorted({char for word in words for char in word})]
    return [*SPECIAL[kind], *words, *letters, *inner]


def make_state(n_pieces: int, *, n_types: int = 2, n_places: int = 512, seed: int = 0) -> dict:
    """Random weights, by the names that Hugging Face's models give them."""
    import torch

    rng = numpy.random.default_rng(seed)
    shapes = {
        "embeddings.word_embeddings.weight": (n_pieces, WIDTH),
        "embeddings.position_embeddings.weight": (n_places, WIDTH),
        "embeddings.token_type_embeddings.weight": (n_types, WIDTH),
        "embeddings.LayerNorm.weight": (WIDTH,),
        "embeddings.LayerNorm.bias": (WIDTH,),
    }
    for i in range(DEPTH):
        linear = {
            "attention.self.query": (WIDTH, WIDTH),
            "attention.self.key": (WIDTH, WIDTH),
            "attention.self.value": (WIDTH, WIDTH),
            "attention.output.dense": (WIDTH, WIDTH),
            "attention.output.LayerNorm": (WIDTH,),
            "intermediate.dense": (INNER, WIDTH),
            "output.dense": (WIDTH, INNER),
            "output.LayerNorm": (WIDTH,),
        }
        for name, shape in linear.items():
            shapes[f"encoder.layer.{i}.{name}.weight"] = shape
            shapes[f"encoder.layer.{i}.{name}.bias"] = shape[:1]
    return {
        name: torch.tensor(rng.normal(scale=0.3, size=shape).astype("f"))
        for name, shape in shapes.items()
    }


def save_model(
    path: Path, kind: str = "bert", *, weights: str | None = None, **changed: Any
) -> dict:
    """Save a small model. Returns the settings of the encoder that fit it."""
    path.mkdir(parents=True, exist_ok=True)
    pieces = make_pieces(kind)
    config = {
        "model_type": kind,
        "hidden_size": WIDTH,
        "num_hidden_layers": DEPTH,
        "num_attention_heads": N_HEADS,
        "intermediate_size": INNER,
        "vocab_size": len(pieces),
    }
    (path / "config.json").write_text(json.dumps({**config, **changed}))
    if kind == "bert":
        (path / "vocab.txt").write_text("\n".join(pieces), encoding="utf8")
    else:
        vocab = {piece: i for i, piece in enumerate(pieces)}
        (path / "vocab.json").write_text(json.dumps(vocab), encoding="utf8")
        (path / "merges.txt").write_text("#version: 0.2\n", encoding="utf8")
    if weights is not None:
        import torch

        is_bert = kind == "bert"
        state = make_state(
            len(pieces), n_types=2 if is_bert else 1, n_places=512 if is_bert else 514
        )
        if weights.endswith(".bin"):
            torch.save({f"{kind}.{name}": value for name, value in state.items()}, path / weights)
        else:
            from safetensors.torch import save_file

            save_file(state, path / weights)
    return encoder_config(kind, n_pieces=len(pieces))


def encoder_config(kind: str = "bert", *, n_pieces: int | None = None, **settings: Any) -> dict:
    """The config of a small encoder."""
    return {
        "@architectures": "spacy_mtl.TransformerTok2Vec.v1",
        "kind": kind,
        "width": WIDTH,
        "depth": DEPTH,
        "n_heads": N_HEADS,
        "inner_width": INNER,
        "vocab_size": len(make_pieces(kind)) if n_pieces is None else n_pieces,
        "window": 16,
        "stride": 12,
        **settings,
    }


def loader_config(path: Path, *, weights: bool = False) -> dict:
    """The config of the loader of a saved model."""
    return {"@misc": "spacy_mtl.PretrainedTransformer.v1", "name": str(path), "weights": weights}


def make_pipeline(
    path: Path, *tasks: str, kind: str = "bert", encoder: dict | None = None, **settings: Any
) -> Language:
    """A pipeline with a transformer and single-label tasks on it, not initialized."""
    model = save_model(path, kind)
    nlp = spacy.blank("xx")
    nlp.add_pipe(
        "multitask_tok2vec",
        name="tok2vec",
        config={"model": {**model, **settings}, **(encoder or {})},
    )
    for task in tasks:
        listener = {
            "@architectures": "spacy_mtl.Tok2VecListener.v1",
            "width": WIDTH,
            "upstream": "tok2vec",
        }
        add_task(nlp, task, model={"tok2vec": listener})
    nlp.config["initialize"]["components"]["tok2vec"] = {"loader": loader_config(path)}
    return nlp


def state_of(nlp: Language) -> dict[str, numpy.ndarray]:
    """Copies of the transformer's parameters."""
    module = nlp.get_pipe("tok2vec").model.get_ref("transformer").shims[0]._model
    return {name: value.detach().numpy().copy() for name, value in module.named_parameters()}
