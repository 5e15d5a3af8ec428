"""Why a label is doubted, in words."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy

from ..training.texts import text_digest
from .contradictions import Contradiction
from .evidence import Neighbours
from .rows import ReviewRow

#: The model is sure of a label from this probability on.
SURE = 0.7
#: Two labels are about as likely if they differ by less.
LOW_MARGIN = 0.1
#: Texts with n-grams as alike as this (cosine) are nearly the same.
NEAR_DUPLICATE = 0.8
#: How many of the nearest are looked at for near-duplicates, and how many have to share a label.
N_COMPARED = 10
N_NEAREST = 20
FAR = 0.15


class Reason(NamedTuple):
    """One reason, as a name and as a sentence."""

    name: str
    text: str


class Case(NamedTuple):
    """All that reasons are made of, for the rows of a task."""

    labels: Sequence[str]
    rows: Sequence[ReviewRow]
    Y: Any
    #: Combined probabilities, `(n, n_labels)`, and those of single seeds, `(n_seeds, n, n_labels)`.
    P: Any
    by_seed: Any
    neighbours: Neighbours
    ngrams: Any
    contradictions: Sequence[Sequence[Contradiction]]
    multi_label: bool


def explain(case: Case, i: int) -> list[Reason]:
    """Find the reasons to doubt the labels of a row.

    case (Case): What is known of the rows.
    i (int): The row.
    RETURNS (List[Reason]): The reasons, the strongest first.
    """
    doubted = _doubted(case, i)
    reasons = [*_sure(case, i, doubted), *_duplicates(case, i), *_far(case, i, doubted)]
    reasons += [_contradicted(found) for found in case.contradictions[i]]
    return [*reasons, *_seeds(case, i, doubted), *_margin(case, i, doubted)]


def suggest(case: Case, i: int) -> list[str]:
    """Get the labels that the evidence is for.

    case (Case): What is known of the rows.
    i (int): The row.
    RETURNS (List[str]): The labels.
    """
    if not case.multi_label:
        return [case.labels[int(case.P[i].argmax())]]
    return [label for label, p in zip(case.labels, case.P[i], strict=True) if p > 0.5]


def _doubted(case: Case, i: int) -> int:
    """The label that fits least: the row's own, or for many labels the one with the least support."""
    if not case.multi_label:
        return int(case.Y[i].argmax())
    y = case.Y[i]
    support = numpy.where(y > 0.5, case.P[i], 1.0 - case.P[i])
    return int(numpy.where(numpy.isnan(y), 2.0, support).argmin())


def _sure(case: Case, i: int, doubted: int) -> list[Reason]:
    P, label = case.P[i], case.labels[doubted]
    if case.multi_label:
        applies = case.Y[i, doubted] > 0.5
        support = P[doubted] if applies else 1.0 - P[doubted]
        if support > 1.0 - SURE:
            return []
        text = f"The model is {_percent(1 - support)} sure that '{label}' {'does not apply' if applies else 'applies'}"
        return [Reason("sure_of_other", text)]
    best = int(P.argmax())
    if best == doubted or P[best] < SURE:
        return []
    text = f"The model is {_percent(P[best])} sure of '{case.labels[best]}', and gives '{label}' {_percent(P[doubted])}"
    return [Reason("sure_of_other", text)]


def _margin(case: Case, i: int, doubted: int) -> list[Reason]:
    P, label = case.P[i], case.labels[doubted]
    others = P.copy()
    others[doubted] = -1.0
    other = 1.0 - P[doubted] if case.multi_label else others.max()
    if abs(P[doubted] - other) >= LOW_MARGIN:
        return []
    text = (
        f"The model cannot tell whether '{label}' applies"
        if case.multi_label
        else f"'{label}' and '{case.labels[int(others.argmax())]}' are about as likely"
    )
    return [Reason("low_margin", text)]


def _seeds(case: Case, i: int, doubted: int) -> list[Reason]:
    by_seed = case.by_seed[:, i]
    if case.multi_label:
        found = [str(bool(p > 0.5)) for p in by_seed[:, doubted]]
        text = (
            f"Heads trained with different seeds disagree whether '{case.labels[doubted]}' applies"
        )
    else:
        found = [case.labels[k] for k in by_seed.argmax(axis=1)]
        text = f"Heads trained with different seeds disagree: {', '.join(sorted(set(found)))}"
    return [Reason("seeds_disagree", text)] if len(set(found)) > 1 else []


def _duplicates(case: Case, i: int) -> list[Reason]:
    near = [j for j in case.neighbours.rows[i][:N_COMPARED].tolist() if j >= 0]
    if not near:
        return []
    alike = (case.ngrams[near] @ case.ngrams[i].T).toarray()[:, 0]
    own = text_digest(case.rows[i].text)
    for j, cosine in zip(near, alike.tolist(), strict=True):
        equal = text_digest(case.rows[j].text) == own
        if (equal or cosine >= NEAR_DUPLICATE) and _differ(case, i, j):
            row, kind = case.rows[j], "The same" if equal else "Nearly the same"
            labels = " and ".join(f"'{label}'" for label in labels_of(row)) or "no label"
            place = f"{row.path.name}:{row.line}"
            return [Reason("near_duplicate", f"{kind} text has {labels} in {place}")]
    return []


def _far(case: Case, i: int, doubted: int) -> list[Reason]:
    near = [j for j in case.neighbours.rows[i][:N_NEAREST].tolist() if j >= 0]
    known = [j for j in near if not numpy.isnan(case.Y[j, doubted])]
    if len(known) < N_NEAREST // 2:
        return []
    same = sum(bool((case.Y[j, doubted] > 0.5) == (case.Y[i, doubted] > 0.5)) for j in known)
    if same > FAR * len(known):
        return []
    label, n = case.labels[doubted], len(known)
    if case.Y[i, doubted] > 0.5:
        few, has = (f"Only {same}", "have") if same > 1 else ("Only 1" if same else "None", "has")
        text = f"{few} of the {n} most similar texts {has} '{label}'"
    else:
        text = f"{n - same} of the {n} most similar texts have '{label}'"
    return [Reason("far_from_neighbours", text)]


def _contradicted(found: Contradiction) -> Reason:
    how = "annotated" if found.probability >= 1.0 else f"predicted, {found.probability:.0%}"
    text = (
        f"'{found.label}' seldom goes with {found.task}/{found.other} ({how}): {found.together:.0f} rows have "
        f"both, where chance would give {found.expected:.0f}"
    )
    return Reason("other_task", text)


def labels_of(row: ReviewRow) -> list[str]:
    """Get the labels that apply to a row.

    row (ReviewRow): The row.
    RETURNS (List[str]): The labels.
    """
    return [label for label, value in row.cats.items() if value > 0.5]


def _percent(p: float) -> str:
    # Nothing is impossible or certain that is only rounded to it.
    return "under 1%" if p < 0.01 else "over 99%" if p > 0.99 else f"{p:.0%}"


def _differ(case: Case, i: int, j: int) -> bool:
    return bool((numpy.abs(case.Y[i] - case.Y[j]) > 0.5).any())
