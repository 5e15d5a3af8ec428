"""Similarity as a task: texts of a pair come close to each other, or far apart, through the whole encoder."""

import warnings
from collections.abc import Callable, Iterable
from itertools import islice
from typing import Any

import numpy
from spacy.language import Language
from spacy.tokens import Doc
from spacy.training import Example, validate_examples
from thinc.api import Config, Model, Optimizer, set_dropout_rate
from thinc.types import Floats2d

from ..errors import Errors, Warnings
from ..finite import is_number
from ..util import describe_texts, validate_task_name
from . import checks, settings
from .extensions import set_extensions
from .numbers import backpropagate, check_loss
from .pair_batch import LOSSES, PairBatch, check_pairs, spearman
from .statistics import SAMPLE_SIZE, collect_statistics
from .training_only import TrainingOnlyPipe

DEFAULT_CONFIG = """
[model]
@architectures = "spacy_mtl.SentenceEncoder.v1"
pooling = ["mean"]

[model.tok2vec]
@architectures = "spacy_mtl.Tok2VecListener.v1"
width = 96
upstream = "tok2vec"
"""
DEFAULT_MODEL = Config().from_str(DEFAULT_CONFIG)["model"]

set_extensions()


@Language.factory(
    "contrastive",
    default_config={
        "task": None,
        "loss": "cosent",
        "scale": 20.0,
        "score_min": 0.0,
        "score_max": 1.0,
        "loss_weight": 1.0,
        "model": DEFAULT_MODEL,
    },
)
def make_contrastive(
    nlp: Language,
    name: str,
    model: Model[list[Doc], Floats2d],
    task: str | None,
    loss: str,
    scale: float,
    score_min: float,
    score_max: float,
    loss_weight: float,
) -> "ContrastiveTask":
    """Create the component that learns from pairs of texts how similar texts are.

    nlp (Language): The pipeline.
    name (str): Name of the component.
    model (Model[List[Doc], Floats2d]): Token vectors, pooled to one vector a document. The mean is what
        `doc._.embedding` and `doc.similarity` read.
    task (Optional[str]): Name of the task: both documents of a pair have the key `task/pair:id`, with
        the pair's score as value. Defaults to the component's name.
    loss (str): "cosine" (the cosine comes near the score), "cosent" (of two pairs, the one with the higher
        score gets the higher cosine) or "in_batch" (the text of a pair whose score is in the upper half is
        told from the texts of all other pairs of the batch).
    scale (float): What cosines are multiplied by, for "cosent" and "in_batch". Higher minds the worst
        mistakes more.
    score_min (float): Score of two texts that have nothing in common.
    score_max (float): Score of two texts that mean the same.
    loss_weight (float): Weight of the task's mean loss, and so of its voice in the encoder.
    RETURNS (ContrastiveTask): The component.
    """
    return ContrastiveTask(
        nlp.vocab,
        model,
        name,
        task=task,
        loss=loss,
        scale=scale,
        score_min=score_min,
        score_max=score_max,
        loss_weight=loss_weight,
    )


class ContrastiveTask(TrainingOnlyPipe):
    """Teach the shared encoder from pairs of texts which texts are similar, beside the tasks with labels.

    It learns from the pairs of its task whose texts are both in a batch, and leaves all else alone. It has
    no labels, and nothing to do once the pipeline is trained: what it has learned is in the encoder, and so
    in `doc._.embedding` and `doc.similarity`.
    """

    def __init__(
        self,
        vocab: Any,
        model: Model[list[Doc], Floats2d],
        name: str = "contrastive",
        *,
        task: str | None = None,
        loss: str = "cosent",
        scale: float = 20.0,
        score_min: float = 0.0,
        score_max: float = 1.0,
        loss_weight: float = 1.0,
    ) -> None:
        """Initialize the component. See `make_contrastive` for the arguments.

        RAISES (ValueError): If a setting is out of range or unknown.
        """
        super().__init__(
            vocab,
            model,
            name,
            task=task,
            loss=loss,
            scale=scale,
            score_min=score_min,
            score_max=score_max,
            loss_weight=loss_weight,
        )
        validate_task_name(self.task)
        _validate(name, self.cfg)
        settings.validate_loss_weight(name, self.cfg)
        self._has_warned = False

    def initialize(
        self,
        get_examples: Callable[[], Iterable[Example]],
        *,
        nlp: Language | None = None,
    ) -> None:
        """Check the data and the pipeline, and initialize the model.

        get_examples (Callable[[], Iterable[Example]]): Returns the training data, or a sample of it.
        nlp (Optional[Language]): The pipeline.
        RAISES (ValueError): If there are no pairs, scores are out of range, or the pipeline around the
            component does not fit.
        """
        if nlp is not None:
            checks.check_training(self.name, nlp)
            checks.check_encoder(self.name, self.model, nlp)
            checks.check_score_weight(self.name, f"{self.task}_score", nlp)
            settings.check_unique_task(self.name, self.task, nlp)
        statistics = collect_statistics(get_examples, reader=self.name, nlp=nlp)
        found = statistics.get(self.task)
        streamed = nlp is not None and checks.section(nlp, "training").get("max_epochs") == -1
        # A stream shows only its beginning, which may lack a small task, and code may come without data.
        if found is None and statistics and not streamed:
            names = ", ".join(sorted(statistics))
            raise ValueError(Errors.E576.format(name=self.name, task=self.task, found=names))
        sample = found.sample if found else list(islice(get_examples(), SAMPLE_SIZE))
        if found:
            check_pairs(self.name, self.cfg, found)
        self.model.initialize(X=[example.reference for example in sample])

    def update(
        self,
        examples: Iterable[Example],
        *,
        drop: float = 0.0,
        sgd: Optimizer | None = None,
        losses: dict[str, float] | None = None,
    ) -> dict[str, float]:
        """Learn from the pairs of a batch.

        examples (Iterable[Example]): A batch of examples, with pairs of the task or without.
        drop (float): The dropout rate.
        sgd (Optional[Optimizer]): The optimizer. Without one, call `finish_update` afterwards.
        losses (Optional[Dict[str, float]]): Losses by component, to which the weighted mean loss of the
            batch is added.
        RETURNS (Dict[str, float]): The losses.
        RAISES (ValueError): If a score is out of range, or the loss or a gradient is not finite.
        """
        losses = {} if losses is None else losses
        losses.setdefault(self.name, 0.0)
        examples = list(examples)
        validate_examples(examples, "ContrastiveTask.update")
        checks.check_dropout(self.name, drop)
        batch = PairBatch.find(self.name, self.cfg, examples)
        if batch.n_alone and not self._has_warned:
            self._has_warned = True
            text = Warnings.W340.format(name=self.name, count=batch.n_alone, total=len(examples))
            warnings.warn(text, stacklevel=2)
        if not batch.n_pairs:
            self._send_no_gradient()
            return losses
        set_dropout_rate(self.model, drop)
        docs = [example.predicted for example in examples]
        vectors, backprop = self.model.begin_update(docs)
        ops = self.model.ops
        loss, gradient = batch.loss(ops.to_numpy(vectors), self.cfg["loss"], self.cfg["scale"])
        texts = describe_texts(docs)
        check_loss(self, self.task, loss, texts)
        weight: Any = float(self.cfg["loss_weight"])
        # Pairs that are in order already, or all alike, teach nothing.
        if gradient.any() and weight:
            backpropagate(self, backprop, ops.asarray2f(gradient * weight), texts)
        else:
            self._send_no_gradient()
        self.n_seen += batch.n_pairs
        self.n_updates += 1
        losses[self.name] += weight * loss
        if sgd not in (None, False):
            self.finish_update(sgd)  # type: ignore[arg-type]
        return losses

    def score(self, examples: Iterable[Example], **kwargs: Any) -> dict[str, Any]:
        """Compare the cosines of the embeddings with the scores of the pairs, by their ranks.

        examples (Iterable[Example]): The examples, whose predicted documents the encoder has seen.
        **kwargs (Any): Not used.
        RETURNS (Dict[str, Any]): Spearman's correlation as `<task>_spearman` and `<task>_score`, None where
            it is undefined, and the number of pairs as `<task>_n`.
        """
        examples = list(examples)
        batch = PairBatch.find(self.name, self.cfg, examples)
        value = None
        if batch.n_pairs:
            paired = sorted({*batch.left.tolist(), *batch.right.tolist()})
            docs = [examples[place].predicted for place in paired]
            found = self.model.ops.to_numpy(self.model.predict(docs))
            vectors = numpy.zeros((len(examples), found.shape[1]), dtype="f")
            vectors[paired] = found
            value = spearman(batch.cosines(vectors), batch.targets)
        return {
            f"{self.task}_spearman": value,
            f"{self.task}_score": value,
            f"{self.task}_score_desc": "spearman",
            f"{self.task}_n": batch.n_pairs,
        }


def _validate(name: str, cfg: dict[str, Any]) -> None:
    lowest, highest, scale = cfg["score_min"], cfg["score_max"], cfg["scale"]
    rules = (
        ("loss", cfg["loss"] in LOSSES, f"one of {', '.join(LOSSES)}"),
        ("scale", is_number(scale) and scale > 0.0, "a number above 0"),
        ("score_min", is_number(lowest), "a number"),
        (
            "score_max",
            is_number(highest) and not lowest >= highest,
            f"a number above score_min = {lowest}",
        ),
    )
    for setting, is_valid, expected in rules:
        if not is_valid:
            raise ValueError(
                Errors.E225.format(
                    name=name, setting=setting, value=cfg[setting], expected=expected
                )
            )
