"""What a person sees of pretraining: a line or a row of a table for each evaluation."""

from typing import Any

from wasabi import Printer

from .tables import format_number

PROGRESS = (("EPOCH", 5), ("WORDS", 13), ("LOSS", 9))
EVALUATION = (("DEV LOSS", 9), ("ACC@1", 7), ("ACC@10", 7), ("PROBE", 7))
SPEED = (("WORDS/S", 8), ("LEFT", 8))


class Report:
    """A table of the progress, with the columns of an evaluation if there is one."""

    def __init__(self, printer: Printer, *, has_monitor: bool) -> None:
        """Prepare the table.

        printer (Printer): Prints it.
        has_monitor (bool): Whether the model is evaluated.
        """
        self._printer = printer
        self._has_monitor = has_monitor
        columns = (*PROGRESS, *(EVALUATION if has_monitor else ()), *SPEED)
        self._names = [name for name, _ in columns]
        self._layout: dict[str, Any] = {
            "widths": [width for _, width in columns],
            "aligns": ["r"] * len(columns),
        }

    def begin(self) -> None:
        """Print the header."""
        self._printer.row(self._names, **self._layout)
        self._printer.row(["-" * width for width in self._layout["widths"]], **self._layout)

    def add(
        self,
        epoch: int,
        n_words: int,
        loss: float | None,
        speed: float | None,
        n_left: int | None,
        evaluation: Any = None,
    ) -> None:
        """Print a row.

        epoch (int): The epoch, from 0.
        n_words (int): Words up to here.
        loss (Optional[float]): Mean loss of the batches since the last row.
        speed (Optional[float]): Words a second since the last row.
        n_left (Optional[int]): Words to come, None if that is not known.
        evaluation (Optional[Evaluation]): The evaluation.
        """
        cells = [str(epoch), f"{n_words:,d}", format_number(loss, ".4f")]
        if self._has_monitor:
            cells += format_scores(evaluation) if evaluation is not None else [""] * len(EVALUATION)
        cells += [format_number(speed, ",.0f"), format_time(n_left, speed)]
        if evaluation is not None and evaluation.improved:
            cells[-1] += " *"
        self._printer.row(cells, **self._layout)


def format_evaluation(evaluation: Any) -> str:
    """Write an evaluation in one line.

    evaluation (Evaluation): The evaluation.
    RETURNS (str): The line.
    """
    dev_loss, at_1, at_10, probe = format_scores(evaluation)
    parts = [
        f"{evaluation.words:,} words",
        f"loss {format_number(evaluation.loss, '.4f')}",
        f"dev loss {dev_loss}",
        f"acc@1 {at_1}",
        f"acc@10 {at_10}",
        f"probe {probe}" if evaluation.probe is not None else "",
        f"{format_number(evaluation.words_per_second, ',.0f')} words/s",
        "*" if evaluation.improved else "",
    ]
    return "  ".join(part for part in parts if part)


def format_scores(evaluation: Any) -> list[str]:
    """Write the results of an evaluation, shares in percent.

    evaluation (Evaluation): The evaluation.
    RETURNS (List[str]): Loss on the held-out text, both accuracies, and the score of the probe.
    """
    shares = (evaluation.accuracy_1, evaluation.accuracy_10, evaluation.probe)
    percents = [format_number(None if x is None else 100 * x, ".2f") for x in shares]
    return [format_number(evaluation.dev_loss, ".4f"), *percents]


def format_time(n_words: int | None, speed: float | None) -> str:
    """Write how long something will take.

    n_words (Optional[int]): The words.
    speed (Optional[float]): Words a second.
    RETURNS (str): Hours, minutes and seconds, or a dash if that is not known.
    """
    if n_words is None or not speed:
        return "-"
    minutes, seconds = divmod(round(n_words / speed), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{seconds:02d}"
