"""Every layer and every architecture with a backward pass has a numeric check of its gradient: here, for shapes
drawn at random, or in the test that is named here.
"""

import ast
from pathlib import Path

import numpy
import pytest
from builders import ENCODER, head, make_vectors, ngrams, numeric_gradient
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from spacy.tokens import Doc
from spacy.util import registry
from thinc.api import Model, fix_random_seed, set_dropout_rate
from thinc.types import Ragged

import spacy_mtl
from spacy_mtl.layers.hash_embed import HashEmbed
from spacy_mtl.layers.hash_linear import hash_linear
from spacy_mtl.layers.linear import output_linear
from spacy_mtl.layers.ngram_embed import NgramEmbed
from spacy_mtl.layers.pool import pool
from spacy_mtl.layers.side_by_side import side_by_side
from spacy_mtl.layers.standardize import freeze_statistics, standardize
from spacy_mtl.layers.static_vectors import static_vectors
from spacy_mtl.layers.vector_head import vector_head

PACKAGE = Path(spacy_mtl.__file__).parent
TESTS = Path(__file__).parent.parent
WORDS = ["the", "film", "was", "good", "Unseen-word", "3", " "]
VOCAB = make_vectors(*WORDS[:4]).vocab
#: Steps of the numeric derivative. A maximum may change its winner within the longer ones, and normalizing
#: few columns bends the output much; the shorter ones suffer from rounding.
STEPS = (1e-3, 3e-4, 1e-4)


# Inputs of each kind, for documents of these lengths, the first of which may be empty


def make_docs(lengths, rng):
    return [Doc(VOCAB, words=[WORDS[i] for i in rng.integers(0, len(WORDS), n)]) for n in lengths]


def make_keys(lengths, rng):
    return rng.integers(0, 9, (sum(lengths), 2)).astype("uint64")


def make_ragged(lengths, rng):
    return Ragged(make_keys(lengths, rng)[:, 0].copy(), numpy.asarray(lengths, dtype="i"))


def make_rows(width):
    return lambda lengths, rng: rng.normal(size=(sum(lengths), width)).astype("f")


def make_lists(width):
    return lambda lengths, rng: [rng.normal(size=(n, width)).astype("f") for n in lengths]


def resolved(name, **config):
    def build(width):
        full = {"@architectures": f"spacy_mtl.{name}", **config}
        if "width" in full:
            full["width"] = width
        return registry.resolve({"model": full})["model"]

    return build


def logits_of_head(**config):
    # The backward pass of a whole head takes the gradient of its logits.
    def build(width):
        tok2vec = {**ENCODER, "width": width, "word_dropout": 0.0}
        model = registry.resolve({"model": head(tok2vec=tok2vec, nO=3, **config)})["model"]
        return model.get_ref("logits")

    return build


def embed_ngrams(nO):
    return NgramEmbed(nO, 20, ngram_size=2, char_min=2, char_max=3)


ENCODER_CONFIG = {key: value for key, value in ENCODER.items() if key != "@architectures"}
#: For each constructor its cases: what builds it from a width, and what makes its input.
CASES = {
    "layers.hash_embed.HashEmbed": [
        (lambda width: HashEmbed(width, 7, seed=3, column=1), lambda width: make_keys)
    ],
    "layers.hash_linear.hash_linear": [
        (lambda width: hash_linear(rows=7, nO=width), lambda width: make_ragged)
    ],
    "layers.linear.output_linear": [(lambda width: output_linear(3, width), make_rows)],
    "layers.ngram_embed.NgramEmbed": [(embed_ngrams, lambda width: make_docs)],
    "layers.pool.pool": [
        (lambda width: pool(["mean"], width=width), make_lists),
        (lambda width: pool(["max", "mean"], width=width), make_lists),
    ],
    "layers.side_by_side.side_by_side": [
        (lambda width: side_by_side(embed_ngrams(width), embed_ngrams(2)), lambda width: make_docs)
    ],
    "layers.standardize.standardize": [(standardize, make_rows)],
    "layers.static_vectors.static_vectors": [(static_vectors, lambda width: make_docs)],
    "layers.vector_head.vector_head": [
        (lambda width: vector_head(3, 4, 2, width), make_rows),
        (lambda width: vector_head(3, 0, 1, width), make_rows),
    ],
    "models.encoder.build_hash_embed_cnn_v1": [
        (resolved("HashEmbedCNN.v1", **{**ENCODER_CONFIG, **more}), lambda width: make_docs)
        for more in ({}, {"depth": 0}, {"depth": 2, "window_size": 2}, {"pretrained_vectors": True})
    ],
    "models.encoder.build_sentence_encoder_v1": [
        (resolved("SentenceEncoder.v1", tok2vec=ENCODER, pooling=[kind]), lambda width: make_docs)
        for kind in ("mean", "max")
    ],
    "models.heads.build_task_head_v1": [
        (logits_of_head(**more), lambda width: make_docs)
        for more in ({}, {"hidden_width": 4}, {"standardized": True}, {"ngrams": ngrams(rows=9)})
    ],
    "models.ngrams.build_ngram_linear_v1": [
        (resolved("NgramLinear.v1", rows=9, char_max=3, nO=2), lambda width: make_docs)
    ],
}
#: Constructors whose gradients are checked elsewhere, with the test.
ELSEWHERE = {
    "layers.fast_encoder.fast_encoder": "models/test_fast_training.py::test_gradients_equal_the_numeric_ones",
    "layers.lmao.lmao_model": "models/test_lmao.py::test_gradients_are_those_of_the_loss",
    "layers.lmao_head.lmao_head": "pipeline/test_lmao_task.py::test_gradients_are_those_of_the_loss",
    "layers.logits_activation.logits_activation": "pipeline/test_textcat_multitask.py::"
    "test_gradient_of_the_whole_pipeline_equals_the_numeric_one",
    "layers.listener.build_tok2vec_listener_v1": "pipeline/test_textcat_multitask.py::"
    "test_gradient_of_several_tasks_equals_the_numeric_one",
    "layers.joint_output.joint_output": "pipeline/test_textcat_multitask.py::"
    "test_gradient_of_the_whole_pipeline_equals_the_numeric_one",
    "layers.transformer_tok2vec.transformer_tok2vec": "layers/test_transformer_tok2vec.py::"
    "test_the_gradient_is_that_of_the_output",
    "models.lmao.build_lmao_head_v1": "pipeline/test_lmao_task.py::test_gradients_are_those_of_the_loss",
    "models.transformer.build_transformer_tok2vec_v1": "layers/test_transformer_tok2vec.py::"
    "test_the_gradient_is_that_of_the_output",
}
#: Those that have none, or change a model that has been checked.
WITHOUT = {
    "layers.extract_features.extract_features",
    "layers.extract_ngrams.extract_ngrams",
    "layers.skip_empty.skip_empty",
    "models.heads.resize_output",
    "models.resize.resize_columns",
}
#: Files with a backward pass that a constructor in another file uses.
PARTS = {
    "layers.embed_mix": "models.encoder.build_hash_embed_cnn_v1",
    "layers.window_stack": "models.encoder.build_hash_embed_cnn_v1",
    "layers.vector_pairs": "layers.lmao.lmao_model",
}


def functions_of_package():
    """The functions in files of layers and models, by file."""
    for folder in ("layers", "models"):
        for path in sorted((PACKAGE / folder).glob("*.py")):
            for node in ast.parse(path.read_text("utf8")).body:
                if isinstance(node, ast.FunctionDef):
                    yield f"{folder}.{path.stem}", node


def find_constructors():
    for file, node in functions_of_package():
        returned = ast.unparse(node.returns) if node.returns else ""
        if returned.startswith("Model") and not node.name.startswith("_"):
            yield f"{file}.{node.name}"


def find_backward_passes():
    for file, node in functions_of_package():
        inner = [part.name for part in ast.walk(node) if isinstance(part, ast.FunctionDef)][1:]
        if any(name.startswith("backprop") for name in inner):
            yield file


def test_every_constructor_has_a_numeric_check():
    assert set(find_constructors()) == set(CASES) | set(ELSEWHERE) | WITHOUT


def test_every_backward_pass_is_that_of_a_constructor_with_a_check():
    checked = {name.rpartition(".")[0] for name in [*CASES, *ELSEWHERE]}
    assert set(find_backward_passes()) <= checked | set(PARTS)
    assert set(PARTS.values()) <= set(CASES) | set(ELSEWHERE)


@pytest.mark.parametrize("place", sorted(set(ELSEWHERE.values())))
def test_checks_elsewhere_are_there_and_numeric(place):
    path, _, name = place.partition("::")
    text = (TESTS / path).read_text("utf8")
    assert f"def {name}(" in text
    assert "numeric_gradient(" in text


def arrays_of(value):
    """The arrays in what a layer takes or gives."""
    if isinstance(value, Ragged):
        return [value.data]
    return value if isinstance(value, list) else [value]


def assert_gradients(model: Model, X, rng):
    """Compare what a backward pass gives with what the output does if an array changes."""
    for node in model.walk():
        for name in node.param_names:
            if node.name != "standardize":  # whose statistics are constants
                shape = node.get_param(name).shape
                node.set_param(name, rng.normal(0.0, 0.5, shape).astype("f"))
    set_dropout_rate(model, 0.0)
    freeze_statistics(model, True)
    Y, backprop = model.begin_update(X)
    outputs = arrays_of(Y)
    dYs = [rng.normal(size=y.shape).astype("f") for y in outputs]
    given = Ragged(dYs[0], Y.lengths) if isinstance(Y, Ragged) else dYs
    dX = backprop(given if isinstance(Y, list | Ragged) else dYs[0])

    def loss():
        found = arrays_of(model.begin_update(X)[0])
        return float(sum((y.astype("f8") * dY).sum() for y, dY in zip(found, dYs, strict=True)))

    pairs = [
        (node.get_param(name), node.get_grad(name))
        for node in model.walk()
        for name in node.param_names
        if node.has_grad(name)
    ]
    if getattr(arrays_of(X)[0], "dtype", None) == "float32":
        pairs += zip(arrays_of(X), arrays_of(dX), strict=True)
    gradients = [gradient.copy() for _, gradient in pairs]
    for (array, _), gradient in zip(pairs, gradients, strict=True):
        assert gradient.dtype == numpy.float32
        if not array.size:
            continue
        norm = float(numpy.linalg.norm(gradient))
        direction = gradient / max(norm, 1e-6) + 0.1 * rng.normal(size=array.shape)
        found = float((gradient * direction).sum())
        near = pytest.approx(found, rel=0.05, abs=0.02 + 0.01 * norm)
        slopes = [numeric_gradient(loss, array, direction.astype("f"), eps=eps) for eps in STEPS]
        assert any(slope == near for slope in slopes), (found, slopes)


@pytest.mark.parametrize("build, make_input", [case for cases in CASES.values() for case in cases])
@settings(
    max_examples=6,
    deadline=None,
    derandomize=True,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    lengths=st.lists(st.integers(0, 5), min_size=1, max_size=4).filter(any),
    width=st.sampled_from([1, 2, 5]),
)
def test_gradients_are_those_of_the_output(kernels, build, make_input, lengths, width):
    rng = numpy.random.default_rng(sum(lengths) + width)
    fix_random_seed(0)
    X = make_input(width)(lengths, rng)
    model = build(width)
    model.initialize(X=X)
    assert_gradients(model, X, rng)


@pytest.mark.parametrize("build, make_input", [case for cases in CASES.values() for case in cases])
@pytest.mark.parametrize("lengths", [[1], [0, 1], [1, 0, 0], [0]])
def test_gradients_of_one_token_and_of_none(build, make_input, lengths):
    rng = numpy.random.default_rng(0)
    some = make_input(1)([2], rng)
    model = build(1)
    model.initialize(X=some)
    assert_gradients(model, make_input(1)(lengths, rng), rng)
