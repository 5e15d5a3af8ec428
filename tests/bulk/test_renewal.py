"""A worker's pipeline is given up for a new copy from time to time, and nobody sees it."""

import gc
import weakref

import pytest
from bulk_setup import write_rows
from spacy.language import Language

from spacy_mtl.bulk import renewal
from spacy_mtl.bulk.apply import Layout, _pack, apply_files
from spacy_mtl.bulk.blocks import Block, Piece
from spacy_mtl.bulk.inputs import find_inputs
from spacy_mtl.bulk.renewal import Renewed
from spacy_mtl.bulk.work import Apply, Scorer
from spacy_mtl.inference.predictor import Predictor


@pytest.fixture
def loads(monkeypatch):
    """Notes each pipeline that is made from bytes, weakly."""
    found = []
    from_bytes = Language.from_bytes

    def note(self, *args, **kwargs):
        found.append(weakref.ref(self))
        return from_bytes(self, *args, **kwargs)

    monkeypatch.setattr(Language, "from_bytes", note)
    return found


@pytest.fixture
def packed(model):
    predictor = Predictor(model, all_scores=True)
    labels = {task: list(pipe.labels) for task, pipe in predictor.pipes.items()}
    return _pack(Apply(Scorer(predictor), Layout(labels=labels)))


@pytest.fixture
def block(tmp_path):
    path = write_rows(tmp_path / "texts.jsonl", 5)
    files, _ = find_inputs([path], tmp_path / "out.jsonl")
    return Block(files[0], Piece(1, path.read_bytes()), True, True)


def test_the_output_is_the_same(inline, model, source, tmp_path, monkeypatch):
    apply_files(model, [source], tmp_path / "one.jsonl", embeddings=True)
    monkeypatch.setattr(renewal, "RENEW_AFTER", 1)
    apply_files(model, [source], tmp_path / "two.jsonl", embeddings=True)
    assert (tmp_path / "one.jsonl").read_bytes() == (tmp_path / "two.jsonl").read_bytes()


def test_a_copy_is_loaded_when_so_many_bytes_are_done(packed, block, loads, monkeypatch):
    size = len(block.piece.data)
    monkeypatch.setattr(renewal, "RENEW_AFTER", 2 * size)
    work = Renewed(lambda: packed)
    first = loads[:]
    results = [work(block, {})]
    results += [work(block, {})]
    assert len(loads) == len(first)
    results += [work(block, {})]
    assert len(loads) == 2 * len(first)
    results += [work(block, {}) for _ in range(2)]
    assert len(loads) == 3 * len(first)
    assert results == [results[0]] * 5


def test_the_former_copy_is_gone_before_the_next_one_is_loaded(packed, block, loads, monkeypatch):
    monkeypatch.setattr(renewal, "RENEW_AFTER", 1)
    alive = []

    def load():
        alive.append(sum(ref() is not None for ref in loads))
        return packed

    work = Renewed(load)
    gc.collect()
    gc.disable()
    try:
        for _ in range(3):
            work(block, {})
    finally:
        gc.enable()
    assert alive == [0, 0, 0]


def test_rows_are_cut_by_the_same_copy(packed, block, loads):
    work = Renewed(lambda: packed)
    n_loads = len(loads)
    assert [row.piece.number for row in work.split(block)] == [1, 2, 3, 4, 5]
    assert len(loads) == n_loads
