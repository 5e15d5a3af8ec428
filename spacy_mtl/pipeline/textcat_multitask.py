"""One text classification task as a pipeline component, beside others on a shared encoder."""

from collections.abc import Callable, Iterable, Sequence
from itertools import islice
from typing import Any, cast

import numpy
from spacy.language import Language
from spacy.tokens import Doc
from spacy.training import Example, validate_examples
from thinc.api import Config, Model, Optimizer
from thinc.types import Floats2d

from ..errors import Errors
from ..layers.dropout_places import set_dropout
from ..layers.standardize import freeze_statistics
from ..util import describe_texts
from . import checks, settings
from .extensions import set_extensions
from .loss import cross_entropy, make_targets
from .numbers import backpropagate, check_loss
from .rates import NONE, warn_untrained
from .rehearsal import RehearsesHead
from .statistics import SAMPLE_SIZE, collect_statistics
from .task_scores import ScoringPipe

DEFAULT_CONFIG = """
[model]
@architectures = "spacy_mtl.TaskHead.v1"
exclusive_classes = true
pooling = ["mean", "max"]
hidden_width = 0
maxout_pieces = 2
ngrams = null
nO = null

[model.tok2vec]
@architectures = "spacy_mtl.Tok2VecListener.v1"
width = 96
upstream = "tok2vec"
"""
DEFAULT_MODEL = Config().from_str(DEFAULT_CONFIG)["model"]

set_extensions()


@Language.factory(
    "textcat_multitask",
    assigns=["doc.cats"],
    default_config={
        "task": None,
        "multi_label": False,
        "threshold": 0.5,
        "missing": "zero",
        "loss_weight": 1.0,
        "class_weights": "none",
        "label_smoothing": 0.0,
        "drop_mult": None,
        "score_metric": "macro_f",
        "frozen": NONE,
        "lr_scale": 1.0,
        "scorer": {"@scorers": "spacy_mtl.textcat_multitask_scorer.v1"},
        "model": DEFAULT_MODEL,
    },
)
def make_textcat_multitask(
    nlp: Language,
    name: str,
    model: Model[list[Doc], Floats2d],
    task: str | None,
    multi_label: bool,
    threshold: float,
    missing: str,
    loss_weight: float,
    class_weights: str | dict[str, float],
    label_smoothing: float,
    drop_mult: float | None,
    score_metric: str,
    frozen: str,
    lr_scale: float,
    scorer: Callable | None,
) -> "MultitaskTextCategorizer":
    """Create the component of one task.

    nlp (Language): The pipeline.
    name (str): Name of the component.
    model (Model[List[Doc], Floats2d]): The head.
    task (Optional[str]): Name of the task, the first part of its keys in `doc.cats`. Defaults to the
        component's name.
    multi_label (bool): Any number of labels a document instead of exactly one.
    threshold (float): From which score on a label counts as predicted, for multi-label tasks.
    missing (str): What a multi-label document says about labels that it does not state: "zero" (they
        are false) or "unknown" (no loss, no score).
    loss_weight (float): Weight of the task's mean loss, and so of its voice in the encoder.
    class_weights (Union[str, Dict[str, float]]): "none", "balanced", "sqrt_balanced" (half-way), or a
        weight by label.
    label_smoothing (float): Share of a target that is spread evenly, 0 to below 1.
    drop_mult (Optional[float]): One number for all dropout: what the fixed rate of each place in the head
        is multiplied by. None for the dropout of the training, the same everywhere.
    score_metric (str): The score that becomes `<task>_score`, e.g. "macro_f", "acc", "f:<label>".
    frozen (str): "none", or "all" to leave the head as it is in training. It still tells the encoder
        what it would need.
    lr_scale (float): What the learning rate of the head is multiplied by.
    scorer (Optional[Callable]): The scoring function.
    RETURNS (MultitaskTextCategorizer): The component.
    """
    return MultitaskTextCategorizer(
        nlp.vocab,
        model,
        name,
        task=task,
        multi_label=multi_label,
        threshold=threshold,
        missing=missing,
        loss_weight=loss_weight,
        class_weights=class_weights,
        label_smoothing=label_smoothing,
        drop_mult=drop_mult,
        score_metric=score_metric,
        frozen=frozen,
        lr_scale=lr_scale,
        scorer=scorer,
    )


class MultitaskTextCategorizer(RehearsesHead, ScoringPipe):
    """Classify documents for one task. Any number of these can share one encoder.

    The component learns from the documents that are annotated for its task, which are those whose
    reference has at least one key `task/label`, and leaves all others alone. In a step without such
    a document its weights, moments and averages stay as they are.
    """

    def __init__(
        self,
        vocab: Any,
        model: Model[list[Doc], Floats2d],
        name: str = "textcat_multitask",
        *,
        task: str | None = None,
        multi_label: bool = False,
        threshold: float = 0.5,
        missing: str = "zero",
        loss_weight: float = 1.0,
        class_weights: str | dict[str, float] = "none",
        label_smoothing: float = 0.0,
        drop_mult: float | None = None,
        score_metric: str = "macro_f",
        frozen: str = NONE,
        lr_scale: float = 1.0,
        scorer: Callable | None = None,
    ) -> None:
        """Initialize the component. See `make_textcat_multitask` for the arguments.

        RAISES (ValueError): If a setting is out of range or contradicts the model.
        """
        super().__init__(
            vocab,
            model,
            name,
            task=task,
            multi_label=multi_label,
            threshold=threshold,
            missing=missing,
            loss_weight=loss_weight,
            class_weights=class_weights,
            label_smoothing=label_smoothing,
            drop_mult=drop_mult,
            score_metric=score_metric,
            frozen=frozen,
            lr_scale=lr_scale,
        )
        self.cfg["label_weights"] = {}
        self.scorer = scorer
        settings.validate_settings(name, self.cfg, model)

    def initialize(
        self,
        get_examples: Callable[[], Iterable[Example]],
        *,
        nlp: Language | None = None,
        labels: Sequence[str] | None = None,
    ) -> None:
        """Find or set the labels, check the data and the pipeline, and initialize the model.

        get_examples (Callable[[], Iterable[Example]]): Returns the training data, or a sample of it.
        nlp (Optional[Language]): The pipeline.
        labels (Optional[Sequence[str]]): The labels. Defaults to all that the data has, sorted.
        RAISES (ValueError): If the data has no row for the task, rows that contradict the settings,
            or the pipeline around the component does not fit.
        """
        if nlp is not None:
            checks.check_training(self.name, nlp)
            checks.check_encoder(self.name, self.model, nlp)
            checks.check_score_weight(self.name, f"{self.task}_score", nlp)
            settings.check_unique_task(self.name, self.task, nlp)
        statistics = collect_statistics(get_examples, reader=self.name, nlp=nlp)
        found = statistics.get(self.task)
        streamed = nlp is not None and checks.section(nlp, "training").get("max_epochs") == -1
        # Labels that are known make up for data only where the data was not all there to be read.
        if found is None and not ((labels or self.labels) and (streamed or not statistics)):
            names = ", ".join(sorted(statistics)) or "none"
            raise ValueError(Errors.E220.format(name=self.name, task=self.task, found=names))
        for label in labels if labels is not None else sorted(found.positives if found else []):
            self.add_label(label)
        settings.check_labels(self.name, self.cfg)
        if nlp is not None:
            checks.check_dev_labels(self.name, self.task, self.labels, nlp)
        if found is not None:
            settings.check_statistics(self.name, self.cfg, found, streamed=streamed)
        self.cfg["label_weights"] = settings.resolve_class_weights(
            self.name, self.cfg, found, streamed=streamed
        )
        sample = found.sample if found else list(islice(get_examples(), SAMPLE_SIZE))
        targets, _ = self._targets(sample)
        Y = cast(Floats2d, self.model.ops.asarray(cast(Any, targets)))
        self.model.initialize(X=[example.reference for example in sample], Y=Y)
        if nlp is not None:
            warn_untrained(self.name, self.cfg["frozen"], nlp)

    def update(
        self,
        examples: Iterable[Example],
        *,
        drop: float = 0.0,
        sgd: Optimizer | None = None,
        losses: dict[str, float] | None = None,
    ) -> dict[str, float]:
        """Learn from the annotated documents of a batch.

        examples (Iterable[Example]): A batch of examples, annotated for this task or not.
        drop (float): The dropout rate. Without effect if `drop_mult` is set.
        sgd (Optional[Optimizer]): The optimizer. Without one, call `finish_update` afterwards.
        losses (Optional[Dict[str, float]]): Losses by component, to which the weighted mean
            cross-entropy of the batch is added.
        RETURNS (Dict[str, float]): The losses.
        RAISES (ValueError): If the loss or a gradient is not finite.
        """
        losses = {} if losses is None else losses
        losses.setdefault(self.name, 0.0)
        examples = list(examples)
        validate_examples(examples, "MultitaskTextCategorizer.update")
        checks.check_dropout(self.name, drop)
        targets, mask = self._targets(examples)
        n_annotated = int((mask.max(axis=1) > 0).sum()) if mask.size else 0
        if not n_annotated:
            self._send_no_gradient()
            return losses
        settings.check_targets(self.name, self.cfg, examples, targets, mask)
        set_dropout(self.model, drop, self.cfg["drop_mult"])
        freeze_statistics(self.model, self.is_frozen)
        docs = [example.predicted for example in examples]
        scores, backprop = self.model.begin_update(docs)
        loss, d_scores = self._loss(scores, targets, mask)
        texts = describe_texts(docs)
        check_loss(self, self.task, loss, texts)
        backpropagate(self, backprop, d_scores, texts)
        self.n_seen += n_annotated
        self.n_updates += 1
        losses[self.name] += loss
        if sgd not in (None, False):
            self.finish_update(sgd)  # type: ignore[arg-type]
        return losses

    def get_loss(self, examples: Iterable[Example], scores: Floats2d) -> tuple[float, Floats2d]:
        """Compute the loss of scores, and its gradient with respect to the logits.

        examples (Iterable[Example]): The batch.
        scores (Floats2d): Probabilities `(n_docs, n_labels)`.
        RETURNS (Tuple[float, Floats2d]): The weighted mean cross-entropy over the annotated documents
            and the gradient, which is 0 for all other documents.
        """
        targets, mask = self._targets(list(examples))
        return self._loss(scores, targets, mask)

    def _restore(self, saved: dict[str, Any]) -> None:
        super()._restore(saved)
        settings.validate_settings(self.name, self.cfg, self.model)

    def _targets(self, examples: Sequence[Example]) -> tuple[numpy.ndarray, numpy.ndarray]:
        return make_targets(
            examples,
            self.task,
            self.labels,
            multi_label=self.cfg["multi_label"],
            missing=self.cfg["missing"],
            smoothing=self.cfg["label_smoothing"],
        )

    def _loss(
        self, scores: Floats2d, targets: numpy.ndarray, mask: numpy.ndarray
    ) -> tuple[float, Floats2d]:
        weights = numpy.asarray(
            [self.cfg["label_weights"].get(label, 1.0) for label in self.labels], dtype="f"
        )
        ops = self.model.ops
        loss, d_scores = cross_entropy(
            ops.to_numpy(scores), targets, mask, weights, multi_label=self.cfg["multi_label"]
        )
        scale: Any = float(self.cfg["loss_weight"])
        # NumPy 1 widens the type where the weight is beyond it.
        return loss * scale, cast(Floats2d, ops.asarray2f(d_scores * scale))
