"""The embedding map of a training report: texts as points, near each other if the encoder finds them alike."""

from typing import Any

import numpy as np

from ..training.metrics import Floats
from .contents import EmbeddingMap
from .words import clip

#: Texts on the map, at most, and characters of each.
POINTS = 20_000
CHARACTERS = 160
#: Labels with a colour of their own. The others share one.
LABELS = 8
OTHER = "(other)"


def map_data(found: EmbeddingMap) -> dict[str, Any] | None:
    """Lay texts out in the plane.

    found (EmbeddingMap): The texts, their embeddings and labels.
    RETURNS (Optional[Dict[str, Any]]): Coordinates `x` and `y`, `texts`, and `tasks` with the `names` of the labels
        and the label of each point (`codes`, -1 for none). None if there are fewer than three texts.
    """
    if len(found.texts) < 3 or not found.vectors.size:
        return None
    chosen = np.arange(len(found.texts))
    if len(chosen) > POINTS:
        chosen = np.sort(np.random.default_rng(0).choice(chosen, POINTS, replace=False))
    points = project(found.vectors[chosen])
    tasks = {
        task: _encode([labels[row] for row in chosen]) for task, labels in found.labels.items()
    }
    return {
        "x": np.round(points[:, 0], 4),
        "y": np.round(points[:, 1], 4),
        "texts": [clip(found.texts[row], CHARACTERS) for row in chosen],
        "tasks": tasks,
        "total": len(found.texts),
    }


def project(vectors: Floats) -> Floats:
    """Lay vectors out in the plane by their two main directions.

    vectors (Floats): The vectors `(n, width)`.
    RETURNS (Floats): Their places `(n, 2)`.
    """
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    rows = np.divide(vectors, lengths, out=np.zeros_like(vectors), where=lengths > 0)
    rows = rows - rows.mean(axis=0)
    _, directions = np.linalg.eigh(rows.T @ rows)
    # The sign of a direction is arbitrary: fix it, so that equal pipelines give equal maps.
    main = directions[:, ::-1][:, :2]
    return rows @ (main * np.where(main.sum(axis=0) < 0, -1.0, 1.0))


def _encode(labels: list[str | None]) -> dict[str, Any]:
    counts: dict[str, int] = {}
    for label in labels:
        if label is not None:
            counts[label] = counts.get(label, 0) + 1
    names = sorted(counts, key=lambda name: (-counts[name], name))
    if len(names) > LABELS:
        names = [*names[: LABELS - 1], OTHER]
    codes = {name: i for i, name in enumerate(names)}
    other = codes.get(OTHER, -1)
    return {
        "names": names,
        "codes": [-1 if label is None else codes.get(label, other) for label in labels],
    }
