"""Few file handles, and clocks that are wrong."""

import json
import os
import time

import pytest
import srsly
from crash import tree
from fault_data import TASKS
from spacy import blank, load
from spacy.tokens import DocBin
from train_setup import check_same, make_config

from spacy_mtl.bulk.apply import apply_files
from spacy_mtl.review.corrections import _pack
from spacy_mtl.staging import StagedFiles
from spacy_mtl.training.convert import convert_folder
from spacy_mtl.training.train_run import train

resource = pytest.importorskip("resource", reason="the system has no such limits")


@pytest.fixture
def few_handles():
    """Let the process open not many more files."""
    free = os.open(os.devnull, os.O_RDONLY)
    os.close(free)
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    yield lambda n: resource.setrlimit(resource.RLIMIT_NOFILE, (free + n, hard))
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def write_many(folder, n):
    rows = [{"text": f"text {i}", "label": "ab"[i % 2]} for i in range(4)]
    for i in range(n):
        for split in ("train", "dev"):
            (folder / split).mkdir(parents=True, exist_ok=True)
            srsly.write_jsonl(folder / split / f"task{i}.jsonl", rows)
    return folder


def test_many_files_need_few_handles(tmp_path, few_handles):
    data = write_many(tmp_path / "data", 150)
    few_handles(30)
    report = convert_folder(data, tmp_path / "corpus")
    assert len(report.files) == 300


def test_many_files_of_a_job_need_few_handles(tmp_path, model, few_handles):
    for i in range(60):
        (tmp_path / "texts").mkdir(exist_ok=True)
        srsly.write_jsonl(tmp_path / "texts" / f"{i:03}.jsonl", [{"text": f"a good film {i}"}])
    nlp = load(model)
    few_handles(50)
    assert apply_files(nlp, [tmp_path / "texts"], tmp_path / "out", n_workers=1).rows == 60


@pytest.mark.parametrize("n", range(4))
def test_too_few_handles(tmp_path, data, few_handles, n):
    convert_folder(data, tmp_path / "corpus")
    before = tree(tmp_path)
    few_handles(n)
    try:
        convert_folder(data, tmp_path / "corpus", overwrite=True)
    except (OSError, ValueError) as error:
        assert "Too many open files" in str(error)
        assert str(tmp_path) in str(error)
    else:
        assert n > 1
    few_handles(100)
    assert tree(tmp_path) == before


def test_no_handle_for_a_new_file(tmp_path, few_handles):
    few_handles(0)
    with pytest.raises(OSError, match=r"E135.*Too many open files"), StagedFiles() as files:
        files.write(tmp_path / "new" / "file", b"x")
    few_handles(100)
    assert not (tmp_path / "new").exists()


YEARS = {"1970": 0.0, "2100": 4.1e9}


@pytest.mark.parametrize("year", YEARS)
def test_training_with_a_clock_that_is_wrong(tmp_path, year, monkeypatch):
    config = make_config(tmp_path)
    train(config, tmp_path / "expected")
    times = iter(range(1_000_000))
    # It goes back, too.
    monkeypatch.setattr(time, "time", lambda: YEARS[year] + 1e6 - next(times))
    monkeypatch.setattr("tqdm.std.time", time.time)
    train(config, tmp_path / "out")
    check_same(tmp_path / "out", tmp_path / "expected")
    for line in (tmp_path / "out" / "training.jsonl").read_text().splitlines():
        entry = json.loads(line)
        assert entry["seconds"] >= 0
        assert entry["words_per_second"] is None or entry["words_per_second"] > 0


@pytest.mark.parametrize("year", YEARS)
def test_files_from_another_time_are_read_anew(tmp_path, data, year):
    old = convert_folder(data, tmp_path / "corpus")
    path = data / "train" / "sentiment.jsonl"
    os.utime(path, (YEARS[year], YEARS[year]))
    convert_folder(data, tmp_path / "corpus", overwrite=True)
    rows = path.read_text().replace(TASKS["sentiment"][0], "fine")
    new = path.with_suffix(".new")
    new.write_text(rows)
    os.utime(new, (YEARS[year], YEARS[year]))
    os.replace(new, path)
    report = convert_folder(data, tmp_path / "corpus", overwrite=True)
    assert len(report.files) == len(old.files)
    docs = DocBin().from_disk(tmp_path / "corpus" / "train" / "sentiment.spacy")
    assert "sentiment/fine" in next(docs.get_docs(blank("xx").vocab)).cats


def test_compressed_data_do_not_depend_on_the_clock(tmp_path, monkeypatch):
    before = _pack([b"x"], tmp_path / "a.jsonl.gz")
    monkeypatch.setattr(time, "time", lambda: 0.0)
    assert _pack([b"x"], tmp_path / "a.jsonl.gz") == before
