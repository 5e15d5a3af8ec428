"""Which inner loops are used."""

import pytest

from spacy_mtl.layers import kernels as module
from spacy_mtl.layers.kernels import (
    KERNELS_VARIABLE,
    get_kernels,
    has_numba,
    kernels_mode,
    use_kernels,
)


@pytest.fixture(autouse=True)
def with_numba(monkeypatch):
    """Pretend that numba is installed, and nothing is asked for."""
    monkeypatch.delenv(KERNELS_VARIABLE, raising=False)
    monkeypatch.setattr(module, "has_numba", lambda: True)


@pytest.fixture
def without_numba(monkeypatch):
    monkeypatch.setattr(module, "has_numba", lambda: False)


def test_compiled_loops_are_the_default_where_numba_is_installed():
    assert kernels_mode() == "numba"


def test_loops_of_numpy_are_the_default_without_numba(without_numba):
    assert kernels_mode() == "numpy"


def test_the_environment_chooses(monkeypatch):
    monkeypatch.setenv(KERNELS_VARIABLE, "numpy")
    assert kernels_mode() == "numpy"


def test_auto_in_the_environment_is_the_default(monkeypatch):
    monkeypatch.setenv(KERNELS_VARIABLE, "auto")
    assert kernels_mode() == "numba"


def test_a_block_overrules_the_environment(monkeypatch):
    monkeypatch.setenv(KERNELS_VARIABLE, "numba")
    with use_kernels("numpy"):
        assert kernels_mode() == "numpy"
    assert kernels_mode() == "numba"


@pytest.mark.parametrize("mode", ["numpy", "numba"])
def test_the_module_is_the_one_of_the_mode(mode):
    pytest.importorskip(mode)
    with use_kernels(mode):
        assert get_kernels().__name__ == f"spacy_mtl.layers.kernels_{mode}"


def test_blocks_may_be_nested():
    found = []
    with use_kernels("numpy"):
        for mode in ("numba", "auto", "numpy"):
            with use_kernels(mode):
                found.append(kernels_mode())
            found.append(kernels_mode())
    assert found == ["numba", "numpy", "numba", "numpy", "numpy", "numpy"]
    assert kernels_mode() == "numba"


def test_the_mode_is_restored_after_an_exception():
    with pytest.raises(KeyError), use_kernels("numpy"):
        raise KeyError
    assert kernels_mode() == "numba"


def test_unknown_modes_are_an_error_that_names_what_was_found():
    with pytest.raises(ValueError, match=r"E240.*'cuda'.*'auto', 'numpy' or 'numba'"):
        use_kernels("cuda").__enter__()


def test_a_refused_mode_leaves_no_trace():
    with use_kernels("numpy"):
        with pytest.raises(ValueError, match="E240"), use_kernels("cuda"):
            pass
        assert kernels_mode() == "numpy"


@pytest.mark.parametrize("value", ["cuda", "", "Numpy"])
def test_unknown_values_in_the_environment_are_an_error_that_names_the_variable(monkeypatch, value):
    monkeypatch.setenv(KERNELS_VARIABLE, value)
    with pytest.raises(ValueError, match=f"E240.*{KERNELS_VARIABLE} is '{value}'"):
        get_kernels()


def test_compiled_loops_without_numba_are_an_error_that_names_the_extra(without_numba):
    message = r'E241.*numba is not installed.*pip install "spacy-mtl\[fast\]"'
    with pytest.raises(ValueError, match=message), use_kernels("numba"):
        pass


def test_compiled_loops_asked_for_by_the_environment_need_numba(monkeypatch, without_numba):
    monkeypatch.setenv(KERNELS_VARIABLE, "numba")
    with pytest.raises(ValueError, match=r"E241.*spacy-mtl\[fast\]"):
        get_kernels()


def test_numba_that_is_not_installed_is_not_there(monkeypatch):
    monkeypatch.setattr(module, "find_spec", lambda name: None)
    assert not has_numba.__wrapped__()


def test_numba_that_cannot_be_imported_is_not_there_and_a_warning_says_why(monkeypatch):
    def refuse(name):
        raise ImportError("Numba needs NumPy 2.3 or less")

    monkeypatch.setattr(module, "find_spec", lambda name: True)
    monkeypatch.setattr(module, "import_module", refuse)
    with pytest.warns(UserWarning, match=r"W206.*Numba needs NumPy 2\.3 or less"):
        assert not has_numba.__wrapped__()
