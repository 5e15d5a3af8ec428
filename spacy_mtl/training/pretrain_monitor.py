"""Evaluation of a model while it is pretrained, which leaves the training as it is."""

import math
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter
from typing import Any

from spacy.tokens import Doc
from spacy.util import get_lang_class

from ..argument_types import checked_types
from ..errors import Errors
from .pretrain_probe import Probe
from .pretrain_report import format_evaluation
from .pretrain_texts import read_raw_texts
from .random_state import separate_random_state

BATCH_SIZE = 64
#: Seed of the tokens that are hidden in each evaluation.
SEED = 0
#: Settings without which scores cannot be compared.
SETTINGS = ("path", "limit", "mask_prob", "candidates", "probe_path", "probe_test_path")
#: What the state that is saved consists of.
STATE = ("words", "loss", "n_batches", "last_words", "best", "n_worse", "n_seconds")


@checked_types("spacy_mtl.PretrainMonitor.v1")
def create_pretrain_monitor(
    path: str | Path,
    *,
    every_words: int = 1_000_000,
    limit: int = 1000,
    mask_prob: float = 0.15,
    candidates: int = 20_000,
    probe_path: str | Path | None = None,
    probe_test_path: str | Path | None = None,
    patience: int = 0,
) -> "PretrainMonitor":
    """Create a monitor for `[pretraining.objective.monitor]`: how well masked words of held-out text are
    found, the loss on it, and optionally how well labels are told from the encoder's output.

    Texts are tokenized by the pipeline under `spacy mtl pretrain`, and by the language's own tokenizer under
    `spacy pretrain`, which does not tell an objective what the pipeline is.

    path (Union[str, Path]): Held-out raw text, JSONL with the key "text".
    every_words (int): Words of training between two evaluations.
    limit (int): How many of the held-out texts are read. 0 for all.
    mask_prob (float): Share of the held-out words that are hidden and have to be found, above 0 to 1.
    candidates (int): How many of the most frequent words of the target vectors compete for each place.
    probe_path (Optional[Union[str, Path]]): A small file with one label for each text, in any of the
        package's formats. Needs scikit-learn.
    probe_test_path (Optional[Union[str, Path]]): Labelled texts to score. Defaults to five-fold
        cross-validation of `probe_path`.
    patience (int): Evaluations without a better score after which `spacy mtl pretrain` stops, and `spacy
        pretrain` says so. 0 for never.
    RETURNS (PretrainMonitor): The monitor.
    RAISES (ValueError): If a setting is out of range.
    """
    for name, value, lowest in (
        ("every_words", every_words, 1),
        ("limit", limit, 0),
        ("candidates", candidates, 1),
        ("patience", patience, 0),
    ):
        if value < lowest:
            expected = f"at least {lowest}"
            raise ValueError(Errors.E274.format(name=name, value=value, expected=expected))
    if not 0.0 < mask_prob <= 1.0:
        expected = "above 0 and at most 1"
        raise ValueError(Errors.E274.format(name="mask_prob", value=mask_prob, expected=expected))
    return PretrainMonitor(
        Path(path),
        every_words=every_words,
        limit=limit,
        mask_prob=mask_prob,
        candidates=candidates,
        probe_path=None if probe_path is None else Path(probe_path),
        probe_test_path=None if probe_test_path is None else Path(probe_test_path),
        patience=patience,
    )


@dataclass
class Evaluation:
    """What is known about a model after so many words. Shares and accuracies are 0 to 1."""

    words: int
    #: Mean loss of the batches since the last evaluation: that which is optimised.
    loss: float | None
    #: Mean loss of the held-out texts.
    dev_loss: float | None
    #: Share of the hidden words whose vector is the nearest to the prediction, or among ten.
    accuracy_1: float | None
    accuracy_10: float | None
    #: Accuracy of the classifier.
    probe: float | None
    words_per_second: float | None
    #: What the best model is chosen by.
    score: float | None
    improved: bool
    #: Evaluations since the last better score.
    n_worse: int


class PretrainMonitor:
    """Evaluates a model every so many words.

    `spacy pretrain` does not know of it: the objective calls it with each batch and tells it each loss.
    """

    def __init__(
        self,
        path: Path,
        *,
        every_words: int,
        limit: int,
        mask_prob: float,
        candidates: int,
        probe_path: Path | None,
        probe_test_path: Path | None,
        patience: int,
    ) -> None:
        """Create a monitor, see `create_pretrain_monitor`. Files are read when training starts."""
        self.path = path
        self.every_words = every_words
        self.limit = limit
        self.mask_prob = mask_prob
        self.candidates = candidates
        self.probe_path = probe_path
        self.probe_test_path = probe_test_path
        self.patience = patience
        self.words = self.last_words = self.n_batches = self.n_worse = 0
        self.next_words = every_words
        self.loss = self.n_seconds = 0.0
        self.best: float | None = None
        self._docs: list[Doc] | None = None
        self._hidden: Any = None
        self._probe: Probe | None = None
        self._is_evaluating = False
        self._last_time = perf_counter()

    def __call__(self, model: Any, docs: Sequence[Doc]) -> None:
        """Look at the model before it is trained on a batch, and print a line if it is time to.

        model (Model): The model of the objective.
        docs (Sequence[Doc]): The batch.
        """
        if self._docs is None:
            vocab = docs[0].vocab
            self.prepare(model, get_lang_class(vocab.lang or "xx")(vocab).make_doc)
        if not self.is_due:
            return
        sys.stdout.write(format_evaluation(self.evaluate(model)) + "\n")
        if self.should_stop:
            advice = f"No better score in {self.n_worse} evaluations: it may be time to stop\n"
            sys.stdout.write(advice)

    def count(self, n_words: int, loss: float) -> None:
        """Count a batch that is trained on.

        n_words (int): Its words.
        loss (float): Its loss.
        """
        if not self._is_evaluating:
            self.words += n_words
            self.loss += loss
            self.n_batches += 1

    @property
    def is_due(self) -> bool:
        """RETURNS (bool): Whether it is time for an evaluation."""
        return self.words >= self.next_words

    @property
    def should_stop(self) -> bool:
        """RETURNS (bool): Whether the score has not risen for so long that training can stop."""
        return 0 < self.patience <= self.n_worse

    def prepare(self, model: Any, make_doc: Callable[[str], Doc]) -> None:
        """Read the files, and choose the words to hide.

        model (Model): The model of the objective, initialized.
        make_doc (Callable[[str], Doc]): Tokenizes a text.
        RAISES (ImportError): If scikit-learn is needed and not installed.
        RAISES (ValueError): If a file cannot be used.
        """
        docs = []
        for text in read_raw_texts(self.path, "path of [pretraining.objective.monitor]"):
            docs.append(make_doc(text))
            if len(docs) == self.limit:
                break
        if not any(map(len, docs)):
            setting = "path of [pretraining.objective.monitor]"
            raise ValueError(Errors.E266.format(path=self.path, setting=setting))
        self._docs = [doc for doc in docs if len(doc)]
        if self.probe_path is not None:
            self._probe = Probe(self.probe_path, self.probe_test_path, make_doc)
        self._hidden = model.attrs["loss"].hide_words(
            model, self._docs, share=self.mask_prob, candidates=self.candidates, seed=SEED
        )
        self._last_time = perf_counter()

    def evaluate(self, model: Any) -> Evaluation:
        """Evaluate the model. Its weights and the global random states stay as they are.

        model (Model): The model of the objective.
        RETURNS (Evaluation): The results.
        """
        self.pause()
        self._is_evaluating = True
        try:
            with separate_random_state(SEED):
                dev_loss = self._compute_loss(model)
                found = self._hidden.find() if self._hidden is not None else (None, None)
                probe = None if self._probe is None else self._probe.score(model.layers[0])
        finally:
            self._is_evaluating = False
        score = next((x for x in (probe, found[1]) if x is not None), None)
        if score is None and math.isfinite(dev_loss):
            score = -dev_loss
        improved = score is not None and (self.best is None or score > self.best)
        self.n_worse = 0 if improved else self.n_worse + 1
        self.best = score if improved else self.best
        n_words = self.words - self.last_words
        evaluation = Evaluation(
            words=self.words,
            loss=self.loss / self.n_batches if self.n_batches else None,
            dev_loss=dev_loss,
            accuracy_1=found[0],
            accuracy_10=found[1],
            probe=probe,
            words_per_second=n_words / self.n_seconds if self.n_seconds else None,
            score=score,
            improved=improved,
            n_worse=self.n_worse,
        )
        self.last_words = self.words
        self.next_words = (self.words // self.every_words + 1) * self.every_words
        self.loss, self.n_batches, self.n_seconds = 0.0, 0, 0.0
        self._last_time = perf_counter()
        return evaluation

    def pause(self) -> None:
        """Add the time since the last evaluation to that of the training."""
        now = perf_counter()
        self.n_seconds += now - self._last_time
        self._last_time = now

    def get_state(self) -> dict[str, Any]:
        """RETURNS (Dict[str, Any]): What an interrupted run needs to go on."""
        self.pause()
        settings = [str(getattr(self, name)) for name in SETTINGS]
        return {"settings": settings, **{name: getattr(self, name) for name in STATE}}

    def set_state(self, state: dict[str, Any] | None, n_words: int) -> None:
        """Go on from an earlier state. If it is that of a monitor with other settings, only the words count.

        state (Optional[Dict[str, Any]]): The state, None if there was no monitor.
        n_words (int): Words of training so far.
        """
        self.words = self.last_words = n_words
        settings = [str(getattr(self, name)) for name in SETTINGS]
        if state is not None and state["settings"] == settings:
            for name in STATE:
                setattr(self, name, state[name])
        self.next_words = (self.last_words // self.every_words + 1) * self.every_words
        self._last_time = perf_counter()

    def _compute_loss(self, model: Any) -> float:
        objective = model.attrs["loss"]
        total = 0.0
        n_words = 0
        docs = self._docs or []
        for start in range(0, len(docs), BATCH_SIZE):
            batch = docs[start : start + BATCH_SIZE]
            predictions, _ = model(batch, False)
            loss, _ = objective(model.ops, batch, predictions)
            size = sum(map(len, batch))
            total += float(loss) * size
            n_words += size
        return total / n_words
