"""`python -m spacy mtl doctor`"""

import json
import os
from copy import deepcopy
from pathlib import Path

import numpy
import pytest
from thinc.api import NumpyOps, use_ops
from typer.testing import CliRunner, Result

from spacy_mtl.cli import doctor as module
from spacy_mtl.cli._app import mtl_cli
from spacy_mtl.cli.advice import advise
from spacy_mtl.cli.doctor import diagnose
from spacy_mtl.layers import blas, kernels
from spacy_mtl.layers.blas import product, single_thread

README = Path(__file__).parent.parent.parent / "README.md"
SPEEDS = {"numpy": 100.0, "thinc": 30.0}
INVALID = {
    "SPACY_MTL_PRODUCT": ("foo", "E242"),
    "SPACY_MTL_BLAS_THREADS": ("abc", "E243"),
    "SPACY_MTL_KERNELS": ("foo", "E240"),
}
CPUINFO = """processor\t: 0
vendor_id\t: GenuineIntel
cpu family\t: 6
model\t\t: 85
model name\t: Some Processor
flags\t\t: fpu sse2 avx avx2

processor\t: 1
model name\t: Another
"""
#: A machine on which there is nothing to put right.
GOOD = {
    "processor": {"instructions": "avx2", "cores": 4, "load": 0.1},
    "versions": {"numba": "0.60.0"},
    "stock": {"ops": "NumpyOps(use_blis=True)", "gflops": 90.0},
    "blas": {"core": "Haswell", "gflops": 100.0, "threads": {"default": 4, "encoder": 1}},
    "encoder": {"product": "numpy", "reason": "it is the faster one"},
    "kernels": {"mode": "numba", "error": None, "cache": "/cache", "cache_writable": True},
    "environment": {},
}


@pytest.fixture(autouse=True)
def clean_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Take out what the environment says about libraries, and all measuring."""
    for name in os.environ:
        if name in module.VARIABLES or name.startswith(module.PREFIXES):
            monkeypatch.delenv(name)
    for place in (blas, module):
        monkeypatch.setattr(place, "measure_products", lambda: dict(SPEEDS))


@pytest.fixture
def without_numba(monkeypatch: pytest.MonkeyPatch) -> None:
    versions = {name: "1.0" for name in module.PACKAGES if name != "numba"}
    monkeypatch.setattr(module, "_version", versions.get)
    for place in (kernels, module):
        monkeypatch.setattr(place, "has_numba", lambda: False)


def run(*args: str) -> Result:
    return CliRunner().invoke(mtl_cli, ["doctor", *args])


def words(result: Result) -> str:
    """The output as one line, since long lines of it are wrapped."""
    return " ".join(result.output.split())


def advice(**changes: dict) -> list[str]:
    """The advice for a good machine with some changes."""
    facts = deepcopy(GOOD)
    for part, values in changes.items():
        facts[part].update(values)
    return list(advise(facts))


def test_table_has_a_row_for_each_thing() -> None:
    result = run()
    assert result.exit_code == 0
    lines = result.output.splitlines()
    for name, _ in module.format_facts(diagnose()):
        assert any(line.startswith(name) for line in lines), name
    assert "30.0 GFLOP/s" in result.output and "100.0 GFLOP/s" in result.output
    assert f"numpy {numpy.__version__}" in result.output


def test_readme_shows_the_same_rows() -> None:
    (block,) = [text for text in README.read_text("utf8").split("```") if "Stock spaCy  " in text]
    shown = [line.split("  ")[0] for line in block.split("\n\n")[0].strip().splitlines()]
    facts = diagnose()
    facts["kernels"].update(cache="/cache", cache_writable=True)
    assert shown == [name for name, _ in module.format_facts(facts)]


def test_json_is_what_the_function_returns() -> None:
    result = run("--json")
    assert result.exit_code == 0
    printed, facts = json.loads(result.output), diagnose()
    for found in (printed, facts):
        del found["processor"]["load"]
    assert printed == facts


def test_speeds_are_measured(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.undo()
    facts = diagnose()
    assert facts["stock"]["gflops"] > 0 and facts["blas"]["gflops"] > 0


@pytest.mark.parametrize("name", INVALID)
def test_unknown_value_in_the_environment_is_one_message(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    value, code = INVALID[name]
    monkeypatch.setenv(name, value)
    result = run()
    assert result.exit_code == 1 and result.output.count("[E") == 1
    assert code in result.output and name in result.output and repr(value) in words(result)


def test_unknown_product_is_refused_by_the_product(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SPACY_MTL_PRODUCT", "foo")
    with pytest.raises(ValueError, match="E242"):
        product(numpy.ones((2, 2), dtype="f"), numpy.ones((2, 2), dtype="f"))


@pytest.mark.parametrize("value", ["abc", "-1", "1.5", "", "²"])
def test_what_is_not_a_number_of_threads_is_refused(
    value: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SPACY_MTL_BLAS_THREADS", value)
    with pytest.raises(ValueError, match="E243"):
        single_thread()


@pytest.mark.parametrize("name, reason", [("numpy", "SPACY_MTL_PRODUCT"), ("auto", "faster")])
def test_reason_for_the_product(name: str, reason: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SPACY_MTL_PRODUCT", name)
    encoder = diagnose()["encoder"]
    assert encoder["product"] == "numpy" and reason in encoder["reason"]


def test_reason_if_speeds_are_about_equal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(SPEEDS, "thinc", 105.0)
    encoder = diagnose()["encoder"]
    assert encoder["product"] == "numpy" and "less than 1.1 times" in encoder["reason"]


def test_slower_product_is_chosen_by_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SPACY_MTL_PRODUCT", "thinc")
    assert "SPACY_MTL_PRODUCT=thinc chooses the slower product" in words(run())


def test_current_operations_are_named() -> None:
    with use_ops("numpy", use_blis=False):
        assert diagnose()["stock"]["ops"] == "NumpyOps(use_blis=False)"


def test_subclass_of_the_operations_has_its_own_product() -> None:
    class AppleOps(NumpyOps):
        pass

    assert module._describe_ops(AppleOps()) == "AppleOps"


def test_threads_are_those_inside_the_encoder(monkeypatch: pytest.MonkeyPatch) -> None:
    if blas.find_openblas() is None:
        pytest.skip("NumPy uses another BLAS than OpenBLAS")
    get_threads, _ = blas.find_openblas()
    default = get_threads()
    assert module.count_threads() == {"default": default, "encoder": 1}
    monkeypatch.setenv("SPACY_MTL_BLAS_THREADS", "0")
    assert module.count_threads() == {"default": default, "encoder": default}


def test_unknown_blas(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(blas, "_SYMBOLS", ("unknown",))
    for function in (blas.find_openblas, blas.find_core):
        function.cache_clear()
    monkeypatch.setattr(numpy, "show_config", lambda: None)
    try:
        found = diagnose()["blas"]
        result = run()
    finally:
        for function in (blas.find_openblas, blas.find_core):
            function.cache_clear()
    assert found["name"] is None and found["core"] is None
    assert found["threads"] == {"default": None, "encoder": None}
    assert result.exit_code == 0 and "unknown by default" in result.output


def test_processor_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "cpuinfo"
    path.write_text(CPUINFO)
    monkeypatch.setattr(module, "CPUINFO", path)
    processor = module.find_processor()
    assert (processor["name"], processor["vendor"]) == ("Some Processor", "GenuineIntel")
    assert (processor["family"], processor["model"]) == ("6", "85")
    assert processor["instructions"] == "avx2"
    assert processor["cores"] >= 1


def test_machine_that_says_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "CPUINFO", tmp_path / "nothing")
    monkeypatch.delattr(os, "getloadavg")
    monkeypatch.delattr(os, "sched_getaffinity", raising=False)
    processor = module.find_processor()
    assert processor["name"] and processor["load"] is None and processor["instructions"] is None
    assert "load unknown" in run().output


@pytest.mark.usefixtures("without_numba")
def test_missing_numba_is_named_with_its_remedy() -> None:
    facts = diagnose()
    assert facts["versions"]["numba"] is None
    assert facts["kernels"]["mode"] == "numpy" and facts["kernels"]["cache"] is None
    result = run()
    assert "numba not installed" in result.output and "spacy-mtl[fast]" in words(result)


@pytest.mark.usefixtures("without_numba")
def test_missing_numba_that_is_asked_for_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SPACY_MTL_KERNELS", "numba")
    result = run()
    assert result.exit_code == 1 and "E241" in result.output


def test_cache_of_compiled_loops() -> None:
    pytest.importorskip("numba", reason="the extra 'fast' is not installed")
    found = module.find_kernels()
    assert found["mode"] == "numba" and found["error"] is None
    assert Path(found["cache"]).is_dir() and found["cache_writable"] is True


def test_numba_that_cannot_be_loaded(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail() -> None:
        raise ImportError("Numba needs NumPy 1.26 or less")

    monkeypatch.setattr(module, "kernels_mode", lambda: "numba")
    monkeypatch.setattr(module, "get_kernels", fail)
    result = run()
    assert result.exit_code == 0
    assert "numba cannot be used (ImportError: Numba needs NumPy 1.26 or less)" in words(result)


def test_no_advice_on_a_good_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    assert advice() == []
    monkeypatch.setattr(module, "advise", lambda facts: iter(()))
    assert "Nothing to put right" in run().output


@pytest.mark.parametrize(
    "text, changes",
    [
        ("needs", {"kernels": {"error": "ImportError: it needs another NumPy"}}),
        ("unset it", {"kernels": {"mode": "numpy"}, "environment": {"SPACY_MTL_KERNELS": "numpy"}}),
        ("NUMBA_CACHE_DIR", {"kernels": {"cache_writable": False}}),
        ("spacy-mtl[fast]", {"kernels": {"mode": "numpy"}, "versions": {"numba": None}}),
        ("use_blis=False", {"stock": {"gflops": 60.0}}),
        (
            "OPENBLAS_CORETYPE=Nehalem",
            {"environment": {"OPENBLAS_CORETYPE": "Nehalem"}, "blas": {"core": "Nehalem"}},
        ),
        (
            "OPENBLAS_CORETYPE=nehalem",
            {"environment": {"OPENBLAS_CORETYPE": "nehalem"}, "blas": {"core": None}},
        ),
        (
            "SPACY_MTL_BLAS_THREADS=1",
            {"blas": {"threads": {"encoder": 4}}, "processor": {"load": 3.5}},
        ),
        ("OMP_NUM_THREADS", {"blas": {"threads": {"encoder": None}}}),
    ],
)
def test_advice(text: str, changes: dict) -> None:
    (found,) = advice(**changes)
    assert text in found


@pytest.mark.parametrize(
    "changes",
    [
        {"stock": {"gflops": 60.0, "ops": "AppleOps"}},
        {"stock": {"gflops": 105.0}},
        {"environment": {"OPENBLAS_CORETYPE": "Haswell"}},
        {"environment": {"OPENBLAS_CORETYPE": "Nonsense"}},
        {
            "environment": {"OPENBLAS_CORETYPE": "Nehalem"},
            "processor": {"instructions": None},
            "blas": {"core": "Nehalem"},
        },
        {"blas": {"threads": {"encoder": 4}}},
        {"blas": {"threads": {"encoder": 4}}, "processor": {"load": None}},
        {"blas": {"threads": {"encoder": None}}, "processor": {"cores": 1}},
        {"blas": {"threads": {"encoder": None}}, "environment": {"OMP_NUM_THREADS": "1"}},
        {
            "kernels": {"mode": "numpy"},
            "versions": {"numba": None},
            "environment": {"SPACY_MTL_KERNELS": "numpy"},
        },
    ],
)
def test_no_advice_where_it_does_not_apply(changes: dict) -> None:
    assert advice(**changes) == []
