"""The matrix product that is fastest on this machine, on one thread."""

import ctypes
import glob
import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import lru_cache
from typing import Any

import numpy
from thinc.api import NumpyOps, get_current_ops

from ..errors import Errors
from .forking import renew_after_fork

#: "numpy" (its BLAS), "thinc" (the product of thinc's own operations) or "auto" (the faster one).
PRODUCT_VARIABLE = "SPACY_MTL_PRODUCT"
#: Threads of NumPy's BLAS inside the encoder. 0 leaves them as they are.
THREADS_VARIABLE = "SPACY_MTL_BLAS_THREADS"
#: Shape of the measured product: rows, inputs and outputs of a window layer of width 96.
MEASURED_SHAPE = (256, 288, 288)
N_ROUNDS = 5
#: Rows that `row_product` multiplies at a time, as columns of the other matrix. The products of OpenBLAS (for
#: Haswell and SkylakeX) and of BLIS round 16 columns alike, and OpenBLAS does not round 32 alike.
FEW_ROWS = 16
#: NumPy and thinc's own product give the same speed to the last percents on many machines. Then the
#: choice should not depend on chance.
PREFERENCE = 1.1
_SYMBOLS = ("scipy_openblas", "openblas")
_SUFFIXES = ("64_", "_64", "64", "")


def product(A: Any, B: Any, out: Any = None) -> Any:
    """Multiply two matrices by the faster of NumPy's BLAS and thinc's own product.

    A (Floats2d): `(n, k)`.
    B (Floats2d): `(k, m)`, contiguous or the transpose of a contiguous matrix.
    out (Optional[Floats2d]): Where to put the result, `(n, m)`, contiguous.
    RETURNS (Floats2d): `(n, m)`.
    """
    return _PRODUCTS[choose_product()](A, B, out)


def row_product(A: Any, B: Any) -> Any:
    """Multiply two matrices so that the last bits of a row do not depend on the other rows, as they do in
    `product`. For many rows it takes a third longer.

    A (Floats2d): `(n, k)`.
    B (Floats2d): `(k, m)`, contiguous or the transpose of a contiguous matrix, which is faster.
    RETURNS (Floats2d): `(n, m)`.
    """
    n = len(A)
    n_padded = -(-n // FEW_ROWS) * FEW_ROWS
    padded = numpy.zeros((n_padded, A.shape[1]), dtype="f")
    padded[:n] = A
    out = numpy.empty((n_padded, B.shape[1]), dtype="f")
    columns = numpy.empty((B.shape[1], FEW_ROWS), dtype="f")
    multiply = _PRODUCTS[choose_product()]
    for start in range(0, n_padded, FEW_ROWS):
        rows = slice(start, start + FEW_ROWS)
        multiply(B.T, padded[rows].T, columns)
        out[rows] = columns.T
    return out[:n]


def choose_product() -> str:
    """Say which product is used, and measure it in the first call, which takes milliseconds.

    RETURNS (str): "numpy" or "thinc".
    RAISES (ValueError): If the environment variable `SPACY_MTL_PRODUCT` is set to something unknown.
    """
    wanted = os.environ.get(PRODUCT_VARIABLE, "auto")
    if wanted in _PRODUCTS:
        return wanted
    if wanted != "auto":
        raise ValueError(Errors.E242.format(variable=PRODUCT_VARIABLE, value=wanted))
    speeds = measure_products()
    return "thinc" if speeds["thinc"] > PREFERENCE * speeds["numpy"] else "numpy"


@lru_cache(maxsize=1)
def measure_products() -> dict[str, float]:
    """Measure both products on this machine, once in a process.

    RETURNS (Dict[str, float]): GFLOP/s by name of the product.
    """
    n, k, m = MEASURED_SHAPE
    A = numpy.full((n, k), 0.5, dtype="f")
    B = numpy.full((m, k), 0.5, dtype="f").T
    out = numpy.zeros((n, m), dtype="f")
    best = dict.fromkeys(_PRODUCTS, 0.0)
    with single_thread():
        for _ in range(N_ROUNDS):
            for name, function in _PRODUCTS.items():
                start = time.perf_counter()
                function(A, B, out)
                seconds = max(time.perf_counter() - start, 1e-9)
                best[name] = max(best[name], 2e-9 * n * k * m / seconds)
    return best


def _numpy_product(A: Any, B: Any, out: Any) -> Any:
    return numpy.dot(A, B, out=out)


def _thinc_product(A: Any, B: Any, out: Any) -> Any:
    ops = _numpy_ops()
    if B.flags.c_contiguous or not B.T.flags.c_contiguous:
        return ops.gemm(A, numpy.ascontiguousarray(B), out=out)
    if A.flags.c_contiguous or not A.T.flags.c_contiguous:
        return ops.gemm(numpy.ascontiguousarray(A), B.T, out=out, trans2=True)
    return ops.gemm(A.T, B.T, out=out, trans1=True, trans2=True)


def _numpy_ops() -> NumpyOps:
    ops = get_current_ops()
    return ops if isinstance(ops, NumpyOps) else NumpyOps()


_PRODUCTS: dict[str, Callable] = {"numpy": _numpy_product, "thinc": _thinc_product}


class _Threads:
    """The thread count of NumPy's OpenBLAS, which is one number for the whole process."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.n_users = 0
        self.previous = 0
        renew_after_fork(self)

    def after_fork(self) -> None:
        """Take back the limit of threads that do not exist here."""
        self.lock = threading.Lock()
        functions = find_openblas() if self.n_users else None
        self.n_users = 0
        if functions is not None:
            functions[1](self.previous)

    @contextmanager
    def limited(self, n_threads: int) -> Iterator[None]:
        functions = find_openblas() if n_threads else None
        if functions is None:
            yield
            return
        get_threads, set_threads = functions
        with self.lock:
            self.n_users += 1
            if self.n_users == 1:
                self.previous = get_threads()
                if self.previous != n_threads:
                    set_threads(n_threads)
        try:
            yield
        finally:
            with self.lock:
                self.n_users -= 1
                if self.n_users == 0 and get_threads() != self.previous:
                    set_threads(self.previous)


_THREADS = _Threads()


def single_thread() -> Any:
    """Let NumPy's BLAS work on one thread within the block, or on as many as the environment variable
    `SPACY_MTL_BLAS_THREADS` says. Afterwards it has its own number of threads again.

    Products as small as an encoder's lose more by waiting for a second thread than they gain as soon
    as anything else runs on the machine.

    RETURNS (ContextManager): The block.
    RAISES (ValueError): If that variable is set to something that is not a number of threads.
    """
    wanted = os.environ.get(THREADS_VARIABLE, "1")
    if not wanted.isdecimal():
        raise ValueError(Errors.E243.format(variable=THREADS_VARIABLE, value=wanted))
    return _THREADS.limited(int(wanted))


@lru_cache(maxsize=1)
def find_openblas() -> tuple[Callable[[], int], Callable[[int], None]] | None:
    """Find the functions that read and set the number of threads of NumPy's OpenBLAS.

    RETURNS (Optional[Tuple[Callable, Callable]]): Both, or None if NumPy uses another BLAS.
    """
    get_threads, set_threads = (_find_function(f"{verb}_num_threads") for verb in ("get", "set"))
    if get_threads is None or set_threads is None:
        return None
    set_threads.argtypes, set_threads.restype = [ctypes.c_int], None
    get_threads.restype = ctypes.c_int
    return get_threads, set_threads


@lru_cache(maxsize=1)
def find_core() -> str | None:
    """Find out for which kind of processor NumPy's OpenBLAS computes, which it chooses when it is loaded.

    RETURNS (Optional[str]): Its name of the processor, or None if it cannot be found out.
    """
    get_core = _find_function("get_corename")
    if get_core is None:
        return None
    get_core.restype = ctypes.c_char_p
    name = get_core()
    return name.decode("ascii", "replace") if name else None


def _find_function(name: str) -> Any:
    folder = os.path.dirname(numpy.__file__)
    patterns = (
        os.path.join(f"{folder}.libs", "*openblas*"),
        os.path.join(folder, ".dylibs", "*openblas*"),
    )
    for path in [path for pattern in patterns for path in sorted(glob.glob(pattern))]:
        try:
            library = ctypes.CDLL(path)
        except OSError:
            continue
        for prefix in _SYMBOLS:
            for suffix in _SUFFIXES:
                function = getattr(library, f"{prefix}_{name}{suffix}", None)
                if function is not None:
                    return function
    return None
