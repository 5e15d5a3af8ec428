"""Learning from raw text as a task among others: the encoder predicts pre-trained word vectors."""

from collections.abc import Callable, Iterable
from itertools import islice
from pathlib import Path
from typing import Any

from spacy.language import Language
from spacy.training import Example, validate_examples
from thinc.api import Config, Model, Optimizer, set_dropout_rate

from ..errors import Errors
from ..layers.lmao import Objective, Prediction, Settings
from ..layers.lmao_head import KINDS, RawBatch
from ..layers.masking import masked
from ..layers.vector_losses import LOSSES
from ..models.validation import check_lmao
from ..util import describe_texts, is_annotated, validate_task_name
from . import checks, settings
from .lmao_batch import make_batch
from .lmao_vectors import LoadedTargets, check_masking, warn_shipped
from .numbers import backpropagate, check_loss
from .statistics import SAMPLE_SIZE, collect_statistics
from .task_masking import TaskMasking
from .training_only import TrainingOnlyPipe

DEFAULT_CONFIG = """
[model]
@architectures = "spacy_mtl.LMAOHead.v1"
target = "word"
hidden_size = 0
maxout_pieces = 3
nO = null

[model.tok2vec]
@architectures = "spacy_mtl.Tok2VecListener.v1"
width = 96
upstream = "tok2vec"
"""
DEFAULT_MODEL = Config().from_str(DEFAULT_CONFIG)["model"]


@Language.factory(
    "lmao",
    default_config={
        "task": None,
        "loss": "L2",
        "tokens": "all",
        "normalize": True,
        "weighting": "sif",
        "skip_punctuation": False,
        "mask_prob": 0.15,
        "hidden_share": 0.8,
        "replaced_share": 0.1,
        "vectors": None,
        "loss_weight": 1.0,
        "model": DEFAULT_MODEL,
    },
)
def make_lmao(
    nlp: Language,
    name: str,
    model: Model[RawBatch, list[Prediction]],
    task: str | None,
    loss: str,
    tokens: str,
    normalize: bool,
    weighting: str,
    skip_punctuation: bool,
    mask_prob: float,
    hidden_share: float,
    replaced_share: float,
    vectors: str | Path | None,
    loss_weight: float,
) -> "LanguageModel":
    """Create the component that learns from raw text, see `spacy_mtl.LMAO.v1` for what it learns.

    nlp (Language): The pipeline.
    name (str): Name of the component.
    model (Model[RawBatch, List[Prediction]]): The heads.
    task (Optional[str]): Name of the task: documents with a key `task/...` are raw text. Defaults to the
        component's name. The corpus reader calls it `raw_task`.
    loss (str): "cosine" or "L2".
    tokens (str): "all" predicts the vectors of all tokens, "masked" those of the masked ones only.
    normalize (bool): Scale the targets to length 1.
    weighting (str): "sif" scales the targets of frequent words down, "none" does not.
    skip_punctuation (bool): Do not predict punctuation.
    mask_prob (float): Probability that a token of a raw text is masked, 0 to 1.
    hidden_share (float): Share of the masked tokens that the encoder sees nothing of.
    replaced_share (float): Share of the masked tokens that it sees as another word.
    vectors (Optional[Union[str, Path]]): A pipeline with the vectors to predict, as `spacy init vectors`
        writes it, or the name of an installed one. Read in training only, and not saved. Defaults to the
        vectors of the vocabulary.
    loss_weight (float): Weight of the task's mean loss, and so of its voice in the encoder.
    RETURNS (LanguageModel): The component.
    """
    return LanguageModel(
        nlp.vocab,
        model,
        name,
        task=task,
        loss=loss,
        tokens=tokens,
        normalize=normalize,
        weighting=weighting,
        skip_punctuation=skip_punctuation,
        mask_prob=mask_prob,
        hidden_share=hidden_share,
        replaced_share=replaced_share,
        vectors=vectors,
        loss_weight=loss_weight,
    )


class LanguageModel(TrainingOnlyPipe):
    """Teach the shared encoder from raw text, in the same training as the tasks with labels.

    It learns from the documents that have a key of its task, and leaves all others alone. It has no
    labels, no scores, and nothing to do once the pipeline is trained.
    """

    def __init__(
        self,
        vocab: Any,
        model: Model[RawBatch, list[Prediction]],
        name: str = "lmao",
        *,
        task: str | None = None,
        loss: str = "L2",
        tokens: str = "all",
        normalize: bool = True,
        weighting: str = "sif",
        skip_punctuation: bool = False,
        mask_prob: float = 0.15,
        hidden_share: float = 0.8,
        replaced_share: float = 0.1,
        vectors: str | Path | None = None,
        loss_weight: float = 1.0,
    ) -> None:
        """Initialize the component. See `make_lmao` for the arguments.

        RAISES (ValueError): If a setting is out of range or unknown.
        """
        super().__init__(
            vocab,
            model,
            name,
            task=task,
            loss=loss,
            tokens=tokens,
            normalize=normalize,
            weighting=weighting,
            skip_punctuation=skip_punctuation,
            mask_prob=mask_prob,
            hidden_share=hidden_share,
            replaced_share=replaced_share,
            vectors=None if vectors is None else str(vectors),
            loss_weight=loss_weight,
        )
        validate_task_name(self.task)
        check_lmao(
            loss=loss,
            tokens=tokens,
            weighting=weighting,
            mask_prob=mask_prob,
            hidden_share=hidden_share,
            replaced_share=replaced_share,
        )
        settings.validate_loss_weight(name, self.cfg)
        self._loaded = LoadedTargets()
        self._masking = self._make_masking()

    def initialize(
        self,
        get_examples: Callable[[], Iterable[Example]],
        *,
        nlp: Language | None = None,
    ) -> None:
        """Load the vectors to predict, check the data and the pipeline, and initialize the model.

        get_examples (Callable[[], Iterable[Example]]): Returns the training data, or a sample of it.
        nlp (Optional[Language]): The pipeline.
        RAISES (ValueError): If there are no vectors or no raw text, or the pipeline around the component
            does not fit.
        """
        if nlp is not None:
            checks.check_training(self.name, nlp)
            checks.check_encoder(self.name, self.model, nlp)
            settings.check_unique_task(self.name, self.task, nlp)
            check_masking(self.name, self.model, self.cfg["mask_prob"], nlp)
            warn_shipped(self.name, self.cfg["vectors"], nlp)
        statistics = collect_statistics(get_examples, reader=self.name, nlp=nlp)
        found = statistics.get(self.task)
        streamed = nlp is not None and checks.section(nlp, "training").get("max_epochs") == -1
        tasks: Iterable[str] | None = statistics
        if nlp is not None and streamed:
            tasks = checks.tasks_of_reader(nlp)
        if tasks and self.task not in tasks:
            names = ", ".join(sorted(tasks))
            raise ValueError(Errors.E284.format(name=self.name, task=self.task, found=names))
        sample = found.sample if found else list(islice(get_examples(), SAMPLE_SIZE))
        batch = make_batch(self._objective(), None, sample, [True] * len(sample))
        self.model.initialize(X=batch)

    def update(
        self,
        examples: Iterable[Example],
        *,
        drop: float = 0.0,
        sgd: Optimizer | None = None,
        losses: dict[str, float] | None = None,
    ) -> dict[str, float]:
        """Learn from the raw texts of a batch.

        examples (Iterable[Example]): A batch of examples, raw texts or not.
        drop (float): The dropout rate.
        sgd (Optional[Optimizer]): The optimizer. Without one, call `finish_update` afterwards.
        losses (Optional[Dict[str, float]]): Losses by component, to which the weighted loss of the batch
            is added.
        RETURNS (Dict[str, float]): The losses.
        RAISES (ValueError): If the vectors to predict cannot be loaded, or the loss or a gradient is not finite.
        """
        losses = {} if losses is None else losses
        losses.setdefault(self.name, 0.0)
        examples = list(examples)
        validate_examples(examples, "LanguageModel.update")
        checks.check_dropout(self.name, drop)
        learned = [is_annotated(example.reference.cats, self.task) for example in examples]
        if not any(learned):
            self._send_no_gradient()
            return losses
        objective = self._objective()
        set_dropout_rate(self.model, drop)
        masking = self._masking.take(examples)
        batch = make_batch(objective, masking, examples, learned)
        encoder = self.model.get_ref("tok2vec")
        # A listener's encoder has already been shown the batch.
        with masked(encoder, None if checks.listeners_of(encoder) else masking):
            predictions, backprop = self.model.begin_update(batch)
        if not any(prediction.pairs.known.any() for prediction in predictions):
            self._send_no_gradient()
            return losses
        loss, gradients = objective(self.model.ops, batch.parsed, predictions)
        docs = [example.predicted for example in examples]
        texts = describe_texts(docs)
        check_loss(self, self.task, loss, texts)
        scale = float(self.cfg["loss_weight"])
        backpropagate(self, backprop, [gradient * scale for gradient in gradients], texts)
        self.n_seen += sum(learned)
        self.n_updates += 1
        losses[self.name] += scale * loss
        if sgd not in (None, False):
            self.finish_update(sgd)  # type: ignore[arg-type]
        return losses

    def _objective(self) -> Objective:
        targets = self._loaded.get(self.name, self.cfg, self.vocab, self.model.maybe_get_dim("nO"))
        weights = self.model.attrs[KINDS]
        loss, masking = LOSSES[self.cfg["loss"]], self._masking
        return Objective(masking.settings, weights, loss, targets, masking.words)

    def _make_masking(self) -> TaskMasking:
        cfg = self.cfg
        shares = Settings(
            cfg["tokens"], cfg["mask_prob"], cfg["hidden_share"], cfg["replaced_share"]
        )
        masking = TaskMasking(self.task, shares, self.vocab.lang)
        for listener in checks.listeners_of(self.model):
            listener.draw_masking = masking  # type: ignore[attr-defined]
        return masking

    def _restore(self, saved: dict[str, Any]) -> None:
        super()._restore(saved)
        self._masking = self._make_masking()
