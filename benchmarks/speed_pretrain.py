"""Pretraining steps as `spacy pretrain` takes them: tokenize a batch, mask it, predict vectors, update.

Stock is `spacy.PretrainVectors.v1`. Ours is LMAO three times: with the same head and loss (on the masked
tokens), with the loss on all tokens, and as it is by default.
"""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import numpy
import spacy
from spacy.language import Language
from spacy.ml.models.multi_task import create_pretrain_vectors
from spacy.training.pretrain import make_update
from spacy.util import registry
from spacy.vectors import Vectors
from speed_models import OURS, SIDES, can_run, conditions, encoder_config, encoder_settings
from speed_texts import LONG, SHORT, SOURCES, read_texts
from speed_timing import Side, compare
from thinc.api import Adam, Model, Optimizer, fix_random_seed, set_dropout_rate

from spacy_mtl.layers.fused_adam import create_adam_v1
from spacy_mtl.models.lmao import build_lmao_v1

SIZE = (96, 4)
VECTOR_WIDTH = 300
HEAD = {"maxout_pieces": 3, "hidden_size": 300, "loss": "cosine"}
WORDS_A_BATCH = 3000
N_BATCHES, N_QUICK = 6, 2
DROPOUT = 0.2
VARIANTS: dict[str, dict[str, Any]] = {
    "": {**HEAD, "tokens": "masked", "weighting": "none", "mask_prob": 0.15},
    " all tokens": {**HEAD, "tokens": "all", "weighting": "none", "mask_prob": 0.15},
    " defaults": {},
}


def run(data_dir: str, quick: bool) -> dict[str, Any]:
    """Measure pretraining steps.

    data_dir (str): The folder of the data.
    quick (bool): Take few steps.
    RETURNS (Dict[str, Any]): The section.
    """
    cases = {}
    for kind in (LONG,) if quick else (LONG, SHORT):
        batches = _make_batches(data_dir, kind, N_QUICK if quick else N_BATCHES)
        n_words = sum(len(doc) for batch in batches for doc in map(spacy.blank("en"), batch))
        sides: dict[str, Side | None] = {}
        for side in SIDES:
            for variant, settings in VARIANTS.items() if side in OURS else [("", HEAD)]:
                if can_run(side):
                    sides[side + variant] = Side(_make_steps(side, settings, batches))
                else:
                    sides[side + variant] = None
        cases[f"{kind} texts"] = compare(sides, amount=n_words, unit="words")
    return {
        "encoder": encoder_settings(*SIZE),
        "vector_width": VECTOR_WIDTH,
        "head": HEAD,
        "words_a_batch": WORDS_A_BATCH,
        "texts": SOURCES,
        "cases": cases,
    }


def _make_batches(data_dir: str, kind: str, n_batches: int) -> list[list[str]]:
    batches: list[list[str]] = [[]]
    n_words = 0
    for text in read_texts(data_dir, kind, 400 if kind == LONG else 4000):
        batches[-1].append(text)
        n_words += len(text.split())
        if n_words >= WORDS_A_BATCH:
            if len(batches) == n_batches:
                break
            batches.append([])
            n_words = 0
    return batches


def _make_steps(
    side: str, settings: dict[str, Any], batches: Sequence[Sequence[str]]
) -> Callable[[], None]:
    nlp = spacy.blank("en")
    words = sorted({token.text for batch in batches for doc in map(nlp, batch) for token in doc})
    data = numpy.random.default_rng(0).normal(size=(len(words), VECTOR_WIDTH)).astype("f")
    nlp.vocab.vectors = Vectors(strings=nlp.vocab.strings, data=data, keys=words, name="random")
    config = encoder_config(side, *SIZE)
    fix_random_seed(0)
    with conditions(side):
        encoder = registry.architectures.get(config.pop("@architectures"))(**config)
        build = build_lmao_v1 if side in OURS else create_pretrain_vectors
        model = build(**settings)(nlp.vocab, encoder)
        model.initialize(X=[nlp.make_doc("Give it a doc to infer shapes")])
        set_dropout_rate(model, DROPOUT)
        optimizer = create_adam_v1() if side in OURS else Adam()
    return partial(_take_steps, side, nlp, model, optimizer, batches)


def _take_steps(
    side: str,
    nlp: Language,
    model: Model,
    optimizer: Optimizer,
    batches: Sequence[Sequence[str]],
) -> None:
    with conditions(side):
        for batch in batches:
            make_update(
                model, [nlp.make_doc(text) for text in batch], optimizer, model.attrs["loss"]
            )
