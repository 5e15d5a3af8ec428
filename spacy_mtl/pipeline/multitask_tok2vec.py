"""The shared encoder as a pipeline component that survives idle and frozen listeners."""

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from spacy.language import Language
from spacy.tokens import Doc
from spacy.training import Example, validate_examples
from thinc.api import Config, Model, Optimizer
from thinc.types import Floats2d

from ..layers.dropout_places import set_dropout
from ..layers.fast_encoder import skip_gradients
from ..layers.grouped_step import take_step
from ..layers.listener import Tok2VecListener
from ..layers.masking import Masking, masked
from ..layers.readers import Readers
from ..layers.token_arrays import flatten, is_whole
from ..total_steps import plan_steps
from . import checks
from .encoder_batch import EncoderBatch
from .extensions import set_extensions
from .numbers import backpropagate, check_computed
from .rates import NONE, warn_untrained
from .rehearsal import RehearsesEncoder
from .tunable_tok2vec import TunableTok2Vec

DEFAULT_CONFIG = """
[model]
@architectures = "spacy_mtl.HashEmbedCNN.v1"
width = 96
depth = 2
embed_size = 5000
window_size = 1
maxout_pieces = 3
subword_features = true
pretrained_vectors = false
word_dropout = 0.0
"""
DEFAULT_MODEL = Config().from_str(DEFAULT_CONFIG)["model"]

set_extensions()


@Language.factory(
    "multitask_tok2vec",
    assigns=["doc.tensor"],
    default_config={
        "frozen": NONE,
        "lr_decay": 1.0,
        "lr_scales": {},
        "drop_mult": None,
        "model": DEFAULT_MODEL,
    },
)
def make_multitask_tok2vec(
    nlp: Language,
    name: str,
    model: Model[list[Doc], list[Floats2d]],
    frozen: str,
    lr_decay: float,
    lr_scales: dict[str, float],
    drop_mult: float | None,
) -> "MultitaskTok2Vec":
    """Create the shared encoder component.

    nlp (Language): The pipeline.
    name (str): Name of the component. `spacy pretrain` expects "tok2vec".
    model (Model[List[Doc], List[Floats2d]]): The encoder.
    frozen (str): What training leaves as it is: "none", "all", or the name of a group of layers, which is
        frozen with all groups below it. From the bottom: "embed" (and beside it "ngrams"), "window1",
        "window2" and so on.
    lr_decay (float): Each group of layers learns at the rate of the group above it divided by this, and
        the highest at the rate of the heads divided by this. The embeddings of n-grams, which go past the
        layers to the heads, learn at the rate of these.
    lr_scales (Dict[str, float]): What the learning rate is multiplied by, by group of layers. Groups that
        are not in it follow `lr_decay`.
    drop_mult (Optional[float]): One number for all dropout: what the fixed rate of each place in the
        encoder is multiplied by. None for the dropout of the training, the same everywhere.
    RETURNS (MultitaskTok2Vec): The component.
    """
    return MultitaskTok2Vec(
        nlp.vocab,
        model,
        name,
        frozen=frozen,
        lr_decay=lr_decay,
        lr_scales=lr_scales,
        drop_mult=drop_mult,
    )


class MultitaskTok2Vec(RehearsesEncoder, TunableTok2Vec):
    """A shared encoder whose backward pass does not depend on which listener comes last.

    spaCy's own `Tok2Vec` gives the real backward pass to its last listener: if that one is frozen or
    skips a batch, the encoder learns nothing from it. Here every listener adds its gradient, and the
    encoder runs one backward pass a batch, in `finish_update`.

    `nlp.update(sgd=...)` calls the encoder's `finish_update` before its listeners have learned. The
    step is then taken as soon as all of them have answered, or at the latest before the next batch.
    """

    def __init__(
        self,
        vocab: Any,
        model: Model,
        name: str = "tok2vec",
        *,
        frozen: str = NONE,
        lr_decay: float = 1.0,
        lr_scales: dict[str, float] | None = None,
        drop_mult: float | None = None,
    ) -> None:
        """Initialize the component. See `make_multitask_tok2vec` for the arguments.

        RAISES (ValueError): If a setting is out of range.
        """
        super().__init__(
            vocab,
            model,
            name,
            frozen=frozen,
            lr_decay=lr_decay,
            lr_scales=lr_scales or {},
            drop_mult=drop_mult,
        )
        self._batch: EncoderBatch | None = None
        self._losses: dict[str, float] = {}
        self._has_gradient = False
        self._delayed_sgd: Optimizer | None = None
        self._readers = Readers()

    def initialize(
        self,
        get_examples: Callable[[], Iterable[Example]],
        *,
        nlp: Language | None = None,
        loader: Callable[[Model], None] | None = None,
    ) -> None:
        """Initialize the encoder, and check the pipeline around it.

        get_examples (Callable[[], Iterable[Example]]): Returns a sample of the training data.
        nlp (Optional[Language]): The pipeline.
        loader (Optional[Callable[[Model], None]]): Fills the encoder's model with trained weights, see
            `PretrainedTransformer.v1`.
        RAISES (ValueError): If the config freezes something untrained, names pretrained weights that
            would be ignored or do not fit, or groups of layers that the encoder does not have.
        """
        if loader is not None:
            loader(self.model)
        if nlp is not None:
            checks.check_training(self.name, nlp)
        super().initialize(get_examples, nlp=nlp)
        self._rates()
        if nlp is not None:
            checks.check_pretrained(self.name, self.model, nlp)
            if loader is None:
                warn_untrained(self.name, self.cfg["frozen"], nlp)

    def predict(self, docs: Iterable[Doc]) -> list[Floats2d]:
        """Compute the token vectors of documents, without changing the documents.

        docs (Iterable[Doc]): The documents.
        RETURNS (List[Floats2d]): Per document an array `(n_tokens, width)`.
        RAISES (ValueError): If a value is infinite or NaN.
        """
        self._take_delayed_step()
        docs = list(docs)
        if not any(len(doc) for doc in docs):
            width = self.model.get_dim("nO")
            return [self.model.ops.alloc2f(0, width) for _ in docs]
        vectors = self.model.predict(docs)
        check_computed(self.name, "vectors", flatten(self.model.ops, vectors), docs)
        return vectors

    def set_annotations(self, docs: Sequence[Doc], tokvecses: list[Floats2d]) -> None:
        """Write token vectors to `doc.tensor`.

        docs (Sequence[Doc]): The documents to change.
        tokvecses (List[Floats2d]): Per document an array `(n_tokens, width)`.
        """
        super().set_annotations(docs, tokvecses)
        latest = tokvecses if is_whole(tokvecses) else None
        if latest is not None:
            self._readers = latest.readers = Readers(self._readers)
        for listener in self.listeners:
            if isinstance(listener, Tok2VecListener):
                listener.latest.arrays = latest

    def update(
        self,
        examples: Iterable[Example],
        *,
        drop: float = 0.0,
        sgd: Optimizer | None = None,
        losses: dict[str, float] | None = None,
    ) -> dict[str, float]:
        """Encode a batch and hand the result to the listeners. The weights change later, in
        `finish_update`, when the listeners have sent their gradients. If all layers are frozen, they
        predict, without dropout.

        examples (Iterable[Example]): A batch of examples.
        drop (float): The dropout rate. Without effect if `drop_mult` is set.
        sgd (Optional[Optimizer]): If given, the step is taken when all listeners have answered.
        losses (Optional[Dict[str, float]]): Losses by component. The encoder reports the squared
            norm of the gradient that it got.
        RETURNS (Dict[str, float]): The losses.
        """
        losses = {} if losses is None else losses
        losses.setdefault(self.name, 0.0)
        examples = list(examples)
        validate_examples(examples, "MultitaskTok2Vec.update")
        checks.check_dropout(self.name, drop)
        self._close_batch()
        self._losses = losses
        docs = [eg.predicted for eg in examples]
        rates = self._rates()
        skip_gradients(self.model, rates.n_frozen)
        set_dropout(self.model, drop, self.cfg["drop_mult"])
        if any(len(doc) for doc in docs):
            with masked(self.model, self._draw_masking(examples)):
                if rates.is_frozen:
                    batch = EncoderBatch(self, docs, self.model.predict(docs), None)
                else:
                    batch = EncoderBatch(self, docs, *self.model.begin_update(docs))
        else:
            batch = EncoderBatch(self, docs, self.predict(docs), None)
        self._batch = batch
        batch_ids: dict[Callable, int] = {}
        for listener in self.listeners:
            make_id = listener.get_batch_id
            if make_id not in batch_ids:
                batch_ids[make_id] = make_id(docs)
            listener.receive(batch_ids[make_id], batch.outputs, batch.receive_gradient)
        if sgd not in (None, False):
            self.finish_update(sgd)  # type: ignore[arg-type]
        return losses

    def finish_update(self, sgd: Optimizer) -> None:
        """Run the backward pass of the last batch, and change the weights.

        Without a gradient nothing changes, also no moment and no average of the optimizer. If no
        listener has answered yet, the step waits for them.

        sgd (Optimizer): The optimizer.
        RAISES (ValueError): If a gradient is not finite.
        """
        plan_steps(sgd, self.vocab)
        if self._batch is not None and self._batch.n_answers == 0:
            self._delayed_sgd = sgd
            return
        self._close_batch()
        self._step(sgd)

    def answered(self, batch: EncoderBatch) -> None:
        """Take a waiting step as soon as the last listener has answered. Usually internal.

        batch (EncoderBatch): The batch that a listener has answered.
        """
        if self._delayed_sgd is not None and batch.n_answers >= len(self.listeners):
            self._close_batch()

    def __reduce_ex__(self, protocol: Any) -> Any:
        self._take_delayed_step()
        return super().__reduce_ex__(protocol)

    def _draw_masking(self, examples: list[Example]) -> Masking | None:
        # What a listener's task has masked has to be out of sight before any listener is asked.
        for listener in self.listeners:
            draw = getattr(listener, "draw_masking", None)
            masking = None if draw is None else draw(examples)
            if masking is not None:
                return masking
        return None

    def _close_batch(self) -> None:
        batch, self._batch = self._batch, None
        sgd, self._delayed_sgd = self._delayed_sgd, None
        if batch is None:
            return
        try:
            if batch.gradients is not None and batch.backprop is not None:
                flat = flatten(self.model.ops, batch.gradients)
                norm = float(self.model.ops.xp.square(flat).sum())
                self._losses[self.name] = self._losses.get(self.name, 0.0) + norm
                backpropagate(self, batch.backprop, batch.gradients, batch.texts)
        finally:
            batch.close()
            # Should the encoder be frozen from now on, its listeners must not find this batch again.
            for listener in self.listeners:
                listener.receive(None, None, None)  # type: ignore[arg-type]
        if sgd is not None:
            self._step(sgd)

    def _take_delayed_step(self) -> None:
        # Some heads never answer, because they are frozen or disabled. Once one has, the batch is over
        # for all of them when the pipeline is used or saved.
        if self._delayed_sgd is not None and self._batch is not None and self._batch.n_answers:
            self._close_batch()

    def _step(self, sgd: Optimizer) -> None:
        # An optimizer step without a gradient would still apply momentum and weight decay.
        if self._has_gradient:
            starts_late = self._held is not None
            take_step(self.model, sgd, self._rates().scales, starts_late=starts_late)
            self._has_gradient = False
