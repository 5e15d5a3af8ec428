"""A process that is forked while other threads hold locks."""

import os
from collections.abc import Callable

import numpy
import pytest

from spacy_mtl.layers import blas
from spacy_mtl.layers.lexeme_cache import LexemeCache
from spacy_mtl.layers.param_versions import Remembered

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="this system cannot fork")


def succeeds_in_child(check: Callable[[], bool]) -> bool:
    pid = os.fork()
    if pid == 0:
        os._exit(0 if check() else 1)
    return os.waitpid(pid, 0)[1] == 0


def embed(features):
    return numpy.ones((len(features), 2), dtype="f")


def test_a_cache_can_be_used():
    cache = LexemeCache(embed)
    with cache.lock:
        assert succeeds_in_child(lambda: cache.lock.acquire(timeout=2))


def test_a_cache_starts_anew():
    cache = LexemeCache(embed)
    cache.look_up(numpy.ones((3, 4), dtype="uint64"))
    assert cache.n_words == 1
    assert succeeds_in_child(lambda: cache.n_words == 0)


def test_what_is_remembered_can_be_used():
    remembered = Remembered()
    with remembered._lock:
        assert succeeds_in_child(lambda: remembered.get([], None, lambda: 3) == 3)


@pytest.mark.skipif(blas.find_openblas() is None, reason="NumPy has another BLAS")
def test_threads_are_given_back():
    get_threads, _ = blas.find_openblas()
    before = get_threads()
    with blas.single_thread():
        assert succeeds_in_child(lambda: get_threads() == before)
        assert succeeds_in_child(lambda: blas._THREADS.lock.acquire(timeout=2))
