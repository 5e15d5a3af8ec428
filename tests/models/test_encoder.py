import itertools

import numpy
import pytest
from builders import WIDTH, same_weights, weights_of, words
from spacy.ml.models.tok2vec import build_hash_embed_cnn_tok2vec
from spacy.vectors import Vectors
from thinc.api import fix_random_seed

from spacy_mtl.models.encoder import build_hash_embed_cnn_v1, build_sentence_encoder_v1

TEXTS = ("the film was good", "", "Unseen-words XII 3", "good")
FEATURES = {"embed_size": 60, "width": WIDTH}


def build(**settings):
    return build_hash_embed_cnn_v1(**{**FEATURES, "depth": 1, "maxout_pieces": 2, **settings})


def gradients_of(model, docs):
    Ys, backprop = model.begin_update(docs)
    backprop([numpy.cos(Y * 9) for Y in Ys])
    return {
        (i, name): node.get_grad(name)
        for i, node in enumerate(model.walk())
        for name in node.param_names
        if node.has_grad(name)
    }


@pytest.fixture
def nlp_with_vectors(nlp):
    names = ["the", "film", "good", "was"]
    data = numpy.random.default_rng(0).normal(size=(5, 5)).astype("f")
    # In spaCy the gradient of a word without a vector goes to the last row's vector.
    data[-1] = 0
    nlp.vocab.vectors = Vectors(strings=nlp.vocab.strings, data=data, keys=names, name="small")
    return nlp


GRID = list(itertools.product([True, False], [1, 3], [1, 2], [True, False], [1, 2]))


@pytest.mark.parametrize("subwords, pieces, depth, vectors, window", GRID)
def test_equal_to_spacy_with_equal_weights(
    nlp_with_vectors, subwords, pieces, depth, vectors, window
):
    settings = {
        **FEATURES,
        "depth": depth,
        "window_size": window,
        "maxout_pieces": pieces,
        "subword_features": subwords,
        "pretrained_vectors": vectors,
    }
    docs = words(nlp_with_vectors, *TEXTS)
    stock = build_hash_embed_cnn_tok2vec(**settings)
    ours = build_hash_embed_cnn_v1(**settings)
    stock.initialize(X=docs)
    ours.initialize(X=docs)
    ours.from_bytes(stock.to_bytes())
    for first, second in zip(stock.predict(docs), ours.predict(docs), strict=True):
        numpy.testing.assert_allclose(first, second, atol=1e-5)
    expected, found = gradients_of(stock, docs), gradients_of(ours, docs)
    assert expected.keys() == found.keys()
    for key, gradient in expected.items():
        difference = numpy.linalg.norm(gradient - found[key])
        # Rounding may decide which of two equal pieces of a maxout gets the gradient.
        assert difference <= 1e-3 * numpy.linalg.norm(gradient), key


def test_weights_load_into_spacy_too(nlp):
    docs = words(nlp, *TEXTS)
    settings = {**FEATURES, "depth": 2, "window_size": 1, "maxout_pieces": 3}
    settings |= {"subword_features": True}
    stock = build_hash_embed_cnn_tok2vec(**settings, pretrained_vectors=None)
    ours = build_hash_embed_cnn_v1(**settings)
    stock.initialize(X=docs)
    ours.initialize(X=docs)
    stock.from_bytes(ours.to_bytes())
    for first, second in zip(stock.predict(docs), ours.predict(docs), strict=True):
        numpy.testing.assert_allclose(first, second, atol=1e-5)


def test_word_dropout_survives_the_weights_of_spacy(nlp):
    docs = words(nlp, *TEXTS)
    stock = build_hash_embed_cnn_tok2vec(
        **FEATURES,
        depth=1,
        window_size=1,
        maxout_pieces=2,
        subword_features=True,
        pretrained_vectors=None,
    )
    stock.initialize(X=docs)
    ours = build(word_dropout=0.5)
    ours.initialize(X=docs)
    ours.from_bytes(stock.to_bytes())
    assert [node.attrs["word_dropout"] for node in ours.walk() if "word_dropout" in node.attrs] == [
        0.5
    ]


@pytest.mark.parametrize("depth", [0, 1, 3])
@pytest.mark.parametrize("pieces", [1, 3])
@pytest.mark.parametrize("ngram_width", [0, 4])
def test_every_weight_learns(nlp, depth, pieces, ngram_width):
    model = build(depth=depth, maxout_pieces=pieces, ngram_width=ngram_width)
    docs = words(nlp, *TEXTS)
    model.initialize(X=docs)
    found = gradients_of(model, docs)
    n_params = sum(len(node.param_names) for node in model.walk())
    assert n_params == len(found)
    assert all(gradient.any() for gradient in found.values())


@pytest.mark.parametrize("ngram_width", [0, 3])
def test_width_is_that_asked_for(nlp, ngram_width):
    model = build(ngram_width=ngram_width)
    docs = words(nlp, *TEXTS)
    model.initialize(X=docs)
    assert model.get_dim("nO") == WIDTH
    shapes = [Y.shape for Y in model.predict(docs)]
    assert shapes == [(len(doc), WIDTH) for doc in docs]


def test_depth_widens_what_a_token_sees(nlp):
    first, second = words(nlp, "a b c d e f g", "a b c d e f other")
    for depth in (0, 1, 2):
        model = build(depth=depth)
        model.initialize(X=[first])
        Y = numpy.abs(model.predict([first])[0] - model.predict([second])[0]).max(axis=1)
        assert (Y > 1e-6).tolist() == [i >= 6 - depth for i in range(7)]


@pytest.mark.parametrize("ngram_width", [0, 4])
@pytest.mark.parametrize("depth", [0, 1])
def test_can_be_initialized_and_run_without_any_token(nlp, ngram_width, depth):
    model = build(ngram_width=ngram_width, depth=depth)
    docs = words(nlp, "", "")
    model.initialize(X=docs)
    Ys, backprop = model.begin_update(docs)
    assert [Y.shape for Y in Ys] == [(0, WIDTH), (0, WIDTH)]
    assert backprop(Ys) == []
    assert numpy.isfinite(model.predict(words(nlp, "word"))[0]).all()


def test_same_seed_same_weights(nlp):
    models = []
    for _ in range(2):
        fix_random_seed(3)
        models.append(build(ngram_width=3))
        models[-1].initialize(X=words(nlp, *TEXTS))
    assert same_weights(*map(weights_of, models))


def test_shape_distinguishes_only_with_subword_features(nlp):
    docs = words(nlp, "IPHONE", "iphone")
    for subwords in (True, False):
        model = build(depth=0, subword_features=subwords)
        model.initialize(X=docs)
        first, second = model.predict(docs)
        assert numpy.array_equal(first, second) != subwords


def test_vectors_are_read_when_asked_for(nlp_with_vectors):
    docs = words(nlp_with_vectors, "film")
    model = build(pretrained_vectors=True)
    model.initialize(X=docs)
    before = model.predict(docs)[0]
    nlp_with_vectors.vocab.vectors.data[:] *= -3
    assert not numpy.allclose(before, model.predict(docs)[0])


@pytest.mark.parametrize("ngram_width", [0, 4])
def test_word_dropout_changes_training_alone(nlp, ngram_width):
    model = build(word_dropout=0.5, ngram_width=ngram_width, depth=0)
    docs = words(nlp, "a b c d e f g h i j")
    model.initialize(X=docs)
    expected = model.predict(docs)[0]
    numpy.testing.assert_array_equal(expected, model.predict(docs)[0])
    changed = (numpy.abs(model.begin_update(docs)[0][0] - expected) > 1e-6).any(axis=1)
    assert 0 < changed.sum() < 10


@pytest.mark.parametrize(
    "setting, value",
    [
        ("width", 0),
        ("depth", -1),
        ("embed_size", 0),
        ("window_size", 0),
        ("maxout_pieces", 0),
        ("ngram_width", -1),
        ("ngram_rows", 0),
        ("ngram_size", 0),
        ("char_min", 0),
        ("char_max", -1),
    ],
)
def test_sizes_out_of_range_are_refused(setting, value):
    with pytest.raises(ValueError, match=f"E201.*{value}.*'{setting}'"):
        build(**{setting: value})


@pytest.mark.parametrize("rate", [-0.1, 1.0, 2, float("nan")])
def test_word_dropout_out_of_range_is_refused(rate):
    with pytest.raises(ValueError, match=r"E202.*word_dropout"):
        build(word_dropout=rate)


@pytest.mark.parametrize("ngram_width", [WIDTH, WIDTH + 1])
def test_ngrams_cannot_take_the_whole_width(ngram_width):
    with pytest.raises(ValueError, match="E206"):
        build(ngram_width=ngram_width)


def test_sentence_encoder_pools_the_encoder(nlp):
    tok2vec = build()
    model = build_sentence_encoder_v1(tok2vec=tok2vec)
    docs = words(nlp, *TEXTS)
    model.initialize(X=docs)
    expected = [Y.mean(axis=0) if len(Y) else numpy.zeros(WIDTH) for Y in tok2vec.predict(docs)]
    numpy.testing.assert_allclose(model.predict(docs), expected, atol=1e-6)


def test_sentence_encoder_with_mean_and_max(nlp):
    model = build_sentence_encoder_v1(tok2vec=build(), pooling=["mean", "max"])
    docs = words(nlp, *TEXTS)
    model.initialize(X=docs)
    assert model.get_dim("nO") == 2 * WIDTH
    assert model.predict(docs).shape == (4, 2 * WIDTH)


def test_sentence_encoder_of_no_documents(nlp):
    model = build_sentence_encoder_v1(tok2vec=build())
    model.initialize(X=words(nlp, *TEXTS))
    assert model.predict([]).shape == (0, WIDTH)
