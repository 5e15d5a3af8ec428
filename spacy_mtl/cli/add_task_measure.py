"""What old tasks predict before a training and after it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from spacy.language import Language

from ..pipeline.soft_targets import soft_targets
from ..training.add_task_data import OldData, TaskData, correct_targets, format_rows
from ..training.add_task_report import AGREEMENT, Outcome, decide, measure_agreement
from ..training.examples import make_example
from ..training.rows import Record
from ..training.single_task import FACTORY
from ..types import Scores
from .compare import evaluate_tasks


@dataclass
class Former:
    """The tasks of a trained pipeline, and how it did.

    tasks (Dict[str, str]): The component of each task.
    settings (Dict[str, Dict[str, Any]]): The settings of each task's component.
    outputs (List[Dict[str, float]]): Scores by ``task/label`` for each text of the new task.
    scores (Dict[str, Scores]): Scores on dev data by task.
    """

    tasks: dict[str, str]
    settings: dict[str, dict[str, Any]]
    outputs: list[dict[str, float]] = field(default_factory=list)
    scores: dict[str, Scores] = field(default_factory=dict)

    @classmethod
    def of(cls, nlp: Language) -> "Former":
        """Find the tasks of a pipeline.

        nlp (Language): The pipeline.
        RETURNS (Former): The tasks, without outputs and scores.
        """
        pipes: dict[str, Any] = {
            name: nlp.get_pipe(name)
            for name in nlp.component_names
            if nlp.get_pipe_meta(name).factory == FACTORY
        }
        return cls(
            {pipe.task: name for name, pipe in pipes.items()},
            {pipe.task: dict(pipe.cfg) for pipe in pipes.values()},
        )

    def remember(self, nlp: Language, texts: Sequence[str], old: OldData | None) -> None:
        """Keep what the pipeline predicts now.

        nlp (Language): The pipeline.
        texts (Sequence[str]): The texts of the new task.
        old (Optional[OldData]): Data of the old tasks.
        """
        self.outputs = list(_predict(nlp, texts, self.tasks))
        self.scores = _evaluate(nlp, old)

    def add_targets(self, task: TaskData, distilled: Sequence[str]) -> dict[str, bytes]:
        """Write the rows of the new task, in training with the former outputs of old tasks.

        task (TaskData): The new task.
        distilled (Sequence[str]): The old tasks.
        RETURNS (Dict[str, bytes]): Lines of JSON for each split.
        """
        rows = dict(task.rows)
        if distilled:
            # Outputs are those of all texts, training texts first.
            pairs = zip(rows["train"], self.outputs, strict=False)
            rows["train"] = [
                (text, {**self._targets(output, distilled), **cats})
                for (text, cats), output in pairs
            ]
        return {split: format_rows(found) for split, found in rows.items()}

    def decisions(self, outputs: Sequence[dict[str, float]], task: str) -> Iterator[frozenset[str]]:
        """Tell which labels texts get.

        outputs (Sequence[Dict[str, float]]): Scores by ``task/label`` for each text.
        task (str): The task.
        YIELDS (FrozenSet[str]): The labels.
        """
        settings = self.settings[task]
        for output in outputs:
            yield decide(
                output,
                task,
                multi_label=settings["multi_label"],
                threshold=settings["threshold"],
            )

    def _targets(self, output: dict[str, float], distilled: Sequence[str]) -> dict[str, float]:
        targets = {
            key: value for key, value in output.items() if key.partition("/")[0] in distilled
        }
        for task in distilled:
            if self.settings[task]["multi_label"]:
                targets = correct_targets(targets, task, self.settings[task]["label_weights"])
        return targets


def measure(
    nlp: Language,
    task: TaskData,
    former: Former,
    old: OldData | None,
    *,
    max_loss: float,
    min_agreement: float,
) -> list[Outcome]:
    """Compare a new pipeline with the one that it was made from.

    nlp (Language): The new pipeline.
    task (TaskData): The new task.
    former (Former): The old tasks, and how they did.
    old (Optional[OldData]): Data of the old tasks.
    max_loss (float): Points of 100 that an old task with dev data may lose.
    min_agreement (float): Percent of texts on which an old task without dev data has to decide as before.
    RETURNS (List[Outcome]): The new task, then the old ones.
    """
    outcomes = []
    for split, rows in task.rows.items():
        if split != "train":
            name = task.summary.name
            examples = [make_example(nlp, Record(text), cats) for text, cats in rows]
            scores = nlp.evaluate(examples)
            found = {key: scores.get(f"{name}_{key}") for key in ("score", "score_desc", "n")}
            outcomes.append(_outcome(name, split, {}, found))
    scores = _evaluate(nlp, old)
    outputs = list(_predict(nlp, task.texts, former.tasks))
    for name in former.tasks:
        if name in scores:
            outcomes.append(_outcome(name, "dev", former.scores[name], scores[name], max_loss))
            continue
        before, after = (former.decisions(each, name) for each in (former.outputs, outputs))
        value = measure_agreement(before, after)
        lost = 100.0 - min_agreement
        outcomes.append(
            Outcome(name, "new texts", len(outputs), AGREEMENT, 100.0, value, max_loss=lost)
        )
    return outcomes


def _outcome(
    task: str, split: str, before: Scores, after: Scores, max_loss: float | None = None
) -> Outcome:
    values = [
        None if each.get("score") is None else 100 * each["score"] for each in (before, after)
    ]
    rows, metric = after.get("n") or 0, after.get("score_desc") or ""
    return Outcome(task, split, rows, metric, values[0], values[1], max_loss=max_loss)


def _evaluate(nlp: Language, old: OldData | None) -> dict[str, Scores]:
    tasks = old.tasks("dev") if old is not None else []
    if old is None or not tasks:
        return {}
    return evaluate_tasks(nlp, old.folder, tasks, split="dev")


def _predict(
    nlp: Language, texts: Sequence[str], tasks: dict[str, str]
) -> Iterator[dict[str, float]]:
    if not tasks:
        return iter(())
    return soft_targets(nlp, texts, list(tasks))
