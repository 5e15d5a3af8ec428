"""The component that learns from raw text, beside tasks with labels."""

import copy
import pickle
import shutil

import numpy
import pytest
import spacy
from builders import (
    SENTIMENT,
    TOPIC,
    add_encoder,
    add_task,
    gradients,
    initialize,
    listener,
    make_examples,
    make_vectors,
    numeric_gradient,
    same_weights,
    scores_of,
    step,
    weights_of,
)
from numpy.testing import assert_allclose, assert_array_equal
from spacy.tokens import Doc, DocBin
from spacy.training import Example
from test_serialization import WAYS
from thinc.api import Adam, fix_random_seed

from spacy_mtl.layers.masking import MASKING, find_readers
from spacy_mtl.models.vectors import _load

KEY = {"lmao/raw": 1.0}
TEXTS = ["the cat sat on the mat", "a dog ran over the mat", "the dog and a cat ran"]
RAW = [(text, KEY) for text in TEXTS]
LONG = [(" ".join(TEXTS), KEY), (" ".join(TEXTS[::-1]), KEY)]
WORDS = sorted({word for text in TEXTS for word in text.split()})
ROWS = SENTIMENT + TOPIC + RAW
TARGETS = ["word", "trigram", "document", {"word": 1.0, "document": 0.5}, {"trigram": 2.0}]


@pytest.fixture
def vectors(tmp_path):
    """The folder of a pipeline with word vectors."""
    make_vectors(*WORDS).to_disk(tmp_path / "vectors")
    return tmp_path / "vectors"


def add_lmao(nlp, vectors, name="lmao", *, model=None, **settings):
    config = {
        "vectors": None if vectors is None else str(vectors),
        "model": {
            "@architectures": "spacy_mtl.LMAOHead.v1",
            "tok2vec": listener(),
            **(model or {}),
        },
        **settings,
    }
    return nlp.add_pipe("lmao", name=name, config=config)


def make(vectors, *tasks, encoder=None, **settings):
    nlp = spacy.blank("xx")
    add_encoder(nlp, **(encoder or {}))
    for task in tasks:
        add_task(nlp, task)
    add_lmao(nlp, vectors, **settings)
    return nlp


def update(nlp, rows, **settings):
    losses = {}
    step(nlp, make_examples(nlp, rows), Adam(0.01), losses=losses, **settings)
    return losses


def models(nlp):
    return {name: weights_of(pipe.model) for name, pipe in nlp.pipeline}


# Learning


@pytest.mark.parametrize("target", TARGETS, ids=str)
@pytest.mark.parametrize("loss", ["L2", "cosine"])
def test_the_loss_falls_and_the_encoder_learns(vectors, target, loss):
    nlp = make(vectors, loss=loss, model={"target": target}, mask_prob=0.1)
    fix_random_seed(0)
    nlp.initialize(lambda: make_examples(nlp, LONG))
    before = models(nlp)
    optimizer = Adam(0.01)
    found = []
    for _ in range(60):
        losses = {}
        step(nlp, make_examples(nlp, LONG), optimizer, losses=losses)
        found.append(losses["lmao"])
    assert numpy.mean(found[-5:]) < 0.6 * numpy.mean(found[:3])
    after = models(nlp)
    assert not same_weights(before["tok2vec"], after["tok2vec"])
    assert not same_weights(before["lmao"], after["lmao"])


def test_it_learns_beside_labelled_tasks(vectors):
    nlp = make(vectors, "sentiment", "topic")
    initialize(nlp, ROWS)
    optimizer = Adam(0.02)
    first, last = {}, {}
    for number in range(40):
        losses = first if number == 0 else last
        last.clear()
        for rows in (SENTIMENT, TOPIC, RAW):
            step(nlp, make_examples(nlp, rows), optimizer, losses=losses)
    assert all(last[name] < 0.8 * first[name] for name in ("sentiment", "topic", "lmao"))


def test_the_loss_and_its_gradient_are_weighted(vectors):
    found = []
    for weight in (1.0, 3.0, 0.0):
        nlp = make(vectors, loss_weight=weight)
        initialize(nlp, RAW)
        losses = {}
        numpy.random.seed(0)
        recorder = gradients(nlp, make_examples(nlp, RAW), losses=losses)
        found.append((losses["lmao"], recorder.of(nlp.get_pipe("tok2vec").model)))
    assert found[1][0] == pytest.approx(3 * found[0][0])
    for one, three, none in zip(*[item[1] for item in found], strict=True):
        assert_allclose(three, 3 * one, rtol=1e-4, atol=1e-7)
        assert not none.any()


@pytest.mark.parametrize("target", ["word", "trigram"])
def test_a_weight_beyond_single_precision_is_named(vectors, target):
    nlp = make(vectors, model={"target": target})
    initialize(nlp, RAW)
    nlp.get_pipe("lmao").cfg["loss_weight"] = 1e200
    with pytest.raises(ValueError, match=r"E870.*loss_weight"), numpy.errstate(all="ignore"):
        update(nlp, RAW)


def test_several_batches_before_a_step(vectors):
    nlp = make(vectors)
    initialize(nlp, RAW)
    before = models(nlp)
    for rows in (RAW[:1], RAW[1:]):
        nlp.update(make_examples(nlp, rows), sgd=False)
    for _, pipe in nlp.pipeline:
        pipe.finish_update(Adam(0.01))
    after = models(nlp)
    assert not any(same_weights(before[name], after[name]) for name in before)


@pytest.mark.parametrize("name", ["tok2vec", "lmao"])
@pytest.mark.parametrize(
    "target", [*TARGETS, {"word": 1.0, "trigram": 0.3, "document": 2.0}], ids=str
)
@pytest.mark.parametrize("hidden_size", [0, 4])
def test_gradients_are_those_of_the_loss(vectors, name, target, hidden_size):
    nlp = make(vectors, model={"target": target, "hidden_size": hidden_size}, mask_prob=0.4)
    initialize(nlp, LONG)
    examples = make_examples(nlp, LONG)

    def loss():
        numpy.random.seed(3)  # one masking, one place where texts are cut
        return nlp.update(examples, sgd=False)["lmao"]

    numpy.random.seed(3)
    model = nlp.get_pipe(name).model
    found = gradients(nlp, examples).of(model)
    rng = numpy.random.default_rng(0)
    params = [(node, key) for node in model.walk() for key in node.param_names]
    for (node, key), gradient in zip(params, found, strict=True):
        direction = gradient / (numpy.linalg.norm(gradient) + 1e-12)
        direction = direction + 0.1 * rng.normal(size=gradient.shape)
        expected = numeric_gradient(loss, node.get_param(key), direction, eps=2e-4)
        assert (gradient * direction).sum() == pytest.approx(expected, rel=0.03, abs=3e-3), (
            node.name
        )


# Batches of other tasks


def test_idle_steps_change_nothing(vectors):
    nlp = make(vectors, "sentiment")
    initialize(nlp, SENTIMENT + RAW)
    optimizer = Adam(0.05, L2=0.1, use_averages=True)
    step(nlp, make_examples(nlp, RAW), optimizer)
    pipe = nlp.get_pipe("lmao")
    keys = {(node.id, key) for node in pipe.model.walk() for key in node.param_names}

    def state():
        parts = [optimizer.mom1, optimizer.mom2, optimizer.averages, optimizer.nr_update]
        return [
            pickle.dumps({key: part[key] for key in sorted(keys) if key in part}) for part in parts
        ]

    before = weights_of(pipe.model), state()
    for _ in range(5):
        step(nlp, make_examples(nlp, SENTIMENT), optimizer)
        pipe.finish_update(optimizer)
    assert same_weights(before[0], weights_of(pipe.model))
    assert before[1] == state()
    assert (pipe.n_seen, pipe.n_updates) == (len(RAW), 1)


def test_raw_batches_leave_labelled_tasks_alone(vectors):
    nlp = make(vectors, "sentiment", "topic")
    initialize(nlp, ROWS)
    before = models(nlp)
    losses = update(nlp, RAW)
    after = models(nlp)
    assert losses["sentiment"] == losses["topic"] == 0.0
    assert all(same_weights(before[name], after[name]) for name in ("sentiment", "topic"))
    assert not same_weights(before["tok2vec"], after["tok2vec"])


@pytest.mark.parametrize("first", ["lmao", "sentiment"])
def test_the_encoder_learns_from_each_whichever_listener_is_last(vectors, first):
    nlp = spacy.blank("xx")
    add_encoder(nlp)
    for add in (add_lmao, add_task) if first == "lmao" else (add_task, add_lmao):
        if add is add_lmao:
            add_lmao(nlp, vectors)
        else:
            add_task(nlp, "sentiment")
    initialize(nlp, SENTIMENT + RAW)
    for rows in (RAW, SENTIMENT):
        before = models(nlp)
        update(nlp, rows)
        assert not same_weights(before["tok2vec"], models(nlp)["tok2vec"])


def test_a_step_with_an_own_optimizer_does_not_wait(vectors):
    nlp = make(vectors, "sentiment")
    initialize(nlp, SENTIMENT + RAW)
    before = models(nlp)
    nlp.update(make_examples(nlp, RAW), sgd=Adam(0.01))
    after = models(nlp)
    assert not same_weights(before["tok2vec"], after["tok2vec"])
    assert not same_weights(before["lmao"], after["lmao"])


# Masking


class Spy:
    """What the encoder was shown of each batch."""

    def __init__(self, nlp, monkeypatch):
        self.maskings = []
        model = nlp.get_pipe("tok2vec").model
        (reader, *_) = find_readers(model)
        forward = model._func

        def record(model, docs, is_train):
            self.maskings.append(reader.attrs[MASKING].masking)
            return forward(model, docs, is_train)

        monkeypatch.setattr(model, "_func", record)


def test_labelled_batches_are_shown_as_they_are(vectors, monkeypatch):
    nlp = make(vectors, "sentiment", mask_prob=1.0)
    initialize(nlp, SENTIMENT + RAW)
    spy = Spy(nlp, monkeypatch)
    update(nlp, SENTIMENT)
    update(nlp, RAW)
    update(nlp, SENTIMENT)
    assert spy.maskings[0] is None and spy.maskings[2] is None
    assert spy.maskings[1].chosen.all()


def test_in_a_mixed_batch_only_raw_texts_are_masked(vectors, monkeypatch):
    nlp = make(vectors, "sentiment", mask_prob=1.0)
    initialize(nlp, SENTIMENT + RAW)
    spy = Spy(nlp, monkeypatch)
    rows = [SENTIMENT[0], RAW[0], ("both of them", {**KEY, **SENTIMENT[1][1]}), RAW[1]]
    losses = update(nlp, rows)
    lengths = [len(text.split()) for text, _ in rows]
    assert_array_equal(spy.maskings[0].chosen, numpy.repeat([False, True, False, True], lengths))
    assert losses["sentiment"] > 0 and losses["lmao"] > 0


def test_a_mixed_batch_teaches_what_its_parts_do(vectors):
    nlp = make(vectors, "sentiment", mask_prob=0.0)
    initialize(nlp, SENTIMENT + RAW)
    found = []
    for rows in ([RAW], [SENTIMENT], [[*SENTIMENT[:2], *RAW, *SENTIMENT[2:]]]):
        recorder = gradients(nlp, make_examples(nlp, rows[0]))
        found.append({name: recorder.of(nlp.get_pipe(name).model) for name in nlp.pipe_names})
    raw, labelled, mixed = found
    for name in ("tok2vec", "lmao", "sentiment"):
        for a, b, both in zip(raw[name], labelled[name], mixed[name], strict=True):
            assert_allclose(both, a + b, atol=2e-6)


def test_masking_hides_the_words(vectors):
    nlp = make(vectors, mask_prob=1.0, hidden_share=1.0, replaced_share=0.0)
    initialize(nlp, RAW)
    losses = []
    targets = {"the cat": KEY}, {"dog mat": KEY}
    for rows in targets:
        examples = make_examples(nlp, rows.items())
        nlp.update(examples, sgd=False)
        losses.append(nlp.get_pipe("tok2vec")._batch.outputs[0])
        for _, pipe in nlp.pipeline:
            pipe.finish_update(Adam(0.0))
    assert_array_equal(losses[0], losses[1])


def test_only_masked_tokens_are_predicted(vectors):
    nlp = make(vectors, tokens="masked", mask_prob=0.0)
    initialize(nlp, RAW)
    before = models(nlp)
    assert update(nlp, RAW)["lmao"] == 0.0
    after = models(nlp)
    assert all(same_weights(before[name], after[name]) for name in before)
    nlp = make(vectors, tokens="masked", mask_prob=1.0)
    initialize(nlp, RAW)
    assert update(nlp, RAW)["lmao"] > 0.0


def test_two_components_learn_from_texts_of_their_own(vectors, monkeypatch):
    nlp = make(vectors, mask_prob=1.0)
    add_lmao(nlp, vectors, "other", mask_prob=1.0, loss="cosine")
    rows = [("the mat", {"other/raw": 1.0})]
    initialize(nlp, RAW + rows)
    spy = Spy(nlp, monkeypatch)
    first, second = update(nlp, RAW), update(nlp, rows)
    assert first["lmao"] > 0 and first["other"] == 0
    assert second["other"] > 0 and second["lmao"] == 0
    assert all(masking.chosen.all() for masking in spy.maskings)


def test_masking_is_over_when_an_update_fails(vectors, monkeypatch):
    nlp = make(vectors, mask_prob=1.0)
    initialize(nlp, RAW)
    model = nlp.get_pipe("tok2vec").model

    def fail(*args, **kwargs):
        raise RuntimeError

    with monkeypatch.context() as patch:
        patch.setattr(model, "_func", fail)
        with pytest.raises(RuntimeError):
            update(nlp, RAW)
    assert all(reader.attrs[MASKING].masking is None for reader in find_readers(model))


def test_documents_are_not_changed(vectors):
    nlp = make(vectors, mask_prob=1.0)
    initialize(nlp, RAW)
    examples = make_examples(nlp, RAW)
    before = [eg.predicted.to_bytes() for eg in examples]
    step(nlp, examples, Adam(0.1))
    assert [eg.predicted.to_bytes() for eg in examples] == before


# Other encoders


def test_a_frozen_encoder_stays_and_the_heads_learn(vectors):
    for settings in ({}, {"tokens": "masked", "mask_prob": 1.0}):
        nlp = make(vectors, **settings)
        initialize(nlp, RAW)
        before = models(nlp)
        losses = update(nlp, RAW, exclude=["tok2vec"], annotates=["tok2vec"])
        after = models(nlp)
        assert losses["lmao"] > 0
        assert same_weights(before["tok2vec"], after["tok2vec"])
        assert not same_weights(before["lmao"], after["lmao"])


def test_a_frozen_component_does_not_hinder_the_others(vectors):
    nlp = make(vectors, "sentiment")
    initialize(nlp, SENTIMENT + RAW)
    before = models(nlp)
    update(nlp, RAW, exclude=["lmao"])
    after = models(nlp)
    assert all(same_weights(before[name], after[name]) for name in before)
    assert update(nlp, SENTIMENT, exclude=["lmao"])["sentiment"] > 0


def test_an_encoder_that_learns_and_annotates(vectors, monkeypatch):
    nlp = make(vectors, mask_prob=1.0, tokens="masked")
    initialize(nlp, RAW)
    spy = Spy(nlp, monkeypatch)
    assert update(nlp, RAW, annotates=["tok2vec"])["lmao"] > 0
    assert spy.maskings[0].chosen.all()


def test_an_encoder_of_its_own(vectors):
    nlp = make(vectors, "sentiment", mask_prob=1.0, hidden_share=1.0, replaced_share=0.0)
    initialize(nlp, SENTIMENT + RAW)
    nlp.replace_listeners("tok2vec", "lmao", ["model.tok2vec"])
    before = models(nlp)
    assert update(nlp, RAW)["lmao"] > 0
    after = models(nlp)
    assert same_weights(before["tok2vec"], after["tok2vec"])
    assert not same_weights(before["lmao"], after["lmao"])


@pytest.mark.parametrize("encoder", [{}, {"ngram_width": 3}, {"depth": 0}], ids=str)
@pytest.mark.parametrize("target", TARGETS, ids=str)
def test_texts_without_tokens(vectors, encoder, target):
    nlp = make(vectors, encoder=encoder, model={"target": target}, mask_prob=0.5)
    initialize(nlp, RAW)
    for rows in ([("", KEY)], [("", KEY), ("", KEY)], [("", KEY), *LONG, ("", KEY)], [("  ", KEY)]):
        losses = update(nlp, rows)
        assert numpy.isfinite(list(losses.values())).all()
    assert numpy.isfinite(losses["lmao"])


def test_a_batch_without_known_words_is_an_idle_step(vectors):
    nlp = make(vectors)
    initialize(nlp, RAW)
    update(nlp, RAW)
    before = models(nlp)
    assert update(nlp, [("xx yy zz", KEY)])["lmao"] == 0.0
    after = models(nlp)
    assert all(same_weights(before[name], after[name]) for name in before)


def test_floret_vectors(tmp_path):
    make_vectors(mode="floret").to_disk(tmp_path / "vectors")
    nlp = make(tmp_path / "vectors")
    initialize(nlp, RAW)
    assert update(nlp, [("never seen words", KEY)])["lmao"] > 0


def test_vectors_of_the_vocabulary():
    nlp = make(None)
    nlp.vocab.vectors = make_vectors(*WORDS).vocab.vectors
    with pytest.warns(UserWarning, match=r"W280.*'lmao'"):
        initialize(nlp, RAW)
    assert update(nlp, RAW)["lmao"] > 0


@pytest.mark.filterwarnings("error")
def test_vectors_of_the_vocabulary_that_the_encoder_reads():
    nlp = spacy.blank("xx")
    nlp.vocab.vectors = make_vectors(*WORDS).vocab.vectors
    add_encoder(nlp, pretrained_vectors=True)
    add_lmao(nlp, None, mask_prob=0.5)
    initialize(nlp, RAW)
    assert update(nlp, RAW)["lmao"] > 0


# Syntactic heads


def parsed(nlp):
    doc = Doc(nlp.vocab, words=TEXTS[0].split(), heads=[1, 2, 2, 2, 5, 3], deps=["dep"] * 6)
    doc.cats = dict(KEY)
    return doc


def test_heads_from_annotated_texts(vectors):
    nlp = make(vectors, model={"target": "head"})
    initialize(nlp, RAW)
    examples = [Example(nlp.make_doc(TEXTS[0]), parsed(nlp))]
    losses = {}
    step(nlp, examples, Adam(0.01), losses=losses)
    assert losses["lmao"] > 0


def test_heads_of_a_text_without_a_parse(vectors):
    nlp = make(vectors, model={"target": "head"})
    initialize(nlp, RAW)
    with pytest.raises(ValueError, match=r"E254.*the cat sat"):
        update(nlp, RAW)


# The trained pipeline


def test_it_does_nothing_to_documents(vectors):
    nlp = make(vectors, "sentiment")
    initialize(nlp, SENTIMENT + RAW)
    pipe = nlp.get_pipe("lmao")
    doc = nlp.make_doc("a film")
    before = doc.to_bytes()
    assert pipe(doc) is doc
    assert list(pipe.pipe([doc])) == [doc]
    assert pipe.predict([doc]) is None and pipe.set_annotations([doc], None) is None
    assert doc.to_bytes() == before
    assert all(set(doc._.tasks) == {"sentiment"} for doc in nlp.pipe(TEXTS))


def test_it_has_no_labels_and_no_scores(vectors):
    nlp = make(vectors, "sentiment")
    initialize(nlp, SENTIMENT + RAW)
    pipe = nlp.get_pipe("lmao")
    assert pipe.labels == () and pipe.label_data is None
    with pytest.raises(ValueError, match=r"E285.*'raw'"):
        pipe.add_label("raw")
    scores = nlp.evaluate(make_examples(nlp, SENTIMENT + RAW))
    assert not [key for key in scores if key.startswith("lmao")]
    alone = nlp.evaluate(make_examples(nlp, SENTIMENT))
    for name in ("n", "score", "macro_f", "acc"):
        assert scores[f"sentiment_{name}"] == alone[f"sentiment_{name}"]


def remake(vectors):
    return make(
        vectors,
        "sentiment",
        "topic",
        model={"hidden_size": 4, "target": {"word": 1.0, "document": 0.5}},
    )


@pytest.mark.parametrize("initialized", [False, True])
@pytest.mark.parametrize("way", WAYS[:3])
def test_pipelines_survive(vectors, tmp_path, way, initialized):
    nlp = remake(vectors)
    if initialized:
        initialize(nlp, ROWS)
    other = way(nlp, tmp_path)
    if not initialized:
        initialize(other, ROWS)
        initialize(nlp, ROWS)
    assert all(same_weights(one, models(other)[name]) for name, one in models(nlp).items())
    optimizers = Adam(0.01), Adam(0.01)
    for _ in range(2):
        for one, optimizer in zip((nlp, other), optimizers, strict=True):
            fix_random_seed(1)
            for rows in (RAW, SENTIMENT):
                step(one, make_examples(one, rows), optimizer)
    assert all(same_weights(one, models(other)[name]) for name, one in models(nlp).items())


def component_to_disk(pipe, other, folder):
    pipe.to_disk(folder / "lmao")
    return other.from_disk(folder / "lmao")


def component_to_bytes(pipe, other, folder):
    return other.from_bytes(pipe.to_bytes())


def component_to_pickle(pipe, other, folder):
    return pickle.loads(pickle.dumps(pipe))


@pytest.mark.parametrize("initialized", [False, True])
@pytest.mark.parametrize("way", [component_to_disk, component_to_bytes, component_to_pickle])
def test_the_component_survives(vectors, tmp_path, way, initialized):
    nlp, other = remake(vectors), remake(vectors)
    if initialized:
        initialize(nlp, ROWS)
    pipe = way(nlp.get_pipe("lmao"), other.get_pipe("lmao"), tmp_path)
    assert same_weights(weights_of(pipe.model), weights_of(nlp.get_pipe("lmao").model))
    assert pipe.cfg == nlp.get_pipe("lmao").cfg


def test_settings_come_from_the_config_when_loading(vectors, tmp_path):
    nlp = make(vectors)
    initialize(nlp, RAW)
    nlp.to_disk(tmp_path / "nlp")
    config = {"components": {"lmao": {"loss_weight": 0.1, "mask_prob": 0.5, "vectors": "new"}}}
    pipe = spacy.load(tmp_path / "nlp", config=config).get_pipe("lmao")
    assert (pipe.cfg["loss_weight"], pipe.cfg["vectors"]) == (0.1, "new")
    assert pipe._masking.settings.mask_prob == 0.5


def test_a_copied_model_has_no_vectors(vectors):
    nlp = make(vectors)
    initialize(nlp, RAW)
    update(nlp, RAW)
    pipe = nlp.get_pipe("lmao")
    assert pipe._loaded._targets is not None
    for other in (pickle.loads(pickle.dumps(pipe)), copy.deepcopy(pipe._loaded)):
        assert getattr(other, "_loaded", other)._targets is None


def test_the_target_vectors_are_not_part_of_the_pipeline(vectors, tmp_path):
    nlp = make(vectors, "sentiment")
    initialize(nlp, SENTIMENT + RAW)
    expected = scores_of(nlp, TEXTS)
    data = spacy.load(vectors).vocab.vectors.data
    content = nlp.to_bytes() + pickle.dumps(nlp)
    assert not [row for row in data if row.tobytes() in content]
    nlp.to_disk(tmp_path / "nlp")
    files = b"".join(path.read_bytes() for path in (tmp_path / "nlp").rglob("*") if path.is_file())
    assert not [row for row in data if row.tobytes() in files]
    shutil.rmtree(vectors)
    _load.cache_clear()
    loaded = spacy.load(tmp_path / "nlp")
    assert_array_equal(scores_of(loaded, TEXTS), expected)
    assert update(loaded, SENTIMENT)["sentiment"] > 0
    with pytest.raises(ValueError, match=r"E281.*'lmao'(?s:.)*E255.*vectors"):
        update(loaded, RAW)
    loaded.remove_pipe("lmao")
    assert update(loaded, SENTIMENT + RAW)["sentiment"] > 0


def test_a_sourced_component_can_be_trained_further(vectors):
    source = make(vectors)
    initialize(source, RAW)
    nlp = spacy.blank("xx")
    for name in source.pipe_names:
        nlp.add_pipe(name, source=source)
    nlp.resume_training()
    assert update(nlp, RAW)["lmao"] > 0


@pytest.mark.filterwarnings("ignore:.*fork.*")
def test_several_processes(vectors):
    nlp = make(vectors, "sentiment")
    initialize(nlp, SENTIMENT + RAW)
    update(nlp, RAW)
    found = [doc.cats for doc in nlp.pipe(TEXTS, n_process=2)]
    assert all(len(cats) == 2 for cats in found)


def test_docs_of_raw_text_survive_a_docbin(vectors):
    nlp = make(vectors)
    initialize(nlp, RAW)
    references = [eg.reference for eg in make_examples(nlp, RAW)]
    data = DocBin(docs=references, store_user_data=True).to_bytes()
    docs = list(DocBin().from_bytes(data).get_docs(nlp.vocab))
    losses = {}
    step(nlp, [Example(nlp.make_doc(doc.text), doc) for doc in docs], Adam(0.01), losses=losses)
    assert losses["lmao"] > 0


# Bad input


def test_no_vectors():
    nlp = make(None)
    with pytest.raises(ValueError, match=r"E280.*'lmao'"):
        initialize(nlp, RAW)


def test_missing_vectors(tmp_path):
    nlp = make(tmp_path / "missing")
    with pytest.raises(ValueError, match=r"E281.*'lmao'(?s:.)*missing"):
        initialize(nlp, RAW)


def test_a_pipeline_without_vectors(tmp_path):
    spacy.blank("xx").to_disk(tmp_path / "blank")
    with pytest.raises(ValueError, match=r"E281.*'lmao'(?s:.)*E256.*blank"):
        initialize(make(tmp_path / "blank"), RAW)


def test_vectors_of_zeros(tmp_path):
    source = make_vectors(*WORDS)
    source.vocab.vectors.data[:] = 0
    source.to_disk(tmp_path / "zeros")
    with pytest.raises(ValueError, match="E252"):
        initialize(make(tmp_path / "zeros"), RAW)


def test_vectors_of_another_width(vectors, tmp_path):
    nlp = make(vectors)
    initialize(nlp, RAW)
    make_vectors(*WORDS, width=7).to_disk(tmp_path / "wide")
    nlp.get_pipe("lmao").cfg["vectors"] = str(tmp_path / "wide")
    with pytest.raises(ValueError, match=r"E283.*width 5.*width 7"):
        update(nlp, RAW)


def test_no_raw_text(vectors):
    nlp = make(vectors, "sentiment")
    with pytest.raises(ValueError, match=r"E284.*'lmao'.*sentiment"):
        initialize(nlp, SENTIMENT)


def test_the_beginning_of_a_stream_may_have_no_raw_text(vectors):
    nlp = make(vectors, "sentiment")
    nlp.config["training"]["max_epochs"] = -1
    initialize(nlp, SENTIMENT)
    assert update(nlp, RAW)["lmao"] > 0


def test_a_listener_of_another_width(vectors):
    nlp = make(vectors, model={"tok2vec": listener(width=9)})
    with pytest.raises(ValueError, match=r"E211.*'lmao'.*width 9"):
        initialize(nlp, RAW)


def test_no_encoder(vectors):
    nlp = spacy.blank("xx")
    add_lmao(nlp, vectors)
    with pytest.raises(ValueError, match=r"E210.*'lmao'"):
        initialize(nlp, RAW)


def test_an_encoder_that_cannot_be_masked(vectors):
    nlp = spacy.blank("xx")
    model = {
        "@architectures": "spacy.HashEmbedCNN.v2",
        "width": 8,
        "depth": 1,
        "embed_size": 60,
        "window_size": 1,
        "maxout_pieces": 2,
        "subword_features": True,
        "pretrained_vectors": None,
    }
    nlp.add_pipe("multitask_tok2vec", name="tok2vec", config={"model": model})
    add_lmao(nlp, vectors)
    with pytest.raises(ValueError, match=r"E282.*'lmao'.*'tok2vec'"):
        initialize(nlp, RAW)
    nlp.remove_pipe("lmao")
    add_lmao(nlp, vectors, mask_prob=0.0)
    initialize(nlp, RAW)
    assert update(nlp, RAW)["lmao"] > 0


def test_a_loss_that_is_no_number(vectors):
    nlp = make(vectors)
    initialize(nlp, RAW)
    head = nlp.get_pipe("lmao").model.layers[1]
    head.get_param("W")[:] = numpy.nan
    with pytest.raises(ValueError, match=r"E229.*'lmao'.*nan"):
        update(nlp, RAW)


def test_two_components_of_one_task(vectors):
    nlp = make(vectors)
    add_lmao(nlp, vectors, "other", task="lmao")
    with pytest.raises(ValueError, match="E228"):
        initialize(nlp, RAW)


@pytest.mark.parametrize(
    "settings, message",
    [
        ({"loss": "L1"}, r"E253.*loss"),
        ({"tokens": "some"}, r"E253.*tokens"),
        ({"weighting": "idf"}, r"E253.*weighting"),
        ({"mask_prob": 1.5}, r"E253.*mask_prob"),
        ({"hidden_share": -0.1}, r"E253.*hidden_share"),
        ({"hidden_share": 0.8, "replaced_share": 0.3}, r"E253.*hidden_share \+ replaced_share"),
        ({"loss_weight": -1.0}, r"E225.*loss_weight"),
        ({"task": "two words"}, "E001"),
        ({"model": {"target": "letter"}}, r"E253.*target"),
        ({"model": {"target": {}}}, r"E253.*target"),
        ({"model": {"hidden_size": -1}}, r"E201.*hidden_size"),
        ({"model": {"maxout_pieces": 0}}, r"E201.*maxout_pieces"),
    ],
)
def test_invalid_settings(vectors, settings, message):
    with pytest.raises(ValueError, match=message):
        make(vectors, **settings)
