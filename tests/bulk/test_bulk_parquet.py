"""Tables in Parquet's format, in pieces of bounded size."""

import pytest

from spacy_mtl.bulk import columns
from spacy_mtl.bulk.apply import apply_files
from spacy_mtl.bulk.blocks import Layout
from spacy_mtl.bulk.columns import ParquetTable

pa = pytest.importorskip("pyarrow")
parquet = pytest.importorskip("pyarrow.parquet")


def write(path, columns, **settings):
    parquet.write_table(pa.table(columns), path, **settings)
    return path


def test_columns_keep_their_types_and_new_ones_are_typed(inline, model, tmp_path):
    texts = pa.array(["good film", None, "", "bad 🙂"]).dictionary_encode()
    nested = pa.array([[{"a": 1}], None, [], [{"a": 2}]])
    source = write(tmp_path / "a.parquet", {"text": texts, "n": nested}, row_group_size=2)
    report = apply_files(model, [source], tmp_path / "out.parquet", embeddings=True, n_workers=1)
    table = parquet.read_table(tmp_path / "out.parquet")
    assert table.column_names[:3] == ["text", "n", "sentiment"]
    assert table["n"].to_pylist() == [[{"a": 1}], [], [{"a": 2}]]
    assert table.schema.field("tags").type == pa.list_(pa.string())
    assert table.schema.field("sentiment/positive").type == pa.float32()
    assert table.schema.field("embedding").type == pa.list_(pa.float32(), 8)
    assert not any(table["embedding"][1].as_py())
    assert report.rejected == 1


@pytest.mark.parametrize("rows", [0, 1])
def test_a_table_of_hardly_any_rows(inline, model, tmp_path, rows):
    source = write(tmp_path / "a.parquet", {"text": pa.array(["x"] * rows, pa.string())})
    report = apply_files(model, [source], tmp_path / "out.parquet", n_workers=1)
    table = parquet.read_table(tmp_path / "out.parquet")
    assert len(table) == report.rows == rows
    assert "sentiment/positive" in table.column_names


def test_long_rows_come_in_small_pieces(tmp_path, monkeypatch):
    monkeypatch.setattr(columns, "BLOCK_BYTES", 1000)
    # Repeated texts take no room in the file, and all of it in memory.
    source = write(tmp_path / "a.parquet", {"text": ["x" * 900] * 40 + ["y"] * 500})
    pieces = list(ParquetTable(Layout()).cut(str(source), 100))
    assert max(len(piece.data) for piece in pieces) < 4000
    numbers = [row.number for piece in pieces for row in ParquetTable(Layout()).parse(piece)]
    assert numbers == list(range(1, 541))


def test_a_column_that_holds_no_text(tmp_path):
    source = write(tmp_path / "a.parquet", {"text": [1, 2]})
    with pytest.raises(ValueError, match="int64, not text"):
        next(ParquetTable(Layout()).cut(str(source), 10))


def test_a_text_that_is_not_utf8(tmp_path):
    texts = pa.Array.from_buffers(
        pa.string(), 2, pa.array(["a", "b"]).buffers()[:2] + [pa.py_buffer(b"\xffb")]
    )
    source = write(tmp_path / "a.parquet", {"text": texts})
    piece = next(ParquetTable(Layout()).cut(str(source), 10))
    rows = list(ParquetTable(Layout()).parse(piece))
    assert "0xff" in rows[0].reason
    assert rows[1].text == "b"


def test_row_groups_are_joined(inline, model, tmp_path):
    source = write(tmp_path / "a.parquet", {"text": ["good film"] * 35}, row_group_size=7)
    apply_files(model, [source], tmp_path / "out.parquet", n_workers=1)
    assert parquet.ParquetFile(tmp_path / "out.parquet").num_row_groups == 1


def test_without_the_package(inline, model, tmp_path, monkeypatch):
    source = write(tmp_path / "a.parquet", {"text": ["a"]})
    monkeypatch.setitem(__import__("sys").modules, "pyarrow", None)
    with pytest.raises(ValueError, match="E615"):
        apply_files(model, [source], tmp_path / "out.parquet", n_workers=1)
