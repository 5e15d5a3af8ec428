"""Fixtures of the tests of the fast encoder."""

import pytest

from spacy_mtl.layers.kernels import use_kernels


@pytest.fixture(scope="module", params=["numpy", "numba"])
def kernels(request):
    """Run a test with each kind of compiled or plain array code."""
    if request.param == "numba":
        pytest.importorskip("numba", reason="the extra 'fast' is not installed")
    with use_kernels(request.param):
        yield request.param
