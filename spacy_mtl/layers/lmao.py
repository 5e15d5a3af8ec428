"""An encoder with heads that predict vectors, and the loss of what they predict."""

from collections.abc import Callable, Iterable, Sequence
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import numpy
from spacy.tokens import Doc
from thinc.api import Model, Ops
from thinc.types import Floats2d

from .hidden_words import HiddenWords
from .masking import Masking, draw_masking, find_readers, masked
from .random_words import RandomWords
from .saved_weights import load_weights
from .target_vectors import TargetVectors
from .token_arrays import TokenArrays, flatten
from .vector_head import vector_head
from .vector_losses import Loss
from .vector_pairs import TARGETS, Batch, Pairs

#: Which tokens' vectors are predicted.
TOKENS = ("all", "masked")


class Settings(NamedTuple):
    """What an objective does with a batch."""

    tokens: str
    mask_prob: float
    hidden: float
    replaced: float


class Prediction(NamedTuple):
    """What a head predicts for a batch, and what it should."""

    vectors: Floats2d
    pairs: Pairs


class Objective:
    """The loss of a batch: which tokens are masked, and what is predicted."""

    def __init__(
        self,
        settings: Settings,
        weights: dict[str, float],
        loss: Loss,
        targets: TargetVectors,
        words: RandomWords,
        monitor: Any = None,
    ) -> None:
        """Create an objective.

        settings (Settings): Masking and choice of tokens.
        weights (Dict[str, float]): Weight of each kind of target.
        loss (Callable): The loss of vectors.
        targets (TargetVectors): Targets of single tokens.
        words (RandomWords): Draws words to replace tokens with.
        monitor (Optional[Callable]): Called with the model and each batch before it is trained on. Its
            method `count` is told the words and the loss of each.
        """
        self.settings = settings
        self.weights = weights
        self.loss = loss
        self.targets = targets
        self.words = words
        self.monitor = monitor

    def draw_masking(self, docs: Sequence[Doc]) -> Masking | None:
        """Choose the tokens to mask.

        docs (Sequence[Doc]): A batch of documents.
        RETURNS (Optional[Masking]): The masking, None if nothing is masked.
        """
        settings = self.settings
        return draw_masking(
            docs,
            self.words,
            chosen=settings.mask_prob,
            hidden=settings.hidden,
            replaced=settings.replaced,
        )

    def find_chosen(self, masking: Masking | None, n_tokens: int) -> Any:
        """Find the tokens to predict.

        masking (Optional[Masking]): How the batch is shown.
        n_tokens (int): Number of its tokens.
        RETURNS (Any): Which of them, `(n_tokens,)`. None for all.
        """
        if self.settings.tokens != "masked":
            return None
        return numpy.zeros(n_tokens, dtype=bool) if masking is None else masking.chosen

    def __call__(
        self, ops: Ops, docs: Sequence[Doc], predictions: list[Prediction]
    ) -> tuple[float, list[Floats2d]]:
        """Compute the loss of a batch.

        ops (Ops): thinc's operations.
        docs (Sequence[Doc]): The batch.
        predictions (List[Prediction]): What the model predicted, by kind of target.
        RETURNS (Tuple[float, List[Floats2d]]): The weighted sum of the losses, and the gradient of each
            prediction.
        """
        total = 0.0
        gradients = []
        for weight, prediction in zip(self.weights.values(), predictions, strict=True):
            loss, d_vectors = self._loss(prediction)
            total += weight * loss
            gradients.append(weight * d_vectors)
        if self.monitor is not None:
            self.monitor.count(sum(map(len, docs)), total)
        return total, gradients

    def hide_words(self, model: Model, docs: Sequence[Doc], **settings: Any) -> HiddenWords | None:
        """Hide words of some texts, to see how many of them the model finds.

        model (Model): The model of the objective.
        docs (Sequence[Doc]): The texts.
        **settings: As those of `HiddenWords`.
        RETURNS (Optional[HiddenWords]): The words, None if the model predicts no words, or its encoder
            cannot hide any.
        """
        tok2vec = model.layers[0]
        head = self.find_word_head(model)
        if head is None or not find_readers(tok2vec):
            return None
        return HiddenWords(tok2vec, head, self.targets, docs, **settings)

    def find_word_head(self, model: Model) -> Model | None:
        """Find the head that predicts each token's own vector.

        model (Model): The model of the objective.
        RETURNS (Optional[Model]): The head, None if the model predicts no words.
        """
        _, *heads = model.layers
        return dict(zip(self.weights, heads, strict=True)).get("word")

    def _loss(self, prediction: Prediction) -> tuple[float, Floats2d]:
        vectors: Any = prediction.vectors
        pairs = prediction.pairs
        d_vectors = numpy.zeros_like(vectors)
        if not pairs.known.any():
            return 0.0, d_vectors
        width = self.targets.width
        known = pairs.known.reshape(-1)
        loss, d_known = self.loss(
            vectors.reshape(-1, width)[known], pairs.targets.reshape(-1, width)[known]
        )
        d_vectors.reshape(-1, width)[known] = d_known
        return loss, d_vectors


def lmao_model(
    tok2vec: Model,
    objective: Objective,
    hidden_size: int,
    maxout_pieces: int,
    init_tok2vec: Path | None = None,
) -> Model[list[Doc], list[Prediction]]:
    """Put the heads of an objective on an encoder.

    tok2vec (Model[List[Doc], List[Floats2d]]): The encoder.
    objective (Objective): The objective.
    hidden_size (int): Width of the hidden layer of each head. 0 for none.
    maxout_pieces (int): Pieces of the hidden layers.
    init_tok2vec (Optional[Path]): Weights that the encoder starts from.
    RETURNS (Model[List[Doc], List[Prediction]]): The model.
    """
    heads = [
        vector_head(
            objective.targets.width * TARGETS[name].n_vectors,
            hidden_size,
            maxout_pieces,
            tok2vec.maybe_get_dim("nO"),
        )
        for name in objective.weights
    ]
    model: Model[list[Doc], list[Prediction]] = Model(
        "lmao",
        forward,
        init=partial(init, init_tok2vec),
        layers=[tok2vec, *heads],
        refs={"tok2vec": tok2vec},
    )
    model.attrs["loss"] = objective
    return model


def forward(
    model: Model[list[Doc], list[Prediction]], docs: list[Doc], is_train: bool
) -> tuple[list[Prediction], Callable]:
    tok2vec, *heads = model.layers
    objective: Objective = model.attrs["loss"]
    if is_train and objective.monitor is not None:
        objective.monitor(model, docs)
    masking = objective.draw_masking(docs)
    with masked(tok2vec, masking):
        Ys, backprop_tok2vec = tok2vec(docs, is_train)
    lengths = numpy.asarray([len(doc) for doc in docs], dtype="int64")
    Y = flatten(model.ops, Ys).reshape((-1, tok2vec.get_dim("nO")))
    batch = Batch(
        docs=docs,
        lengths=lengths,
        Y=Y,
        targets=objective.targets.look_up(docs),
        chosen=objective.find_chosen(masking, len(Y)),
    )
    predictions, backprop_heads = predict_vectors(heads, objective.weights, batch, is_train)

    def backprop(d_predictions: list[Floats2d]) -> list[Doc]:
        dY = backprop_heads(d_predictions)
        backprop_tok2vec(TokenArrays.split(dY, lengths))
        return []

    return predictions, backprop


def predict_vectors(
    heads: Sequence[Model], kinds: Iterable[str], batch: Batch, is_train: bool
) -> tuple[list[Prediction], Callable[[list[Floats2d]], Floats2d]]:
    """Predict the vectors of a batch, each kind of target with a head of its own.

    heads (Sequence[Model[Floats2d, Floats2d]]): The heads.
    kinds (Iterable[str]): What each of them predicts.
    batch (Batch): The batch.
    is_train (bool): Whether the heads learn.
    RETURNS (Tuple[List[Prediction], Callable]): The predictions, and the backward pass from their
        gradients to that of the encoder's output.
    """
    # Pairs are picked on the host, where the targets are: devices do all that takes time.
    ops = heads[0].ops
    batch = batch._replace(Y=ops.to_numpy(batch.Y))
    all_pairs = [TARGETS[kind].pair(batch) for kind in kinds]
    results = [
        head(ops.asarray2f(pairs.inputs), is_train)
        for head, pairs in zip(heads, all_pairs, strict=True)
    ]

    def backprop(d_predictions: list[Floats2d]) -> Floats2d:
        dY: Any = numpy.zeros_like(batch.Y)
        for pairs, (_, callback), d_vectors in zip(all_pairs, results, d_predictions, strict=True):
            pairs.backprop(ops.to_numpy(callback(ops.asarray2f(d_vectors))), dY)
        return ops.asarray2f(dY)

    predictions = [
        Prediction(ops.to_numpy(vectors), pairs)
        for (vectors, _), pairs in zip(results, all_pairs, strict=True)
    ]
    return predictions, backprop


def init(
    init_tok2vec: Path | None, model: Model, X: list[Doc] | None = None, Y: Any = None
) -> None:
    tok2vec, *heads = model.layers
    tok2vec.initialize(X=X)
    if init_tok2vec is not None:
        load_weights(tok2vec, init_tok2vec)
    sample = model.ops.alloc2f(1, tok2vec.get_dim("nO"))
    for head in heads:
        head.initialize(X=sample)
