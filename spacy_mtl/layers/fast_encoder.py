"""Hash embeddings and window layers in one go, in the place of a chain of thinc's layers."""

from collections.abc import Callable
from typing import Any

import numpy
from spacy.tokens import Doc
from thinc.api import Model, NumpyOps
from thinc.layers.chain import forward as forward_chain
from thinc.types import Floats2d, Floats3d, Ints1d, Ints2d

from .blas import row_product, single_thread
from .dropout_noise import DropoutNoise
from .embed_mix import predict_lexemes, train_lexemes
from .encoder_nodes import Nodes
from .extract_features import drop_words
from .kernels import get_kernels
from .lexeme_cache import LexemeCache, Lexemes
from .lexeme_features import find_distinct
from .maxout_weights import MaxoutWeights
from .param_versions import Remembered, watch
from .static_vectors import hide_vectors
from .token_arrays import TokenArrays, flatten
from .window_plan import WindowPlan, plan_windows
from .window_stack import predict_layer, train_layer

InT = list[Doc]
OutT = list[Floats2d]

STATE = "fast_encoder"


def fast_encoder(encoder: Model[InT, OutT]) -> Model[InT, OutT]:
    """Give spaCy's chain of hash embeddings and window layers a forward and a backward pass that
    compute the same with less work.

    The chain keeps its nodes, which hold the parameters, so that weights fit those of spaCy's own
    encoder. On other devices than a CPU its layers run as they are.

    - A word's embeddings and their mix depend on the word alone: they are computed once for each
      distinct word of a batch, and at inference remembered from batch to batch.
    - Each window layer is one pass over the rows, with one matrix product.
    - Padding that is the same everywhere is computed once (see `plan_windows`).

    encoder (Model[List[Doc], List[Floats2d]]): A chain of embeddings, with or without static vectors,
        and window layers or a layer that does nothing. It is changed in place.
    RETURNS (Model[List[Doc], List[Floats2d]]): The same chain.
    """
    encoder.attrs[STATE] = State()
    encoder._func = forward
    return encoder


class Snapshot:
    """What was computed from one state of the weights, to predict with."""

    def __init__(self, nodes: Nodes, kernels: Any) -> None:
        self.kernels = kernels
        self.windows = [window.read() for window in nodes.windows]
        self._nodes = nodes
        self._mix = nodes.mix.read()
        uses_products = kernels.USES_PRODUCTS and bool(self.windows)
        self.lexemes = LexemeCache(self._embed, self._multiply if uses_products else None)

    def embed_batch(self, features: Ints2d, docs: InT) -> Lexemes:
        """Compute the vectors of a batch's words, and remember none of them. Nothing says when a
        vocabulary's vectors change.

        features (Ints2d): Features of the batch's tokens, `(n_tokens, n_columns)`.
        docs (List[Doc]): The batch.
        RETURNS (Lexemes): Their vectors.
        """
        distinct = find_distinct(features)
        static = self._nodes.find_static(docs, distinct.features)
        vectors = numpy.zeros((1 + len(distinct.features), self._mix.width), dtype="f")
        vectors[1:] = predict_lexemes(
            self.kernels, self._nodes.tables, self._mix, distinct.features, static
        )
        return Lexemes(vectors, None, numpy.append(0, 1 + distinct.where))

    def _embed(self, features: Ints2d) -> Floats2d:
        return predict_lexemes(self.kernels, self._nodes.tables, self._mix, features)

    def _multiply(self, vectors: Floats2d) -> Floats3d:
        weights = self.windows[0]
        n_window = weights.W.shape[1] // weights.width
        products = numpy.empty((len(vectors), n_window, len(weights.b)), dtype="f")
        for k, part in enumerate(numpy.split(weights.W, n_window, axis=1)):
            products[:, k] = row_product(vectors, numpy.ascontiguousarray(part).T)
        products[:, n_window // 2] += weights.b
        return products


class State:
    """What an encoder remembers between two batches. It is neither saved nor copied."""

    def __init__(self) -> None:
        self._tree: list[tuple[Model, list[Model]]] = []
        self._nodes: Nodes | None = None
        self._snapshot = Remembered()
        #: Levels of layers from the bottom that need no gradients: the embeddings, then each window layer.
        self.n_frozen = 0

    def __deepcopy__(self, memo: Any) -> "State":
        return State()

    def __reduce__(self) -> Any:
        return State, ()

    def nodes(self, encoder: Model) -> Nodes:
        """Find the encoder's nodes.

        encoder (Model): The encoder.
        RETURNS (Nodes): Its nodes.
        """
        if self._nodes is None or any(node.layers != known for node, known in self._tree):
            self._tree = [(node, list(node.layers)) for node in encoder.walk() if node.layers]
            self._nodes = Nodes.find(encoder)
        return self._nodes

    def snapshot(self, encoder: Model, kernels: Any) -> Snapshot:
        """Get what was computed from the current weights.

        encoder (Model): The encoder.
        kernels (ModuleType): The inner loops.
        RETURNS (Snapshot): The current snapshot.
        """
        nodes = self.nodes(encoder)
        return self._snapshot.get(nodes.with_params(), kernels, lambda: Snapshot(nodes, kernels))


def skip_gradients(model: Model, n_frozen: int) -> None:
    """Leave out the backward pass of an encoder's lowest layers from now on.

    model (Model): A model with encoders, or without.
    n_frozen (int): Number of levels from the bottom: the embeddings are the first one, and each window
        layer one more.
    """
    for node in model.walk():
        if STATE in node.attrs:
            node.attrs[STATE].n_frozen = n_frozen


def forward(model: Model[InT, OutT], docs: InT, is_train: bool) -> tuple[OutT, Callable]:
    if not any(len(doc) for doc in docs):
        width = model.get_dim("nO")
        return [model.ops.alloc2f(0, width) for _ in docs], _no_backprop
    if not isinstance(model.ops, NumpyOps) or STATE not in model.attrs:
        return forward_chain(model, docs, is_train)  # type: ignore[return-value]
    lengths = numpy.asarray([len(doc) for doc in docs])
    with single_thread():
        if not is_train:
            return TokenArrays.split(predict_tokens(model, docs, lengths), lengths), _no_backprop
        Y, backprop_tokens = train_tokens(model, docs, lengths)

    def backprop(dYs: OutT) -> list:
        with single_thread():
            backprop_tokens(flatten(model.ops, dYs))
        return []

    return TokenArrays.split(Y, lengths), backprop


def predict_tokens(model: Model[InT, OutT], docs: InT, lengths: Ints1d) -> Floats2d:
    """Compute the vectors of all tokens.

    model (Model): The encoder.
    docs (List[Doc]): The documents.
    lengths (Ints1d): Their numbers of tokens.
    RETURNS (Floats2d): `(n_tokens, width)`.
    """
    state: State = model.attrs[STATE]
    kernels = get_kernels()
    nodes = state.nodes(model)
    snapshot = state.snapshot(model, kernels)
    features = nodes.read(docs)
    if nodes.static is None:
        lexemes = snapshot.lexemes.look_up(features)
    else:
        lexemes = snapshot.embed_batch(features, docs)
    if not nodes.windows:
        return lexemes.vectors[lexemes.slots[1:]]
    plan = plan_windows(lengths, nodes.window_size, len(nodes.windows))
    X = _first_layer(kernels, snapshot.windows[0], lexemes, plan)
    for weights, sources in zip(snapshot.windows[1:], plan.sources[1:], strict=True):
        out = numpy.empty((len(sources), X.shape[1]), dtype="f")
        predict_layer(kernels, weights, X, sources, out)
        X = out
    return X[1 : plan.n_tokens + 1]


def _first_layer(
    kernels: Any, weights: MaxoutWeights, lexemes: Lexemes, plan: WindowPlan
) -> Floats2d:
    sources = plan.sources[0]
    out = numpy.empty((len(sources), weights.width), dtype="f")
    if lexemes.products is not None:
        kernels.first_window_layer(
            lexemes.products, lexemes.vectors, lexemes.slots, sources, weights.G, weights.beta, out
        )
    else:
        predict_layer(kernels, weights, lexemes.vectors[lexemes.slots], sources, out)
    return out


def train_tokens(
    model: Model[InT, OutT], docs: InT, lengths: Ints1d
) -> tuple[Floats2d, Callable[[Floats2d], None]]:
    """Compute the vectors of all tokens in training.

    model (Model): The encoder.
    docs (List[Doc]): The documents.
    lengths (Ints1d): Their numbers of tokens.
    RETURNS (Tuple[Floats2d, Callable]): The vectors `(n_tokens, width)`, and the backward pass, which
        adds to the gradients of all parameters.
    """
    state: State = model.attrs[STATE]
    n_frozen = state.n_frozen
    nodes = state.nodes(model)
    watch(nodes.with_params())
    kernels = get_kernels()
    features = nodes.read(docs)
    drop_words(features, nodes.extract.attrs["word_dropout"])
    if nodes.static is not None:
        hide_vectors(nodes.static, features[:, -1])
    distinct = find_distinct(features)
    static = nodes.find_static(docs, distinct.features)
    vectors, backprop_lexemes = train_lexemes(
        kernels, nodes.tables, nodes.mix, distinct.features, static
    )
    X = numpy.zeros((1 + len(features), vectors.shape[1]), dtype="f")
    X[1:] = vectors[distinct.where]
    noise = DropoutNoise.draw(kernels, (len(features), X.shape[1]), nodes.mix.dropout_rate)
    if noise is not None:
        noise.apply(kernels, X[1:])
    n_tokens = len(features)
    plan = plan_windows(lengths, nodes.window_size, len(nodes.windows))
    callbacks = []
    for window, sources in zip(nodes.windows, plan.sources, strict=True):
        X, backprop_layer = train_layer(kernels, window.read(), X, sources, window.dropout_rate)
        callbacks.append(backprop_layer)

    def backprop(dY: Floats2d) -> None:
        dX = numpy.zeros((1 + n_tokens, dY.shape[1]), dtype="f")
        dX[1:] = dY
        lowest = max(0, n_frozen - 1)
        for window, backprop_layer in zip(
            nodes.windows[lowest:][::-1], callbacks[lowest:][::-1], strict=True
        ):
            dX, d_weights = backprop_layer(dX)
            window.add_gradients(d_weights)
        if n_frozen:
            return
        d_tokens = dX[1 : n_tokens + 1]
        if noise is not None:
            noise.apply(kernels, d_tokens)
        d_vectors = numpy.zeros_like(vectors)
        kernels.add_rows(d_vectors, distinct.where, d_tokens)
        backprop_lexemes(d_vectors)

    return X[1 : n_tokens + 1], backprop


def _no_backprop(d_outputs: OutT) -> list:
    return []
