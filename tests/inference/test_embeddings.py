"""Files with embeddings that hold something else."""

import json
import re

import numpy
import pytest

from spacy_mtl.inference.embeddings import read_embeddings


@pytest.mark.parametrize(
    "data",
    [b"", b"a", b"\x93NUMPY\x01\x00v\x00{", b"\x93NUMPY\x01\x00\x02\x00{("],
    ids=["empty", "text", "header", "open"],
)
def test_damaged_arrays_are_told_of(data, tmp_path):
    (tmp_path / "a.npy").write_bytes(data)
    with pytest.raises(ValueError, match=r"E628.*a\.npy"):
        read_embeddings(tmp_path / "a.npy")


@pytest.mark.parametrize(
    "value", [10**400, None, "a", [], {}, [[1.0]], [None]], ids=lambda value: repr(value)[:9]
)
def test_rows_without_an_embedding_are_told_of(value, tmp_path):
    rows = [{"embedding": [1.0, 2.0]}, {"embedding": value and [value, 1.0]}]
    (tmp_path / "a.jsonl").write_text("\n".join(map(json.dumps, rows)))
    with pytest.raises(ValueError, match=r"E628.*a\.jsonl"):
        read_embeddings(tmp_path / "a.jsonl")


def test_a_table_that_is_damaged_anywhere_is_read_or_told_of(tmp_path):
    pyarrow = pytest.importorskip("pyarrow")
    parquet = pytest.importorskip("pyarrow.parquet")
    path = tmp_path / "a.parquet"
    parquet.write_table(pyarrow.table({"x": [1, None], "embedding": [[1.0], [3.0]]}), path)
    whole = path.read_bytes()
    told = 0
    for i in range(len(whole)):
        path.write_bytes(whole[:i] + b"A" + whole[i + 1 :])
        try:
            read_embeddings(path)
        except ValueError as error:
            assert re.match(r"\s*\[E628\]", str(error)) and path.name in str(error)
            told += 1
    assert told


@pytest.mark.parametrize("name", ["a.txt", "a"])
def test_names_that_end_in_something_else(name, tmp_path):
    with pytest.raises(ValueError, match=r"E628.*does not end in"):
        read_embeddings(tmp_path / name)


def test_an_array_of_objects_is_not_read(tmp_path):
    numpy.save(tmp_path / "a.npy", numpy.array([{}], dtype=object), allow_pickle=True)
    with pytest.raises(ValueError, match="E628"):
        read_embeddings(tmp_path / "a.npy")
