"""The names of the metrics that can become the score of a task."""

from collections.abc import Iterable

from .errors import Errors
from .util import listing

#: Metrics that `score_metric` can name by themselves.
METRICS = ("macro_f", "micro_f", "acc", "macro_p", "macro_r", "micro_p", "micro_r", "macro_auc")
#: What the scorer gives for a task, each as `<task>_<name>`.
SCORES = (*METRICS, "spearman", "score", "score_desc", "f_per_type", "auc_per_type", "n")


def validate_score_metric(metric: str, labels: Iterable[str] | None = None) -> str:
    """Check the name of the metric that becomes the score of a task.

    metric (str): A name in `METRICS`, "f:<label>" for the F-score of one label, or
        "macro_f:<label>+<label>" for the mean F-score over some labels.
    labels (Optional[Iterable[str]]): The labels of the task, if known already.
    RETURNS (str): The metric, unchanged.
    RAISES (ValueError): If there is no such metric or label.
    """
    chosen = chosen_labels(metric)
    if metric not in METRICS and (not chosen or not all(chosen)):
        raise ValueError(Errors.E162.format(metric=metric, known=", ".join(METRICS)))
    if labels is not None:
        known = list(labels)
        unknown = [label for label in chosen if label not in known]
        if unknown:
            text = Errors.E163.format(
                metric=metric, unknown=listing(unknown), labels=listing(known)
            )
            raise ValueError(text)
    return metric


def chosen_labels(metric: str) -> list[str]:
    """Get the labels that a metric is about.

    metric (str): The metric.
    RETURNS (List[str]): Its labels, empty for a metric over all labels.
    """
    name, _, labels = metric.partition(":")
    if name == "macro_f":
        return labels.split("+") if labels else []
    return [labels] if name == "f" else []
