"""Fixtures of the tests of the fast encoder."""

import pytest
from reference import initialized, make_docs, used

from spacy_mtl.layers.kernels import use_kernels


@pytest.fixture(scope="module", params=["numpy", "numba"])
def kernels(request):
    """Run a test with each kind of compiled or plain array code."""
    if request.param == "numba":
        pytest.importorskip("numba", reason="the extra 'fast' is not installed")
    with use_kernels(request.param):
        yield request.param


@pytest.fixture(scope="module")
def docs(nlp):
    """Documents of the module's own pipeline."""
    return make_docs(nlp, [9, 0, 4, 1])


@pytest.fixture
def model(nlp, docs):
    """An encoder that remembers these documents."""
    return used(initialized("ours", nlp), docs)
