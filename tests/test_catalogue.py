"""Every registered function: can be found by its name, and every architecture does what one should."""

import configparser
import inspect
import pickle
import subprocess
import sys
from pathlib import Path
from typing import get_args

import numpy
import pytest
import spacy
from builders import ENCODER, WIDTH, head, listener, make_vectors, ngrams
from spacy.util import registry
from thinc.api import Config, data_validation, set_dropout_rate

from spacy_mtl.layers.lmao_head import RawBatch
from spacy_mtl.layers.target_vectors import Targets

SETUP = Path(__file__).parent.parent / "setup.cfg"
TEXTS = ["the film was good", "", "Unseen-words XII 3", "  ", "good"]
N_LABELS = 3
#: For each architecture its configs, with the width of the output; None for one array a document.
CASES = {
    "spacy_mtl.HashEmbedCNN.v1": [
        {},
        {"depth": 0},
        {"depth": 2, "window_size": 2, "maxout_pieces": 1},
        {"subword_features": False, "word_dropout": 0.4},
        {"ngram_width": 4, "ngram_rows": 50, "ngram_size": 3, "word_dropout": 0.4},
        {"ngram_width": 3, "char_max": 0},
    ],
    "spacy_mtl.SentenceEncoder.v1": [
        {"tok2vec": ENCODER},
        {"tok2vec": ENCODER, "pooling": ["max", "mean"]},
        {"tok2vec": listener(), "pooling": ["max"]},
    ],
    "spacy_mtl.Tok2VecListener.v1": [{"width": WIDTH}, {"width": WIDTH, "upstream": "tok2vec"}],
    "spacy_mtl.TaskHead.v1": [
        head(),
        head(multi_label=True, pooling=["mean"], hidden_width=4),
        head(tok2vec=ENCODER, pooling=["max"], hidden_width=4, maxout_pieces=3),
        head(ngrams=ngrams(char_max=4), nO=N_LABELS),
        head(tok2vec={**ENCODER, "word_dropout": 0.25}, ngrams=ngrams(ngram_size=1)),
        head(standardized=True),
        head(standardized=True, hidden_width=4, pooling=["mean"], ngrams=ngrams()),
    ],
    "spacy_mtl.NgramLinear.v1": [
        {},
        {"ngram_size": 1, "rows": 10, "attr": "ORTH"},
        {"ngram_size": 3, "char_min": 2, "char_max": 4, "nO": N_LABELS},
    ],
}
ALL_TARGETS = {"word": 1.0, "trigram": 0.5, "document": 2.0}
#: Architectures of objectives, which put out predictions and what these should be.
OBJECTIVES = {
    "spacy_mtl.LMAO.v1": [
        {},
        {"loss": "cosine", "tokens": "masked", "mask_prob": 1.0, "hidden_size": 4},
        {"target": ALL_TARGETS, "maxout_pieces": 2, "hidden_size": 3, "weighting": "none"},
    ],
    "spacy_mtl.LMAOHead.v1": [
        {"tok2vec": ENCODER},
        {"tok2vec": listener(), "hidden_size": 4, "nO": 5},
        {"tok2vec": listener(), "target": ALL_TARGETS},
    ],
}
#: Architectures that need an extra: tests/models/test_transformer.py does for them what is done here.
EXTRAS = {"spacy_mtl.TransformerTok2Vec.v1"}
REQUIRED = {"spacy_mtl.HashEmbedCNN.v1": {**ENCODER}}


def cases(catalogue):
    return [
        pytest.param(
            {**REQUIRED.get(name, {}), **settings, "@architectures": name}, id=f"{name}-{number}"
        )
        for name, configs in catalogue.items()
        for number, settings in enumerate(configs)
    ]


ARCHITECTURES = cases(CASES)


def entry_points():
    parser = configparser.ConfigParser(delimiters=("=",))
    parser.optionxform = str
    parser.read(SETUP, encoding="utf8")
    for group, lines in parser["options.entry_points"].items():
        for line in lines.strip().splitlines():
            yield group, line.split("=")[0].strip()


@pytest.fixture
def docs(nlp):
    docs = [nlp.make_doc(text) for text in TEXTS]
    rng = numpy.random.default_rng(0)
    for doc in docs:  # what listeners read
        doc.tensor = rng.normal(size=(len(doc), WIDTH)).astype("f")
    return docs


def resolve(config):
    """Build a model from its config, on the way through text and JSON that a saved one takes."""
    config = Config(Config().from_str(Config({"model": config}).to_str()))
    return registry.resolve(Config().from_str(config.to_str()))["model"]


def build(config, docs):
    model = resolve(config)
    Y = numpy.zeros((len(docs), N_LABELS), dtype="f")
    takes_labels = config["@architectures"] in ("spacy_mtl.TaskHead.v1", "spacy_mtl.NgramLinear.v1")
    with data_validation(True):
        model.initialize(X=docs, Y=Y if takes_labels else None)
    rng = numpy.random.default_rng(0)
    for node in model.walk():
        for name in node.param_names:
            if not node.get_param(name).any():
                node.set_param(name, rng.normal(size=node.get_param(name).shape).astype("f"))
    return model


def assert_equal(first, second, atol=0.0):
    assert len(first) == len(second)
    for a, b in zip(first, second, strict=True):
        numpy.testing.assert_allclose(a, b, rtol=0, atol=atol)


@pytest.mark.parametrize("group, name", list(entry_points()))
def test_registered_name_can_be_found(group, name):
    _, kind = group.split("_", 1)
    if kind == "factories":
        assert spacy.blank("xx").has_factory(name)
    else:
        assert getattr(registry, kind).get(name) is not None


def typed_settings():
    """The settings of registered functions that are numbers or truth values, with their kinds."""
    for group, name in entry_points():
        registered = group.split("_", 1)[1]
        if registered in ("factories", "cli"):
            continue
        parameters = inspect.signature(getattr(registry, registered).get(name)).parameters
        for parameter in parameters.values():
            kinds = {*get_args(parameter.annotation), parameter.annotation}
            if kinds & {int, float, bool} and str not in kinds:
                yield pytest.param(registered, name, parameter.name, id=f"{name}-{parameter.name}")


@pytest.mark.parametrize("registered, name, setting", list(typed_settings()))
def test_numbers_are_not_taken_as_text(registered, name, setting):
    function = getattr(registry, registered).get(name)
    with pytest.raises(ValueError, match=rf"E933.*'{setting}' of '{name}' is '1'.*needed"):
        function(**{setting: "1"})


def test_registered_names_need_no_import_of_the_package():
    code = (
        "import spacy; nlp = spacy.blank('xx'); "
        "nlp.add_pipe('multitask_tok2vec', name='tok2vec'); nlp.add_pipe('textcat_multitask'); "
        "nlp.add_pipe('lmao'); nlp.add_pipe('contrastive')"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_every_architecture_is_in_the_catalogue():
    expected = {name for group, name in entry_points() if group == "spacy_architectures"}
    assert set(CASES) | set(OBJECTIVES) | EXTRAS == expected


@pytest.mark.parametrize("config", ARCHITECTURES + cases(OBJECTIVES))
def test_defaults_are_filled_in_once(config):
    filled = registry.fill({"model": config})
    assert registry.fill(filled) == filled
    assert registry.fill(Config().from_str(Config(filled).to_str())) == filled


@pytest.mark.parametrize("config", ARCHITECTURES)
def test_forward_and_backward_under_validation(config, docs):
    model = build(config, docs)
    with data_validation(True):
        Y, backprop = model(docs, is_train=True)
    dX = backprop(Y)
    assert isinstance(dX, list)
    assert not dX or [len(d) for d in dX] == [len(doc) for doc in docs]


@pytest.mark.parametrize("config", ARCHITECTURES)
def test_output_has_the_width_that_the_model_states(config, docs):
    model = build(config, docs)
    Y = model.predict(docs)
    width = model.get_dim("nO") if model.has_dim("nO") else N_LABELS
    if isinstance(Y, list):
        assert [y.shape for y in Y] == [(len(doc), width) for doc in docs]
    else:
        assert Y.shape == (len(docs), width)


@pytest.mark.parametrize("config", ARCHITECTURES)
def test_output_is_finite_single_precision(config, docs):
    Y = build(config, docs).predict(docs)
    for y in Y:
        assert y.dtype == numpy.float32
        assert numpy.isfinite(y).all()


@pytest.mark.parametrize("config", ARCHITECTURES)
def test_a_document_does_not_depend_on_its_batch(config, docs):
    model = build(config, docs)
    apart = [model.predict([doc])[0] for doc in docs]
    assert_equal(model.predict(docs), apart, atol=1e-5)
    assert_equal(model.predict(docs[::-1]), apart[::-1], atol=1e-5)


@pytest.mark.parametrize("config", ARCHITECTURES)
def test_no_dropout_at_prediction(config, docs):
    model = build(config, docs)
    expected = model.predict(docs)
    set_dropout_rate(model, 0.5)
    assert_equal(model.predict(docs), expected)


@pytest.mark.parametrize("config", ARCHITECTURES)
def test_training_without_dropout_computes_what_prediction_does(config, docs):
    model = build(config, docs)
    for node in model.walk():
        if "word_dropout" in node.attrs:
            node.attrs["word_dropout"] = 0.0
    set_dropout_rate(model, 0.0)
    assert_equal(model(docs, is_train=True)[0], model.predict(docs), atol=1e-6)


@pytest.mark.parametrize("config", ARCHITECTURES)
def test_bytes_bring_back_the_same_model(config, docs):
    model = build(config, docs)
    other = resolve(config)
    other.from_bytes(model.to_bytes())
    assert_equal(other.predict(docs), model.predict(docs))


@pytest.mark.parametrize("config", ARCHITECTURES)
def test_pickle_brings_back_the_same_model(config, docs):
    model = build(config, docs)
    assert_equal(pickle.loads(pickle.dumps(model)).predict(docs), model.predict(docs))


@pytest.mark.parametrize("config", ARCHITECTURES)
def test_batches_without_tokens(config, docs):
    model = build(config, docs)
    empty = [doc for doc in docs if not len(doc)]
    for batch in (empty, [*empty, *empty]):
        Y, backprop = model(batch, is_train=True)
        assert len(Y) == len(batch)
        assert isinstance(backprop(Y), list)


@pytest.mark.parametrize("config", ARCHITECTURES)
def test_prediction_for_no_documents(config, docs):
    assert len(build(config, docs).predict([])) == 0


@pytest.mark.parametrize("config", ARCHITECTURES)
def test_gradients_of_batches_add_up(config, docs):
    model = build({**config, "word_dropout": 0.0} if "word_dropout" in config else config, docs)
    set_dropout_rate(model, 0.0)
    for node in model.walk():
        if "word_dropout" in node.attrs:
            node.attrs["word_dropout"] = 0.0

    if any(node.name == "standardize" for node in model.walk()):
        pytest.skip("each batch moves the statistics that it is scaled by")

    def gradients(*batches):
        for batch in batches:
            Y, backprop = model(batch, is_train=True)
            backprop([y * 0.1 for y in Y] if isinstance(Y, list) else Y * 0.1)
        found = []
        for node in model.walk():
            for name in node.param_names:
                if node.has_grad(name):
                    found.append(node.get_grad(name).copy())
                    node.get_grad(name)[:] = 0.0
        return found

    assert_equal(gradients(docs[:2], docs[2:]), gradients(docs), atol=1e-4)


def build_objective(config, docs):
    """The model of an objective, and how it is given documents."""
    vocab = docs[0].vocab
    vocab.vectors = make_vectors("the", "film", "was", "good").vocab.vectors
    if config["@architectures"] == "spacy_mtl.LMAO.v1":
        model = resolve(config)(vocab, resolve(ENCODER))
        with data_validation(True):
            model.initialize(X=docs)
        return model, list

    def batch(some):
        n_tokens = sum(map(len, some))
        vectors = numpy.random.default_rng(0).normal(size=(n_tokens, 5)).astype("f")
        targets = Targets(vectors, numpy.ones(n_tokens, dtype=bool))
        return RawBatch(some, numpy.ones(len(some), dtype=bool), some, targets, None)

    model = resolve(config)
    with data_validation(True):
        model.initialize(X=batch(docs))
    return model, batch


def predicted(model, batch):
    """What is predicted under one masking, and with one place where texts are cut."""
    numpy.random.seed(0)
    return [prediction.vectors for prediction in model.predict(batch)]


@pytest.mark.parametrize("config", cases(OBJECTIVES))
def test_objectives_forward_and_backward_under_validation(config, docs):
    model, batch = build_objective(config, docs)
    with data_validation(True):
        predictions, backprop = model(batch(docs), is_train=True)
    assert len(predictions) == len(model.layers) - 1
    for vectors, pairs in predictions:
        assert vectors.shape == pairs.targets.shape
        assert vectors.dtype == numpy.float32 and numpy.isfinite(vectors).all()
        assert pairs.known.shape == (len(vectors), vectors.shape[1] // 5)
    assert backprop([vectors for vectors, _ in predictions]) == []


@pytest.mark.parametrize("config", cases(OBJECTIVES))
def test_objectives_survive_bytes_and_pickle(config, docs):
    model, batch = build_objective(config, docs)
    other, _ = build_objective(config, docs)
    other.from_bytes(model.to_bytes())
    expected = predicted(model, batch(docs))
    assert_equal(predicted(other, batch(docs)), expected)
    assert_equal(predicted(pickle.loads(pickle.dumps(model)), batch(docs)), expected)


@pytest.mark.parametrize("config", cases(OBJECTIVES))
def test_objectives_of_batches_without_tokens(config, docs):
    model, batch = build_objective(config, docs)
    for some in ([docs[1]], [docs[1], docs[1]], []):
        predictions, backprop = model(batch(some), is_train=True)
        assert not any(len(vectors) for vectors, _ in predictions)
        assert backprop([vectors for vectors, _ in predictions]) == []


def test_default_configs_of_the_components_are_complete():
    nlp = spacy.blank("xx")
    nlp.add_pipe("multitask_tok2vec", name="tok2vec")
    nlp.add_pipe("textcat_multitask", name="sentiment")
    nlp.add_pipe("lmao")
    nlp.add_pipe("contrastive")
    for name in nlp.pipe_names:
        block = {"model": nlp.config["components"][name]["model"]}
        assert registry.fill(block) == block
