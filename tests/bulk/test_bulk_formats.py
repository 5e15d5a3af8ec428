"""Rows are found again in pieces of files, whatever they hold, and broken ones cost no others."""

import gzip

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spacy_mtl.bulk import lines, tables
from spacy_mtl.bulk.blocks import Layout
from spacy_mtl.bulk.work import make_formats

FORMATS = make_formats(Layout(labels={"sentiment": ["good", "bad"]}))


def parse(path, kind, max_rows=2):
    return [
        row
        for piece in FORMATS[kind].cut(str(path), max_rows)
        for row in FORMATS[kind].parse(piece)
    ]


def good(rows):
    return [(row.number, row.text) for row in rows if not row.reason]


def bad(rows):
    return [(row.number, row.row) for row in rows if row.reason]


def test_lines_keep_their_numbers(tmp_path):
    path = tmp_path / "a.jsonl"
    path.write_bytes(
        b'\xef\xbb\xbf{"text": "a"}\n\n{"text": "b\\u0000"}\r\n{bad\n{"text": 3}\n[]\n{"text": "c"}'
    )
    rows = parse(path, "jsonl")
    assert good(rows) == [(1, "a"), (3, "b\0"), (7, "c")]
    assert bad(rows) == [(4, "{bad"), (5, {"text": 3}), (6, [])]


def test_bytes_that_are_no_text(tmp_path):
    path = tmp_path / "a.jsonl"
    path.write_bytes(b'{"text": "\xff"}\n\x00\n{"text": "\\ud800"}\n{"text": "b"}\n')
    assert good(parse(path, "jsonl")) == [(4, "b")]


def test_a_field_that_is_taken(tmp_path):
    path = tmp_path / "a.jsonl"
    path.write_text('{"text": "a", "predicted": 1}\n')
    assert "predicted" in parse(path, "jsonl")[0].reason


@pytest.mark.parametrize("kind", ["jsonl", "csv"])
def test_a_line_without_end_is_not_held_in_memory(tmp_path, monkeypatch, kind):
    for module in (lines, tables):
        monkeypatch.setattr(module, "MAX_ROW", 100)
    path = tmp_path / f"a.{kind}.gz"
    rows = (
        [b'{"text": "' + b"x" * 1000 + b'"}', b'{"text": "a"}']
        if kind == "jsonl"
        else [b"text", b"x" * 1000, b"a"]
    )
    path.write_bytes(gzip.compress(b"\n".join(rows)))
    found = parse(path, kind)
    assert [text for _, text in good(found)] == ["a"]
    assert "longer than 100 bytes" in next(row.reason for row in found if row.reason)
    assert all(len(piece.data) < 300 for piece in FORMATS[kind].cut(str(path), 2))


def test_a_text_that_is_too_long():
    formats = make_formats(Layout(max_length=3))
    piece = next(iter(lines.make_pieces([(1, b'{"text": "four"}\n')], 5)))
    assert "nlp.max_length" in next(iter(formats["jsonl"].parse(piece))).reason


def test_a_quote_that_is_not_closed_costs_one_row(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text('id,text\n1,"a\n2,b\n3,"c, ""d"""\n\n4,"e\nf"\n5,g,h\n6,"i\n7,j\n')
    rows = parse(path, "csv")
    assert good(rows) == [(3, "b"), (4, 'c, "d"'), (6, "e\nf"), (10, "j")]
    assert bad(rows) == [(2, '1,"a'), (8, "5,g,h"), (9, '6,"i')]


def test_a_quote_that_is_never_closed_is_found_out_early(tmp_path, monkeypatch):
    monkeypatch.setattr(tables, "MAX_QUOTED", 50)
    path = tmp_path / "a.csv"
    path.write_text('text\n"a\n' + "b\n" * 100)
    rows = parse(path, "csv", 1000)
    assert len(good(rows)) == 100
    assert "not closed within 50" in rows[0].reason


@given(st.lists(st.text(alphabet='ab",\n\r\t ', max_size=6), max_size=8), st.integers(1, 4))
def test_any_table_is_read_alike_in_pieces_and_as_a_whole(tmp_path_factory, cells, max_rows):
    path = tmp_path_factory.mktemp("tables") / "a.csv"
    path.write_text("text,x\n" + "\n".join(cells), newline="")
    pieces, whole = parse(path, "csv", max_rows), parse(path, "csv", 100)
    assert good(pieces) == good(whole)
    assert bad(pieces) == bad(whole)


@pytest.mark.parametrize(
    ("kind", "text", "reason"),
    [
        ("jsonl", "\ufeffa".encode("utf-16"), "UTF-16"),
        ("csv", b"id,body\n1,a\n", "no column 'text'"),
        ("csv", b"text,text\n1,a\n", "2 columns 'text'"),
        ("csv", b"text,sentiment\n1,a\n", "--prefix"),
        ("csv", b'"text\n', "header"),
        ("parquet", b"PAR1", "Parquet"),
    ],
)
def test_a_file_that_cannot_be_used(tmp_path, kind, text, reason):
    (tmp_path / "a").write_bytes(text)
    with pytest.raises(ValueError, match=reason):
        parse(tmp_path / "a", kind)


def test_an_empty_file_has_a_piece(tmp_path):
    (tmp_path / "a").write_bytes(b"")
    for kind in ("jsonl", "csv", "tsv"):
        assert len(list(FORMATS[kind].cut(str(tmp_path / "a"), 5))) == 1


@pytest.mark.parametrize("kind", ["jsonl", "csv"])
def test_rows_one_by_one(tmp_path, kind):
    path = tmp_path / "a"
    path.write_text(
        '{"text": "a"}\n\n{"text": "b"}\n' if kind == "jsonl" else 'text\na\n\n"b\nc"\n"d\ne\n'
    )
    piece = next(iter(FORMATS[kind].cut(str(path), 100)))
    whole = list(FORMATS[kind].parse(piece))
    singly = [row for one in FORMATS[kind].split(piece) for row in FORMATS[kind].parse(one)]
    assert [row.number for row in singly] == [row.number for row in whole]
    assert good(singly) == good(whole)
