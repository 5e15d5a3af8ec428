"""What could be set better on a machine."""

from collections.abc import Iterator, Mapping
from typing import Any

from ..layers.blas import PREFERENCE, PRODUCT_VARIABLE, THREADS_VARIABLE
from ..layers.kernels import KERNELS_VARIABLE

THREAD_VARIABLES = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS")
#: OpenBLAS's names of processors, by the widest instructions that it uses on them.
OPENBLAS_CORES = {
    "sse2": "prescott core2 penryn dunnington nehalem atom athlon opteron opteron_sse3 barcelona bobcat nano",
    "avx": "sandybridge bulldozer piledriver steamroller",
    "avx2": "haswell zen excavator",
    "avx512vl": "skylakex cooperlake sapphirerapids",
}
#: How many times faster NumPy's BLAS has to be before a change of stock pipelines is advised.
MUCH_FASTER = 1.5
#: Load for each core from which on a machine counts as busy.
BUSY = 0.5


def advise(facts: Mapping[str, Any]) -> Iterator[str]:
    """Say what could be set better.

    facts (Mapping[str, Any]): What `diagnose` found, but for the advice.
    YIELDS (str): A text for each thing.
    """
    yield from _advise_kernels(facts)
    yield from _advise_products(facts)
    yield from _advise_threads(facts)
    coretype = facts["environment"].get("OPENBLAS_CORETYPE")
    if coretype and _is_older(facts["blas"]["core"] or coretype, facts["processor"]):
        yield (
            f"OPENBLAS_CORETYPE={coretype} makes NumPy's BLAS compute as on an older processor than this "
            f"one, which has {facts['processor']['instructions']}: unset it, unless results have to be "
            "the same on several machines."
        )


def _advise_kernels(facts: Mapping[str, Any]) -> Iterator[str]:
    kernels, numba = facts["kernels"], facts["versions"]["numba"]
    chosen = facts["environment"].get(KERNELS_VARIABLE, "auto") != "auto"
    if kernels["error"]:
        yield (
            f"numba cannot be used ({kernels['error']}): install a version that fits, set NUMBA_CACHE_DIR "
            f"to a writable folder if it is about the cache, or set {KERNELS_VARIABLE}=numpy."
        )
    elif kernels["mode"] == "numpy" and chosen:
        if numba is not None:
            yield f"{KERNELS_VARIABLE}=numpy, but numba is installed: unset it for faster loops."
    elif kernels["mode"] == "numpy":
        yield 'The encoder is faster with compiled loops: pip install "spacy-mtl[fast]"'
    elif kernels["cache_writable"] is False:
        yield (
            "The loops are compiled anew in each process, because they cannot be kept in "
            f"{kernels['cache']}: set NUMBA_CACHE_DIR to a writable folder."
        )


def _advise_products(facts: Mapping[str, Any]) -> Iterator[str]:
    speeds = {"numpy": facts["blas"]["gflops"], "thinc": facts["stock"]["gflops"]}
    product = facts["encoder"]["product"]
    other = "thinc" if product == "numpy" else "numpy"
    chosen = facts["environment"].get(PRODUCT_VARIABLE, "auto") != "auto"
    if chosen and speeds[other] > PREFERENCE * speeds[product]:
        yield (
            f"{PRODUCT_VARIABLE}={product} chooses the slower product "
            f"({speeds[product]} instead of {speeds[other]} GFLOP/s): unset it."
        )
    uses_blis = facts["stock"]["ops"] == "NumpyOps(use_blis=True)"
    if uses_blis and speeds["numpy"] > MUCH_FASTER * speeds["thinc"]:
        yield (
            f"Stock pipelines multiply matrices at {speeds['thinc']} GFLOP/s, and could at "
            f"{speeds['numpy']}: call thinc.api.set_current_ops(NumpyOps(use_blis=False)) before they "
            "are loaded."
        )


def _advise_threads(facts: Mapping[str, Any]) -> Iterator[str]:
    n_cores, load = facts["processor"]["cores"] or 1, facts["processor"]["load"] or 0.0
    n_threads = facts["blas"]["threads"]["encoder"]
    if n_threads is None:
        if n_cores > 1 and not set(THREAD_VARIABLES) & set(facts["environment"]):
            yield (
                "The threads of NumPy's BLAS cannot be limited from here: set "
                f"{' or '.join(THREAD_VARIABLES)} to 1, whichever it reads, if anything else runs on "
                "this machine."
            )
    elif n_threads > 1 and load >= BUSY * n_cores:
        yield (
            f"NumPy's BLAS has {n_threads} threads inside the encoder, and this machine is busy (load "
            f"{load}, {n_cores} cores), so that they wait for each other: set {THREADS_VARIABLE}=1."
        )


def _is_older(core: str, processor: Mapping[str, Any]) -> bool:
    order = list(OPENBLAS_CORES)
    found = [name for name, cores in OPENBLAS_CORES.items() if core.lower() in cores.split()]
    own = processor["instructions"]
    return bool(found) and own is not None and order.index(found[0]) < order.index(own)
