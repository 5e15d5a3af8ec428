"""The labels of texts, and of files of them, for each task of a pipeline."""

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any, TypeAlias

from spacy.language import Language
from spacy.pipeline import TrainablePipe
from spacy.tokens import Doc

from ..errors import Errors
from ..pipeline.textcat_multitask import MultitaskTextCategorizer
from ..util import join_key, listing
from .model import check_batch_size, find_encoders, model_digest, read_docs, running
from .rows import STREAM, TextSource
from .runs import Run, RunReport
from .workers import work_on
from .writers import JsonlWriter, StreamWriter

#: The field that predictions are written to.
PREDICTED = "predicted"
#: What is predicted for a text, by task.
Predictions: TypeAlias = dict[str, dict[str, Any]]


class Predictor:
    """Predict the labels of texts with the encoder and the heads of some tasks."""

    def __init__(
        self,
        nlp: Language,
        *,
        tasks: Sequence[str] | None = None,
        threshold: float | None = None,
        all_scores: bool = False,
        batch_size: int | None = None,
    ) -> None:
        """Look for the tasks.

        nlp (Language): The pipeline.
        tasks (Optional[Sequence[str]]): The tasks. None for all.
        threshold (Optional[float]): From which score on a label is predicted. Defaults to the threshold of
            each task with several labels a text, and to none for others.
        all_scores (bool): Whether to give the scores of all labels too.
        batch_size (Optional[int]): The most texts of a batch. Defaults to that of the pipeline.
        RAISES (ValueError): If the pipeline has no such tasks, or a value is out of range.
        """
        self.nlp = nlp
        pipes = [(n, p) for n, p in nlp.pipeline if isinstance(p, MultitaskTextCategorizer)]
        if not pipes:
            raise ValueError(Errors.E622.format(found=listing(nlp.pipe_names)))
        found = {pipe.task: (name, pipe) for name, pipe in pipes}
        missing = [task for task in tasks or () if task not in found]
        if missing:
            missed = listing(missing)
            raise ValueError(Errors.E623.format(missing=missed, found=listing(found)))
        if threshold is not None and not 0 <= threshold <= 1:
            expected = "a number from 0 to 1"
            raise ValueError(
                Errors.E626.format(name="threshold", value=threshold, expected=expected)
            )
        self.pipes = {task: found[task][1] for task in tasks or found}
        self.threshold = threshold
        self.all_scores = all_scores
        self.batch_size = check_batch_size(nlp, batch_size)
        heads = {found[task][0] for task in self.pipes}
        # A head may read an encoder of its own.
        before = set(find_encoders(nlp, required=False))
        others = {n for n, pipe in nlp.pipeline if not isinstance(pipe, TrainablePipe)}
        self.names = [name for name in nlp.pipe_names if name in heads | before | others]

    def __call__(self, texts: Sequence[str]) -> list[Predictions]:
        """Predict the labels of some texts. The same texts together give the same bits each time.

        texts (Sequence[str]): The texts.
        RETURNS (List[Dict[str, Dict[str, Any]]]): For each text and task what is predicted:
            {"label": "positive", "score": 0.98}, with the label None if no score reaches the threshold; or
            {"labels": {"fast": 0.93, ...}} for a task with several labels a text. With all scores also
            {"scores": {"positive": 0.98, ...}}.
        """
        with running(self.nlp, self.names):
            return [self.describe(doc) for doc in read_docs(self.nlp, texts, self.batch_size)]

    def describe(self, doc: Doc) -> Predictions:
        """Tell what the heads have found.

        doc (Doc): A document that the pipeline has run over.
        RETURNS (Dict[str, Dict[str, Any]]): What is predicted, by task.
        """
        return {task: self._predicted(pipe, doc.cats) for task, pipe in self.pipes.items()}

    def digest(self) -> str:
        """RETURNS (str): A number that is the same for models that compute the same."""
        return model_digest(self.nlp, self.names)

    def options(self) -> dict[str, Any]:
        """RETURNS (Dict[str, Any]): The settings that change what is predicted."""
        return {
            "tasks": list(self.pipes),
            "threshold": self.threshold,
            "all_scores": self.all_scores,
            "batch_size": self.batch_size,
        }

    def _predicted(self, pipe: MultitaskTextCategorizer, cats: dict[str, float]) -> dict[str, Any]:
        scores = {label: cats[join_key(pipe.task, label)] for label in pipe.labels}
        found: dict[str, Any]
        if pipe.cfg["multi_label"]:
            threshold = pipe.cfg["threshold"] if self.threshold is None else self.threshold
            found = {"labels": {n: score for n, score in scores.items() if score >= threshold}}
        else:
            best = max(scores, key=scores.__getitem__)
            is_sure = self.threshold is None or scores[best] >= self.threshold
            found = {"label": best if is_sure else None, "score": scores[best]}
        return {**found, "scores": scores} if self.all_scores else found


def predict_file(
    nlp: Language,
    source: str | Path,
    output: str | Path,
    *,
    tasks: Sequence[str] | None = None,
    threshold: float | None = None,
    all_scores: bool = False,
    kind: str | None = None,
    text_field: str = "text",
    batch_size: int | None = None,
    n_process: int = 1,
    on_error: str = "raise",
    overwrite: bool = False,
    on_start: Callable[[RunReport], None] | None = None,
) -> RunReport:
    """Write the labels of a file's texts, in the order of its rows and in bounded memory. If it is
    interrupted, the same call goes on where it stopped.

    nlp (Language): The pipeline.
    source (Union[str, Path]): The texts, see `embed_file`.
    output (Union[str, Path]): A file that ends in .jsonl, or "-" for standard output: the rows with all their
        fields and one more, "predicted", see `Predictor`. The file appears when it is complete.
    tasks (Optional[Sequence[str]]): The tasks. None for all.
    threshold (Optional[float]): From which score on a label is predicted, see `Predictor`.
    all_scores (bool): Whether to give the scores of all labels too.
    kind (Optional[str]): The format of the source. Defaults to what its name ends in.
    text_field (str): The field or column with the text.
    batch_size (Optional[int]): The most texts of a batch. Defaults to that of the pipeline.
    n_process (int): The number of processes. -1 for one for each core.
    on_error (str): What to do with bad rows: "raise" or "skip".
    overwrite (bool): Whether to replace an existing file, and to forget an interrupted run.
    on_start (Optional[Callable]): Called with the report when the work begins.
    RETURNS (RunReport): How many rows there are.
    RAISES (ValueError): If something cannot be read or written, or an interrupted run was another one.
    """
    is_stream = str(output) == STREAM
    if not is_stream and not str(output).lower().endswith(".jsonl"):
        raise ValueError(Errors.E625.format(path=output))
    predictor = Predictor(
        nlp, tasks=tasks, threshold=threshold, all_scores=all_scores, batch_size=batch_size
    )
    run = Run(
        TextSource(
            source,
            kind=kind,
            text_field=text_field,
            on_error=on_error,
            max_length=nlp.max_length,
            reserved=PREDICTED,
        ),
        output,
        StreamWriter(PREDICTED) if is_stream else JsonlWriter(PREDICTED),
        model=predictor.digest(),
        options=predictor.options(),
        overwrite=overwrite,
    )
    return run(partial(work_on, predictor, n_process=n_process), on_start=on_start)
