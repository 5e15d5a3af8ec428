"""The texts of a corpus that are nearest to a query, by the cosine between their embeddings."""

import json
import os
import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy
from spacy.language import Language

from ..damage import worded_damage
from ..disk import worded, write_array
from ..errors import Errors
from ..layers.nearest import NearestVectors
from ..staging import folder_beside, place_folder
from .embedder import Embedder, embed_file
from .embeddings import read_embeddings
from .rows import TextRow, TextSource
from .runs import PARTIAL

VERSION = 1
META, TEXTS, OFFSETS, VECTORS = "meta.json", "texts.jsonl", "offsets.npy", "vectors.npy"
NEAREST = "nearest"
#: How many texts are embedded to see whether embeddings from a file fit, and how far they may differ.
PROBES = 16
TOLERANCE = 1e-3


class Similar(NamedTuple):
    """A text of the corpus: its cosine to the query, the number of its row, from 0, and its other fields."""

    text: str
    similarity: float
    row: int
    fields: dict[str, Any]


class SimilarTexts:
    """An index of a corpus in a folder. The texts stay on the disk."""

    def __init__(self, nlp: Language, folder: str | Path, *, exact: bool | None = None) -> None:
        """Open an index.

        nlp (Language): The pipeline it was made with.
        folder (Union[str, Path]): The folder that `build_index` has written.
        exact (Optional[bool]): Whether to compare with every text, or search an index (extra "lmfao"). None
            for what the index was made for.
        RAISES (ValueError): If there is no complete index, or it was made with another model.
        """
        self._folder = folder = Path(folder)
        self.embedder = Embedder(nlp)
        with worded_damage(self._word):
            meta = json.loads((folder / META).read_bytes())
            self._texts = folder / TEXTS
            self._offsets = numpy.load(folder / OFFSETS)
            self._text_field = meta["text_field"]
            is_whole = self._offsets.dtype.kind == "i" and self._offsets.min(initial=0) >= 0
            is_whole = is_whole and self._offsets.shape == (meta["rows"],)
            if meta["version"] != VERSION or not is_whole:
                raise ValueError("it is damaged, or of another version")
            if meta["model"] != self.embedder.digest():
                raise ValueError(Errors.E631.format(path=folder))
            self.nearest = NearestVectors.from_disk(folder / NEAREST, exact)

    def __len__(self) -> int:
        """RETURNS (int): How many texts there are."""
        return len(self._offsets)

    def find(self, queries: Sequence[str], n: int = 10) -> list[list[Similar]]:
        """Find the texts that are nearest to queries.

        queries (Sequence[str]): The queries.
        n (int): How many texts to find for each.
        RETURNS (List[List[Similar]]): For each query the nearest texts, the nearest first. None for a query
            without tokens.
        """
        rows, cosines = self.nearest.find(self.embedder(queries), n)
        with worded_damage(self._word), self._texts.open("rb") as file:
            return [
                [
                    self._read(file, row, cosine)
                    for row, cosine in zip(*pair, strict=True)
                    if row >= 0
                ]
                for pair in zip(rows.tolist(), cosines.tolist(), strict=True)
            ]

    def _read(self, file: Any, row: int, similarity: float) -> Similar:
        file.seek(self._offsets[row])
        fields = json.loads(file.readline())
        return Similar(fields.pop(self._text_field), similarity, row, fields)

    def _word(self, reason: str) -> str:
        return Errors.E630.format(path=self._folder, reason=reason)


def is_index(path: str | Path) -> bool:
    """Tell whether a path is the folder of an index.

    path (Union[str, Path]): The path.
    RETURNS (bool): Whether it is a folder.
    """
    return Path(path).is_dir()


def build_index(
    nlp: Language,
    source: str | Path,
    folder: str | Path,
    *,
    embeddings: str | Path | None = None,
    exact: bool | None = None,
    kind: str | None = None,
    text_field: str = "text",
    batch_size: int | None = None,
    n_process: int = 1,
    on_error: str = "raise",
    overwrite: bool = False,
) -> SimilarTexts:
    """Make an index of the texts of a file. If it is interrupted, the same call goes on with the embeddings
    that are there.

    nlp (Language): The pipeline.
    source (Union[str, Path]): The texts, see `embed_file`.
    folder (Union[str, Path]): The folder to write.
    embeddings (Optional[Union[str, Path]]): What `embed_file` has written for the same texts, if it has.
    exact (Optional[bool]): Whether to compare with every text, or search an index. None by their number, see
        `NearestVectors`.
    kind (Optional[str]): The format of the source. Defaults to what its name ends in.
    text_field (str): The field or column with the text.
    batch_size (Optional[int]): The most texts of a batch. Defaults to that of the pipeline.
    n_process (int): The number of processes. -1 for one for each core.
    on_error (str): What to do with bad rows: "raise" or "skip".
    overwrite (bool): Whether to replace an existing index.
    RETURNS (SimilarTexts): The index.
    RAISES (ValueError): If something cannot be read or written, there is no text, or embeddings do not fit.
    """
    folder = Path(folder)
    if (folder / META).exists() and not overwrite:
        raise ValueError(Errors.E616.format(path=folder))
    embedder = Embedder(nlp, batch_size)
    texts = TextSource(
        source, kind=kind, text_field=text_field, on_error=on_error, max_length=nlp.max_length
    )
    if texts.is_repeatable:
        texts.check()
    # Under a name that does not change, so that the same call finds it again.
    place = Path(os.path.realpath(folder))
    work = folder_beside(place) / (place.name + PARTIAL)
    try:
        work.mkdir(parents=True, exist_ok=True)
        _write_index(work, texts, embedder, embeddings, exact, n_process)
        place_folder(work, place, keep=not (folder / META).exists())
    except Exception as error:
        if not (work / (VECTORS + PARTIAL)).exists():
            shutil.rmtree(work, ignore_errors=True)
        if isinstance(error, OSError):
            raise worded(error, Errors.E624, folder) from error
        raise
    return SimilarTexts(nlp, folder, exact=exact)


def _write_index(
    work: Path,
    texts: TextSource,
    embedder: Embedder,
    embeddings: str | Path | None,
    exact: bool | None,
    n_process: int,
) -> None:
    offsets = _write_rows(texts.read(), work)
    if embeddings is None:
        embed_file(
            embedder.nlp,
            work / TEXTS,
            work / VECTORS,
            text_field=texts.text_field,
            batch_size=embedder.batch_size,
            n_process=n_process,
            # This folder is nobody else's.
            overwrite=True,
        )
        vectors = read_embeddings(work / VECTORS)
    else:
        vectors = read_embeddings(embeddings)
        probes = _read_probes(work / TEXTS, offsets, texts.text_field)
        _check_fit(embedder, vectors, Path(embeddings), probes, len(offsets))
    if not numpy.any(numpy.asarray(vectors)):
        raise ValueError(Errors.E632.format(path=texts.path))
    NearestVectors(vectors, exact).to_disk(work / NEAREST)
    (work / VECTORS).unlink(missing_ok=True)
    meta = {
        "version": VERSION,
        "model": embedder.digest(),
        "rows": len(offsets),
        "text_field": texts.text_field,
    }
    (work / META).write_text(json.dumps(meta))


def _write_rows(rows: Iterator[TextRow], folder: Path) -> Any:
    offsets = []
    with (folder / TEXTS).open("wb") as file:
        for row in rows:
            offsets.append(file.tell())
            file.write(json.dumps(row.fields).encode() + b"\n")
    found = numpy.asarray(offsets, dtype="int64")
    with (folder / OFFSETS).open("wb") as file:
        write_array(file, found)
    return found


def _read_probes(path: Path, offsets: Any, text_field: str) -> dict[int, str]:
    """Read some of the texts, by row."""
    n_probes = min(PROBES, len(offsets))
    probes = {}
    with path.open("rb") as file:
        for row in numpy.linspace(0, len(offsets) - 1, n_probes).astype(int).tolist():
            file.seek(offsets[row])
            probes[row] = json.loads(file.readline())[text_field]
    return probes


def _check_fit(
    embedder: Embedder, vectors: Any, path: Path, probes: dict[int, str], n_rows: int
) -> None:
    """Check embeddings from a file against some that are computed now."""
    if vectors.shape != (n_rows, embedder.width):
        expected = (n_rows, embedder.width)
        reason = f"their shape is {vectors.shape}, and {expected} is expected"
        raise ValueError(Errors.E629.format(path=path, reason=reason))
    computed: Any = embedder(list(probes.values()))
    if not numpy.allclose(computed, vectors[list(probes)], atol=TOLERANCE, rtol=TOLERANCE):
        reason = "the model gives other ones for some of the texts"
        raise ValueError(Errors.E629.format(path=path, reason=reason))
