"""The nearest of many vectors."""

import numpy
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from spacy_mtl.layers import nearest
from spacy_mtl.layers.nearest import NearestVectors

NEEDS_FAISS = pytest.mark.skipif(nearest._load_faiss() is None, reason='needs the extra "lmfao"')


def make(n, width=20, seed=0, clusters=50):
    rng = numpy.random.default_rng(seed)
    centres = rng.standard_normal((clusters, width))
    noise = rng.standard_normal((n, width))
    return (centres[rng.integers(clusters, size=n)] + 0.6 * noise).astype("f")


def by_hand(vectors, queries, n):
    norms = [
        numpy.linalg.norm(array.astype("d"), axis=1, keepdims=True) for array in (vectors, queries)
    ]
    products = (queries / norms[1]) @ (vectors / norms[0]).T
    rows = numpy.argsort(-products, axis=1, kind="stable")[:, :n]
    return rows, numpy.take_along_axis(products, rows, axis=1)


@pytest.mark.parametrize("block", [1, 700, 4_000_000])
def test_exact_search_finds_the_nearest(monkeypatch, block):
    monkeypatch.setattr(nearest, "_BLOCK", block)
    vectors, queries = make(300), make(7, seed=1)
    index = NearestVectors(vectors)
    rows, similarity = index.find(queries, 5)
    expected, values = by_hand(vectors, queries, 5)
    assert index.exact
    assert rows.dtype == "int64" and similarity.dtype == "float32"
    assert (rows == expected).all()
    numpy.testing.assert_allclose(similarity, values, atol=1e-6)


def test_length_does_not_matter():
    vectors = make(200)
    lengths = numpy.geomspace(1e-30, 1e30, len(vectors), dtype="f")[:, None]
    rows, similarity = NearestVectors(vectors * lengths).find(vectors[:20] * 1e25, 3)
    expected, values = by_hand(vectors, vectors[:20], 3)
    assert (rows == expected).all()
    numpy.testing.assert_allclose(similarity, values, atol=1e-6)


def test_zero_vectors_are_never_neighbours():
    vectors = make(50)
    vectors[::2] = 0
    rows, _ = NearestVectors(vectors).find(-vectors[1::2], 25)
    assert (rows % 2 == 1).all()


def test_too_few_vectors_and_queries_that_are_zero():
    vectors = make(4)
    vectors[1] = 0
    rows, similarity = NearestVectors(vectors).find(numpy.stack([vectors[2], vectors[1]]), 5)
    assert sorted(rows[0]) == [-1, -1, 0, 2, 3] and rows[0, 0] == 2
    assert (rows[1] == -1).all()
    assert (similarity[rows == -1] == 0).all()


@pytest.mark.parametrize("shape", [(0, 3), (3, 0)])
def test_no_vectors(shape):
    rows, similarity = NearestVectors(numpy.zeros(shape, dtype="f")).find(
        numpy.ones((2, shape[1]), dtype="f"), 2
    )
    assert (rows == -1).all() and (similarity == 0).all()
    assert NearestVectors(make(3)).find(numpy.zeros((0, 20), dtype="f"), 2)[0].shape == (0, 2)


@pytest.mark.parametrize("width", [3, 7, 100])
def test_equally_near_ones_come_by_row(width):
    distinct = make(40, width)
    vectors = numpy.concatenate([distinct] * 25)
    rows, similarity = NearestVectors(vectors).find(distinct[:9], 20)
    for i in range(9):
        assert rows[i].tolist() == list(range(i, 40 * 20, 40))
        assert len(set(similarity[i].tolist())) == 1


@given(
    arrays("f", st.tuples(st.integers(1, 30), st.just(3)), elements=st.integers(-2, 2)),
    st.integers(1, 8),
)
def test_any_vectors(vectors, n):
    rows, similarity = NearestVectors(vectors).find(vectors, n)
    found = rows >= 0
    assert (numpy.diff(similarity, axis=1)[found[:, 1:]] <= 0).all()
    for query, (own, values) in enumerate(zip(rows, similarity, strict=True)):
        wanted = min(n, int(vectors.any(axis=1).sum())) if vectors[query].any() else 0
        assert len(set(own[own >= 0])) == (own >= 0).sum() == wanted
        if wanted:
            assert values[0] == pytest.approx(1.0)


@NEEDS_FAISS
def test_index_finds_most_of_the_nearest():
    vectors, queries = make(25_000, clusters=300), make(200, seed=1, clusters=300)
    vectors[100] = 0
    index = NearestVectors(vectors)
    assert not index.exact
    rows, similarity = index.find(queries, 10)
    expected, values = NearestVectors(vectors, exact=True).find(queries, 10)
    recall = numpy.mean([len(set(a) & set(b)) / 10 for a, b in zip(rows, expected, strict=True)])
    assert recall > 0.9
    assert (numpy.diff(similarity, axis=1) <= 0).all()
    same = rows[:, 0] == expected[:, 0]
    assert (similarity[same, 0] == values[same, 0]).all()
    again = NearestVectors(vectors).find(queries, 10)
    assert (again[0] == rows).all() and (again[1] == similarity).all()


@NEEDS_FAISS
def test_index_with_fewer_vectors_in_its_lists_than_wanted():
    vectors = make(3000)
    index = NearestVectors(vectors, exact=False)
    assert not index.exact
    rows, _ = index.find(vectors[:3], 2900)
    assert (rows == NearestVectors(vectors).find(vectors[:3], 2900)[0]).all()
    assert NearestVectors(vectors[:5], exact=False).find(vectors[:1], 9)[0][0, 0] == 0


def test_without_faiss_the_search_is_exact(monkeypatch):
    monkeypatch.setattr(nearest, "_load_faiss", lambda: None)
    monkeypatch.setattr(nearest, "EXACT_BELOW", 10)
    assert NearestVectors(make(20)).exact
    with pytest.raises(ValueError, match=r'\[E247\].*pip install "spacy-mtl\[lmfao\]"'):
        NearestVectors(make(20), exact=False)


@pytest.mark.parametrize(
    "bad", [numpy.ones(3), numpy.ones((2, 4)), [[1, numpy.nan, 2]], [[1, 2, numpy.inf]]]
)
def test_bad_arrays(bad):
    with pytest.raises(ValueError, match="E246"):
        NearestVectors(numpy.ones((3, 3))).find(bad, 1)
