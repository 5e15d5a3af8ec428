"""Files with embeddings, as `embed_file` writes them."""

import json
from pathlib import Path
from typing import Any

import numpy
from thinc.types import Floats2d

from ..damage import worded_damage
from ..errors import Errors
from .parquet import known_types, load_pyarrow
from .writers import EMBEDDING


def read_embeddings(path: str | Path) -> Floats2d:
    """Read the embeddings of a file.

    path (Union[str, Path]): A file that ends in .npy, .parquet or .jsonl. An array is not read at once,
        but as it is needed.
    RETURNS (Floats2d): Embeddings `(n_rows, width)`.
    RAISES (ValueError): If the file holds none.
    """
    path = Path(path)

    def word(reason: str) -> str:
        return Errors.E628.format(path=path, reason=reason)

    with worded_damage(word):
        try:
            vectors = _READERS[path.suffix.lower()](path)
        except KeyError as error:
            reason = f"there is no {error}, or the name does not end in {', '.join(_READERS)}"
            raise ValueError(word(reason)) from error
    if vectors.ndim != 2 or vectors.dtype.kind != "f":
        reason = f"it holds {vectors.dtype} of shape {vectors.shape}"
        raise ValueError(Errors.E628.format(path=path, reason=reason))
    return vectors


def _read_npy(path: Path) -> Any:
    return numpy.load(path, mmap_mode="r", allow_pickle=False)


def _read_jsonl(path: Path) -> Any:
    with path.open("rb") as lines:
        rows = [numpy.asarray(json.loads(line)[EMBEDDING], dtype="f") for line in lines]
    return numpy.stack(rows) if rows else numpy.zeros((0, 0), dtype="f")


def _read_parquet(path: Path) -> Any:
    _, parquet = load_pyarrow()
    with known_types():
        column = parquet.read_table(path, columns=[EMBEDDING])[EMBEDDING]
    flat = column.combine_chunks().flatten().to_numpy()
    return flat.reshape(len(column), -1) if len(column) else numpy.zeros((0, 0), dtype="f")


_READERS = {".npy": _read_npy, ".parquet": _read_parquet, ".jsonl": _read_jsonl}
