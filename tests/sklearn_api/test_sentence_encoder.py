"""The encoder as a transformer of scikit-learn."""

import pickle
from copy import deepcopy
from itertools import count

import numpy
import pytest
import sklearn
import spacy
from numpy.testing import assert_array_equal
from packaging.version import Version
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.model_selection import cross_val_score
from sklearn.pipeline import make_pipeline
from small_texts import FILMS, MOODS, TEXTS, TINY

from spacy_mtl.sklearn import SentenceEncoder
from spacy_mtl.training.random_state import get_random_state, is_random_state

ODD = ["", " ", "😀", "a\x00b", "\n", "x" * 300, "caf\u00e9 \u4e16\u754c"]


def weights_of(nlp):
    return {
        (name, node.name, key): node.get_param(key).copy()
        for name, pipe in nlp.pipeline
        for node in pipe.model.walk()
        for key in node.param_names
        if node.has_param(key)
    }


def assert_same_weights(nlp, other):
    for one, two in zip(weights_of(nlp).values(), weights_of(other).values(), strict=True):
        assert_array_equal(one, two)


def test_the_order_of_texts_does_not_matter(encoder):
    order = numpy.random.default_rng(0).permutation(len(TEXTS))
    shuffled = encoder.transform([TEXTS[i] for i in order])
    numpy.testing.assert_allclose(shuffled, encoder.transform(TEXTS)[order], atol=1e-5)


def test_vectors_equal_those_of_the_pipeline(encoder):
    texts = [*TEXTS, *ODD]
    X = encoder.transform(texts)
    expected = [doc._.embedding for doc in encoder.model.pipe(texts, batch_size=7)]
    assert_array_equal(X, numpy.stack(expected))
    assert X.dtype == "float32"
    assert X.shape == (len(texts), 16)


def test_heads_do_not_run(encoder, monkeypatch):
    monkeypatch.setattr(encoder.model.get_pipe("mood"), "predict", None)
    encoder.transform(TEXTS)


@pytest.mark.parametrize("make", [tuple, iter, numpy.asarray, lambda x: numpy.asarray(x, object)])
def test_any_iterable_of_texts_will_do(encoder, make):
    assert_array_equal(encoder.transform(make(TEXTS)), encoder.transform(TEXTS))


@pytest.mark.skipif(
    Version(sklearn.__version__) < Version("1.7.1"),
    reason="scikit-learn before 1.7.1 keeps the index of tables, but not of columns",
)
def test_a_column_of_a_table_keeps_its_index(encoder):
    pandas = pytest.importorskip("pandas")
    column = pandas.Series(TEXTS, index=range(100, 130))
    assert_array_equal(encoder.transform(column), encoder.transform(TEXTS))
    table = clone(encoder).set_output(transform="pandas").transform(column)
    assert list(table.index) == list(column.index)
    assert list(table.columns[:2]) == ["sentenceencoder0", "sentenceencoder1"]


def test_no_texts_have_no_vectors(encoder):
    assert encoder.transform([]).shape == (0, 16)


def test_a_stream_is_read_batch_by_batch(encoder):
    n_read = 0

    def endless():
        nonlocal n_read
        for number in count():
            n_read += 1
            yield f"text number {number}"

    batches = encoder.transform_batches(endless())
    for number in range(1, 4):
        assert next(batches).shape == (7, 16)
        assert n_read <= 7 * number + 1


def test_a_stream_leaves_no_words_behind(encoder):
    before = len(encoder.model.vocab.strings)
    for _ in encoder.transform_batches(f"word{number}" for number in range(100)):
        pass
    assert len(encoder.model.vocab.strings) <= before + 7


def test_two_processes_give_the_same_in_order(encoder):
    texts = [f"{text} {number}" for number, text in enumerate(TEXTS)]
    two = clone(encoder).set_params(n_process=2)
    numpy.testing.assert_allclose(
        two.transform(iter(texts)), encoder.transform(texts), rtol=1e-4, atol=1e-5
    )


def test_an_error_in_a_stream_ends_the_processes(encoder):
    two = clone(encoder).set_params(n_process=2)
    with pytest.raises(ValueError, match="Row 40 of X"):
        two.transform(["some text"] * 40 + [None])


@pytest.mark.parametrize(
    ("X", "message"),
    [
        (["a", None], "Row 1 of X is no text: None"),
        (["a", float("nan")], "Row 1 of X is no text: nan"),
        (["a", "b", b"c"], "Row 2 of X is no text"),
        (["\ud800"], "Row 0 of X is no text: .* not valid Unicode"),
        ("a single text", "one a row, and is of type str"),
        ({"text": "a"}, "of type dict"),
        (numpy.zeros((3, 2)), r"of shape \(3, 2\)"),
        (3, "of type int"),
    ],
)
def test_what_is_no_text_is_named(encoder, X, message):
    with pytest.raises(ValueError, match=message):
        encoder.transform(X)


def test_a_saved_pipeline_needs_no_fit(encoder, tmp_path):
    encoder.to_disk(tmp_path / "model")
    loaded = SentenceEncoder(str(tmp_path / "model"), batch_size=7)
    assert_array_equal(loaded.transform(TEXTS), encoder.transform(TEXTS))


def test_another_model_is_used_at_once(encoder, tmp_path):
    other = clone(encoder).set_params(max_steps=2).fit(TEXTS, MOODS)
    other.to_disk(tmp_path)
    changed = clone(encoder)
    changed.transform(TEXTS)
    assert_array_equal(changed.set_params(model=tmp_path).transform(TEXTS), other.transform(TEXTS))
    loaded = pickle.loads(pickle.dumps(changed))
    assert_array_equal(loaded.transform(TEXTS), other.transform(TEXTS))


def test_a_stream_can_be_left(encoder):
    two = clone(encoder).set_params(n_process=2)
    batches = two.transform_batches(f"text {number}" for number in range(200))
    assert next(batches).shape == (7, 16)
    batches.close()


def test_without_a_model_it_has_to_be_fitted():
    with pytest.raises(NotFittedError):
        SentenceEncoder().transform(TEXTS)
    with pytest.raises(ValueError, match="neither a model nor labels"):
        SentenceEncoder().fit(TEXTS)
    with pytest.raises(NotFittedError):
        SentenceEncoder(spacy.blank("en"), output_dim=2).transform(TEXTS)


def test_a_pipeline_without_an_encoder_is_refused():
    with pytest.raises(ValueError, match="E448"):
        SentenceEncoder(spacy.blank("en")).transform(TEXTS)


@pytest.mark.parametrize("projection", ["pca", "learned"])
@pytest.mark.parametrize("output_dim", [1, 5, 16])
def test_vectors_are_projected_to_any_size(encoder, projection, output_dim):
    small = SentenceEncoder(
        encoder.model, output_dim=output_dim, projection=projection, max_steps=2
    )
    X = small.fit(TEXTS, MOODS).transform(TEXTS)
    assert X.shape == (len(TEXTS), output_dim)
    assert X.dtype == "float32"
    assert len(small.get_feature_names_out()) == output_dim


def test_a_learned_projection_may_be_wider(encoder):
    wide = SentenceEncoder(encoder.model, output_dim=40, projection="learned", max_steps=2)
    assert wide.fit_transform(TEXTS, MOODS).shape == (len(TEXTS), 40)


def test_a_learned_projection_keeps_what_tells_labels_apart():
    settings = {**TINY, "max_steps": 4, "output_dim": 1}
    scores = {
        name: LogisticRegression()
        .fit(SentenceEncoder(projection=name, **settings).fit_transform(TEXTS, MOODS), MOODS)
        .score(SentenceEncoder(projection=name, **settings).fit_transform(TEXTS, MOODS), MOODS)
        for name in ("pca", "learned")
    }
    assert scores["learned"] > scores["pca"]


def test_pca_is_that_of_the_embeddings(encoder):
    small = SentenceEncoder(encoder.model, output_dim=3).fit(TEXTS)
    X = encoder.transform(TEXTS)
    X = X - X.mean(axis=0)
    expected = numpy.linalg.svd(X)[1][:3]
    numpy.testing.assert_allclose(
        numpy.linalg.norm(small.transform(TEXTS), axis=0), expected, rtol=1e-3
    )


@pytest.mark.parametrize(
    ("settings", "y", "message"),
    [
        ({"output_dim": 17}, None, "E538"),
        ({"output_dim": 2, "projection": "learned"}, None, "E539"),
        ({"projection": "svd"}, None, "E534.*projection = 'svd'"),
        ({"batch_size": 0}, None, "batch_size = 0"),
        ({"n_process": 1.5}, None, "n_process = 1.5"),
        ({"max_steps": True}, MOODS, "max_steps = True"),
        ({"dropout": -0.1}, MOODS, "dropout = -0.1"),
        ({}, MOODS[:-1], "E528"),
    ],
)
def test_settings_are_checked(encoder, settings, y, message):
    with pytest.raises(ValueError, match=message):
        clone(encoder).set_params(**settings).fit(TEXTS, y)


def test_a_given_pipeline_is_not_changed(encoder):
    before = weights_of(encoder.model)
    names = list(encoder.model.pipe_names)
    trained = clone(encoder).set_params(max_steps=2).fit(TEXTS, {"other": MOODS})
    trained.partial_fit(TEXTS, {"other": MOODS})
    clone(encoder).partial_fit(TEXTS, {"mood": MOODS})
    assert encoder.model.pipe_names == names
    for key, value in weights_of(encoder.model).items():
        assert_array_equal(value, before[key])
    assert trained.nlp_.pipe_names == [*names, "other"]


def test_heads_of_other_tasks_stay_as_they_are(encoder):
    trained = clone(encoder).set_params(max_steps=3).fit(TEXTS, {"other": MOODS})
    before, after = weights_of(encoder.model), weights_of(trained.nlp_)
    changed = {
        key[0] for key, value in after.items() if key in before and (value != before[key]).any()
    }
    assert changed == {"tok2vec"}


def test_without_labels_the_pipeline_stays_as_it_is(encoder):
    assert SentenceEncoder(encoder.model).fit(TEXTS).nlp_ is encoder.model


def test_the_same_seed_gives_the_same_weights():
    settings = {**TINY, "max_steps": 4}
    encoder = SentenceEncoder(**settings).fit(TEXTS, {"mood": MOODS, "film": FILMS})
    first = encoder.nlp_
    numpy.random.random()
    encoder.fit(TEXTS, {"mood": MOODS, "film": FILMS})
    assert_same_weights(first, encoder.nlp_)
    other = clone(encoder).set_params(random_state=1).fit(TEXTS, {"mood": MOODS, "film": FILMS})
    assert (other.transform(TEXTS) != encoder.transform(TEXTS)).any()


def test_global_random_numbers_are_left_alone():
    state = deepcopy(get_random_state())
    SentenceEncoder(**{**TINY, "max_steps": 2}).fit(TEXTS, MOODS).partial_fit(TEXTS, MOODS)
    assert is_random_state(state)


def test_a_pickle_holds_everything():
    encoder = SentenceEncoder(**{**TINY, "max_steps": 2}, output_dim=3)
    encoder.fit(TEXTS, MOODS).partial_fit(TEXTS, MOODS)
    loaded = pickle.loads(pickle.dumps(encoder))
    assert_array_equal(loaded.transform(TEXTS), encoder.transform(TEXTS))
    loaded.partial_fit(TEXTS, MOODS)


def test_a_clone_shares_the_given_pipeline(encoder):
    twin = clone(encoder)
    assert twin.model is encoder.model
    assert twin.get_params() == encoder.get_params()


def test_it_works_in_a_pipeline(encoder):
    steps = make_pipeline(clone(encoder).set_params(frozen=True), LogisticRegression(C=100))
    assert cross_val_score(steps, numpy.asarray(TEXTS), MOODS, cv=3).mean() > 0.9


def test_a_frozen_pipeline_learns_a_projection_only(encoder):
    small = clone(encoder).set_params(frozen=True, output_dim=2, projection="learned")
    assert small.fit(TEXTS, MOODS).nlp_ is encoder.model
    assert small.transform(TEXTS).shape == (len(TEXTS), 2)


def test_it_learns_in_a_pipeline():
    encoder = SentenceEncoder(**{**TINY, "max_steps": 3})
    steps = make_pipeline(encoder, LogisticRegression()).fit(TEXTS, MOODS)
    assert steps[0].nlp_.pipe_names == ["tok2vec", "label"]


def test_a_generator_can_be_fitted_and_transformed():
    encoder = SentenceEncoder(**{**TINY, "max_steps": 2})
    assert encoder.fit_transform((text for text in TEXTS), MOODS).shape == (len(TEXTS), 16)


def test_the_config_is_that_of_init_config(two_tasks):
    config = two_tasks.nlp_.config
    assert config["components"]["mood"]["class_weights"] == "sqrt_balanced"
    assert config["components"]["tok2vec"]["model"]["ngram_width"] == 16 * 64 // 160
    assert config["training"]["max_steps"] == TINY["max_steps"]
    assert two_tasks.nlp_.tokenizer.max_cache_size == 200_000


def test_a_frozen_encoder_takes_numbers_as_targets(encoder):
    prices = [len(text) / 7 for text in TEXTS]
    pipeline = make_pipeline(SentenceEncoder(encoder.model, frozen=True), Ridge())
    assert pipeline.fit(TEXTS, prices).predict(TEXTS).shape == (len(TEXTS),)


def test_a_learned_projection_needs_two_classes(encoder):
    frozen = SentenceEncoder(encoder.model, frozen=True, output_dim=2, projection="learned")
    with pytest.raises(ValueError, match="E530"):
        frozen.fit(TEXTS, ["same"] * len(TEXTS))


def test_a_disabled_encoder_is_refused(encoder):
    with encoder.model.select_pipes(disable=["tok2vec"]), pytest.raises(ValueError, match="E542"):
        encoder.transform(TEXTS)
    with encoder.model.select_pipes(disable=["tok2vec"]), pytest.raises(ValueError, match="E542"):
        SentenceEncoder(encoder.model, **TINY).fit(TEXTS, MOODS)


def test_a_disabled_head_does_not_learn(encoder):
    with encoder.model.select_pipes(disable=["mood"]), pytest.raises(ValueError, match="E542"):
        SentenceEncoder(encoder.model, **TINY).fit(TEXTS, {"mood": MOODS})


def test_an_encoder_without_weights_is_refused():
    nlp = spacy.blank("en")
    nlp.add_pipe("multitask_tok2vec", name="tok2vec")
    with pytest.raises(ValueError, match="E438"):
        SentenceEncoder(nlp).transform(TEXTS)
