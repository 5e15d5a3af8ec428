"""`mtl doctor`: what was chosen for this machine, and what stock spaCy does on it."""

import os
import platform
from collections.abc import Mapping
from contextlib import suppress
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import numpy
import srsly
import typer
from thinc.api import NumpyOps, get_current_ops
from wasabi import msg

from ..layers.blas import (
    PREFERENCE,
    PRODUCT_VARIABLE,
    THREADS_VARIABLE,
    choose_product,
    find_core,
    find_openblas,
    measure_products,
    single_thread,
)
from ..layers.kernels import KERNELS_VARIABLE, get_kernels, has_numba, kernels_mode
from ..util import listing
from ._app import mtl_cli, show_errors
from .advice import OPENBLAS_CORES, THREAD_VARIABLES, advise

CPUINFO = Path("/proc/cpuinfo")
PACKAGES = ("spacy", "thinc", "blis", "numpy", "numba")
#: What the environment says about the libraries, by the beginnings of names and by names.
PREFIXES = ("OPENBLAS_", "NUMBA_")
VARIABLES = (*THREAD_VARIABLES, PRODUCT_VARIABLE, THREADS_VARIABLE, KERNELS_VARIABLE)
PRODUCT_NAMES = {"numpy": "NumPy's BLAS", "thinc": "thinc's product"}


@mtl_cli.command("doctor")
def doctor_cli(
    as_json: bool = typer.Option(False, "--json", "-j", help="Print everything as JSON"),
) -> None:
    """Say what the encoder uses on this machine and why, what stock spaCy uses, how fast both
    multiply matrices, and what could be set better.
    """
    with show_errors():
        facts = diagnose()
    if as_json:
        typer.echo(srsly.json_dumps(facts, indent=2))
        return
    msg.table(format_facts(facts))
    for text in facts["advice"]:
        msg.warn(text)
    if not facts["advice"]:
        msg.good("Nothing to put right")


def diagnose() -> dict[str, Any]:
    """Find out what the encoder uses on this machine and what stock spaCy does, which takes some
    milliseconds of measuring.

    RETURNS (Dict[str, Any]): `processor`, `versions` by package, `stock` with the operations that
        spaCy's own layers use now and their GFLOP/s, `blas` of NumPy with its GFLOP/s and threads,
        `encoder` with its product, `kernels`, `environment` with the variables that are set, and
        `advice`. What cannot be found out is None.
    RAISES (ValueError): If an environment variable of this package is set to something unknown.
    """
    kernels = find_kernels()
    threads = count_threads()
    product = choose_product()
    speeds = {name: round(speed, 1) for name, speed in measure_products().items()}
    facts: dict[str, Any] = {
        "processor": find_processor(),
        "versions": {name: _version(name) for name in PACKAGES},
        "stock": {"ops": _describe_ops(get_current_ops()), "gflops": speeds["thinc"]},
        "blas": {
            "name": _blas_name(),
            "core": find_core(),
            "gflops": speeds["numpy"],
            "threads": threads,
        },
        "encoder": {"product": product, "reason": _product_reason(product, speeds)},
        "kernels": kernels,
        "environment": {
            name: value
            for name, value in sorted(os.environ.items())
            if name in VARIABLES or name.startswith(PREFIXES)
        },
    }
    return {**facts, "advice": list(advise(facts))}


def find_processor() -> dict[str, Any]:
    """RETURNS (Dict[str, Any]): What can be found out about the processor and its load."""
    cpuinfo = ""
    with suppress(OSError):
        cpuinfo = CPUINFO.read_text(encoding="utf8", errors="replace")
    fields = _first_block(cpuinfo)
    flags = fields.get("flags", "").split()
    load = None
    with suppress(AttributeError, OSError):
        load = round(os.getloadavg()[0], 2)
    n_cores = os.cpu_count()
    with suppress(AttributeError, OSError):
        n_cores = len(os.sched_getaffinity(0))
    return {
        "platform": platform.platform(),
        "name": fields.get("model name") or platform.processor() or platform.machine(),
        "vendor": fields.get("vendor_id"),
        "family": fields.get("cpu family"),
        "model": fields.get("model"),
        "instructions": next((name for name in reversed(OPENBLAS_CORES) if name in flags), None),
        "cores": n_cores,
        "load": load,
    }


def count_threads() -> dict[str, int | None]:
    """Count the threads of NumPy's BLAS.

    RETURNS (Dict[str, Optional[int]]): Those by `default`, and those inside the `encoder`. None if
        it is a BLAS whose threads cannot be set.
    RAISES (ValueError): If the environment variable `SPACY_MTL_BLAS_THREADS` is not a number.
    """
    functions = find_openblas()
    default = functions[0]() if functions else None
    with single_thread():
        return {"default": default, "encoder": functions[0]() if functions else None}


def find_kernels() -> dict[str, Any]:
    """Find out which inner loops are used, and whether they can be loaded.

    RETURNS (Dict[str, Any]): `mode`, `reason`, the `error` if numba cannot be loaded, and for numba
        the folder where the compiled loops are kept and whether it is writable.
    RAISES (ValueError): If the environment variable `SPACY_MTL_KERNELS` is set to something unknown.
    """
    mode = kernels_mode()
    reason = f"numba is {'installed' if has_numba() else 'not installed'}"
    if os.environ.get(KERNELS_VARIABLE, "auto") != "auto":
        reason = f"{KERNELS_VARIABLE}={mode}"
    facts: dict[str, Any] = {
        "mode": mode,
        "reason": reason,
        "error": None,
        "cache": None,
        "cache_writable": None,
    }
    if mode == "numba":
        try:
            folder = getattr(getattr(get_kernels().drop, "stats", None), "cache_path", None)
        except Exception as error:  # numba refuses versions of NumPy and folders in many ways
            return {**facts, "error": f"{type(error).__name__}: {error}"}
        if folder is not None:
            facts.update(cache=str(folder), cache_writable=os.access(folder, os.W_OK))
    return facts


def format_facts(facts: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Lay out what was found as rows of a table.

    facts (Mapping[str, Any]): What `diagnose` returned.
    RETURNS (List[Tuple[str, str]]): The rows.
    """
    processor, blas = facts["processor"], facts["blas"]
    encoder, kernels = facts["encoder"], facts["kernels"]
    details = [f"{key} {processor[key]}" for key in ("family", "model") if processor[key]]
    details = [text for text in (processor["vendor"], *details) if text]
    versions = [f"{name} {found or 'not installed'}" for name, found in facts["versions"].items()]
    threads = {key: _text(number) for key, number in blas["threads"].items()}
    n_threads = f"on {threads['encoder']} thread{'' if threads['encoder'] == '1' else 's'}"
    variables = [f"{name}={value}" for name, value in facts["environment"].items()]
    rows = [
        ("Processor", processor["name"] + (f" ({', '.join(details)})" if details else "")),
        ("Platform", processor["platform"]),
        ("Cores", f"{_text(processor['cores'])}, load {_text(processor['load'])}"),
        ("Versions", ", ".join(versions)),
        ("Stock spaCy", f"{facts['stock']['gflops']} GFLOP/s, {facts['stock']['ops']}"),
        ("NumPy's BLAS", f"{blas['gflops']} GFLOP/s {n_threads}, {_text(blas['name'])}"),
        ("BLAS kernels", f"for {_text(blas['core'])}"),
        ("BLAS threads", f"{threads['default']} by default, {threads['encoder']} in the encoder"),
        ("Encoder uses", f"{PRODUCT_NAMES[encoder['product']]}, because {encoder['reason']}"),
        ("Inner loops", f"{kernels['mode']}, because {kernels['reason']}"),
        ("Environment", listing(variables)),
    ]
    if kernels["cache"]:
        state = "writable" if kernels["cache_writable"] else "not writable"
        rows.insert(-1, ("Compiled in", f"{kernels['cache']} ({state})"))
    return rows


def _first_block(cpuinfo: str) -> dict[str, str]:
    pairs = (line.partition(":") for line in cpuinfo.strip().split("\n\n")[0].splitlines())
    return {name.strip(): value.strip() for name, _, value in pairs}


def _product_reason(product: str, speeds: Mapping[str, float]) -> str:
    if os.environ.get(PRODUCT_VARIABLE, "auto") != "auto":
        return f"{PRODUCT_VARIABLE}={product}"
    if speeds[product] == max(speeds.values()):
        return "it is the faster one"
    return f"thinc's product is less than {PREFERENCE:.1f} times as fast"


def _describe_ops(ops: Any) -> str:
    name = type(ops).__name__
    return f"{name}(use_blis={ops.use_blis})" if type(ops) is NumpyOps else name


def _blas_name() -> str | None:
    with suppress(TypeError, KeyError):  # NumPy 1.24 cannot say it
        blas = numpy.show_config(mode="dicts")["Build Dependencies"]["blas"]
        return f"{blas['name']} {blas['version']}"
    return None


def _version(package: str) -> str | None:
    with suppress(PackageNotFoundError):
        return version(package)
    return None


def _text(value: Any) -> str:
    return "unknown" if value is None else str(value)
