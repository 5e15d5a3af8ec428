import numpy
import pytest
from builders import WIDTH, words

from spacy_mtl.models.encoder import build_hash_embed_cnn_v1
from spacy_mtl.models.heads import build_task_head_v1
from spacy_mtl.models.ngrams import build_ngram_linear_v1

TEXTS = ("the film was good", "", "bad", "a phone")


def make(nlp, *, exclusive=True, ngrams=False, n_labels=3, initialized=True, **settings):
    model = build_task_head_v1(
        tok2vec=build_hash_embed_cnn_v1(width=WIDTH, depth=1, embed_size=50),
        exclusive_classes=exclusive,
        ngrams=build_ngram_linear_v1(rows=100) if ngrams else None,
        **{"pooling": ["mean", "max"], **settings},
    )
    if initialized:
        Y = numpy.zeros((len(TEXTS), n_labels), dtype="f")
        model.initialize(X=words(nlp, *TEXTS), Y=Y)
        rng = numpy.random.default_rng(0)
        for node in model.walk():
            for name in node.param_names:
                if not node.get_param(name).any():
                    node.set_param(name, rng.normal(size=node.get_param(name).shape).astype("f"))
    return model


HEADS = [
    {"hidden_width": 0, "ngrams": False},
    {"hidden_width": 5, "ngrams": False},
    {"hidden_width": 0, "ngrams": True},
    {"hidden_width": 5, "ngrams": True, "pooling": ["max"]},
    {"hidden_width": 5, "maxout_pieces": 1, "pooling": ["mean"]},
]


def logits(P):
    return numpy.log(P.astype("float64"))


@pytest.mark.parametrize("settings", HEADS)
@pytest.mark.parametrize("exclusive", [True, False])
def test_output_is_a_probability_for_each_label(nlp, settings, exclusive):
    P = make(nlp, exclusive=exclusive, **settings).predict(words(nlp, *TEXTS))
    assert P.shape == (4, 3)
    assert ((P > 0) & (P < 1)).all()
    assert numpy.allclose(P.sum(axis=1), 1.0) == exclusive


@pytest.mark.parametrize("settings", HEADS)
def test_a_fresh_head_favours_no_label(nlp, settings):
    model = make(nlp, initialized=False, **settings)
    model.initialize(X=words(nlp, *TEXTS), Y=numpy.zeros((4, 3), dtype="f"))
    numpy.testing.assert_allclose(model.predict(words(nlp, *TEXTS)), 1 / 3, atol=1e-5)


@pytest.mark.parametrize("settings", HEADS)
def test_more_labels_keep_the_proportions_of_the_old_ones(nlp, settings):
    model = make(nlp, **settings)
    docs = words(nlp, *TEXTS)
    before = logits(model.predict(docs))
    model.attrs["resize_output"](model, 5)
    after = model.predict(docs)
    assert after.shape == (4, 5)
    difference = logits(after)[:, :3] - before
    numpy.testing.assert_allclose(difference, difference[:, :1] * numpy.ones((1, 3)), atol=1e-4)


@pytest.mark.parametrize("settings", HEADS)
def test_more_independent_labels_leave_the_old_ones_unchanged(nlp, settings):
    model = make(nlp, exclusive=False, **settings)
    docs = words(nlp, *TEXTS)
    before = model.predict(docs)
    model.attrs["resize_output"](model, 5)
    numpy.testing.assert_allclose(model.predict(docs)[:, :3], before, atol=1e-6)


def test_a_new_label_is_less_likely_than_the_old_ones_without_other_evidence(nlp):
    model = make(nlp)
    for name in ("W", "b"):
        model.get_ref("output_layer").get_param(name)[:] = 0.0
    model.attrs["resize_output"](model, 4)
    P = model.predict(words(nlp, *TEXTS))
    assert (P[:, 3] < P[:, :3].min(axis=1) / 10).all()


@pytest.mark.parametrize("settings", HEADS)
def test_new_labels_can_be_learned(nlp, settings):
    model = make(nlp, **settings)
    model.attrs["resize_output"](model, 4)
    P, backprop = model.begin_update(words(nlp, *TEXTS))
    dP = numpy.zeros_like(P)
    dP[:, 3] = -1.0
    backprop(dP)
    output = model.get_ref("output_layer")
    assert output.get_grad("b").tolist() == [0, 0, 0, -4]
    assert output.get_grad("W")[3].any()
    if settings.get("ngrams"):
        assert model.get_ref("ngrams").get_ref("output_layer").get_grad("W")[:, 3].any()


def test_resizing_twice_and_to_the_same_size(nlp):
    model = make(nlp, ngrams=True)
    docs = words(nlp, *TEXTS)
    for n_labels in (4, 4, 6):
        model.attrs["resize_output"](model, n_labels)
    assert model.predict(docs).shape == (4, 6)


@pytest.mark.parametrize("settings", HEADS)
def test_size_can_be_given_before_initialization(nlp, settings):
    model = make(nlp, initialized=False, nO=2, **settings)
    model.initialize(X=words(nlp, *TEXTS))
    assert model.get_dim("nO") == 2
    assert model.predict(words(nlp, *TEXTS)).shape == (4, 2)


@pytest.mark.parametrize("settings", HEADS)
def test_a_resized_head_survives_bytes(nlp, settings):
    model = make(nlp, **settings)
    model.attrs["resize_output"](model, 5)
    other = make(nlp, initialized=False, **settings)
    other.attrs["resize_output"](other, 5)
    other.from_bytes(model.to_bytes())
    docs = words(nlp, *TEXTS)
    numpy.testing.assert_array_equal(model.predict(docs), other.predict(docs))


def test_ngrams_are_added_to_the_logits(nlp):
    model = make(nlp, ngrams=True)
    docs = words(nlp, *TEXTS)
    before = logits(model.predict(docs))
    weights = model.get_ref("ngrams").get_ref("output_layer").get_param("W")
    expected = model.get_ref("ngrams").predict(docs)
    weights[:] = 0.0
    difference = before - logits(model.predict(docs))
    centred = expected - expected.mean(axis=1, keepdims=True)
    numpy.testing.assert_allclose(
        difference - difference.mean(axis=1, keepdims=True), centred, atol=1e-4
    )


def test_spacy_finds_the_parts_that_debug_model_needs(nlp):
    model = make(nlp, hidden_width=5)
    assert model.get_ref("tok2vec").get_dim("nO") == WIDTH
    assert model.get_ref("output_layer").get_dim("nO") == 3
    model.attrs["resize_output"](model, 4)
    assert model.get_ref("output_layer").get_dim("nO") == 4


@pytest.mark.parametrize("setting, value", [("hidden_width", -1), ("maxout_pieces", 0)])
def test_sizes_out_of_range_are_refused(nlp, setting, value):
    with pytest.raises(ValueError, match=f"E201.*{setting}"):
        make(nlp, initialized=False, **{setting: value})


def test_unknown_pooling_is_refused(nlp):
    with pytest.raises(ValueError, match="E205"):
        make(nlp, initialized=False, pooling=["first"])
