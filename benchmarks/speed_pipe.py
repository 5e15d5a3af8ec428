"""`nlp.pipe` from texts to `doc.cats`, with a head for each of TweetEval's eleven tasks."""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

from spacy.language import Language
from speed_models import (
    OURS,
    SIDES,
    can_run,
    check_equal,
    conditions,
    copy_weights,
    encoder_settings,
    make_pipeline,
)
from speed_texts import BATCH_SIZES, KINDS, SOURCES, read_texts, task_labels
from speed_timing import STOCK, Side, compare

WIDTH, DEPTH = 96, 4
N_TEXTS = {"short": 1536, "long": 128}
N_QUICK = {"short": 192, "long": 10}
N_CHECKED = 16
#: Ours with what new configs have, beside what stock spaCy's pipeline has too: heads that read the mean
#: alone, and spaCy's own tokenizer.
VARIANTS: dict[str, dict[str, Any]] = {
    " mean+max": {"pooling": ("mean", "max")},
    " mean+max, Tokenizer.v1": {
        "pooling": ("mean", "max"),
        "tokenizer": "spacy_mtl.Tokenizer.v1",
    },
}


def run(data_dir: str, quick: bool) -> dict[str, Any]:
    """Measure `nlp.pipe`.

    data_dir (str): The folder of the data.
    quick (bool): Use few texts.
    RETURNS (Dict[str, Any]): The section.
    """
    checked = read_texts(data_dir, "short", N_CHECKED)
    pipelines = make_pipelines(task_labels(), checked, variants={} if quick else VARIANTS)
    cases = {}
    for kind in KINDS:
        texts = read_texts(data_dir, kind, (N_QUICK if quick else N_TEXTS)[kind])
        size = BATCH_SIZES[kind]
        sides = {name: make_side(name, nlp, texts, size) for name, nlp in pipelines.items()}
        cases[kind] = compare(sides, amount=len(texts), unit="docs")
    return {
        **encoder_settings(WIDTH, DEPTH),
        "batch_sizes": BATCH_SIZES,
        "texts": SOURCES,
        "cases": cases,
    }


def make_pipelines(
    tasks: Mapping[str, Sequence[str]],
    texts: Sequence[str],
    *,
    variants: Mapping[str, Mapping[str, Any]],
) -> dict[str, Language | None]:
    """Build a pipeline of every side, and hold that they give equal scores.

    tasks (Mapping[str, Sequence[str]]): The labels of each task.
    texts (Sequence[str]): Some texts.
    variants (Mapping[str, Mapping[str, Any]]): Settings of further pipelines of ours, by what to call
        them.
    RETURNS (Dict[str, Optional[Language]]): Pipelines by side and variant, None for those that cannot
        run.
    """
    pipelines: dict[str, Language | None] = {}
    for side in SIDES:
        pipelines[side] = make_pipeline(side, tasks, WIDTH, DEPTH) if can_run(side) else None
    equal = {side: nlp for side, nlp in pipelines.items() if nlp is not None}
    for side, nlp in equal.items():
        if side != STOCK:
            copy_weights(equal[STOCK], nlp)
    check_equal(equal, texts)
    for variant, settings in variants.items():
        for side in OURS:
            pipelines[side + variant] = (
                make_pipeline(side, tasks, WIDTH, DEPTH, **settings) if can_run(side) else None
            )
    return pipelines


def make_side(
    name: str,
    nlp: Language | None,
    texts: Sequence[str],
    batch_size: int,
    disable: Sequence[str] = (),
) -> Side | None:
    """Prepare to send texts through a pipeline.

    name (str): The pipeline's side, with its variant.
    nlp (Optional[Language]): The pipeline.
    texts (Sequence[str]): The texts.
    batch_size (int): Texts in a batch.
    disable (Sequence[str]): Components to leave out.
    RETURNS (Optional[Side]): What to time, None without a pipeline.
    """
    return None if nlp is None else Side(partial(pipe_all, name, nlp, texts, batch_size, disable))


def pipe_all(
    name: str, nlp: Language, texts: Sequence[str], batch_size: int, disable: Sequence[str]
) -> None:
    """Send texts through a pipeline. See `make_side` for the arguments."""
    with conditions(name.split()[0]):
        for _ in nlp.pipe(texts, batch_size=batch_size, disable=disable):
            pass
