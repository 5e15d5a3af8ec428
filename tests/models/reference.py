"""Encoders of equal weights to compare, and a plain float64 encoder as the judge of both."""

from collections.abc import Sequence
from typing import Any

import numpy
import spacy
from numpy.testing import assert_allclose
from spacy.language import Language
from spacy.ml.models.tok2vec import build_Tok2Vec_model
from spacy.tokens import Doc
from spacy.vectors import Vectors
from thinc.api import Model, get_array_module, noop, to_numpy

ATTRS = ["NORM", "PREFIX", "SUFFIX", "SHAPE"]
#: Sizes of a small encoder. The tables are so small that words share rows.
SMALL = {"width": 16, "depth": 2, "embed_size": 60, "window_size": 1, "maxout_pieces": 3}
SMALL |= {"subword_features": True, "pretrained_vectors": False}
KINDS = {
    "width 96, depth 4": {"width": 96, "depth": 4},
    "width 64, depth 2": {"width": 64, "depth": 2},
    "depth 0": {"depth": 0},
    "depth 1": {"depth": 1},
    "depth 3": {"depth": 3},
    "window 2": {"window_size": 2},
    "window 3, depth 3": {"window_size": 3, "depth": 3},
    "1 piece": {"maxout_pieces": 1},
    "2 pieces": {"maxout_pieces": 2},
    "4 pieces, odd width": {"maxout_pieces": 4, "width": 17},
    "words only": {"subword_features": False},
    "vectors": {"pretrained_vectors": True},
    "vectors, words only": {"pretrained_vectors": True, "subword_features": False},
    "vectors, depth 0": {"pretrained_vectors": True, "depth": 0},
    "words only, depth 0": {"subword_features": False, "depth": 0},
}
#: What counts as equal to spaCy: its own error is about 1e-5 where values reach 11.
EQUAL = {"rtol": 1e-4, "atol": 1e-5}
#: Encoders of spaCy that lend themselves to any weights, by their sizes.
_STOCK: dict[tuple, Model] = {}


def make_words(n: int, seed: int = 0) -> list[str]:
    """Words of a Zipf distribution, in several shapes."""
    rng = numpy.random.default_rng(seed)
    ranks = numpy.minimum(rng.zipf(1.3, size=n), 4000).tolist()
    forms = ("{}", "{}ing", "Un{}", "{}!", "{}-2", "X{}")
    return [forms[rank % len(forms)].format(f"{rank:x}") for rank in ranks]


def make_docs(nlp: Language, lengths: Sequence[int], seed: int = 0) -> list[Doc]:
    """Docs of so many tokens each."""
    words = iter(make_words(sum(lengths), seed))
    return [Doc(nlp.vocab, words=[next(words) for _ in range(n)]) for n in lengths]


def make_nlp(*, vectors: bool = False) -> Language:
    """A pipeline that only tokenizes. About half of the words have vectors."""
    nlp = spacy.blank("xx")
    if vectors:
        names = sorted(set(make_words(400)))[::2]
        data = numpy.random.default_rng(0).normal(size=(len(names) + 1, 12)).astype("f")
        # In spaCy the gradient of a word without a vector goes to the last row's vector.
        data[-1] = 0
        nlp.vocab.vectors = Vectors(
            strings=nlp.vocab.strings, data=data, keys=names, name="reference"
        )
    return nlp


def build(name: str, **settings: Any) -> Model:
    """Build "stock" or "ours", without weights."""
    settings = {**SMALL, **settings}
    architectures = spacy.registry.architectures
    if name == "ours":
        return architectures.get("spacy_mtl.HashEmbedCNN.v1")(**settings)
    if settings["depth"]:
        return architectures.get("spacy.HashEmbedCNN.v2")(**settings)
    # spaCy's architecture cannot do without window layers, but its parts can.
    attrs = ATTRS if settings["subword_features"] else ATTRS[:1]
    rows = [settings["embed_size"], *[settings["embed_size"] // 2] * (len(attrs) - 1)]
    embed = architectures.get("spacy.MultiHashEmbed.v2")(
        width=settings["width"],
        attrs=attrs,
        rows=rows,
        include_static_vectors=settings["pretrained_vectors"],
    )
    return build_Tok2Vec_model(embed, noop())


def initialized(name: str, nlp: Language, **settings: Any) -> Model:
    """Build "stock" or "ours" with random weights."""
    model = build(name, **settings)
    model.initialize(X=[Doc(nlp.vocab, words=["some", "words"])])
    randomize(model)
    return model


def randomize(model: Model, seed: int = 0, *, clear_pieces: bool = False) -> None:
    """Draw all weights, also biases and gains, so that what they do to padding shows.

    clear_pieces (bool): Let one maxout piece win by far. Rounding can then not decide which one
        wins, which would change a gradient by more than rounding.
    """
    rng = numpy.random.default_rng(seed)
    for node, name in params_of(model):
        shape = node.get_param(name).shape
        if name == "G":
            values = rng.uniform(0.5, 1.5, shape)
        elif name == "W":
            values = rng.normal(0.0, shape[-1] ** -0.5, shape)
        else:
            values = rng.normal(0.0, 0.5, shape)
        if clear_pieces and name == "b" and len(shape) == 2:
            values -= 30.0 * (rng.random(shape).argsort(axis=1) > 0)
        node.set_param(name, node.ops.asarray(values, dtype="f"))


def used(model: Model, docs: list[Doc]) -> Model:
    """A model that knows the words of some docs."""
    for _ in range(2):
        model.predict(docs)
        model.begin_update(docs)
    return model


def params_of(model: Model) -> list[tuple[Model, str]]:
    """All parameters: nodes and names."""
    return [(node, name) for node in model.walk() for name in node.param_names]


def other_weights(model: Model) -> Model:
    """A copy with other weights."""
    other = model.copy()
    randomize(other, seed=7)
    return other


def make_pair(nlp: Language, *, clear_pieces: bool = False, **settings: Any) -> tuple[Model, Model]:
    """spaCy's encoder and ours, with equal weights."""
    stock, ours = initialized("stock", nlp, **settings), build("ours", **settings)
    randomize(stock, clear_pieces=clear_pieces)
    ours.initialize(X=[Doc(nlp.vocab, words=["other", "words"])])
    ours.from_bytes(stock.to_bytes())
    return stock, ours


def stock_like(ours: Model, nlp: Language, **settings: Any) -> Model:
    """spaCy's encoder with the weights that ours has now. The next call changes it."""
    key = (nlp.vocab.vectors.shape[1], *sorted(settings.items()))
    if key not in _STOCK:
        _STOCK[key] = initialized("stock", nlp, **settings)
    return _STOCK[key].from_bytes(ours.to_bytes())


def make_untied(nlp: Language, docs: list[Doc], **settings: Any) -> tuple[Model, Model]:
    """Two encoders without a near tie of maxout pieces, which rounding would decide at random."""
    stock, ours = make_pair(nlp, **settings)
    for seed in range(50):
        randomize(stock, seed)
        margins = [1.0]
        reference(stock, docs, margins)
        if min(margins) > 2e-5:
            return stock, ours.from_bytes(stock.to_bytes())
    raise AssertionError("no weights without a near tie")


def d_outputs(Ys: Sequence[Any], seed: int = 0) -> list[Any]:
    """Gradients of outputs, at random."""
    rng = numpy.random.default_rng(seed)
    xp = get_array_module(Ys[0])
    return [xp.asarray(rng.normal(size=Y.shape), dtype="f") for Y in Ys]


def learn(model: Model, docs: list[Doc], seed: int = 0) -> Model:
    """One forward and one backward pass."""
    Ys, backprop = model.begin_update(docs)
    backprop(d_outputs(Ys, seed))
    return model


def gradients_of(model: Model) -> dict[tuple[int, str, str], numpy.ndarray]:
    """Copies of all gradients."""
    return {
        (i, node.name, name): to_numpy(node.get_grad(name)).copy()
        for i, (node, name) in enumerate(params_of(model))
        if node.has_grad(name)
    }


def assert_equal_gradients(ours: Model, stock: Model, tolerance: float = 1e-5) -> None:
    """Check that all gradients are equal, relative to their own size."""
    found, expected = gradients_of(ours), gradients_of(stock)
    assert found.keys() == expected.keys()
    for key, gradient in expected.items():
        assert found[key].shape == gradient.shape
        assert found[key].dtype == gradient.dtype
        difference = numpy.linalg.norm(found[key] - gradient)
        assert difference <= tolerance * numpy.linalg.norm(gradient), key


def assert_equal_outputs(found: Sequence[Any], expected: Sequence[Any]) -> None:
    """Check arrays, one a document, with the tolerance for equal weights."""
    assert [Y.shape for Y in found] == [Y.shape for Y in expected]
    assert {str(Y.dtype) for Y in found} <= {"float32"}
    if len(found):
        stacked = [numpy.concatenate([to_numpy(Y) for Y in Ys]) for Ys in (found, expected)]
        assert_allclose(*stacked, **EQUAL)


def assert_current(
    ours: Model, nlp: Language, docs: list[Doc], *, is_train: bool = False, **settings: Any
) -> None:
    """Check that a model's output is that of its weights and of the docs' features as they are now."""
    # Whatever reads the weights could make a model forget what it knows, so the output comes first.
    found = [ours(docs, is_train)[0], ours.predict(docs), ours.begin_update(docs)[0]]
    expected = stock_like(ours, nlp, **settings).predict(docs)
    for Ys in [*found, ours.predict(docs)]:
        assert_equal_outputs(Ys, expected)


def reference(model: Model, docs: Sequence[Doc], margins: list[float] | None = None) -> list[Any]:
    """Encode in plain float64 NumPy.

    margins (Optional[List[float]]): Gets how close any maxout unit comes to a tie, layer by layer.
    """
    nodes = list(model.walk(order="dfs_pre"))
    named = lambda name: [node for node in nodes if node.name == name]  # noqa: E731
    tables, statics = named("hashembed"), named("static_vectors")
    mix, *layers = zip(named("maxout"), named("layernorm"), strict=True)
    windows = [node.attrs["window_size"] for node in named("expand_window")]
    pad = sum(windows)
    outputs = []
    for doc in docs:
        keys = doc.to_array(ATTRS[: len(tables)]).reshape(len(doc), len(tables))
        columns = [_hash_embed(table, keys[:, i]) for i, table in enumerate(tables)]
        columns += [_static_vectors(node, doc) for node in statics]
        X = _maxout_norm(mix, numpy.hstack(columns), margins)
        X = numpy.pad(X, ((pad, pad), (0, 0)))
        for window, layer in zip(windows, layers, strict=True):
            framed = numpy.pad(X, ((window, window), (0, 0)))
            shifted = [framed[i : i + len(X)] for i in range(2 * window + 1)]
            X = X + _maxout_norm(layer, numpy.hstack(shifted), margins)
        outputs.append(X[pad : pad + len(doc)])
    return outputs


def _param(node: Model, name: str) -> numpy.ndarray:
    return to_numpy(node.get_param(name)).astype("float64")


def _hash_embed(node: Model, keys: numpy.ndarray) -> numpy.ndarray:
    table = _param(node, "E")
    hashed = node.ops.hash(
        node.ops.as_contig(node.ops.asarray(keys, dtype="uint64")), node.attrs["seed"]
    )
    return table[to_numpy(hashed) % len(table)].sum(axis=1)


def _static_vectors(node: Model, doc: Doc) -> numpy.ndarray:
    vectors = doc.vocab.vectors
    rows = vectors.find(keys=doc.to_array("ORTH"))
    found = vectors.data[rows].astype("float64") * (rows >= 0)[:, None]
    return found @ _param(node, "W").T


def _maxout_norm(nodes: Any, X: numpy.ndarray, margins: list[float] | None) -> numpy.ndarray:
    maxout, norm = nodes
    pieces = numpy.einsum("ni,opi->nop", X, _param(maxout, "W"), optimize=True)
    pieces += _param(maxout, "b")
    if margins is not None and pieces.shape[2] > 1 and len(X):
        ordered = numpy.sort(pieces, axis=2)
        margins.append(float((ordered[:, :, -1] - ordered[:, :, -2]).min()))
    Y = pieces.max(axis=2)
    Y = (Y - Y.mean(axis=1, keepdims=True)) / numpy.sqrt(Y.var(axis=1, keepdims=True) + 1e-8)
    return Y * _param(norm, "G") + _param(norm, "b")
