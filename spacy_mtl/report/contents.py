"""What a training report says, before it is written as a page, as Markdown or as JSON."""

from dataclasses import asdict, dataclass, field, fields, is_dataclass
from typing import Any

from ..training.metrics import Floats


@dataclass(frozen=True)
class Interval:
    """A value and its 95 % bootstrap interval.

    value (Optional[float]): The value on all rows. None where it is undefined.
    low (Optional[float]): Lower end.
    high (Optional[float]): Upper end.
    """

    value: float | None
    low: float | None = None
    high: float | None = None

    @property
    def is_clear(self) -> bool:
        """RETURNS (bool): Whether 0 lies outside the interval."""
        return self.low is not None and self.high is not None and (self.low > 0 or self.high < 0)


@dataclass(frozen=True)
class TaskSize:
    """What a task is about, and how many rows there are of it.

    name (str): Name of the task.
    multi_label (bool): Whether a text may have any number of labels.
    labels (Dict[str, Optional[int]]): Its labels, with the number of training rows that have them.
    rows (Dict[str, int]): Rows by split.
    """

    name: str
    multi_label: bool
    labels: dict[str, int | None]
    rows: dict[str, int]


@dataclass(frozen=True)
class Change:
    """A setting that differs from what `mtl init-config` writes. None: the setting is not there."""

    setting: str
    value: str | None
    default: str | None


@dataclass(frozen=True)
class Curve:
    """How training went for a task: values by step, None where there was none."""

    task: str
    losses: list[float | None]
    smooth_losses: list[float | None]
    scores: list[float | None]
    smooth_scores: list[float | None]


@dataclass(frozen=True)
class Curves:
    """How training went.

    steps (List[int]): The steps of the evaluations.
    scores (List[Optional[float]]): The score that the best model is chosen by.
    best_step (Optional[int]): Where that was highest.
    seconds (Optional[float]): How long training took.
    words (Optional[int]): How many words it read.
    tasks (List[Curve]): Each task.
    """

    steps: list[int]
    scores: list[float | None]
    best_step: int | None
    seconds: float | None
    words: int | None
    tasks: list[Curve]


@dataclass(frozen=True)
class LabelResult:
    """How well a label is found: its rows, those found, missed and given wrongly, and what follows."""

    label: str
    rows: int
    found: int
    missed: int
    wrong: int
    precision: float
    recall: float
    f: float


@dataclass(frozen=True)
class Confusion:
    """How often a label (row) was taken for another (column)."""

    labels: list[str]
    counts: list[list[int]]


@dataclass(frozen=True)
class Calibration:
    """How often predictions of a confidence are right.

    edges (List[float]): Bounds of the bins, one more than there are bins.
    confidence (List[Optional[float]]): Mean confidence in each bin, None if it is empty.
    accuracy (List[Optional[float]]): Share that is right.
    counts (List[int]): Predictions in each bin.
    error (Optional[float]): Expected calibration error.
    """

    edges: list[float]
    confidence: list[float | None]
    accuracy: list[float | None]
    counts: list[int]
    error: float | None


@dataclass(frozen=True)
class ThresholdCurve:
    """Precision, recall and F by threshold, of a label or (None) as the mean over the labels."""

    label: str | None
    precision: list[float]
    recall: list[float]
    f: list[float]


@dataclass(frozen=True)
class Thresholds:
    """What another threshold would do in a multi-label task.

    current (float): The threshold of the pipeline.
    best (float): The one with the highest mean F on these rows.
    grid (List[float]): The thresholds.
    curves (List[ThresholdCurve]): The mean first, then each label.
    """

    current: float
    best: float
    grid: list[float]
    curves: list[ThresholdCurve]


@dataclass(frozen=True)
class Mistake:
    """A wrong prediction. `confidence` is the probability of what was wrongly said."""

    text: str
    gold: list[str]
    predicted: list[str]
    confidence: float


@dataclass(frozen=True)
class TaskResult:
    """How good a task is.

    name (str): Name of the task.
    rows (int): Scored rows.
    metric (str): What its score is.
    score (Interval): Its score.
    baseline (Optional[Interval]): The score of a pipeline for this task alone.
    difference (Optional[Interval]): What the shared pipeline gains over it, on the same draws of rows.
    others (Dict[str, Optional[float]]): Other scores.
    labels (List[LabelResult]): Each label.
    confusion (Optional[Confusion]): For tasks with one label a text.
    calibration (Calibration): How far probabilities can be trusted.
    thresholds (Optional[Thresholds]): For multi-label tasks.
    mistakes (List[Mistake]): The most confident mistakes.
    """

    name: str
    rows: int
    metric: str
    score: Interval
    baseline: Interval | None
    difference: Interval | None
    others: dict[str, float | None]
    labels: list[LabelResult]
    confusion: Confusion | None
    calibration: Calibration
    thresholds: Thresholds | None
    mistakes: list[Mistake]


@dataclass(frozen=True)
class Transfer:
    """What each task gains from another being trained beside it.

    helpers (List[str]): Tasks that were left out in a training (rows).
    tasks (List[str]): Tasks that were scored (columns).
    gains (List[List[Optional[Interval]]]): Score with the helper minus score without it.
    """

    helpers: list[str]
    tasks: list[str]
    gains: list[list[Interval | None]]


@dataclass(frozen=True)
class Speed:
    """What the pipeline costs.

    texts (int): Texts in the sample.
    texts_per_second (float): Speed from text to scores, in one process.
    words_per_second (float): The same in tokens.
    bytes (int): Size on disk.
    parameters (Dict[str, int]): Number of weights by component.
    """

    texts: int
    texts_per_second: float
    words_per_second: float
    bytes: int
    parameters: dict[str, int]


@dataclass(frozen=True)
class EmbeddingMap:
    """Points of the embedding map, one for each text, as `report.embedding_map` takes them.

    texts (List[str]): The texts.
    vectors (Floats): Their embeddings `(n_texts, width)`.
    labels (Dict[str, List[Optional[str]]]): By task, the gold label of each text, None if it has none.
    """

    texts: list[str]
    vectors: Floats
    labels: dict[str, list[str | None]]


@dataclass
class Report:
    """A training report. A part that is None is explained in `missing`, by its name.

    title (str): Its title.
    model (str): The pipeline that is described.
    versions (Dict[str, str]): Of the software it was made with.
    command (str): What trains it again.
    sizes (List[TaskSize]): What was trained.
    split (Optional[str]): What the results are of: "test", or "dev".
    data (Optional[str]): The folder with the data.
    """

    title: str
    model: str
    lang: str
    versions: dict[str, str]
    command: str
    sizes: list[TaskSize]
    pipeline: list[str]
    split: str | None = None
    data: str | None = None
    changes: list[Change] | None = None
    curves: Curves | None = None
    results: list[TaskResult] | None = None
    transfer: Transfer | None = None
    speed: Speed | None = None
    map: EmbeddingMap | None = None
    missing: dict[str, str] = field(default_factory=dict)

    def to_dict(self) -> dict[str, Any]:
        """RETURNS (Dict[str, Any]): The report in plain types, but for the points of its map."""
        return {
            part.name: _plain(getattr(self, part.name))
            for part in fields(self)
            if part.name != "map"
        }


def _plain(value: Any) -> Any:
    if isinstance(value, list):
        return [_plain(item) for item in value]
    return asdict(value) if is_dataclass(value) and not isinstance(value, type) else value
