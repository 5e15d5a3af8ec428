"""The pairs of a batch of documents: where their texts are, their scores, and what they teach."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy
from spacy.training import Example

from ..errors import Errors
from ..layers.pair_losses import cosent, cosine_regression, in_batch_negatives
from ..pair_keys import is_pair_label, match_sides
from .statistics import TaskStatistics

LOSSES = ("cosine", "cosent", "in_batch")
#: From this target on, the texts of a pair count as alike.
ALIKE = 0.5


@dataclass
class PairBatch:
    """Pairs among a batch of documents.

    left (numpy.ndarray): The place of each pair's one text in the batch `(n_pairs,)`.
    right (numpy.ndarray): That of the other text.
    targets (numpy.ndarray): Scores, from 0 to 1.
    texts (List[Tuple[str, str]]): The texts of each pair.
    n_alone (int): Texts whose other side is not in the batch.
    """

    left: numpy.ndarray
    right: numpy.ndarray
    targets: numpy.ndarray
    texts: list[tuple[str, str]]
    n_alone: int

    @property
    def n_pairs(self) -> int:
        """RETURNS (int): Number of pairs."""
        return len(self.left)

    @classmethod
    def find(cls, name: str, cfg: dict[str, Any], examples: Sequence[Example]) -> "PairBatch":
        """Find the pairs of a task.

        name (str): Name of the component.
        cfg (Dict[str, Any]): Its settings.
        examples (Sequence[Example]): The batch.
        RETURNS (PairBatch): The pairs whose texts are both in the batch.
        RAISES (ValueError): If a score is out of range.
        """
        pairs, n_alone = match_sides([example.reference.cats for example in examples], cfg["task"])
        lowest, highest = cfg["score_min"], cfg["score_max"]
        for place, _, score in pairs:
            if not lowest <= score <= highest:
                _raise_out_of_range(name, cfg, score, examples[place])
        table = numpy.asarray(pairs, dtype="f").reshape((-1, 3))
        return cls(
            table[:, 0].astype("i"),
            table[:, 1].astype("i"),
            (table[:, 2] - lowest) / (highest - lowest),
            [(examples[i].reference.text, examples[j].reference.text) for i, j, _ in pairs],
            n_alone,
        )

    def loss(self, vectors: numpy.ndarray, kind: str, scale: float) -> tuple[float, numpy.ndarray]:
        """Compute the mean loss of the pairs, and its gradient.

        vectors (numpy.ndarray): The vectors of the documents `(n_docs, width)`.
        kind (str): One of `LOSSES`.
        scale (float): What cosines are multiplied by.
        RETURNS (Tuple[float, numpy.ndarray]): The loss, and the gradient `(n_docs, width)`.
        """
        gradient = numpy.zeros_like(vectors)
        chosen = self.targets >= ALIKE if kind == "in_batch" else slice(None)
        left, right = self.left[chosen], self.right[chosen]
        if not len(left):
            return 0.0, gradient
        A, B = vectors[left], vectors[right]
        dA: Any
        dB: Any
        if kind == "in_batch":
            loss, dA, dB = in_batch_negatives(A, B, scale=scale, groups=link(self.texts)[chosen])
        elif kind == "cosent":
            loss, dA, dB = cosent(A, B, self.targets, scale=scale)
        else:
            loss, dA, dB = cosine_regression(A, B, self.targets)
        numpy.add.at(gradient, left, dA)
        numpy.add.at(gradient, right, dB)
        return loss, gradient

    def cosines(self, vectors: numpy.ndarray) -> numpy.ndarray:
        """Compute the cosine of each pair.

        vectors (numpy.ndarray): The vectors of the documents `(n_docs, width)`.
        RETURNS (numpy.ndarray): The cosines `(n_pairs,)`, 0 where a text has a vector of zeros.
        """
        norms = numpy.linalg.norm(vectors, axis=1, keepdims=True)
        units = vectors / numpy.where(norms == 0.0, 1.0, norms)
        return (units[self.left] * units[self.right]).sum(axis=1)


def spearman(first: numpy.ndarray, second: numpy.ndarray) -> float | None:
    """Correlate two series by their ranks.

    first (numpy.ndarray): One series `(n,)`.
    second (numpy.ndarray): The other `(n,)`.
    RETURNS (Optional[float]): Spearman's correlation, with mean ranks for equal values. None if a series
        has less than two different values.
    """
    ranks = [_ranks(values) - (len(values) - 1) / 2 for values in (first, second)]
    lengths = [float(numpy.sqrt((rank**2).sum())) for rank in ranks]
    if not all(lengths):
        return None
    return float((ranks[0] * ranks[1]).sum() / (lengths[0] * lengths[1]))


def _ranks(values: numpy.ndarray) -> numpy.ndarray:
    _, places, counts = numpy.unique(values, return_inverse=True, return_counts=True)
    ends = numpy.cumsum(counts)
    return (ends - (counts + 1) / 2)[places]


def check_pairs(name: str, cfg: dict[str, Any], found: TaskStatistics) -> None:
    """Check the training data of a task.

    name (str): Name of the component.
    cfg (Dict[str, Any]): Its settings.
    found (TaskStatistics): What the data says.
    RAISES (ValueError): If it has labels and no pairs, no pair is complete, or a score is out of range.
    """
    labels = [label for label in found.known if not is_pair_label(label)]
    if labels:
        text = Errors.E577.format(name=name, task=cfg["task"], found=", ".join(labels[:5]))
        raise ValueError(text)
    if not any(count > 1 for count in found.known.values()):
        raise ValueError(Errors.E578.format(name=name, task=cfg["task"]))
    for label, total in found.positives.items():
        score = total / found.known[label]
        if not cfg["score_min"] <= score <= cfg["score_max"]:
            _raise_out_of_range(name, cfg, score)


def _raise_out_of_range(
    name: str, cfg: dict[str, Any], score: float, example: Example | None = None
) -> None:
    text = "" if example is None else f" (text: {example.reference.text[:60]!r})"
    raise ValueError(
        Errors.E575.format(
            name=name,
            task=cfg["task"],
            score=score,
            text=text,
            lowest=cfg["score_min"],
            highest=cfg["score_max"],
        )
    )


def link(pairs: Sequence[tuple[str, str]]) -> numpy.ndarray:
    """Number pairs of texts, with the same number for pairs that are linked by equal texts.

    pairs (Sequence[Tuple[str, str]]): The pairs.
    RETURNS (numpy.ndarray): Their numbers `(n_pairs,)`.
    """
    groups = numpy.arange(len(pairs))
    first: dict[str, int] = {}
    for number, pair in enumerate(pairs):
        for text in pair:
            other = groups[first.setdefault(text, number)]
            groups[groups == other] = groups[number]
    return groups
