"""Embeddings of files: equal to the pipeline's own, resumable bit for bit."""

import gzip
import json
import multiprocessing
import sys
from concurrent.futures import ProcessPoolExecutor
from functools import partial

import numpy
import pytest
import srsly
from pipelines import make_model, write_texts
from spacy import blank

from spacy_mtl.inference import workers, writers
from spacy_mtl.inference.embedder import Embedder, embed_file
from spacy_mtl.inference.embeddings import read_embeddings

FORMATS = ["npy", "jsonl", "parquet"]


@pytest.fixture(params=FORMATS)
def output(request, tmp_path):
    if request.param == "parquet":
        pytest.importorskip("pyarrow")
    return tmp_path / "out" / f"embeddings.{request.param}"


def interrupt_after(monkeypatch, n_blocks, error=KeyboardInterrupt):
    """End a run when it has worked on some blocks."""
    calls = []
    work = Embedder.__call__

    def interrupted(self, texts):
        calls.append(texts)
        if len(calls) > n_blocks:
            raise error
        return work(self, texts)

    monkeypatch.setattr(Embedder, "__call__", interrupted)


def test_equals_the_pipeline(model, texts, source, output):
    report = embed_file(model, source, output)
    expected = numpy.stack([doc._.embedding for doc in model.pipe(texts)])
    assert report.rows == report.total == len(texts)
    found = read_embeddings(output)
    assert found.dtype == "float32"
    assert found.shape == (len(texts), 8)
    assert numpy.allclose(found, expected, atol=1e-6)
    assert not found[[not text for text in texts]].any()
    assert list(output.parent.iterdir()) == [output]


def test_keeps_the_fields(model, texts, source, output):
    embed_file(model, source, output)
    if output.suffix == ".jsonl":
        rows = list(srsly.read_jsonl(output))
    elif output.suffix == ".parquet":
        rows = pytest.importorskip("pyarrow.parquet").read_table(output).to_pylist()
    else:
        return
    assert [row["text"] for row in rows] == texts
    assert [row["id"] for row in rows] == list(range(len(texts)))


@pytest.mark.parametrize("n_blocks", [0, 1, 5])
def test_goes_on_after_an_interruption(model, source, output, tmp_path, monkeypatch, n_blocks):
    whole = tmp_path / f"whole{output.suffix}"
    embed_file(model, source, whole)
    with monkeypatch.context() as patch:
        interrupt_after(patch, n_blocks)
        with pytest.raises(KeyboardInterrupt):
            embed_file(model, source, output)
    assert not output.exists()
    # Another process, which has seen no text yet.
    report = embed_file(make_model(), source, output)
    assert report.before == 10 * n_blocks
    assert output.read_bytes() == whole.read_bytes()
    assert list(output.parent.iterdir()) == [output]


def test_what_follows_the_last_state_is_cut_off(model, source, output, tmp_path, monkeypatch):
    whole = tmp_path / f"whole{output.suffix}"
    embed_file(model, source, whole)
    with monkeypatch.context() as patch:
        interrupt_after(patch, 3)
        with pytest.raises(KeyboardInterrupt):
            embed_file(model, source, output)
    folder = output.with_name(f"{output.name}.partial")
    if output.suffix == ".parquet":
        (folder / "000003.parquet").write_bytes(b"half of a part")
    else:
        with (folder / "data").open("ab") as file:
            file.write(b"half of a block")
    embed_file(model, source, output)
    assert output.read_bytes() == whole.read_bytes()


def test_any_number_of_processes_gives_the_same(model, source, output, tmp_path):
    one = tmp_path / f"one{output.suffix}"
    embed_file(model, source, one)
    embed_file(model, source, output, n_process=2)
    assert output.read_bytes() == one.read_bytes()


@pytest.mark.slow
def test_processes_that_inherit_nothing(model, source, tmp_path, monkeypatch):
    embed_file(model, source, tmp_path / "one.npy")
    context = multiprocessing.get_context("spawn")
    monkeypatch.setattr(
        workers, "ProcessPoolExecutor", partial(ProcessPoolExecutor, mp_context=context)
    )
    embed_file(model, source, tmp_path / "two.npy", n_process=2)
    assert (tmp_path / "two.npy").read_bytes() == (tmp_path / "one.npy").read_bytes()


@pytest.mark.parametrize("change", ["texts", "model", "batch size", "fewer texts"])
def test_another_run_is_not_gone_on_with(model, texts, source, tmp_path, monkeypatch, change):
    output = tmp_path / "out.npy"
    with monkeypatch.context() as patch:
        interrupt_after(patch, 3)
        with pytest.raises(KeyboardInterrupt):
            embed_file(model, source, output)
    settings = {"batch_size": 3} if change == "batch size" else {}
    if change == "texts":
        write_texts(source, ["another", *texts[1:]])
    if change == "fewer texts":
        write_texts(source, texts[:5])
    if change == "model":
        model = make_model(n_steps=2)
    with pytest.raises(ValueError, match="E617"):
        embed_file(model, source, output, **settings)
    embed_file(model, source, output, overwrite=True, **settings)
    embed_file(model, source, tmp_path / "fresh.npy", **settings)
    assert output.read_bytes() == (tmp_path / "fresh.npy").read_bytes()


@pytest.mark.parametrize("damage", ["state", "position", "data", "no data"])
def test_a_damaged_beginning(model, source, tmp_path, monkeypatch, damage):
    output, folder = tmp_path / "out.npy", tmp_path / "out.npy.partial"
    with monkeypatch.context() as patch:
        interrupt_after(patch, 3)
        with pytest.raises(KeyboardInterrupt):
            embed_file(model, source, output)
    if damage == "state":
        (folder / "state.json").write_text("{")
    elif damage == "position":
        state = json.loads((folder / "state.json").read_text())
        (folder / "state.json").write_text(json.dumps({**state, "position": [1.5]}))
    elif damage == "data":
        (folder / "data").write_bytes(b"x")
    else:
        (folder / "data").unlink()
    with pytest.raises(ValueError, match="E618"):
        embed_file(model, source, output)
    embed_file(model, source, output, overwrite=True)
    assert len(numpy.load(output)) == 75


def test_rows_after_the_interruption_may_be_corrected(model, texts, source, tmp_path, monkeypatch):
    good = source.read_bytes()
    source.write_bytes(good + b'{"text": 7}\n')
    output = tmp_path / "out.npy"
    with pytest.raises(ValueError, match=r"E610[\s\S]*texts.jsonl:76: 'text' has to be a string"):
        embed_file(model, source, output)
    assert not output.with_name("out.npy.partial").exists()
    source.write_bytes(good + b'{"text": "seven"}\n')
    assert embed_file(model, source, output).rows == 76


def test_an_existing_file_is_kept(model, source, output):
    output.parent.mkdir()
    output.write_bytes(b"mine")
    with pytest.raises(ValueError, match="E616"):
        embed_file(model, source, output)
    assert output.read_bytes() == b"mine"
    embed_file(model, source, output, overwrite=True)
    assert read_embeddings(output).shape == (75, 8)


def test_what_is_finished_is_kept_until_it_is_in_place(model, source, tmp_path, monkeypatch):
    output = tmp_path / "out.npy"
    output.write_bytes(b"mine")

    def interrupt(*args):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(writers, "move_file", interrupt)
        embed_file(model, source, output, overwrite=True)
    assert output.read_bytes() == b"mine"
    assert embed_file(model, source, output, overwrite=True).before == 75
    assert read_embeddings(output).shape == (75, 8)
    assert not output.with_name("out.npy.partial").exists()


def test_two_runs_at_once(model, source, tmp_path, monkeypatch):
    pytest.importorskip("fcntl")
    output = tmp_path / "out.npy"
    found = []

    def start_again(report):
        with pytest.raises(ValueError, match="E619") as caught:
            embed_file(model, source, output)
        found.append(caught)

    embed_file(model, source, output, on_start=start_again)
    assert found
    assert len(numpy.load(output)) == 75


def test_no_rows(model, tmp_path, output):
    source = tmp_path / "empty.jsonl"
    source.write_bytes(b"")
    assert embed_file(model, source, output).rows == 0
    assert len(read_embeddings(output)) == 0


def test_bad_rows_are_left_out(model, tmp_path):
    source = tmp_path / "texts.jsonl"
    lines = [b'{"text": "a"}', b"{", b'{"other": 1}', b'{"text": "\xff"}', b'{"text": "b"}']
    source.write_bytes(b"\n".join(lines))
    report = embed_file(model, source, tmp_path / "out.jsonl", on_error="skip")
    assert [row["text"] for row in srsly.read_jsonl(tmp_path / "out.jsonl")] == ["a", "b"]
    assert report.stats.bad == 3
    assert [reason.split(":")[1] for reason in report.stats.reasons] == ["2", "3", "4"]


@pytest.mark.parametrize(
    ("name", "data", "field"),
    [
        ("texts.txt", b"good film\n\nbad", "text"),
        ("texts.csv", b'Body,n\n"good film",1\n"",2\nbad,3\n', "Body"),
        ("texts.tsv", b"n\tBody\n1\tgood film\n2\t\n3\tbad\n", "Body"),
        ("texts.jsonl", b'{"b": "good film"}\n\n{"b": ""}\n{"b": "bad"}\n', "b"),
    ],
)
@pytest.mark.parametrize("zipped", [False, True])
def test_formats_of_the_source(model, tmp_path, name, data, field, zipped):
    source = tmp_path / f"{name}{'.gz' * zipped}"
    source.write_bytes(gzip.compress(data) if zipped else data)
    embed_file(model, source, tmp_path / "out.jsonl", text_field=field)
    rows = list(srsly.read_jsonl(tmp_path / "out.jsonl"))
    assert [row[field] for row in rows] == ["good film", "", "bad"]


def test_a_long_text_is_bad(model, tmp_path, monkeypatch):
    monkeypatch.setattr(model, "max_length", 20)
    source = write_texts(tmp_path / "texts.jsonl", ["short", "long " * 5])
    with pytest.raises(ValueError, match=r"25 characters, more than nlp\.max_length = 20"):
        embed_file(model, source, tmp_path / "out.npy")


def test_a_field_of_the_same_name(model, tmp_path):
    source = tmp_path / "texts.jsonl"
    source.write_text('{"text": "a", "embedding": 1}')
    with pytest.raises(ValueError, match="there is a field 'embedding'"):
        embed_file(model, source, tmp_path / "out.jsonl")
    embed_file(model, source, tmp_path / "out.npy")


def test_a_pipeline_without_encoder(source, tmp_path):
    with pytest.raises(ValueError, match="E621"):
        embed_file(blank("xx"), source, tmp_path / "out.npy")


@pytest.mark.parametrize(
    ("settings", "code"),
    [
        ({"output": "out.txt"}, "E614"),
        ({"source": "none.jsonl"}, "E611"),
        ({"source": "."}, "E611"),
        ({"output": "texts.jsonl", "overwrite": True}, "E620"),
        ({"n_process": 0}, "E626"),
        ({"batch_size": 0}, "E626"),
        ({"kind": "xml"}, "E612"),
    ],
)
def test_what_cannot_be_done(model, source, tmp_path, monkeypatch, settings, code):
    monkeypatch.chdir(tmp_path)
    given = {"source": source.name, "output": "out.npy", **settings}
    with pytest.raises(ValueError, match=code):
        embed_file(model, **given)
    assert [path.name for path in tmp_path.iterdir()] == [source.name]


def test_a_table_without_the_column(model, tmp_path):
    source = tmp_path / "texts.csv"
    source.write_text("a,b\n1,2\n")
    with pytest.raises(ValueError, match=r"E613.*Its columns: a, b"):
        embed_file(model, source, tmp_path / "out.npy")


def test_heads_do_not_run(model, source, tmp_path, monkeypatch):
    def fail(docs):
        raise AssertionError("a head runs")

    monkeypatch.setattr(model.get_pipe("sentiment"), "predict", fail)
    embed_file(model, source, tmp_path / "out.npy")
    assert "sentiment" in model.pipe_names


def test_new_words_are_not_kept(model, source, tmp_path):
    write_texts(source, ["neverseenbefore"])
    embed_file(model, source, tmp_path / "out.npy")
    assert "neverseenbefore" not in model.vocab.strings


def test_parquet_without_the_package(model, source, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(ValueError, match=r"E615.*spacy-mtl\[parquet\]"):
        embed_file(model, source, tmp_path / "out.parquet")


def test_columns_of_several_types(model, tmp_path):
    parquet = pytest.importorskip("pyarrow.parquet")
    rows = [{"text": "a", "n": i, "mixed": i, "one": True, "nested": {}} for i in range(15)]
    rows[3].update(mixed="x")
    rows[12].update(n=0.5, mixed=None, late=2**70, nested=[1])
    source = tmp_path / "texts.jsonl"
    source.write_text("\n".join(map(json.dumps, rows)))
    embed_file(model, source, tmp_path / "out.parquet")
    found = parquet.read_table(tmp_path / "out.parquet").to_pylist()
    assert [row["n"] for row in found] == [row["n"] for row in rows]
    assert [row["mixed"] for row in found][2:5] == ["2", "x", "4"]
    assert found[12]["mixed"] is None
    assert found[12]["late"] == str(2**70)
    assert found[0]["late"] is None
    assert found[0]["nested"] == "{}"
    assert found[0]["one"] is True


def test_the_texts_may_come_once(model, source, tmp_path, monkeypatch):
    monkeypatch.setattr("sys.stdin", source.open())
    report = embed_file(model, "-", tmp_path / "out.npy")
    embed_file(model, source, tmp_path / "file.npy")
    assert report.rows == 75
    assert (tmp_path / "out.npy").read_bytes() == (tmp_path / "file.npy").read_bytes()
