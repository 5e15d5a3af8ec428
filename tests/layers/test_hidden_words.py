"""Hidden words, and how many a model finds."""

import numpy
import pytest
import spacy
from spacy.vectors import Vectors
from thinc.api import Model

from spacy_mtl.layers.hidden_words import HiddenWords
from spacy_mtl.layers.masking import MASKING, Shown
from spacy_mtl.layers.target_vectors import TargetVectors

WORDS = [f"w{i}" for i in range(20)]
TEXTS = [" ".join(WORDS[i:] + ["unknown"]) for i in range(0, 20, 3)] + [""]


@pytest.fixture
def targets():
    nlp = spacy.blank("xx")
    data = numpy.random.default_rng(0).normal(size=(20, 6)).astype("f")
    nlp.vocab.vectors = Vectors(strings=nlp.vocab.strings, data=data, keys=WORDS)
    return make_targets(nlp)


def make_targets(nlp):
    return TargetVectors(
        nlp.vocab.vectors, normalize=True, weighting="none", skip_punctuation=False, lang="xx"
    )


def make_models(predict):
    """An encoder that puts out the number of each word, and a head that predicts from it."""

    def encode(model, docs, is_train):
        shown = model.attrs[MASKING].masking
        assert shown is not None and shown.hidden.any()
        rows = [[int(t.text[1:]) if t.text in WORDS else -1 for t in doc] for doc in docs]
        return [numpy.asarray(r, dtype="f").reshape(-1, 1) for r in rows], lambda dYs: []

    tok2vec = Model("encoder", encode, attrs={MASKING: Shown()})
    return tok2vec, Model("head", lambda model, X, is_train: (predict(X[:, 0]), None))


def make_hidden(targets, predict, *, share=1.0, candidates=20, seed=0):
    nlp = spacy.blank("xx")
    docs = [nlp.make_doc(text) for text in TEXTS]
    return HiddenWords(
        *make_models(predict), targets, docs, share=share, candidates=candidates, seed=seed
    )


def test_finds_all_words_if_they_are_predicted(targets):
    hidden = make_hidden(targets, lambda ids: 3.0 * targets.vectors.data[ids.astype(int)])
    assert hidden.n_words == sum(text.count("w") - text.count("know") for text in TEXTS)
    assert hidden.find() == (1.0, 1.0)


def test_ranks_by_the_cosine(targets):
    data = targets.vectors.data / numpy.linalg.norm(targets.vectors.data, axis=1, keepdims=True)
    # The word that follows, and so a rank that is known.
    hidden = make_hidden(targets, lambda ids: data[(ids.astype(int) + 1) % 20])
    words = [int(word[1:]) for text in TEXTS for word in text.split() if word in WORDS]
    cosines = data @ data.T
    ranks = [(cosines[(i + 1) % 20] > cosines[(i + 1) % 20][i]).sum() for i in words]
    found = hidden.find()
    assert found.at_1 == 0.0
    assert found.at_10 == pytest.approx(numpy.mean(numpy.asarray(ranks) < 10))


@pytest.mark.parametrize("value", [0.0, numpy.nan])
def test_finds_nothing_without_a_prediction(targets, value):
    hidden = make_hidden(targets, lambda ids: numpy.full((len(ids), 6), value, dtype="f"))
    assert hidden.find().at_1 == 0.0


def test_only_candidates_are_hidden(targets):
    hidden = make_hidden(targets, lambda ids: targets.vectors.data[ids.astype(int)], candidates=4)
    assert hidden.n_words == 4 + 1
    assert hidden.find() == (1.0, 1.0)


def test_hides_a_share_by_its_own_seed(targets):
    state = numpy.random.get_state()[1].copy()

    def places(seed):
        hidden = make_hidden(targets, None, share=0.5, seed=seed)
        return [part.places.tolist() for part in hidden._parts]

    assert places(1) == places(1) != places(2)
    assert numpy.array_equal(numpy.random.get_state()[1], state)


def test_nothing_to_hide_has_no_accuracy(targets):
    hidden = HiddenWords(*make_models(None), targets, [], share=1.0, candidates=5, seed=0)
    assert hidden.find() == (None, None)


def test_several_words_may_share_a_vector():
    nlp = spacy.blank("xx")
    data = numpy.random.default_rng(0).normal(size=(19, 6)).astype("f")
    vectors = Vectors(strings=nlp.vocab.strings, data=data, keys=WORDS[:19])
    vectors.add(WORDS[19], row=0)
    nlp.vocab.vectors = vectors
    targets = make_targets(nlp)
    hidden = make_hidden(targets, lambda ids: data[ids.astype(int) % 19])
    assert hidden.find() == (1.0, 1.0)


def test_subword_vectors_compete_by_the_words_of_the_texts():
    nlp = spacy.blank("xx")
    data = numpy.random.default_rng(0).normal(size=(50, 6)).astype("f")
    nlp.vocab.vectors = Vectors(
        strings=nlp.vocab.strings, data=data, mode="floret", minn=2, maxn=3, hash_count=1
    )
    targets = make_targets(nlp)

    def predict(ids):
        keys = [nlp.vocab.strings.add(WORDS[int(i)]) if i >= 0 else 0 for i in ids]
        return numpy.stack([nlp.vocab.vectors[key] for key in keys])

    hidden = make_hidden(targets, predict, candidates=10)
    assert 0 < hidden.n_words < 80
    assert hidden.find().at_10 == 1.0
