"""Fixtures of the tests of layers with inner loops."""

import pytest

from spacy_mtl.layers.kernels import get_kernels, use_kernels


@pytest.fixture(params=["numpy", "numba"])
def kernels(request):
    """Run a test with each kind of inner loops, which it gets as a module."""
    if request.param == "numba":
        pytest.importorskip("numba", reason="the extra 'fast' is not installed")
    with use_kernels(request.param):
        yield get_kernels()
