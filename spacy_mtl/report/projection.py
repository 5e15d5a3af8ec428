"""Embeddings in two dimensions."""

from typing import NamedTuple

import numpy
from thinc.types import Floats2d

from ..errors import Errors
from ..extras import import_extra
from .page import import_plot

METHODS = ("pca", "umap")
_MIN_UMAP = 4
_UMAP_NEIGHBOURS = 15


class Projection(NamedTuple):
    """Points in two dimensions, `(n, 2)`, and how they were found."""

    points: Floats2d
    note: str


def project(embeddings: Floats2d, *, method: str = "pca", seed: int = 0) -> Projection:
    """Lay out embeddings in two dimensions.

    embeddings (Floats2d): The embeddings `(n, width)`.
    method (str): "pca" for the two directions in which they differ most, or "umap" (needs the package
        umap-learn) for a map that keeps neighbours together.
    seed (int): Seed of what is drawn at random.
    RETURNS (Projection): The points, in the order of the embeddings.
    RAISES (ValueError): If there is no such method, or its package is not installed.
    """
    if method == "pca":
        return _pca(embeddings, seed)
    if method == "umap":
        return _umap(embeddings, seed)
    raise ValueError(Errors.E643.format(found=method))


def turn_towards(points: Floats2d, target: Floats2d) -> Floats2d:
    """Turn and mirror points, so that they lie as close as can be to others: two pictures of the same texts
    differ by what has changed, and not by the accident of their axes.

    points (Floats2d): The points `(n, 2)`.
    target (Floats2d): Where the same texts are in the other picture, `(n, 2)`.
    RETURNS (Floats2d): The turned points `(n, 2)`. Distances between them are unchanged.
    """
    points = points - points.mean(axis=0)
    left, _, right = numpy.linalg.svd(points.T @ (target - target.mean(axis=0)))
    return points @ (left @ right)


def _pca(embeddings: Floats2d, seed: int) -> Projection:
    decomposition = import_plot("sklearn.decomposition")
    n_components = min(2, *embeddings.shape)
    pca = decomposition.PCA(n_components, random_state=seed)
    with numpy.errstate(invalid="ignore", divide="ignore"):
        points = pca.fit_transform(numpy.asarray(embeddings, dtype="float64"))
        shares = numpy.nan_to_num(pca.explained_variance_ratio_)
    missing = 2 - n_components
    points = numpy.pad(points, ((0, 0), (0, missing)))
    percent = " + ".join(f"{share:.0%}" for share in shares)
    return Projection(points, f"PCA: {percent} of the variance")


def _umap(embeddings: Floats2d, seed: int) -> Projection:
    umap = import_extra("umap", Errors.E642)
    n = len(embeddings)
    if n < _MIN_UMAP:
        raise ValueError(Errors.E648.format(found=n))
    # Few texts leave too few directions for the start that it looks for in their graph.
    reducer = umap.UMAP(
        n_neighbors=min(_UMAP_NEIGHBOURS, n - 1),
        init="spectral" if n > _UMAP_NEIGHBOURS else "random",
        random_state=seed,
        n_jobs=1,
    )
    return Projection(reducer.fit_transform(embeddings), "UMAP")
