"""Self-contained HTML pages: one file that needs no network, with plotly.js, data and scripts inside.

A page is a Jinja template that extends `page.html`. Everything that a template prints is escaped, data is
written as JSON that cannot end its element, and the page's own policy forbids every request.
"""

import math
from collections.abc import Mapping
from functools import lru_cache, partial
from importlib.resources import files
from pathlib import Path
from typing import Any

import numpy
from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from ..errors import Errors
from ..extras import import_extra
from ..staging import StagedFiles
from .palette import BACKGROUND, SERIES

#: Imports a module of the extra "plot".
import_plot = partial(import_extra, message=Errors.E640)
STATIC = files(__package__) / "static"


def render_page(
    template: str = "page.html",
    *,
    title: str,
    data: Any = None,
    plotly: bool = True,
    **values: Any,
) -> str:
    """Write a page from a template.

    template (str): Name of the template in `report/templates`. It extends `page.html` and fills its blocks
        `style`, `content` and `script`.
    title (str): Title and heading of the page.
    data (Any): What the scripts read as `page.data`: anything that JSON can hold, and NumPy's arrays and
        numbers. Numbers that are not finite become null.
    plotly (bool): Whether to put plotly.js into the page (4.5 MB; needs the extra "plot").
    **values (Any): What the template prints. Strings are escaped, unless they are `Markup`.
    RETURNS (str): The HTML.
    RAISES (ValueError): If plotly is needed and not installed.
    """
    return (
        _environment()
        .get_template(template)
        .render(
            title=title,
            data=to_plain(data),
            plotly_js=Markup(_plotly_js()) if plotly else "",
            page_css=Markup(read_static("page.css")),
            page_js=Markup(read_static("page.js")),
            backgrounds=BACKGROUND,
            series=SERIES,
            **values,
        )
    )


def write_page(path: str | Path, html: str, *, overwrite: bool = False) -> Path:
    """Write a page to a file.

    path (Union[str, Path]): The file.
    html (str): The page.
    overwrite (bool): Whether to replace an existing file.
    RETURNS (Path): The file.
    RAISES (ValueError): If the file exists.
    """
    return save_file(path, html.encode("utf-8", "replace"), overwrite=overwrite)


def save_file(path: str | Path, data: bytes, *, overwrite: bool = False) -> Path:
    """Write a page or a picture.

    path (Union[str, Path]): The file.
    data (bytes): What it holds.
    overwrite (bool): Whether to replace an existing file.
    RETURNS (Path): The file.
    RAISES (ValueError): If the file exists.
    """
    path = Path(path)
    check_new(path, overwrite=overwrite)
    with StagedFiles() as staged:
        staged.write(path, data)
    return path


def check_new(path: str | Path, *, overwrite: bool) -> None:
    """Check that a file may be written, before any time is spent on it.

    path (Union[str, Path]): The file.
    overwrite (bool): Whether to replace an existing file.
    RAISES (ValueError): If it exists and may not be replaced.
    """
    if Path(path).exists() and not overwrite:
        raise ValueError(Errors.E641.format(path=path))


def read_static(name: str) -> str:
    """Read a script or style sheet of the package.

    name (str): Its name in `report/static`.
    RETURNS (str): Its text.
    """
    return (STATIC / name).read_text(encoding="utf8")


def to_plain(value: Any) -> Any:
    """Turn a value into what JSON can hold.

    value (Any): Mappings, sequences, arrays, numbers, strings.
    RETURNS (Any): The same as dictionaries, lists, numbers and strings. Numbers that are not finite become
        None, which plotly draws as a gap.
    """
    if isinstance(value, (numpy.ndarray, numpy.generic)):
        value = value.tolist()
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, Mapping):
        return {str(key): to_plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [to_plain(item) for item in value]
    return value


@lru_cache(maxsize=1)
def _environment() -> Environment:
    return Environment(
        loader=PackageLoader(__package__),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


@lru_cache(maxsize=1)
def _plotly_js() -> str:
    return import_plot("plotly.offline").get_plotlyjs()
