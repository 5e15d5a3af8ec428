"""What heads and neighbours say of the rows of a task."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy

from .evidence import Neighbours, combine, find_neighbours, learn_weights, mean_of_seeds, vote
from .features import Features
from .folds import PARTS, out_of_fold
from .heads import predict_head
from .progress import Progress


@dataclass
class Evidence:
    """What was found out about the rows of a task.

    P (Floats2d): Combined out-of-fold probabilities, `(n, n_labels)`.
    by_seed (Floats3d): Those of the heads of each seed, `(n_seeds, n, n_labels)`.
    witnesses (Dict[str, Floats2d]): Those of each witness, `(n, n_labels)`.
    weights (Dict[str, float]): How much each witness counts.
    neighbours (Neighbours): The nearest rows of each row.
    """

    P: Any
    by_seed: Any
    witnesses: dict[str, Any]
    weights: dict[str, float]
    neighbours: Neighbours


def gather_evidence(
    features: Features,
    texts: Sequence[str],
    Y: Any,
    *,
    multi_label: bool,
    folds: int = 5,
    seeds: Sequence[int] = (0, 1, 2),
    work: Path | None = None,
    progress: Progress,
    replaced: dict[str, Any] | None = None,
    title: str = "Heads",
) -> Evidence:
    """Judge each row by heads of the other folds and by its neighbours.

    features (Features): Features of the texts.
    texts (Sequence[str]): The texts.
    Y (Floats2d): Their labels, `(n, n_labels)`; nan where unknown.
    multi_label (bool): Whether several labels can apply.
    folds (int): How many folds.
    seeds (Sequence[int]): Each seed deals the folds anew.
    work (Optional[Path]): Where folds that are done are kept.
    progress (Progress): Shows how far it is.
    replaced (Optional[Dict[str, Floats2d]]): Out-of-fold probabilities that stand for the head on the vectors.
    title (str): What the progress bar says.
    RETURNS (Evidence): What was found.
    """
    parts = PARTS if not replaced else ("ngrams",)
    heads = out_of_fold(
        features,
        texts,
        Y,
        multi_label=multi_label,
        folds=folds,
        seeds=seeds,
        parts=parts,
        work=work,
        progress=progress,
        title=title,
    )
    neighbours = find_neighbours(features.vectors)
    witnesses = {**{part: mean_of_seeds(P) for part, P in heads.items()}, **(replaced or {})}
    witnesses["neighbours"] = vote(neighbours, Y, multi_label=multi_label)
    weights = learn_weights(witnesses, Y, multi_label=multi_label)
    of_seed = [{part: P[s] for part, P in heads.items()} for s in range(len(seeds))]
    # Of the heads alone, because neighbours have no seed.
    of_heads = learn_weights({part: witnesses[part] for part in heads}, Y, multi_label=multi_label)
    by_seed = numpy.stack([combine(each, of_heads, multi_label=multi_label) for each in of_seed])
    P = combine(witnesses, weights, multi_label=multi_label)
    return Evidence(P, by_seed, witnesses, weights, neighbours)


def predict_new(
    known: Features,
    texts: Sequence[str],
    Y: Any,
    new: Features,
    *,
    multi_label: bool,
    progress: Progress,
    seed: int = 0,
) -> Any:
    """Predict texts without labels by heads that learn from all rows that have some.

    known (Features): Features of the rows with labels.
    texts (Sequence[str]): Their texts.
    Y (Floats2d): Their labels, `(n, n_labels)`; nan where unknown.
    new (Features): Features of the texts without labels.
    multi_label (bool): Whether several labels can apply.
    progress (Progress): Shows how far it is.
    seed (int): Seed of the folds that tell how much each head counts.
    RETURNS (Floats2d): Probabilities, `(n_new, n_labels)`.
    """
    judged = out_of_fold(known, texts, Y, multi_label=multi_label, seeds=[seed], progress=progress)
    witnesses = {part: P[0] for part, P in judged.items()}
    weights = learn_weights(witnesses, Y, multi_label=multi_label)
    predicted = {
        part: predict_head(
            getattr(known, part), Y, getattr(new, part), multi_label=multi_label, part=part
        )
        for part in PARTS
    }
    return combine(predicted, weights, multi_label=multi_label)
