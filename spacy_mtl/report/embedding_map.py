"""Pictures of embeddings: each text a point in two dimensions, coloured by its label."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy
from markupsafe import Markup
from thinc.types import Floats2d

from ..errors import Errors
from .embedding_picture import Panel, draw_picture
from .label_codes import LabelCodes, encode_labels
from .page import read_static, render_page, save_file
from .palette import MAX_LABELS, SHAPES, UNLABELLED
from .projection import project, turn_towards

TITLE = "Embeddings"


class EmbeddingMap:
    """Texts as points in one or more pictures. It shows itself in a notebook.

    panels (List[Panel]): The pictures.
    colourings (List[LabelCodes]): What they can be coloured by; the first is shown.
    texts (Optional[Sequence[str]]): The texts.
    rows (Optional[Sequence[Mapping[str, Any]]]): What is exported of each text.
    title (str): The title.
    """

    def __init__(
        self,
        panels: Sequence[Panel],
        colourings: Sequence[LabelCodes],
        *,
        texts: Sequence[str] | None = None,
        rows: Sequence[Mapping[str, Any]] | None = None,
        title: str = TITLE,
    ) -> None:
        """Keep what is drawn, see `plot_embeddings`."""
        self.panels = list(panels)
        self.colourings = list(colourings)
        self.texts = texts
        self.rows = rows
        self.title = title

    def to_html(self) -> str:
        """RETURNS (str): A page to explore: hover, zoom, select with a lasso, export what is selected."""
        data = {
            "texts": None if self.texts is None else list(self.texts),
            "rows": None if self.rows is None else list(self.rows),
            "panels": [
                {
                    "name": panel.name,
                    "note": panel.note,
                    # Six digits are finer than a pixel, and a third of the size.
                    "x": [float(f"{x:.6g}") for x in panel.points[:, 0].tolist()],
                    "y": [float(f"{y:.6g}") for y in panel.points[:, 1].tolist()],
                }
                for panel in self.panels
            ],
            "colourings": [colouring._asdict() for colouring in self.colourings],
            "shapes": SHAPES,
            "maxLabels": MAX_LABELS,
        }
        return render_page(
            "embedding_map.html",
            title=self.title,
            data=data,
            n_texts=len(self.panels[0].points),
            colourings=[colouring.name for colouring in self.colourings],
            unlabelled=UNLABELLED,
            script=Markup(read_static("embedding_map.js")),
        )

    def to_png(self) -> bytes:
        """RETURNS (bytes): A picture to show."""
        return draw_picture(self.panels, self.colourings[0], self.title, "png")

    def to_svg(self) -> str:
        """RETURNS (str): A picture to show."""
        return draw_picture(self.panels, self.colourings[0], self.title, "svg").decode("utf8")

    def save(self, path: str | Path, *, overwrite: bool = False) -> Path:
        """Write the picture to a file.

        path (Union[str, Path]): The file. Its name tells the format: .html, .png or .svg.
        overwrite (bool): Whether to replace an existing file.
        RETURNS (Path): The file.
        RAISES (ValueError): If it exists, or its name ends otherwise.
        """
        path = Path(path)
        suffix = check_suffix(path)
        if suffix == ".html":
            return save_file(path, self.to_html().encode("utf-8", "replace"), overwrite=overwrite)
        data = self.to_png() if suffix == ".png" else self.to_svg().encode("utf8")
        return save_file(path, data, overwrite=overwrite)

    def _repr_png_(self) -> bytes:
        return self.to_png()


def plot_embeddings(
    embeddings: Any,
    texts: Sequence[str] | None = None,
    labels: Any = None,
    *,
    out: str | Path | None = None,
    method: str = "pca",
    title: str = TITLE,
    rows: Sequence[Mapping[str, Any]] | None = None,
    seed: int = 0,
    overwrite: bool = False,
) -> EmbeddingMap:
    """Draw embeddings in two dimensions.

    embeddings (Union[Floats2d, Mapping[str, Floats2d]]): An array `(n, width)`, of this package, of
        scikit-learn, or any other. Several arrays of the same texts by name, as `{"before": X, "after": Z}`,
        become pictures side by side; each is turned towards the one before it.
    texts (Optional[Sequence[str]]): The texts, which the page shows and exports.
    labels (Optional[Union[Sequence[Any], Mapping[str, Sequence[Any]]]]): The label of each text, None
        where there is none. Several lists by name, as `{"gold": ..., "predicted": ...}`, give the page a
        choice; the first colours the picture.
    out (Optional[Union[str, Path]]): File to write: .html for a page to explore, .png or .svg for a picture.
    method (str): "pca", or "umap" if the package umap-learn is installed.
    title (str): The title.
    rows (Optional[Sequence[Mapping[str, Any]]]): What the page exports of each text. By default the text and
        its first label.
    seed (int): Seed of what is drawn at random.
    overwrite (bool): Whether to replace an existing file.
    RETURNS (EmbeddingMap): The picture, which can be saved in other formats too.
    RAISES (ValueError): If the embeddings are no arrays of numbers, sizes differ, or the file exists.
    """
    if out is not None:
        check_suffix(Path(out))
    named = embeddings if isinstance(embeddings, Mapping) else {"": embeddings}
    arrays = {str(name): _check_array(str(name), array) for name, array in named.items()}
    if not arrays:
        raise ValueError(Errors.E644.format(name="", shape="()"))
    n = len(next(iter(arrays.values())))
    for name, array in arrays.items():
        _check_length(f"rows of {name!r}", array, n)
    by_name = labels if isinstance(labels, Mapping) else {"label": labels}
    kept = {str(name): list(own) for name, own in by_name.items() if own is not None}
    for name, own in (*kept.items(), ("texts", texts), ("rows", rows)):
        if own is not None:
            _check_length(name, own, n)
    panels: list[Panel] = []
    for name, array in arrays.items():
        points, note = project(array, method=method, seed=seed)
        if panels:
            points = turn_towards(points, panels[-1].points)
        panels.append(Panel(name, points, note))
    colourings = [encode_labels(name, own) for name, own in kept.items()]
    picture = EmbeddingMap(
        panels,
        colourings or [encode_labels("", [None] * n)],
        texts=texts,
        rows=rows,
        title=title,
    )
    if out is not None:
        picture.save(out, overwrite=overwrite)
    return picture


def check_suffix(path: Path) -> str:
    """Check that a picture can be written to a file.

    path (Path): The file.
    RETURNS (str): How its name ends: ".html", ".png" or ".svg".
    RAISES (ValueError): If it ends otherwise.
    """
    suffix = path.suffix.lower()
    if suffix not in (".html", ".png", ".svg"):
        raise ValueError(Errors.E647.format(path=path))
    return suffix


def _check_array(name: str, array: Any) -> Floats2d:
    array = numpy.asarray(array.toarray() if hasattr(array, "toarray") else array, dtype="float32")
    if array.ndim != 2 or not array.size:
        raise ValueError(Errors.E644.format(name=name, shape=array.shape))
    bad = numpy.flatnonzero(~numpy.isfinite(array).all(axis=1))
    if len(bad):
        text = Errors.E645.format(name=name, count=len(bad), total=len(array), row=bad[0])
        raise ValueError(text)
    return array


def _check_length(name: str, values: Any, n: int) -> None:
    if len(values) != n:
        raise ValueError(Errors.E646.format(expected=n, found=len(values), name=name))
