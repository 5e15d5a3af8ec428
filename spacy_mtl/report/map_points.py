"""The embedding map of a training report: texts as points, near each other if the encoder finds them alike."""

from typing import Any

import numpy as np

from .contents import EmbeddingMap
from .label_codes import encode_labels, short_names
from .palette import SHAPES
from .projection import project
from .words import clip

#: Texts on the map, at most, and characters of each.
POINTS = 20_000
CHARACTERS = 160
#: Labels with a look of their own. The others share one.
LABELS = 16


def map_points(found: EmbeddingMap) -> dict[str, Any] | None:
    """Lay texts out in the plane.

    found (EmbeddingMap): The texts, their embeddings and labels.
    RETURNS (Optional[Dict[str, Any]]): Coordinates `x` and `y`, `texts`, and `colourings`: the `name` of each, the `names`
        of its labels, and the label of each point (`codes`, -1 for none). None if there are fewer than three texts.
    """
    if len(found.texts) < 3 or not found.vectors.size:
        return None
    chosen = np.arange(len(found.texts))
    if len(chosen) > POINTS:
        chosen = np.sort(np.random.default_rng(0).choice(chosen, POINTS, replace=False))
    vectors: Any = found.vectors[chosen].astype("f")
    points, note = project(vectors)
    places = np.round(np.asarray(points), 4)
    labels = {task: [named[row] for row in chosen] for task, named in found.labels.items()}
    tasks = [
        next((task for task, names in labels.items() if names[row] is not None), None)
        for row in range(len(chosen))
    ]
    colourings = [_colouring("task", tasks)] if len(labels) > 1 else []
    colourings += [_colouring(f"label of {task}", names) for task, names in labels.items()]
    return {
        "x": places[:, 0],
        "y": places[:, 1],
        "texts": [clip(found.texts[row], CHARACTERS) for row in chosen],
        "colourings": colourings,
        "shapes": SHAPES,
        "note": note,
        "total": len(found.texts),
    }


def _colouring(name: str, labels: list[str | None]) -> dict[str, Any]:
    codes = encode_labels(name, labels)
    names = short_names(codes.labels)
    if len(names) > LABELS:
        names = [*names[: LABELS - 1], f"{len(names) - LABELS + 1} other labels"]
    return {
        "name": name,
        "names": names,
        "codes": np.minimum(np.asarray(codes.codes), len(names) - 1),
    }
