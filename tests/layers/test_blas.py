"""Which matrix product is used, what it computes, and on how many threads."""

import ctypes
import glob
import threading

import numpy
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from spacy_mtl.layers import blas
from spacy_mtl.layers.blas import (
    PRODUCT_VARIABLE,
    THREADS_VARIABLE,
    choose_product,
    find_openblas,
    measure_products,
    product,
    row_product,
    single_thread,
)


@pytest.fixture(autouse=True)
def plain_environment(monkeypatch):
    monkeypatch.delenv(PRODUCT_VARIABLE, raising=False)
    monkeypatch.delenv(THREADS_VARIABLE, raising=False)


def draw(n, k, seed=0):
    return numpy.random.default_rng(seed).normal(size=(n, k)).astype("f")


# The products


def plain(X):
    return X


def transposed(X):
    return numpy.ascontiguousarray(X.T).T


@pytest.mark.parametrize("name", ["numpy", "thinc"])
@pytest.mark.parametrize("layout_A", [plain, transposed])
@pytest.mark.parametrize("layout_B", [plain, transposed])
@pytest.mark.parametrize("shape", [(1, 1, 1), (5, 7, 3), (1, 96, 288), (70, 1, 4), (0, 7, 3)])
@pytest.mark.parametrize("has_out", [False, True])
def test_products_in_all_layouts(monkeypatch, name, layout_A, layout_B, shape, has_out):
    monkeypatch.setenv(PRODUCT_VARIABLE, name)
    n, k, m = shape
    A, B = layout_A(draw(n, k)), layout_B(draw(k, m, seed=1))
    out = numpy.full((n, m), numpy.nan, dtype="f") if has_out else None
    found = product(A, B, out=out)
    expected = numpy.einsum("ik,kj->ij", A.astype("d"), B.astype("d"))
    assert found.dtype == "float32"
    assert_allclose(found, expected, rtol=1e-4, atol=1e-4)
    if has_out:
        assert_allclose(out, expected, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("name", ["numpy", "thinc"])
@pytest.mark.parametrize("layout", [plain, transposed])
@pytest.mark.parametrize("shape", [(1, 1), (7, 3), (384, 288), (96, 864)])
@pytest.mark.parametrize("n_before", [0, 1, 3, 17])
@pytest.mark.parametrize("n_after", [0, 2, 40])
def test_last_bits_of_a_row_do_not_depend_on_others(
    monkeypatch, name, layout, shape, n_before, n_after
):
    monkeypatch.setenv(PRODUCT_VARIABLE, name)
    B = layout(draw(*shape))
    row = draw(1, shape[0], seed=1)
    rows = [draw(n_before, shape[0], seed=2), row, draw(n_after, shape[0], seed=3)]
    found = row_product(numpy.concatenate(rows), B)
    assert_array_equal(found[n_before], row_product(row, B)[0])
    assert_allclose(found, numpy.concatenate(rows) @ B, rtol=1e-3, atol=1e-4)


def test_product_of_no_rows():
    assert row_product(draw(0, 3), draw(3, 5)).shape == (0, 5)


@pytest.mark.parametrize("name", ["numpy", "thinc"])
def test_a_part_of_the_rows_of_a_buffer_is_filled_in_place(monkeypatch, name):
    monkeypatch.setenv(PRODUCT_VARIABLE, name)
    A, B, buffer = draw(9, 6), draw(4, 6, seed=1), numpy.zeros((9, 4), dtype="f")
    product(A[:5], B.T, out=buffer[:5])
    assert_allclose(buffer[:5], A[:5] @ B.T, rtol=1e-4, atol=1e-5)
    assert not buffer[5:].any()


@pytest.mark.parametrize("name", ["numpy", "thinc"])
def test_factors_that_skip_values(monkeypatch, name):
    monkeypatch.setenv(PRODUCT_VARIABLE, name)
    A, B = draw(10, 12)[::2, ::3], draw(8, 6, seed=1)[::2, ::2]
    assert_allclose(product(A, B), A.copy() @ B.copy(), rtol=1e-4, atol=1e-5)


# The choice


def speeds(monkeypatch, **measured):
    monkeypatch.setattr(blas, "measure_products", lambda: measured)


@pytest.mark.parametrize("wanted", ["numpy", "thinc"])
def test_the_environment_chooses_without_measuring(monkeypatch, wanted):
    monkeypatch.setattr(blas, "measure_products", None)
    monkeypatch.setenv(PRODUCT_VARIABLE, wanted)
    assert choose_product() == wanted


@pytest.mark.parametrize("wanted", [None, "auto"])
@pytest.mark.parametrize(
    "numpys, thincs, expected",
    [(10.0, 50.0, "thinc"), (50.0, 10.0, "numpy"), (50.0, 50.0, "numpy"), (50.0, 52.0, "numpy")],
)
def test_the_faster_one_is_chosen_and_numpys_if_they_are_alike(
    monkeypatch, wanted, numpys, thincs, expected
):
    speeds(monkeypatch, numpy=numpys, thinc=thincs)
    if wanted:
        monkeypatch.setenv(PRODUCT_VARIABLE, wanted)
    assert choose_product() == expected


@pytest.mark.parametrize("value", ["mkl", "", "NumPy"])
def test_unknown_products_are_an_error_that_names_the_variable(monkeypatch, value):
    monkeypatch.setenv(PRODUCT_VARIABLE, value)
    with pytest.raises(ValueError, match=f"E242.*{PRODUCT_VARIABLE} is '{value}'.*'thinc'"):
        product(draw(2, 2), draw(2, 2))


def test_speeds_are_measured_once():
    found = measure_products()
    assert measure_products() is found
    assert set(found) == {"numpy", "thinc"}
    assert min(found.values()) > 0


# The threads


class FakeBlas:
    """Stands for OpenBLAS. It notes how its number of threads is set."""

    def __init__(self, n_threads):
        self.n_threads = n_threads
        self.calls = []

    def get(self):
        return self.n_threads

    def set(self, n_threads):
        self.n_threads = n_threads
        self.calls.append(n_threads)


@pytest.fixture
def openblas(monkeypatch):
    fake = FakeBlas(4)
    monkeypatch.setattr(blas, "find_openblas", lambda: (fake.get, fake.set))
    return fake


def test_one_thread_within_the_block_and_as_many_as_before_after_it(openblas):
    with single_thread():
        assert openblas.n_threads == 1
    assert openblas.calls == [1, 4]


@pytest.mark.parametrize("value, expected", [("1", 1), ("2", 2), ("3", 3)])
def test_the_environment_says_how_many_threads(monkeypatch, openblas, value, expected):
    monkeypatch.setenv(THREADS_VARIABLE, value)
    with single_thread():
        assert openblas.n_threads == expected
    assert openblas.n_threads == 4


@pytest.mark.parametrize("value", ["0", "4"])
def test_threads_that_are_right_already_are_not_set(monkeypatch, openblas, value):
    monkeypatch.setenv(THREADS_VARIABLE, value)
    with single_thread():
        pass
    assert openblas.calls == []


@pytest.mark.parametrize("value", ["many", "", "-1", "1.5"])
def test_other_numbers_of_threads_are_an_error_that_names_the_variable(monkeypatch, value):
    monkeypatch.setenv(THREADS_VARIABLE, value)
    with pytest.raises(ValueError, match=f"E243.*{THREADS_VARIABLE} is '{value}'"):
        single_thread()


def test_threads_are_restored_after_an_exception(openblas):
    with pytest.raises(KeyError), single_thread():
        raise KeyError
    assert openblas.n_threads == 4
    with single_thread():
        assert openblas.n_threads == 1
    assert openblas.n_threads == 4


def test_threads_are_restored_at_the_end_of_the_outermost_block(openblas):
    with single_thread():
        for _ in range(2):
            with single_thread():
                pass
            assert openblas.n_threads == 1
    assert openblas.calls == [1, 4]


def test_an_exception_in_an_inner_block_keeps_the_outer_one(openblas):
    with single_thread():
        with pytest.raises(KeyError), single_thread():
            raise KeyError
        assert openblas.n_threads == 1
    assert openblas.n_threads == 4


def test_a_number_of_threads_set_between_two_blocks_is_kept(openblas):
    for n_threads in (4, 2, 8):
        openblas.n_threads = n_threads
        with single_thread():
            assert openblas.n_threads == 1
        assert openblas.n_threads == n_threads


def test_blocks_that_overlap_in_time_restore_at_the_end_of_the_last(openblas):
    first, second = single_thread(), single_thread()
    first.__enter__()
    second.__enter__()
    first.__exit__(None, None, None)
    assert openblas.n_threads == 1
    second.__exit__(None, None, None)
    assert openblas.calls == [1, 4]


def test_many_blocks_at_once(openblas):
    found = []

    def work():
        for _ in range(100):
            with single_thread():
                found.append(openblas.n_threads)

    workers = [threading.Thread(target=work) for _ in range(8)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert set(found) == {1}
    assert openblas.n_threads == 4


def test_overlapping_blocks_of_several_sizes_restore_what_was_before(monkeypatch, openblas):
    first = single_thread()
    first.__enter__()
    monkeypatch.setenv(THREADS_VARIABLE, "4")
    second = single_thread()
    second.__enter__()
    first.__exit__(None, None, None)
    second.__exit__(None, None, None)
    assert openblas.n_threads == 4


@pytest.mark.skipif(find_openblas() is None, reason="NumPy uses another BLAS than OpenBLAS here")
def test_openblas_itself_is_set_and_restored():
    get_threads, set_threads = find_openblas()
    before = get_threads()
    try:
        set_threads(2)
        with single_thread():
            assert get_threads() == 1
        assert get_threads() == 2
    finally:
        set_threads(before)


def no_files(monkeypatch):
    monkeypatch.setattr(glob, "glob", lambda pattern: [])


def no_library(monkeypatch):
    def refuse(path):
        raise OSError(path)

    monkeypatch.setattr(glob, "glob", lambda pattern: ["libopenblas.so"])
    monkeypatch.setattr(ctypes, "CDLL", refuse)


def no_functions(monkeypatch):
    monkeypatch.setattr(glob, "glob", lambda pattern: ["libopenblas.so"])
    monkeypatch.setattr(ctypes, "CDLL", lambda path: object())


@pytest.mark.parametrize("missing", [no_files, no_library, no_functions])
def test_without_openblas_everything_works_on_its_own_threads(monkeypatch, missing):
    missing(monkeypatch)
    monkeypatch.setattr(blas, "find_openblas", find_openblas.__wrapped__)
    assert blas.find_openblas() is None
    with single_thread(), single_thread():
        assert_allclose(product(draw(2, 3), draw(3, 2)), draw(2, 3) @ draw(3, 2), rtol=1e-4)
