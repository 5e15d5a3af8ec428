"""One pipeline that many threads use at once."""

import random
import sys
import threading
from concurrent.futures import ThreadPoolExecutor

import numpy
import pytest
from builders import make_three_tasks

from spacy_mtl.inference.predictor import Predictor
from spacy_mtl.layers.kernels import use_kernels
from spacy_mtl.zones import memory_zone

N_THREADS = 8
WORDS = [
    "a",
    "good",
    "bad",
    "film",
    "really",
    "lovely",
    "awful",
    "actor",
    "plot",
    "screen",
    "fast",
    "slow",
    "cheap",
]


@pytest.fixture(autouse=True)
def nimble_threads():
    """Let threads take turns as often as they can."""
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-5)
    yield
    sys.setswitchinterval(interval)


@pytest.fixture(params=["numpy", "numba"])
def mode(request):
    if request.param == "numba":
        pytest.importorskip("numba", reason="the extra 'fast' is not installed")
    with use_kernels(request.param):
        yield request.param


def texts_of(number, count=60):
    """Texts with words that no other thread has, and words that all have, but none has seen."""
    rng = random.Random(number)
    texts = []
    for i in range(count):
        words = rng.choices(WORDS, k=rng.randint(0, 6))
        words += [f"own{number}x{i}", f"shared{i}"][: rng.randint(0, 2)]
        texts.append(" ".join(words))
    return texts


def values_of(docs):
    return [(doc.text, numpy.append(list(doc.cats.values()), doc._.embedding)) for doc in docs]


def work(nlp, number, way):
    texts = texts_of(number)
    docs = map(nlp, texts) if way == "call" else nlp.pipe(texts, batch_size=16)
    return values_of(docs)


@pytest.mark.parametrize("way", ["call", "pipe"])
@pytest.mark.filterwarnings("error")
def test_eight_threads_get_what_one_gets(mode, way):
    nlp = make_three_tasks("en")
    data = nlp.to_bytes()
    expected = [work(nlp, number, way) for number in range(N_THREADS)]
    with ThreadPoolExecutor(N_THREADS) as pool:
        shared = make_three_tasks("en").from_bytes(data)
        found = list(pool.map(lambda number: work(shared, number, way), range(N_THREADS)))
    for ours, theirs in zip(expected, found, strict=True):
        assert [text for text, _ in ours] == [text for text, _ in theirs]
        for (_, first), (_, second) in zip(ours, theirs, strict=True):
            numpy.testing.assert_array_equal(first, second)


def test_threads_of_a_predictor_get_the_same_bits():
    predictor = Predictor(make_three_tasks("en"), all_scores=True, batch_size=16)
    texts = [texts_of(number, 20) for number in range(N_THREADS)]
    expected = [predictor(some) for some in texts]
    with ThreadPoolExecutor(N_THREADS) as pool:
        for _ in range(3):
            assert list(pool.map(predictor, texts)) == expected


def test_memory_zones_of_threads_follow_each_other():
    nlp = make_three_tasks("en")
    n_open = 0
    most = 0

    def enter(number):
        nonlocal n_open, most
        for _ in range(20):
            with memory_zone(nlp), memory_zone(nlp):
                n_open += 1
                most = max(most, n_open)
                nlp.make_doc(f"word{number}")
                n_open -= 1

    with ThreadPoolExecutor(N_THREADS) as pool:
        list(pool.map(enter, range(N_THREADS)))
    assert most == 1
    assert not nlp.vocab.in_memory_zone


def test_a_zone_around_all_threads():
    nlp = make_three_tasks("en")
    expected = [work(nlp, number, "pipe") for number in range(N_THREADS)]
    found = [[] for _ in range(N_THREADS)]
    with nlp.memory_zone():
        threads = [
            threading.Thread(target=lambda n: found[n].extend(work(nlp, n, "pipe")), args=(n,))
            for n in range(N_THREADS)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    for ours, theirs in zip(expected, found, strict=True):
        for (_, first), (_, second) in zip(ours, theirs, strict=True):
            numpy.testing.assert_array_equal(first, second)
