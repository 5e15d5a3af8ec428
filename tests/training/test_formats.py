"""Rows and files of every accepted format: what is read, and what is refused and how."""

import gzip
import itertools
import json
import logging

import pytest
from hypothesis import given
from hypothesis import strategies as st
from spacy.lang.en import English
from spacy.tokens import Doc, DocBin
from spacy.training import Corpus

from spacy_mtl.training.formats import ReadStats, file_extension, file_format, read_records
from spacy_mtl.training.rows import RowError, fill_labels, parse_row
from spacy_mtl.training.scan import scan_file

TEXTS = st.text(st.characters(exclude_categories=["Cs"]))
LABELS = TEXTS.filter(lambda label: label.strip())


def parse(row, known=("t",)):
    return parse_row(row, 1, task="t", known=known)


def write_jsonl(path, rows):
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path


def write_docs(path, docs_cats):
    nlp = English()
    doc_bin = DocBin()
    for text, cats in docs_cats:
        doc = nlp.make_doc(text)
        doc.cats = cats
        doc_bin.add(doc)
    doc_bin.to_disk(path)
    return path


def error_of(*args, **kwargs):
    with pytest.raises((ValueError, OSError)) as err:
        list(read_records(*args, **kwargs))
    return str(err.value)


@given(text=TEXTS, label=LABELS)
def test_label_row_gives_only_the_positive_key(text, label):
    record = parse({"text": text, "label": label})
    assert (record.text, record.cats) == (text, {f"t/{label}": 1.0})
    assert record.multi_label is False and not record.complete


@given(labels=st.lists(LABELS))
def test_labels_row_gives_each_label_once(labels):
    record = parse({"text": "a", "labels": labels})
    assert record.cats == {f"t/{label}": 1.0 for label in labels}
    assert record.multi_label is True and record.complete


@given(
    cats=st.dictionaries(LABELS, st.floats(0, 1) | st.booleans() | st.integers(0, 1), min_size=1)
)
def test_cats_row_keeps_all_values_and_adds_none(cats):
    known = ()
    record = parse({"text": "a", "cats": cats}, known)
    assert record.cats == {f"t/{label}": float(value) for label, value in cats.items()}
    assert record.multi_label is None


@given(row=st.recursive(st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
                        lambda inner: st.lists(inner) | st.dictionaries(
                            st.sampled_from(["text", "label", "labels", "cats", "accept", "options",
                                             "answer", "id", "config"]) | st.text(), inner)))  # fmt: skip
def test_any_json_value_gives_a_record_or_a_row_error(row):
    try:
        record = parse(row)
    except RowError as err:
        assert str(err)
    else:
        assert record is None or (isinstance(record.text, str) and isinstance(record.cats, dict))


def test_whole_numbers_are_labels():
    assert parse({"text": "a", "label": 3}).cats == {"t/3": 1.0}


def test_cats_with_a_known_task_are_full_keys():
    cats = {"t/a": 1, "u/b/c": 0, "v/d": 1, "e": 0.5}
    record = parse({"text": "a", "cats": cats}, known=("t", "u"))
    assert record.cats == {"t/a": 1.0, "u/b/c": 0.0, "t/v/d": 1.0, "t/e": 0.5}


def test_a_doc_can_be_annotated_for_three_tasks():
    cats = {"t/a": 1, "u/b": 1, "v/c": 0}
    assert parse({"text": "a", "cats": cats}, known=("t", "u", "v")).cats == cats


@pytest.mark.parametrize("answer,value,multi", [("accept", 1.0, False), ("reject", 0.0, True)])
def test_prodigy_binary_answer(answer, value, multi):
    record = parse({"text": "a", "label": "x", "answer": answer})
    assert record.cats == {"t/x": value}
    assert record.multi_label is multi and not record.complete


@pytest.mark.parametrize(
    "row",
    [
        {"text": "a", "label": "x", "answer": "ignore"},
        {"text": "a", "answer": "ignore", "options": [{"id": "x"}]},
        {"text": "a", "accept": ["x"], "options": [{"id": "x"}], "answer": "reject"},
    ],
)
def test_prodigy_rows_without_a_usable_answer_are_ignored(row):
    assert parse(row) is None


def test_prodigy_choice_gives_a_value_for_every_option():
    options = [{"id": "x", "text": "X"}, {"id": "y"}, {"id": 3}]
    record = parse({"text": "a", "options": options, "accept": ["y", 3], "answer": "accept"})
    assert record.cats == {"t/x": 0.0, "t/y": 1.0, "t/3": 1.0}
    assert record.multi_label is True


def test_prodigy_choice_without_an_accepted_option_is_annotated():
    record = parse({"text": "a", "options": [{"id": "x"}], "accept": [], "answer": "accept"})
    assert record.cats == {"t/x": 0.0}


def test_prodigy_single_choice_is_single_label():
    row = {"text": "a", "options": [{"id": "x"}, {"id": "y"}], "accept": ["y"]}
    record = parse({**row, "config": {"choice_style": "single"}})
    assert record.multi_label is False


@pytest.mark.parametrize(
    "row,reason",
    [
        ([], "found a list"),
        ({"label": "x"}, "no 'text'"),
        ({"text": 3, "label": "x"}, "'text' has to be a string, found 3"),
        ({"text": None, "label": "x"}, "'text' has to be a string, found None"),
        ({"text": "a"}, "no label"),
        ({"text": "a", "label": None}, "no label"),
        ({"text": "a", "label": ""}, "non-empty string"),
        ({"text": "a", "label": "  "}, "non-empty string"),
        ({"text": "a", "label": 1.5}, "found 1.5"),
        ({"text": "a", "label": True}, "found True"),
        ({"text": "a", "label": ["x"]}, "use 'labels'"),
        ({"text": "a", "labels": "x"}, "list of labels"),
        ({"text": "a", "labels": ["x", None]}, "each of 'labels'"),
        ({"text": "a", "cats": {}}, "names no label"),
        ({"text": "a", "cats": ["x"]}, "found a list"),
        ({"text": "a", "cats": {"x": 2}}, "0, 1 or between, found 2"),
        ({"text": "a", "cats": {"x": 10**400}}, "0, 1 or between, found 1000"),
        ({"text": "a", "cats": {"x": float("nan")}}, "found nan"),
        ({"text": "a", "cats": {"x": "1"}}, "found '1'"),
        ({"text": "a", "cats": {"x": None}}, "found None"),
        ({"text": "a", "cats": {"t/": 1}}, "non-empty string"),
        ({"text": "a", "cats": {"x": 1, "t/x": 0}}, "stands twice"),
        ({"text": "a", "label": "x", "cats": {"x": 1}}, "more than one form: cats, label"),
        ({"text": "a", "label": "x", "answer": "maybe"}, "found 'maybe'"),
        ({"text": "a", "options": [{"id": "x"}], "accept": ["y"]}, "none of the options: x"),
        ({"text": "a", "options": "x", "accept": ["x"]}, "'options'"),
        ({"text": "a", "options": [{"id": "x"}], "config": {"choice_style": "single"}}, "single"),
        ({"text": "a\ud800", "label": "x"}, "not valid Unicode"),
    ],
)
def test_bad_rows_say_what_is_wrong(row, reason):
    with pytest.raises(RowError) as err:
        parse(row)
    assert reason in str(err.value)


def test_zeros_are_filled_in_for_complete_rows_only():
    listed = parse({"text": "a", "labels": ["x"]})
    partial = parse({"text": "a", "cats": {"x": 1}})
    assert fill_labels(listed, "t", ["x", "y"]) == {"t/x": 1.0, "t/y": 0.0}
    assert fill_labels(partial, "t", ["x", "y"]) == {"t/x": 1.0}


@pytest.mark.parametrize(
    "name,kind,extension",
    [
        ("a.jsonl", "jsonl", ".jsonl"),
        ("a.b.CSV", "csv", ".csv"),
        ("a.tsv.gz", "tsv", ".tsv.gz"),
        ("a.spacy", "spacy", ".spacy"),
        ("a.spacy.gz", None, ""),
        ("a.json", None, ""),
    ],
)
def test_format_by_name(tmp_path, name, kind, extension):
    assert file_format(tmp_path / name) == kind
    assert file_extension(tmp_path / name) == extension


@given(rows=st.lists(st.tuples(TEXTS, LABELS), min_size=1))
def test_jsonl_gives_back_every_text(tmp_path_factory, rows):
    path = tmp_path_factory.mktemp("data") / "train.jsonl"
    write_jsonl(path, [{"text": text, "label": label} for text, label in rows])
    read = [(r.text, r.cats) for r in read_records(path, "t")]
    assert read == [(text, {f"t/{label}": 1.0}) for text, label in rows]


@pytest.mark.parametrize(
    "text",
    ["", "  \n", "a\x00b", "😀 👩‍👩‍👧", "\ufeffa", "a\u2028b\x85c", "a\r\nb", "word " * 100_000],
)
@pytest.mark.parametrize("extension", [".jsonl", ".jsonl.gz", ".csv", ".spacy"])
def test_texts_arrive_unchanged_in_every_format(tmp_path, text, extension):
    path = tmp_path / f"train{extension}"
    if extension == ".spacy":
        write_docs(path, [(text, {"x": 1.0})])
    elif extension == ".csv":
        text = text.replace("\x00", "")
        path.write_bytes(f'text,label\r\n"{text}",x\r\n'.encode())
    else:
        data = json.dumps({"text": text, "label": "x"}, ensure_ascii=False).encode()
        path.write_bytes(gzip.compress(data) if extension.endswith("gz") else data)
    assert [(r.text, r.cats) for r in read_records(path, "t")] == [(text, {"t/x": 1.0})]


def test_bom_crlf_and_blank_lines_are_no_problem(tmp_path):
    path = tmp_path / "train.jsonl"
    path.write_bytes(b'\xef\xbb\xbf{"text": "a", "label": "x"}\r\n\r\n{"text": "b", "label": "y"}')
    assert [(r.line, r.text) for r in read_records(path, "t")] == [(1, "a"), (3, "b")]


def test_csv_with_bom_crlf_other_columns_and_quoted_newlines(tmp_path):
    path = tmp_path / "train.csv"
    path.write_bytes(
        b'\xef\xbb\xbfid,Label, text\r\n1,x,"a, ""b""\r\nc"\r\n\r\n2, y ,d\r\n3,z,e,,\r\n'
    )
    records = list(read_records(path, "t"))
    assert [(r.line, r.text, *r.cats) for r in records] == [
        (2, 'a, "b"\r\nc', "t/x"),
        (5, "d", "t/y"),
        (6, "e", "t/z"),
    ]


def test_tsv(tmp_path):
    path = tmp_path / "train.tsv.gz"
    path.write_bytes(gzip.compress(b"text\tlabel\na, b\tx\n"))
    assert [r.text for r in read_records(path, "t")] == ["a, b"]


def test_docs_with_full_keys_keep_their_tasks(tmp_path):
    path = write_docs(tmp_path / "train.spacy", [("a", {"u/x": 1}), ("b", {"t/y/z": 0, "v/w": 1})])
    assert [r.cats for r in read_records(path, "t")] == [{"u/x": 1.0}, {"t/y/z": 0.0, "v/w": 1.0}]


def test_docs_with_bare_labels_belong_to_the_task_of_the_file(tmp_path):
    path = write_docs(tmp_path / "train.spacy", [("a", {"n/a": 1, "yes": 0})])
    assert [r.cats for r in read_records(path, "t")] == [{"t/n/a": 1.0, "t/yes": 0.0}]


def test_docs_keep_their_other_annotations(tmp_path):
    nlp = English()
    doc = Doc(nlp.vocab, words=["In", "Rome"], ents=["O", "B-GPE"])
    doc.cats = {"t/x": 1.0}
    DocBin(docs=[doc]).to_disk(tmp_path / "train.spacy")
    (record,) = read_records(tmp_path / "train.spacy", "t", vocab=nlp.vocab)
    assert [ent.label_ for ent in record.doc.ents] == ["GPE"]
    assert record.doc.vocab is nlp.vocab


def test_partial_labels_with_zeros_and_ones(tmp_path):
    rows = [
        {"text": "We release a dataset.", "cats": {"new-dataset": 1}},
        {"text": "We study data.", "cats": {"new-dataset": 0, "data-quality": 0}},
    ]
    path = write_jsonl(tmp_path / "train.jsonl", rows)
    read = [r.cats for r in read_records(path, "papers", known_tasks=["new-dataset"])]
    assert read == [
        {"papers/new-dataset": 1.0},
        {"papers/new-dataset": 0.0, "papers/data-quality": 0.0},
    ]


def test_all_bad_rows_are_in_one_error(tmp_path):
    rows = [{"text": "a", "label": "x"}, *[{"text": "b"}] * 12, {"text": "c", "label": "x"}]
    path = write_jsonl(tmp_path / "train.jsonl", rows)
    message = error_of(path, "t")
    assert "E108" in message and "12 of 14" in message and 'on_error = "skip"' in message
    assert f"{path}:2: no label" in message and f"{path}:11: " in message
    assert f"{path}:12: " not in message and "and 2 more" in message


def test_good_rows_are_not_held_back_until_the_file_is_checked(tmp_path):
    path = write_jsonl(tmp_path / "train.jsonl", [{"text": "a", "label": "x"}, {"text": "b"}])
    assert next(read_records(path, "t")).text == "a"


def test_skipped_rows_are_logged(tmp_path, caplog):
    path = write_jsonl(tmp_path / "train.jsonl", [{"text": "a", "label": "x"}, {"text": "b"}])
    with caplog.at_level(logging.WARNING, logger="spacy"):
        assert len(list(read_records(path, "t", on_error="skip"))) == 1
    assert "W101" in caplog.text and f"{path}:2" in caplog.text


def test_stats_count_every_row(tmp_path):
    rows = [
        {"text": "a", "label": "x"},
        {"text": "b"},
        {"text": "c", "accept": [], "answer": "ignore"},
    ]
    stats = ReadStats()
    list(read_records(write_jsonl(tmp_path / "a.jsonl", rows), "t", on_error="skip", stats=stats))
    assert (stats.rows, stats.bad, stats.ignored, stats.total) == (1, 1, 1, 3)


def test_bytes_that_are_no_utf8_are_named_with_their_line(tmp_path):
    path = tmp_path / "train.jsonl"
    path.write_bytes(b'{"text": "a", "label": "x"}\n{"text": "caf\xe9", "label": "x"}\n')
    message = error_of(path, "t")
    assert f"{path}:2: not UTF-8: byte 0xe9 at position 13" in message


def test_csv_bytes_that_are_no_utf8_are_named_with_their_line(tmp_path):
    path = tmp_path / "train.csv"
    path.write_bytes(b"text,label\na,x\ncaf\xe9,x\n")
    assert f"{path}:3: 'text' holds characters that are not valid" in error_of(path, "t")


@pytest.mark.parametrize(
    "data,found",
    [(b"\x89PNG\r\n\x1a\n\x00\x00", "0x00"), ("a".encode("utf-16"), "UTF-16")],
)
@pytest.mark.parametrize("name", ["train.jsonl", "train.csv"])
def test_a_file_that_is_no_text(tmp_path, data, found, name):
    path = tmp_path / name
    path.write_bytes(data)
    message = error_of(path, "t", on_error="skip")
    assert "is not a text file" in message and found in message


@pytest.mark.parametrize("name", ["train.jsonl.gz", "train.spacy"])
@pytest.mark.parametrize("damage", ["cut", "other"])
def test_a_damaged_file(tmp_path, name, damage):
    path = tmp_path / name
    rows = [(f"text {i}" * 50, {"x": 1.0}) for i in range(2000)]
    if name.endswith(".spacy"):
        write_docs(path, rows)
    else:
        path.write_bytes(gzip.compress(b'{"text": "a", "label": "x"}\n' * 5000))
    path.write_bytes(path.read_bytes()[:-20] if damage == "cut" else b"hello")
    message = error_of(path, "t", on_error="skip")
    assert "E105" in message and str(path) in message and "Create the file again" in message


@pytest.mark.parametrize(
    "content", ["", "\n \n", '{"text": "a", "label": "x", "answer": "ignore"}']
)
def test_a_file_without_usable_rows(tmp_path, content):
    path = tmp_path / "train.jsonl"
    path.write_text(content)
    assert "E107" in error_of(path, "t")


@pytest.mark.parametrize(
    "name,code",
    [("missing.jsonl", "E101"), ("folder.jsonl", "E102"), ("a.json", "E106")],
)
def test_a_path_that_is_no_data_file_fails_at_once(tmp_path, name, code):
    (tmp_path / "folder.jsonl").mkdir()
    (tmp_path / "a.json").write_text("[]")
    with pytest.raises((ValueError, FileNotFoundError), match=code):
        read_records(tmp_path / name, "t")


def test_invalid_arguments_fail_at_once(tmp_path):
    with pytest.raises(ValueError, match="E001"):
        read_records(tmp_path / "a.jsonl", "a/b")
    with pytest.raises(ValueError, match="E118"):
        read_records(tmp_path / "a.jsonl", "t", on_error="drop")


@pytest.mark.parametrize("header", ["text", "text;label", "a,x", "text,labels", "text,text,label"])
def test_csv_needs_a_header_with_text_and_label(tmp_path, header):
    path = tmp_path / "train.csv"
    path.write_text(f"{header}\na,x\n")
    message = error_of(path, "t", on_error="skip")
    assert "E109" in message and f"{path}:1" in message


@pytest.mark.parametrize(
    "row,reason",
    [
        ("a, b,x", "2 cells expected, 3 found"),
        ("a", "2 cells expected, 1 found"),
        ('"a" b,x', "not a valid row"),
        ("a,", "non-empty string"),
    ],
)
def test_bad_csv_rows(tmp_path, row, reason):
    path = tmp_path / "train.csv"
    path.write_text(f"text,label\n{row}\nb,y\n")
    message = error_of(path, "t")
    assert f"{path}:2: " in message and reason in message and "1 of 2" in message


def test_a_quote_that_is_not_closed_does_not_swallow_rows_silently(tmp_path):
    path = tmp_path / "train.csv"
    path.write_text('text,label\n"a,x\nb,y\nc,z\n')
    assert f"{path}:2: not a valid row" in error_of(path, "t")


def test_reading_is_lazy(tmp_path):
    path = tmp_path / "train.jsonl"
    path.write_bytes(b'{"text": "a", "label": "x"}\n' * 10 + b"\xff\n")
    assert len(list(itertools.islice(read_records(path, "t"), 10))) == 10


def test_scan_tells_the_kind_of_a_task_by_its_rows(tmp_path):
    one = [{"text": "a", "cats": {"x": 1, "y": 0}}, {"text": "b", "cats": {"x": 0, "y": 1}}]
    none = [*one, {"text": "c", "cats": {"x": 0, "y": 0}}]
    listed = [{"text": "a", "labels": ["x"]}]
    kinds = [
        scan_file(write_jsonl(tmp_path / f"{i}.jsonl", rows), "t").is_multi_label()
        for i, rows in enumerate([one, none, listed])
    ]
    assert kinds == [False, True, True]


def test_scan_reads_a_changed_file_again(tmp_path):
    path = write_jsonl(tmp_path / "a.jsonl", [{"text": "a", "label": "x"}])
    assert scan_file(path, "t").labels_of() == ["x"]
    write_jsonl(path, [{"text": "a", "label": "x"}, {"text": "b", "label": "y"}])
    assert scan_file(path, "t").labels_of() == ["x", "y"]


def test_stock_corpus_reads_what_is_written_here(tmp_path):
    path = write_docs(tmp_path / "train.spacy", [("a b", {"t/x": 1.0})])
    (example,) = Corpus(path)(English())
    assert example.reference.cats == {"t/x": 1.0}


@pytest.mark.parametrize("name", ["t.train.jsonl", "t.train.csv", "t.train.jsonl.gz"])
def test_a_line_of_ten_megabytes(name, tmp_path):
    text = "good film " * 1_000_000
    row = (
        f"text,label\n{text},x\n"
        if name.endswith("csv")
        else json.dumps({"text": text, "label": "x"})
    )
    data = row.encode()
    (tmp_path / name).write_bytes(gzip.compress(data, 1) if name.endswith("gz") else data)
    (record,) = read_records(tmp_path / name, task="t")
    assert record.text.strip() == text.strip()
    assert record.cats == {"t/x": 1.0}
