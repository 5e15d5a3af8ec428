"""What a person sees during training: a progress bar and one table per evaluation."""

import math
import os
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from time import perf_counter
from typing import IO, Any

from spacy.language import Language
from wasabi import color
from wasabi.util import supports_ansi

from ..argument_types import checked_types
from ..bars import ProgressBar
from ..errors import Errors
from .logged_states import LoggedStates
from .tables import format_number, format_table
from .training_log import FILE_NAME, TrainingLog

Info = dict[str, Any]
#: What the log remembers from step to step.
STATE = ("updates", "best", "best_score", "steps", "words")
HEADER = ("TASK", "ROWS", "LOSS", "SCORE", "BEST")


@checked_types("spacy_mtl.MultitaskLogger.v1")
def multitask_logger(
    progress_bar: bool = True,
    console_output: bool = True,
    output_file: str | None = None,
    save_state: bool = False,
) -> Callable[[Language, IO, IO], tuple[Callable[[Info | None], None], Callable[[], None]]]:
    """Create a training logger that shows one row per task.

    progress_bar (bool): Whether to show the progress towards the next evaluation. Only on a
        terminal.
    console_output (bool): Whether to print a table per evaluation.
    output_file (Optional[str]): The file for one JSON object per evaluation. By default
        `training.jsonl` in the output directory, if there is one.
    save_state (bool): Whether `spacy train` writes at each evaluation what `mtl train --resume` needs to go
        on, should it be interrupted. `mtl train` always does.
    RETURNS (Callable): The function that sets the logger up for a pipeline.
    """

    def setup_logger(
        nlp: Language, stdout: IO, stderr: IO
    ) -> tuple[Callable[[Info | None], None], Callable[[], None]]:
        log = MultitaskLog(
            nlp,
            stdout,
            stderr,
            progress_bar=progress_bar,
            console_output=console_output,
            output_file=output_file,
            save_state=save_state,
        )
        return log.log_step, log.finalize

    return setup_logger


@dataclass
class Row:
    """What is known about one component at one evaluation."""

    pipe: str
    task: str | None = None
    n_seen: int | None = None
    n_updates: int | None = None
    loss: float | None = None
    score: float | None = None
    best: float | None = None
    improved: bool = False

    def cells(self) -> list[str]:
        """RETURNS (List[str]): The row of the table, scores in percent."""
        return [
            self.task or self.pipe,
            format_number(self.n_seen, ",d"),
            format_number(self.loss, ".4f"),
            _percent(self.score),
            _percent(self.best) + (" *" if self.improved else "  "),
        ]


class MultitaskLog:
    """The log of one training run.

    A task is any component with the attributes `task` and `n_seen`. Losses are means over the
    updates since the last evaluation in which the task had examples.
    """

    def __init__(
        self,
        nlp: Language,
        stdout: IO,
        stderr: IO,
        *,
        progress_bar: bool = True,
        console_output: bool = True,
        output_file: str | None = None,
        save_state: bool = False,
    ) -> None:
        """Prepare the log, see `multitask_logger`.

        nlp (Language): The pipeline, with its frozen components disabled.
        stdout (IO): Where tables go.
        stderr (IO): Where the progress bar goes.
        """
        self._nlp = nlp
        self._components: list[tuple[str, Any]] = list(nlp.components)
        self._stdout = stdout
        self._stderr = stderr
        self._console_output = console_output
        self._colors = _is_terminal(stdout) and supports_ansi() and "NO_COLOR" not in os.environ
        self._bars = progress_bar and _is_terminal(stdout) and _is_terminal(stderr)
        self._bar: ProgressBar | None = None
        self._file = TrainingLog(Path(output_file) if output_file else None)
        self._states = LoggedStates(nlp) if save_state else None
        self._trained = {
            name
            for name, pipe in nlp.pipeline
            if getattr(pipe, "is_trainable", False) or _is_task(pipe)
        }
        self._updates = {name: getattr(pipe, "n_updates", 0) for name, pipe in self._components}
        self._best: dict[str, float] = {}
        self._best_score: float | None = None
        self._steps = 0
        self._words = 0
        self._start = self._last_step = perf_counter()

    def log_step(self, info: Info | None) -> None:
        """Log one training step.

        info (Optional[Dict[str, Any]]): What `spacy.training.loop` reports after an evaluation,
            None after other steps.
        """
        self._steps += 1
        if info is None:
            self._last_step = perf_counter()
            if self._bar is not None:
                self._bar.update(1)
            return
        self._close_bar()
        self._check_losses(info)
        rows = self._rows(info)
        score = _finite(info["score"], "the score", "all tasks together", info["step"])
        improved = self._best_score is None or score > self._best_score
        self._best_score = score if self._best_score is None else max(score, self._best_score)
        # Workers go on learning while the pipeline is evaluated: then it is measured elsewhere.
        speed = info.get("words_per_second") or self._speed(info["words"])
        if self._console_output:
            self._write(_format_headline(info, score, speed, improved))
            self._write_table(rows)
        if info.get("output_path"):
            self._file.locate(_folder(info) / FILE_NAME)
        moved = self._file.write(
            {
                "step": info["step"],
                "epoch": info["epoch"],
                "seconds": info["seconds"],
                "words": info["words"],
                "words_per_second": speed,
                "score": score,
                "best_score": self._best_score,
                "improved": improved,
                "tasks": {row.task: asdict(row) for row in rows if row.task},
                "losses": info["losses"],
                "scores": info["other_scores"],
            }
        )
        if moved is not None:
            self._write(f"Kept the log of an earlier run as {moved}")
        self._start_interval(info["step"], info["epoch"], info["words"])
        if self._states is not None and info.get("output_path"):
            self._states.write(info, _folder(info), self.get_state())

    def get_state(self) -> dict[str, Any]:
        """RETURNS (Dict[str, Any]): What the next lines of the log depend on."""
        return {
            "size": self._file.size(),
            **{name: getattr(self, f"_{name}") for name in STATE},
        }

    def set_state(self, state: dict[str, Any], folder: Path, *, step: int, epoch: int) -> None:
        """Go on with the log of a run that was interrupted. Lines that are about to be written again are
        taken out.

        state (Dict[str, Any]): What `get_state` returned.
        folder (Path): The output folder.
        step (int): The last step.
        epoch (int): Its epoch.
        """
        self._file.go_on(self._file.path or folder / FILE_NAME, state["size"])
        for name in STATE:
            setattr(self, f"_{name}", state[name])
        steps = self._steps
        self._start_interval(step, epoch, self._words)
        self._steps = steps

    def leave_states(self) -> None:
        """Write no states of the training, since somebody else does."""
        self._states = None

    def finalize(self) -> None:
        """Clean the terminal up after the last step."""
        self._close_bar()

    def _check_losses(self, info: Info) -> None:
        tasks = {
            name: f" (task '{pipe.task}')" for name, pipe in self._components if _is_task(pipe)
        }
        for name, value in info["losses"].items():
            _finite(value, "the loss", f"component '{name}'{tasks.get(name, '')}", info["step"])

    def _rows(self, info: Info) -> list[Row]:
        rows = [self._row(name, pipe, info) for name, pipe in self._components]
        return [row for row in rows if row is not None]

    def _row(self, name: str, pipe: Any, info: Info) -> Row | None:
        total = info["losses"].get(name)
        if hasattr(pipe, "listening_components"):
            return None  # An encoder's "loss" is the size of its gradient, which says nothing here.
        if not _is_task(pipe):
            loss = _mean(total, self._steps)
            return Row(pipe=name, loss=loss) if name in self._trained else None
        score = info["other_scores"].get(f"{pipe.task}_score")
        # A frozen task learns nothing, but its score moves with an encoder that does.
        if name not in self._trained and score is None:
            return None
        n_updates = getattr(pipe, "n_updates", None)
        count = self._steps if n_updates is None else n_updates - self._updates[name]
        if n_updates is not None:
            self._updates[name] = n_updates
        row = Row(name, pipe.task, pipe.n_seen, n_updates, _mean(total, count))
        self._add_score(row, score, info["step"])
        return row

    def _add_score(self, row: Row, score: float | None, step: int) -> None:
        best = self._best.get(row.pipe)
        if score is not None:
            row.score = _finite(score, "the score", f"task '{row.task}'", step)
            row.improved = best is None or row.score > best
            best = self._best[row.pipe] = row.score if best is None else max(best, row.score)
        row.best = best

    def _speed(self, words: int) -> float | None:
        # Evaluating and saving lie between the last two steps: leave that time out.
        plain_steps = self._steps - 1
        seconds = self._last_step - self._start
        if plain_steps < 1 or seconds <= 0:
            return None
        return (words - self._words) / seconds * plain_steps / self._steps

    def _start_interval(self, step: int, epoch: int, words: int) -> None:
        self._steps = 0
        self._words = words
        self._start = self._last_step = perf_counter()
        if not self._bars:
            return
        training = self._nlp.config.interpolate()["training"]
        total, max_steps = training["eval_frequency"], training["max_steps"]
        if max_steps:
            total = min(total, max_steps - step)
        if total > 0:
            self._bar = ProgressBar(total=total, leave=False, file=self._stderr, unit=" steps")
            self._bar.set_description(f"Epoch {epoch}, from step {step}")

    def _close_bar(self) -> None:
        if self._bar is not None:
            self._bar.close()
            self._bar = None

    def _write_table(self, rows: list[Row]) -> None:
        lines = format_table(HEADER, [row.cells() for row in rows])
        for line, row in zip(lines, [None, None, *rows], strict=True):
            green = self._colors and row is not None and row.improved
            self._write(color(line, fg="green") if green else line)
        self._write("")

    def _write(self, text: str) -> None:
        self._stdout.write(text + "\n")
        self._stdout.flush()


def _format_headline(info: Info, score: float, speed: float | None, improved: bool) -> str:
    return (
        f"Step {info['step']:,}  epoch {info['epoch']}  {format_number(speed, ',.0f')} words/s"
        f"  score {_percent(score)}{' *' if improved else ''}"
    )


def _folder(info: Info) -> Path:
    return Path(info["output_path"]).parent


def _finite(value: float, what: str, part: str, step: int) -> float:
    number = float(value)
    if not math.isfinite(number):
        raise ValueError(Errors.E170.format(what=what, part=part, value=number, step=step))
    return number


def _mean(total: float | None, count: int) -> float | None:
    return float(total) / count if total is not None and count > 0 else None


def _percent(value: float | None) -> str:
    return format_number(None if value is None else 100 * value, ".2f")


def _is_task(pipe: Any) -> bool:
    return hasattr(pipe, "task") and hasattr(pipe, "n_seen")


def _is_terminal(stream: IO) -> bool:
    isatty = getattr(stream, "isatty", None)
    return bool(isatty is not None and isatty())
