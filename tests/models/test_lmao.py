"""The pretraining objective on an encoder, alone and in `spacy pretrain`."""

import json

import numpy
import pytest
import spacy
from builders import (
    ENCODER,
    SENTIMENT,
    add_encoder,
    add_task,
    make_examples,
    make_vectors,
    numeric_gradient,
    same_weights,
    weights_of,
    words,
)
from numpy.testing import assert_allclose, assert_array_equal
from spacy.cli.init_config import fill_config
from spacy.tokens import Doc
from spacy.training.pretrain import pretrain
from spacy.util import load_config, registry
from thinc.api import Adam, fix_random_seed

from spacy_mtl.layers.fast_encoder import STATE
from spacy_mtl.layers.masking import find_readers
from spacy_mtl.models import vectors as vectors_module
from spacy_mtl.models.lmao import build_lmao_head_v1, build_lmao_v1
from spacy_mtl.models.vectors import load_vectors

TEXTS = ["the cat sat on the mat and the dog ran", "a dog sat", "", "the mat ."]
NAMES = sorted({word for text in TEXTS for word in text.split()})
TARGETS = [
    "word",
    "trigram",
    "document",
    {"word": 1.0, "document": 0.5},
    {"trigram": 2.0, "word": 0.1, "document": 1.0},
]


def make(nlp, *, encoder=None, **settings):
    build = registry.architectures.get("spacy_mtl.HashEmbedCNN.v1")
    blocks = {**ENCODER, **(encoder or {})}
    blocks.pop("@architectures")
    tok2vec = build(**blocks)
    model = build_lmao_v1(**settings)(nlp.vocab, tok2vec)
    model.initialize(X=words(nlp, TEXTS[0]))
    rng = numpy.random.default_rng(0)
    for node in model.walk():
        for name in node.param_names:
            if node.name != "hashembed" and not node.get_param(name).any():
                node.set_param(name, rng.normal(size=node.get_param(name).shape).astype("f"))
    for head in model.layers[1:]:
        for node in head.walk():
            for name in node.param_names:
                shape = node.get_param(name).shape
                node.set_param(name, rng.normal(0.0, 0.5, shape).astype("f"))
    return model


def learn(model, docs, seed=0):
    """The loss of a batch, and all gradients."""
    numpy.random.seed(seed)
    objective = model.attrs["loss"]
    predictions, backprop = model.begin_update(docs)
    loss, gradients = objective(model.ops, docs, predictions)
    backprop(gradients)
    found = [
        node.get_grad(name).copy()
        if node.has_grad(name)
        else numpy.zeros_like(node.get_param(name))
        for node in model.walk()
        for name in node.param_names
    ]
    for node in model.walk():
        for name in node.param_names:
            if node.has_grad(name):
                node.get_grad(name)[:] = 0.0
    return loss, found


def check_gradients(model, docs):
    rng = numpy.random.default_rng(0)
    _, found = learn(model, docs)
    params = [(node, name) for node in model.walk() for name in node.param_names]

    def loss():
        return learn(model, docs)[0]

    assert any(gradient.any() for gradient in found)
    for (node, name), gradient in zip(params, found, strict=True):
        direction = gradient / (numpy.linalg.norm(gradient) + 1e-12)
        direction = direction + 0.1 * rng.normal(size=gradient.shape)
        expected = numeric_gradient(loss, node.get_param(name), direction, eps=2e-4)
        product = (gradient * direction).sum()
        assert product == pytest.approx(expected, rel=0.03, abs=3e-3), (node.name, name)


# Gradients


@pytest.mark.parametrize("mode", ["default", "floret"])
@pytest.mark.parametrize("loss", ["L2", "cosine"])
@pytest.mark.parametrize("target", TARGETS, ids=str)
@pytest.mark.parametrize("hidden_size", [0, 4])
def test_gradients_are_those_of_the_loss(mode, loss, target, hidden_size):
    nlp = make_vectors(*NAMES[:-1], mode=mode)
    model = make(nlp, loss=loss, target=target, hidden_size=hidden_size, mask_prob=0.4)
    check_gradients(model, words(nlp, *TEXTS))


@pytest.mark.parametrize(
    "encoder",
    [{"ngram_width": 3}, {"pretrained_vectors": True}, {"depth": 0}, {"subword_features": False}],
    ids=str,
)
def test_gradients_of_other_encoders(encoder):
    nlp = make_vectors(*NAMES)
    check_gradients(make(nlp, encoder=encoder, mask_prob=0.4), words(nlp, *TEXTS))


def test_gradients_of_the_masked_tokens_alone():
    nlp = make_vectors(*NAMES)
    check_gradients(make(nlp, tokens="masked", mask_prob=0.5), words(nlp, *TEXTS))


def parsed(nlp):
    text = TEXTS[0].split()
    return Doc(nlp.vocab, words=text, heads=[1, 2, 2, 5, 5, 2, 8, 8, 9, 9], deps=["x"] * 10)


@pytest.mark.parametrize("loss", ["L2", "cosine"])
def test_gradients_of_syntactic_heads(loss):
    nlp = make_vectors(*NAMES)
    model = make(nlp, target={"head": 1.0, "word": 0.5}, loss=loss, mask_prob=0.3)
    check_gradients(model, [parsed(nlp), Doc(nlp.vocab)])


@pytest.mark.parametrize("token_dropout", [0.0, 0.4])
@pytest.mark.parametrize("mode", ["default", "floret"])
def test_both_ways_to_compute_give_the_same(mode, token_dropout):
    nlp = make_vectors(*NAMES[:-2], mode=mode)
    docs = words(nlp, *TEXTS)
    encoder = {"pretrained_vectors": True, "vector_dropout": token_dropout}
    fast, slow = (make(nlp, encoder=encoder, mask_prob=0.5) for _ in range(2))
    slow.from_bytes(fast.to_bytes())
    del slow.layers[0].attrs[STATE]
    (loss, gradients), (same_loss, same_gradients) = learn(fast, docs), learn(slow, docs)
    assert loss == pytest.approx(same_loss, rel=1e-5)
    for a, b in zip(gradients, same_gradients, strict=True):
        assert_allclose(a, b, atol=1e-5)


# What counts


def test_weights_of_several_targets_add_up():
    nlp = make_vectors(*NAMES)
    docs = words(nlp, *TEXTS)
    found = [
        make(nlp, target={"word": word, "trigram": trigram}, mask_prob=0.0)
        for word, trigram in ((1.0, 0.0), (0.0, 1.0), (0.5, 2.0))
    ]
    for model in found[1:]:
        model.from_bytes(found[0].to_bytes())
    word, trigram, both = (learn(model, docs)[0] for model in found)
    assert both == pytest.approx(0.5 * word + 2.0 * trigram, rel=1e-5)


@pytest.mark.parametrize("loss", ["L2", "cosine"])
@pytest.mark.parametrize("target", TARGETS, ids=str)
def test_a_batch_without_known_words_teaches_nothing(loss, target):
    nlp = make_vectors(*NAMES)
    model = make(nlp, loss=loss, target=target, mask_prob=0.5)
    loss, gradients = learn(model, words(nlp, "xx yy zz", " ".join(["ww"] * 20)))
    assert loss == 0.0
    assert not any(gradient.any() for gradient in gradients)


def test_unknown_words_do_not_count():
    nlp = make_vectors(*NAMES)
    model = make(nlp, encoder={"depth": 0}, mask_prob=0.0)
    assert learn(model, words(nlp, "the cat"))[0] == pytest.approx(
        learn(model, words(nlp, "the xx cat", "yy"))[0], rel=1e-5
    )


def test_masked_tokens_alone_are_predicted():
    nlp = make_vectors(*NAMES)
    model = make(nlp, tokens="masked", mask_prob=0.3)
    docs = [Doc(nlp.vocab, words=["the"] * 2000)]
    (prediction,) = model.predict(docs)
    assert abs(len(prediction.vectors) - 600) <= 5 * numpy.sqrt(2000 * 0.3 * 0.7)
    nothing = make(nlp, tokens="masked", mask_prob=0.0)
    loss, gradients = learn(nothing, docs)
    assert loss == 0.0 and not any(gradient.any() for gradient in gradients)


def test_the_word_itself_cannot_be_seen():
    nlp = make_vectors(*NAMES)
    settings = {"tokens": "masked", "mask_prob": 1.0, "hidden_share": 1.0, "replaced_share": 0.0}
    model = make(nlp, **settings)
    first, second = (model.predict(words(nlp, text))[0] for text in ("the cat", "a dog"))
    assert_array_equal(first.vectors, second.vectors)
    assert not numpy.allclose(first.pairs.targets, second.pairs.targets)


@pytest.mark.parametrize("target", [*TARGETS, "head"], ids=str)
@pytest.mark.parametrize("tokens", ["all", "masked"])
def test_texts_without_tokens(target, tokens):
    nlp = make_vectors(*NAMES)
    model = make(nlp, target=target, tokens=tokens, mask_prob=0.5)
    for docs in ([], [Doc(nlp.vocab)], [Doc(nlp.vocab)] * 3):
        loss, gradients = learn(model, docs)
        assert loss == 0.0 and not any(gradient.any() for gradient in gradients)


def test_documents_stay_and_masking_is_over():
    nlp = make_vectors(*NAMES)
    model = make(nlp, mask_prob=1.0)
    docs = words(nlp, *TEXTS)
    before = [doc.to_bytes() for doc in docs]
    learn(model, docs)
    assert [doc.to_bytes() for doc in docs] == before
    assert all(node.attrs["masking"].masking is None for node in find_readers(model))


@pytest.mark.parametrize("target", TARGETS, ids=str)
def test_the_loss_falls(target):
    nlp = make_vectors(*NAMES)
    fix_random_seed(0)
    model = make(nlp, target=target, mask_prob=0.1)
    docs = words(nlp, *TEXTS)
    optimizer = Adam(0.02)
    losses = []
    for _ in range(80):
        predictions, backprop = model.begin_update(docs)
        loss, gradients = model.attrs["loss"](model.ops, docs, predictions)
        backprop(gradients)
        model.finish_update(optimizer)
        losses.append(loss)
    assert numpy.mean(losses[-5:]) < 0.6 * numpy.mean(losses[:5])


# Vectors and settings


def test_vectors_of_a_pipeline_on_disk(tmp_path):
    make_vectors(*NAMES, width=7).to_disk(tmp_path)
    nlp = spacy.blank("xx")
    model = make(nlp, vectors=tmp_path)
    assert model.layers[1].get_dim("nO") == 7
    assert nlp.vocab.vectors.shape[1] == 0
    assert learn(model, words(nlp, *TEXTS))[0] > 0


def test_floret_vectors_of_a_pipeline_on_disk(tmp_path):
    make_vectors(mode="floret").to_disk(tmp_path)
    nlp = spacy.blank("xx")
    assert learn(make(nlp, vectors=tmp_path), words(nlp, "never seen words"))[0] > 0


def test_vectors_that_were_replaced_on_disk_are_read_again(tmp_path):
    make_vectors(*NAMES, width=5).to_disk(tmp_path)
    assert load_vectors(tmp_path).vocab.vectors.shape[1] == 5
    assert load_vectors(tmp_path) is load_vectors(str(tmp_path))
    make_vectors(*NAMES, width=7).to_disk(tmp_path)
    assert load_vectors(tmp_path).vocab.vectors.shape[1] == 7


def test_vectors_of_an_installed_pipeline(monkeypatch):
    monkeypatch.setattr(vectors_module, "load_model", lambda name, enable: make_vectors(*NAMES))
    assert load_vectors("some_installed_package").vocab.vectors.shape[1] == 5


def test_missing_vectors(tmp_path):
    with pytest.raises(ValueError, match=r"E255.*missing"):
        load_vectors(tmp_path / "missing")
    spacy.blank("xx").to_disk(tmp_path / "blank")
    with pytest.raises(ValueError, match=r"E256.*blank"):
        load_vectors(tmp_path / "blank")


def test_a_vocabulary_without_vectors():
    with pytest.raises(ValueError, match="E251"):
        make(spacy.blank("xx"))


def test_heads_need_a_parse():
    nlp = make_vectors(*NAMES)
    with pytest.raises(ValueError, match=r"E254.*the cat sat"):
        learn(make(nlp, target="head"), words(nlp, *TEXTS))


def test_an_encoder_that_cannot_be_masked():
    nlp = make_vectors(*NAMES)
    stock = {"width": 8, "depth": 1, "embed_size": 60, "window_size": 1, "maxout_pieces": 2}
    stock |= {"subword_features": True, "pretrained_vectors": None}
    build = registry.architectures.get("spacy.HashEmbedCNN.v2")
    docs = words(nlp, *TEXTS)
    model = build_lmao_v1()(nlp.vocab, build(**stock))
    model.initialize(X=docs)
    with pytest.raises(ValueError, match="E250"):
        learn(model, docs)
    model = build_lmao_v1(mask_prob=0.0)(nlp.vocab, build(**stock))
    model.initialize(X=docs)
    assert learn(model, docs)[0] > 0


@pytest.mark.parametrize(
    "settings, message",
    [
        ({"loss": "L1"}, r"E253.*loss is 'L1'"),
        ({"tokens": "some"}, r"E253.*tokens"),
        ({"weighting": "idf"}, r"E253.*weighting"),
        ({"target": "letter"}, r"E253.*target is 'letter'"),
        ({"target": {"word": 1.0, "letter": 1.0}}, r"E253.*'letter'"),
        ({"target": {}}, r"E253.*target"),
        ({"target": {"word": "1"}}, r"E253.*target.word is '1'"),
        ({"target": {"word": float("nan")}}, r"E253.*target.word is nan"),
        ({"mask_prob": -0.1}, r"E253.*mask_prob"),
        ({"hidden_share": 1.1}, r"E253.*hidden_share"),
        ({"replaced_share": 0.3}, r"E253.*hidden_share \+ replaced_share"),
        ({"hidden_size": -1}, r"E201.*hidden_size"),
        ({"maxout_pieces": 0}, r"E201.*maxout_pieces"),
    ],
)
def test_invalid_settings(settings, message):
    with pytest.raises(ValueError, match=message):
        build_lmao_v1(**settings)
    if not set(settings) <= {"target", "hidden_size", "maxout_pieces"}:
        return
    with pytest.raises(ValueError, match=message):
        build_lmao_head_v1(tok2vec=registry.resolve({"model": ENCODER})["model"], **settings)


# spacy pretrain

CONFIG = """
[paths]
raw = null
vectors = null

[nlp]
lang = "xx"
pipeline = ["tok2vec", "sentiment"]

[components]

[components.tok2vec]
factory = "multitask_tok2vec"

[components.tok2vec.model]
@architectures = "spacy_mtl.HashEmbedCNN.v1"
width = 8
depth = 1
embed_size = 60

[components.sentiment]
factory = "textcat_multitask"

[components.sentiment.model]
@architectures = "spacy_mtl.TaskHead.v1"
exclusive_classes = true
pooling = ["mean"]

[components.sentiment.model.tok2vec]
@architectures = "spacy_mtl.Tok2VecListener.v1"
width = 8

[corpora]

[corpora.pretrain]
@readers = "spacy.JsonlCorpus.v1"
path = ${paths.raw}

[training]
seed = 0
gpu_allocator = null
train_corpus = "corpora.pretrain"
dev_corpus = "corpora.pretrain"

[initialize]

[initialize.components]

[initialize.components.sentiment]
labels = ["negative", "positive"]

[pretraining]
max_epochs = 20
component = "tok2vec"
layer = ""
corpus = "corpora.pretrain"

[pretraining.batcher]
@batchers = "spacy.batch_by_words.v1"
size = 40

[pretraining.optimizer]
@optimizers = "Adam.v1"
learn_rate = 0.02

[pretraining.objective]
@architectures = "spacy_mtl.LMAO.v1"
vectors = ${paths.vectors}
"""


@pytest.mark.parametrize("target", ['"word"', '{"word": 1.0, "document": 0.5}'])
def test_pretraining_and_its_weights(tmp_path, target):
    make_vectors(*NAMES).to_disk(tmp_path / "vectors")
    rows = [json.dumps({"text": text}) for text in TEXTS * 5]
    (tmp_path / "raw.jsonl").write_text("\n".join(rows), encoding="utf8")
    text = CONFIG.replace(
        "[pretraining.objective]\n", f"[pretraining.objective]\ntarget = {target}\n"
    ).replace("${paths.vectors}", f'"{tmp_path / "vectors"}"')
    (tmp_path / "config.cfg").write_text(text, encoding="utf8")
    overrides = {"paths.raw": str(tmp_path / "raw.jsonl")}
    fill_config(tmp_path / "filled.cfg", tmp_path / "config.cfg", pretraining=True)
    config = load_config(tmp_path / "filled.cfg", overrides=overrides, interpolate=True)
    (tmp_path / "out").mkdir()
    pretrain(config, tmp_path / "out")
    log = [
        json.loads(line)
        for line in (tmp_path / "out" / "log.jsonl").read_text(encoding="utf8").splitlines()
    ]
    # The log adds losses up, so what falls is what each epoch adds.
    gains = numpy.diff([row["loss"] for row in log], prepend=0.0)
    assert 0 < gains[-6:-1].mean() < 0.3 * gains[:5].mean()
    weights = tmp_path / "out" / "model19.bin"
    config["initialize"]["init_tok2vec"] = str(weights)
    nlp = init_nlp_with(config)
    pretrained = registry.resolve({"model": config["components"]["tok2vec"]["model"]})["model"]
    pretrained.initialize(X=words(nlp, TEXTS[0]))
    pretrained.from_bytes(weights.read_bytes())
    assert same_weights(weights_of(pretrained), weights_of(nlp.get_pipe("tok2vec").model))
    assert nlp.vocab.vectors.shape[1] == 0
    losses = nlp.update(make_examples(nlp, SENTIMENT), sgd=Adam(0.01))
    assert losses["sentiment"] > 0


def init_nlp_with(config):
    nlp = spacy.util.load_model_from_config(config, auto_fill=True)
    nlp.initialize(lambda: make_examples(nlp, SENTIMENT))
    return nlp


def test_an_encoder_is_the_only_thing_that_is_kept():
    nlp = spacy.blank("xx")
    add_encoder(nlp)
    add_task(nlp, "sentiment")
    nlp.vocab.vectors = make_vectors(*NAMES).vocab.vectors
    tok2vec = nlp.get_pipe("tok2vec").model
    model = build_lmao_v1()(nlp.vocab, tok2vec)
    assert model.get_ref("tok2vec") is tok2vec
