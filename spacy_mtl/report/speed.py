"""What a pipeline costs: time and space."""

from collections.abc import Sequence
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import Any

from spacy.language import Language

from .contents import Speed

#: Texts in the sample, at most, and characters of each.
TEXTS = 2000
CHARACTERS = 2000
ROUNDS = 5
#: Seconds after which no other round is started.
BUDGET = 5.0
BATCH_SIZE = 256


def measure_speed(nlp: Language, folder: Path, texts: Sequence[str]) -> Speed:
    """Measure how fast a pipeline is from texts to scores, and how large.

    nlp (Language): The pipeline.
    folder (Path): Where it is saved.
    texts (Sequence[str]): Texts. The first of them are the sample.
    RETURNS (Speed): The median of a few rounds, after one that does not count.
    """
    sample = [text[:CHARACTERS] for text in texts[:TEXTS]]
    words = _run(nlp, sample)
    times: list[float] = []
    started = perf_counter()
    while len(times) < ROUNDS and (not times or perf_counter() - started < BUDGET):
        start = perf_counter()
        _run(nlp, sample)
        times.append(perf_counter() - start)
    seconds = max(median(times), 1e-9)
    return Speed(
        texts=len(sample),
        texts_per_second=len(sample) / seconds,
        words_per_second=words / seconds,
        bytes=sum(path.stat().st_size for path in folder.rglob("*") if path.is_file()),
        parameters={name: count_parameters(pipe) for name, pipe in nlp.pipeline},
    )


def count_parameters(pipe: Any) -> int:
    """Count the weights of a component.

    pipe (Any): The component.
    RETURNS (int): Their number. 0 if it has no model.
    """
    model = getattr(pipe, "model", None)
    if model is None or not hasattr(model, "walk"):
        return 0
    return sum(
        int(node.get_param(name).size)
        for node in model.walk()
        for name in node.param_names
        if node.has_param(name)
    )


def _run(nlp: Language, texts: Sequence[str]) -> int:
    return sum(len(doc) for doc in nlp.pipe(texts, batch_size=BATCH_SIZE))
