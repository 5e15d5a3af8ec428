"""Targets: readers of data files."""

import gzip
import io
import json
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import srsly
from fuzz_draw import VALUES, Draw, as_json, encode
from fuzz_judge import Target
from spacy import blank
from spacy.tokens import DocBin

from spacy_mtl.bulk.blocks import Layout, Scored
from spacy_mtl.bulk.inputs import InputFile
from spacy_mtl.bulk.source import JobSource
from spacy_mtl.bulk.work import Apply
from spacy_mtl.inference.embeddings import read_embeddings
from spacy_mtl.inference.rows import TextSource
from spacy_mtl.review.corrections import apply_review
from spacy_mtl.review.rows import read_task
from spacy_mtl.training.convert import convert_folder
from spacy_mtl.training.formats import read_records
from spacy_mtl.training.raw_text import collect_raw_text, read_raw_text

FIELDS = (
    *("text", "label", "labels", "cats", "accept", "options", "answer", "config"),
    *("text1", "text2", "score", "meta", "choice_style", "id"),
)
ROWS: list[Any] = [
    {"text": "a good film", "label": "positive"},
    {"text": "a bad film", "label": "negative", "answer": "reject"},
    {"text": "fast", "labels": ["fast", "cheap"]},
    {"text": "a film", "cats": {"mood/good": 1, "mood/bad": 0.0, "sentiment/x": 0.5}},
    {"text": "a", "options": [{"id": "x"}, {"id": "y"}], "accept": ["x"], "answer": "accept"},
    {"text": "a", "accept": ["x"], "options": [{"id": "x"}], "config": {"choice_style": "single"}},
    {"text1": "a film", "text2": "films", "score": 4.5},
    {"text1": "a film", "text2": "films", "label": "alike"},
]
LAYOUT = Layout(labels={"sentiment": ["a", "b"]}, max_length=10_000)


def draw_row(draw: Draw) -> Any:
    """A row of one of the accepted forms, with some fields as they should not be."""
    if draw.below(16) == 15:
        return draw.value()
    row = dict(draw.pick(ROWS))
    for _ in range(draw.below(4)):
        name = draw.pick(FIELDS)
        kind = draw.below(4)
        if kind == 0:
            row.pop(name, None)
        elif kind == 1 and isinstance(row.get(name), dict):
            row[name] = {**row[name], draw.text(surrogates=True): draw.value()}
        elif kind == 1 and isinstance(row.get(name), list):
            row[name] = [*row[name], draw.value()]
        else:
            row[name] = draw.value()
    return row


def draw_lines(draw: Draw) -> bytes:
    """A file of JSON lines: of odd rows, or of any bytes."""
    if draw.below(4) == 3:
        return draw.rest()
    lines = [as_json(draw_row(draw)) for _ in range(1 + draw.below(4))]
    if draw.below(8) == 7:
        name, depth = draw.pick(FIELDS).encode(), draw.below(3000)
        lines.append(b'{"text": "a", "%s": %s%s}' % (name, b"[" * depth, b"]" * depth))
    data = draw.pick([b"\n", b"\r\n", b"\n\n", b"\n\xef\xbb\xbf"]).join(lines)
    return draw.pick([b"", b"\xef\xbb\xbf", b"\xff\xfe", b"\0"]) + draw.edit(data)


def draw_table(draw: Draw, separator: bytes) -> bytes:
    """A table: of odd cells, or of any bytes."""
    header = draw.pick([b"text,label", b"label,x,Text", b"text1,text2,score", b"text,text,label"])
    if draw.below(4) == 3:
        return header.replace(b",", separator) + b"\n" + draw.rest()
    rows = []
    for _ in range(draw.below(5)):
        cells = [encode(draw.text(surrogates=True)) for _ in range(draw.below(4))]
        if draw.below(2):
            cells = [b'"' + cell.replace(b'"', b'""') + b'"' for cell in cells]
        rows.append(separator.join(cells))
    ending = draw.pick([b"\n", b"\r\n", b"\r"])
    return draw.edit(ending.join([header.replace(b",", separator), *rows]))


def read_everywhere(path: Path, on_error: str) -> None:
    """Read a data file with each of the readers that may be given it."""
    read = [
        partial(read_records, path, "sentiment", on_error=on_error),
        partial(read_records, path, "sentiment", known_tasks=["mood"], on_error=on_error),
        partial(read_rows, path, on_error),
        partial(read_bulk, path),
    ]
    last: Exception | None = None
    for reader in read:
        try:
            list(reader())
        except ValueError as error:
            last = error if last is None or str(last).startswith("[") else last
    read_task(path, "sentiment", on_error=on_error).targets()
    if last is not None:
        raise last


def read_rows(path: Path, on_error: str) -> Iterator[Any]:
    """Read a file as `predict` does."""
    source = TextSource(path, on_error=on_error, max_length=10_000, reserved="predicted")
    source.check()
    for block in source.blocks(2):
        yield from source.tell(block)


def read_bulk(path: Path) -> Iterator[Any]:
    """Read a file as `apply` does. Files that cannot be read are no error there."""
    work = Apply(_guess, LAYOUT)  # type: ignore[arg-type]
    kind = path.name.removesuffix(".gz").rpartition(".")[2]
    if kind not in work.formats:
        return
    source = JobSource([InputFile(str(path), kind, f"{path}.out")], work.formats)
    for block in source.blocks(2):
        yield from source.tell(block)
        # There is nothing to do for a file that cannot be read at all.
        if block.piece.number:
            yield work(block, {})
            yield from (work(part, {}) for part in work.split(block))


def _guess(texts: list[str]) -> list[Scored]:
    scores = {"label": "a", "score": 0.5, "scores": {"a": 0.5, "b": 0.5}}
    return [Scored({"sentiment": scores}) for _ in texts]


def run_jsonl(draw: Draw, place: Path) -> None:
    """Read JSON lines."""
    on_error = draw.pick(["raise", "skip"])
    path = place / "sentiment.train.jsonl"
    path.write_bytes(draw_lines(draw))
    read_everywhere(path, on_error)


def run_table(draw: Draw, place: Path) -> None:
    """Read a table as text."""
    on_error = draw.pick(["raise", "skip"])
    kind = draw.pick(["csv", "tsv"])
    path = place / f"sentiment.train.{kind}"
    path.write_bytes(draw_table(draw, b"," if kind == "csv" else b"\t"))
    read_everywhere(path, on_error)


def run_gzip(draw: Draw, place: Path) -> None:
    """Read a compressed file."""
    on_error = draw.pick(["raise", "skip"])
    kind = draw.pick(["jsonl", "csv"])
    path = place / f"sentiment.train.{kind}.gz"
    data = draw_lines(draw) if kind == "jsonl" else draw_table(draw, b",")
    parts = [gzip.compress(data, 1, mtime=0)] * (1 + draw.below(2))
    path.write_bytes(draw.edit(b"".join(parts)))
    read_everywhere(path, on_error)


def doc_bin() -> bytes:
    """A DocBin with labels, whose parts are not compressed."""
    nlp = blank("xx")
    docs = []
    for row in ROWS[:4]:
        doc = nlp.make_doc(row["text"])
        doc.cats = {"sentiment/positive": 1.0, "mood/bad": 0.0}
        docs.append(doc)
    return gzip.zlib.decompress(DocBin(docs=docs, store_user_data=True).to_bytes())


def run_doc_bin(draw: Draw, place: Path) -> None:
    """Read a DocBin, damaged within or as a file."""
    path = place / "sentiment.train.spacy"
    kind, data = draw.below(4), doc_bin()
    if kind == 0:
        found = srsly.msgpack_loads(data)
        for _ in range(1 + draw.below(3)):
            key = draw.pick(sorted(found))
            value = draw.value()
            is_list = isinstance(found[key], list) and found[key]
            found[key] = [value, *found[key][1:]] if draw.below(2) and is_list else value
        try:
            data = srsly.msgpack_dumps(found)
        except (OverflowError, ValueError, UnicodeEncodeError):
            return
    elif kind == 3:
        data = draw.rest()
    data = gzip.zlib.compress(draw.edit(data) if kind < 3 else data)
    path.write_bytes(draw.edit(data) if kind == 2 else data)
    read_everywhere(path, draw.pick(["raise", "skip"]))


def run_raw(draw: Draw, place: Path) -> None:
    """Read raw text, and collect it with the texts of a data folder."""
    name = draw.pick(["raw.txt", "raw.jsonl", "raw-x.txt.gz", "raw.jsonl.gz"])
    data = draw_lines(draw) if draw.below(2) else encode(draw.text(surrogates=True)) + draw.rest()
    path = place / name
    path.write_bytes(gzip.compress(data, 1, mtime=0) if name.endswith(".gz") else data)
    on_error = draw.pick(["raise", "skip"])
    list(read_raw_text(path, on_error=on_error))
    (place / "mood.dev.jsonl").write_bytes(as_json(ROWS[0]))
    collect_raw_text([place], place / "out.jsonl", on_error=on_error)


def run_convert(draw: Draw, place: Path) -> None:
    """Convert a folder and read what comes out."""
    for name in ("sentiment.train.jsonl", "mood.jsonl"):
        data = [as_json(draw_row(draw)) for _ in range(1 + draw.below(6))]
        (place / name).write_bytes(b"\n".join(data))
    split = draw.pick([None, "0.5,0.5,0", "1,0,0", "a", "nan,1,1", "1e400,1,1", [0.5, 0.25, 0.25]])
    on_error = draw.pick(["skip", "raise"])
    convert_folder(
        place, place.parent / "converted", split=split, on_error=on_error, overwrite=True
    )
    for path in (place.parent / "converted").rglob("*.spacy"):
        list(read_records(path, path.stem))


def run_review(draw: Draw, place: Path) -> None:
    """Apply the decisions of a review to a data file."""
    kind = draw.pick(["jsonl", "csv", "jsonl.gz"])
    data = place / f"sentiment.train.{kind}"
    content = b"\n".join(map(as_json, [*ROWS[:2], draw_row(draw)]))
    if kind == "jsonl.gz":
        content = draw.edit(gzip.compress(content, 1, mtime=0))
    data.write_bytes(draw_table(draw, b",") if kind == "csv" else content)
    review = place / draw.pick(["review.jsonl", "review.csv"])
    if draw.below(4) == 3:
        review.write_bytes(draw.rest())
    elif review.suffix == ".jsonl":
        rows = []
        for number in range(1 + draw.below(3)):
            meta: Any = {"task": "sentiment", "file": str(data), "line": number + 1}
            if draw.below(3) == 2:
                meta[draw.pick(sorted(meta))] = draw.value()
            row: Any = {"text": draw.pick(["a good film", "a bad film", "x"]), "meta": meta}
            row |= {"accept": ["negative"], "answer": "accept"}
            if draw.below(3) == 2:
                row[draw.pick([*FIELDS])] = draw.value()
            rows.append(as_json(row))
        review.write_bytes(draw.edit(b"\n".join(rows)))
    else:
        cells = [("task", "file", "line", "correction"), ("sentiment", str(data), "1", "negative")]
        cells += [[draw.text() for _ in range(4)] for _ in range(draw.below(3))]
        cells += [("sentiment", data.name, draw.text(), "REJECT")]
        text = "\n".join(",".join(row) for row in cells)
        review.write_bytes(draw.edit(encode(text)))
    apply_review(review, data, place / f"new.{kind}")


def make_parquet() -> bytes:
    """A small table in Parquet's format."""
    import pyarrow
    from pyarrow import parquet

    table = pyarrow.table({"text": ["a", "b"], "x": [1, None], "embedding": [[1.0, 2], [3, 4.0]]})
    sink = io.BytesIO()
    parquet.write_table(table, sink)
    return sink.getvalue()


def run_vectors(draw: Draw, place: Path) -> None:
    """Read embeddings and tables in binary formats."""
    import numpy

    kind = draw.pick(["npy", "parquet", "jsonl"])
    path = place / f"a.{kind}"
    if draw.below(4) == 3:
        data = draw.rest()
    elif kind == "jsonl":
        rows = [{"embedding": [1.0, 2.0]}, {draw.pick(["embedding", "x"]): draw.value()}]
        data = draw.edit(b"\n".join(map(as_json, rows)))
    elif kind == "npy":
        sink = io.BytesIO()
        numpy.save(sink, numpy.ones((3, 2), dtype=draw.pick(["f", "d", "i", "c8", "S3", "M8[s]"])))
        data = draw.edit(sink.getvalue())
    else:
        data = draw.edit(make_parquet())
    path.write_bytes(data)
    list(read_bulk(path)) if kind == "parquet" else None
    read_embeddings(path)[:2].sum()


def seeds_of(*starts: bytes) -> list[bytes]:
    """First inputs: some beginnings, and each with all rows and values behind it."""
    rows = b"\n".join(json.dumps(row).encode() for row in ROWS)
    return [*starts, *(start + rows for start in starts), bytes(range(256)), bytes(64)]


def some_seeds() -> list[bytes]:
    """First inputs for choices of all kinds."""
    flat = [bytes([i]) + bytes((i * 7 + j * 13) % 256 for j in range(80)) for i in range(24)]
    return [*seeds_of(b"\0\3", b"\1\3", b"\0\1\3"), *flat]


WORDS = [*FIELDS, *(value for value in VALUES if isinstance(value, str) and value.isascii())]
TARGETS = [
    Target("jsonl", "JSON lines, all forms of rows", run_jsonl, some_seeds, WORDS),
    Target("tables", "CSV and TSV", run_table, some_seeds, WORDS),
    Target("gzip", "compressed files, cut and damaged", run_gzip, some_seeds, WORDS),
    Target("docbin", "DocBin", run_doc_bin, some_seeds, WORDS),
    Target("raw text", "raw text, and collecting it", run_raw, some_seeds, WORDS),
    Target("convert", "folders, converted and split", run_convert, some_seeds, WORDS),
    Target("review", "decisions of a review", run_review, some_seeds, WORDS),
    Target("vectors", "embeddings: npy, Parquet, JSON lines", run_vectors, some_seeds, WORDS),
]
