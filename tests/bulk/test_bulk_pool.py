"""Blocks come back in order and once, whatever happens to the workers: with workers that need no process."""

from concurrent.futures import Future

import pytest

from spacy_mtl.bulk.blocks import Block, Piece, Result
from spacy_mtl.bulk.inputs import InputFile
from spacy_mtl.bulk.pool import WINDOW, Pool, spread

FILE = InputFile("a.jsonl", "jsonl", "out.jsonl")


class Died(Exception):
    pass


class FakePool(Pool):
    """Workers that read rows of one byte each, and end as they are told."""

    deaths = (Died,)

    def __init__(self, n_workers=2, deadly=b"", deaths=0, lost=0):
        super().__init__(n_workers)
        self.deadly, self.n_deaths, self.lost = deadly, deaths, lost
        self.is_dead = [False] * n_workers
        self.started = 0

    def start(self, worker):
        self.started += 1
        self.is_dead[worker] = self.started <= self.lost
        return self._future(None, Died() if self.is_dead[worker] else None)

    def submit(self, worker, block, left_out):
        rows = [
            row for i, row in enumerate(block.piece.data) if block.piece.number + i not in left_out
        ]
        if self.deadly in (b"!",) and len(rows) > 1:
            self.is_dead[worker] = True
        if any(row in self.deadly for row in rows) or self.n_deaths:
            self.n_deaths = max(self.n_deaths - 1, 0)
            self.is_dead[worker] = True
        error = Died() if self.is_dead[worker] else None
        return self._future(Result(bytes(rows), n_rows=len(rows)), error)

    def stop(self):
        pass

    def _future(self, result, error):
        future = Future()
        if error is None:
            future.set_result(result)
        else:
            future.set_exception(error)
        return future


def make_blocks(*rows):
    number = 1
    for data in rows:
        yield Block(FILE, Piece(number, data), False, False)
        number += len(data)


def split(block):
    return [
        Block(FILE, Piece(block.piece.number + i, bytes([row])), False, False)
        for i, row in enumerate(block.piece.data)
    ]


def run(pool, *rows):
    found = list(spread(make_blocks(*rows), pool=pool, split=split))
    assert [block.piece.data for block, _ in found] == list(rows)
    return [result.data for _, result in found]


ROWS = [bytes([i, i + 1]) for i in range(1, 40, 2)]


@pytest.mark.parametrize("n_workers", [1, 2, 5, 50])
def test_order(n_workers):
    assert run(FakePool(n_workers), *ROWS) == ROWS


@pytest.mark.parametrize("deaths", [1, 2, 7])
def test_what_a_dead_worker_had_is_done_again(deaths):
    assert run(FakePool(2, deaths=deaths), *ROWS) == ROWS


def test_a_deadly_row_is_found_and_the_others_stay():
    found = run(FakePool(2, deadly=bytes([4, 9])), *ROWS)
    assert b"".join(found) == b"".join(ROWS).replace(bytes([4]), b"").replace(bytes([9]), b"")


def test_rows_that_are_deadly_only_together():
    with pytest.raises(ValueError, match=r"E780.*Rows 1 to 2 of a\.jsonl"):
        run(FakePool(1, deadly=b"!"), *ROWS)


def test_workers_that_cannot_begin():
    with pytest.raises(ValueError, match="E781"):
        run(FakePool(2, lost=99), *ROWS)


def test_workers_that_begin_at_the_second_try():
    assert run(FakePool(2, lost=2), *ROWS) == ROWS


def test_no_more_blocks_are_read_than_fit_into_memory():
    taken = 0

    def blocks():
        nonlocal taken
        for block in make_blocks(*ROWS * 5):
            taken += 1
            yield block

    results = spread(blocks(), pool=FakePool(2), split=split)
    next(results)
    assert taken <= 2 * WINDOW


def test_no_more_workers_than_blocks():
    pool = FakePool(8)
    run(pool, *ROWS[:2])
    assert pool.started == 2


def test_an_error_of_a_worker_is_raised():
    pool = FakePool(2)
    pool._future = lambda result, error: Future.set_exception(f := Future(), KeyError("x")) or f
    with pytest.raises(KeyError):
        run(pool, *ROWS)
