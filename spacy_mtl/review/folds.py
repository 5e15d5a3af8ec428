"""Out-of-fold probabilities: each row is judged by heads that have not seen it."""

import hashlib
from collections.abc import Sequence
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy

from ..staging import write_atomically
from ..training.texts import text_digest
from .features import Features
from .heads import FREEDOM, SOLVERS, predict_head
from .progress import Progress

#: Changes whenever the same input gives other numbers.
VERSION = 1
PARTS = ("vectors", "ngrams")


class FoldStore:
    """Keeps the folds that are done, so that an interrupted review goes on with the next."""

    def __init__(self, folder: Path | None, key: str = "") -> None:
        """Open the store.

        folder (Optional[Path]): Where it is. None to keep nothing.
        key (str): Digest of everything that the numbers depend on.
        """
        self._folder = folder
        self._key = key

    def get(self, name: str) -> Any:
        """Get what was kept.

        name (str): The fold.
        RETURNS (Optional[Floats2d]): Its probabilities.
        """
        path = self._path(name)
        if path is None or not path.is_file():
            return None
        try:
            return numpy.load(path, allow_pickle=False)
        except (ValueError, OSError, EOFError):
            # Damaged: it is computed again.
            return None

    def put(self, name: str, P: Any) -> None:
        """Keep a fold.

        name (str): The fold.
        P (Floats2d): Its probabilities.
        """
        path = self._path(name)
        if path is None:
            return
        data = BytesIO()
        numpy.save(data, P)
        write_atomically(path, data.getvalue())

    def _path(self, name: str) -> Path | None:
        return None if self._folder is None else self._folder / f"{self._key}-{name}.npy"


def digest(*parts: Any) -> str:
    """Get a short name for arrays and settings.

    *parts (Any): Arrays, sparse matrices, or what has a `repr`.
    RETURNS (str): Hexadecimal digits.
    """
    found = hashlib.blake2b(digest_size=8)
    for part in parts:
        if hasattr(part, "indptr"):
            for array in (part.data, part.indices, part.indptr):
                found.update(numpy.ascontiguousarray(array).tobytes())
        elif isinstance(part, numpy.ndarray):
            found.update(numpy.ascontiguousarray(part).tobytes())
        else:
            found.update(repr(part).encode("utf8", "surrogatepass"))
    return found.hexdigest()


def assign_folds(texts: Sequence[str], Y: Any, *, folds: int, seed: int) -> Any:
    """Deal rows to folds. Each gets its share of every label, and equal texts come into the same.

    texts (Sequence[str]): The texts.
    Y (Floats2d): Their labels, `(n, n_labels)`.
    folds (int): How many folds.
    seed (int): Seed of the draw.
    RETURNS (Ints1d): The fold of each row.
    """
    groups: dict[int, list[int]] = {}
    for i, text in enumerate(texts):
        groups.setdefault(text_digest(text), []).append(i)
    rng = numpy.random.RandomState(seed)
    members = list(groups.values())
    strata: dict[bytes, list[int]] = {}
    for g in rng.permutation(len(members)):
        strata.setdefault((Y[members[g][0]] > 0.5).tobytes(), []).append(g)
    assigned = numpy.zeros(len(texts), dtype="int64")
    dealt = 0
    for _, chosen in sorted(strata.items()):
        for g in chosen:
            assigned[members[g]] = dealt % folds
            dealt += 1
    return assigned


def out_of_fold(
    features: Features,
    texts: Sequence[str],
    Y: Any,
    *,
    multi_label: bool,
    folds: int = 5,
    seeds: Sequence[int] = (0, 1, 2),
    parts: Sequence[str] = PARTS,
    work: Path | None = None,
    progress: Progress,
    title: str = "Heads",
) -> dict[str, Any]:
    """Judge each row by heads that were trained on the other folds.

    features (Features): Features of the texts.
    texts (Sequence[str]): The texts.
    Y (Floats2d): Their labels, `(n, n_labels)`; nan where unknown.
    multi_label (bool): Whether several labels can apply.
    folds (int): How many folds.
    seeds (Sequence[int]): Each seed deals the folds anew.
    parts (Sequence[str]): The heads: on "vectors", on "ngrams", or both.
    work (Optional[Path]): Where folds that are done are kept.
    progress (Progress): Shows how far it is.
    title (str): What the progress bar says.
    RETURNS (Dict[str, Floats3d]): Probabilities of each head, `(n_seeds, n, n_labels)`.
    """
    key = digest(
        VERSION, FREEDOM, SOLVERS, folds, multi_label, features.vectors, features.ngrams, Y
    )
    store = FoldStore(work, key)
    found = {part: numpy.zeros((len(seeds), *Y.shape)) for part in parts}
    assigned = [assign_folds(texts, Y, folds=folds, seed=seed) for seed in seeds]
    jobs = [(part, s, f) for s in range(len(seeds)) for f in range(folds) for part in parts]
    for job in progress.steps(title, len(jobs)):
        part, s, fold = jobs[job]
        held_out = assigned[s] == fold
        if not held_out.any():
            continue
        name = f"{part}-{seeds[s]}-{fold}"
        P = store.get(name)
        if P is None or P.shape != (held_out.sum(), Y.shape[1]):
            X = getattr(features, part)
            P = predict_head(
                X[~held_out], Y[~held_out], X[held_out], multi_label=multi_label, part=part
            )
            store.put(name, P)
        found[part][s, held_out] = P
    return found
