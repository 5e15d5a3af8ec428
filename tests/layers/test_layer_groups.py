import pytest
from builders import ENCODER, SENTIMENT, make_examples, make_vectors
from spacy.util import registry
from thinc.api import Linear, Model, chain

from spacy_mtl.layers.layer_groups import layer_groups

STOCK = {
    "@architectures": "spacy.HashEmbedCNN.v2",
    "width": 8,
    "depth": 2,
    "embed_size": 60,
    "window_size": 1,
    "maxout_pieces": 2,
    "subword_features": True,
    "pretrained_vectors": None,
}
MISH = {
    "@architectures": "spacy.Tok2Vec.v2",
    "embed": {
        "@architectures": "spacy.MultiHashEmbed.v2",
        "width": 8,
        "attrs": ["NORM"],
        "rows": [20],
        "include_static_vectors": False,
    },
    "encode": {
        "@architectures": "spacy.MishWindowEncoder.v2",
        "width": 8,
        "depth": 3,
        "window_size": 1,
    },
}


def build(config):
    return registry.resolve({"model": config})["model"]


def outline(model):
    return [(group.name, group.level) for group in layer_groups(model)]


@pytest.mark.parametrize(
    "config, expected",
    [
        ({**ENCODER, "depth": 0}, [("embed", 0)]),
        (ENCODER, [("embed", 0), ("window1", 1)]),
        ({**ENCODER, "depth": 2}, [("embed", 0), ("window1", 1), ("window2", 2)]),
        ({**ENCODER, "ngram_width": 2}, [("embed", 0), ("ngrams", 0), ("window1", 1)]),
        ({**ENCODER, "pretrained_vectors": True}, [("embed", 0), ("window1", 1)]),
        (STOCK, [("embed", 0), ("window1", 1), ("window2", 2)]),
        (MISH, [("embed", 0), ("window1", 1), ("window2", 2), ("window3", 3)]),
    ],
)
def test_groups_of_embeddings_and_windows(config, expected):
    assert outline(build(config)) == expected


@pytest.mark.parametrize(
    "config",
    [ENCODER, {**ENCODER, "depth": 3, "ngram_width": 2, "pretrained_vectors": True}, STOCK],
)
def test_each_parameter_is_in_exactly_one_group(config):
    model = build(config)
    found = [key for group in layer_groups(model) for key in group.keys]
    expected = [(node.id, name) for node in model.walk() for name in node.param_names]
    assert sorted(found) == sorted(expected)
    assert all(group.keys for group in layer_groups(model))


def test_static_vectors_belong_to_the_embeddings():
    nlp = make_vectors("a", "good", "film")
    model = build({**ENCODER, "pretrained_vectors": True})
    model.initialize(X=[example.reference for example in make_examples(nlp, SENTIMENT)])
    (static,) = (node for node in model.walk() if node.name == "static_vectors")
    assert (static.id, "W") in layer_groups(model)[0].keys


def test_groups_are_found_inside_another_model():
    model = build({"@architectures": "spacy_mtl.SentenceEncoder.v1", "tok2vec": ENCODER})
    assert outline(model) == [("embed", 0), ("window1", 1)]


def test_layers_without_windows_are_one_group():
    embed, encode, top = Linear(2, 2), Linear(2, 2), Linear(2, 2)
    model = chain(embed, encode, top)
    model.set_ref("embed", embed)
    model.set_ref("encode", encode)
    assert outline(model) == [("embed", 0), ("encode", 1)]
    assert layer_groups(model)[1].keys == {(node.id, key) for node in (encode, top) for key in "Wb"}


def test_an_unknown_encoder_is_one_group():
    model = chain(Linear(2, 2), Linear(2, 2))
    assert outline(model) == [("encoder", 0)]
    assert len(layer_groups(model)[0].keys) == 4


class Torch:
    """A model of PyTorch's kind, as far as names go."""

    def __init__(self, *names):
        self.names = names

    def named_parameters(self):
        return [(name, None) for name in self.names]


class Shim:
    id = -7

    def __init__(self, *names):
        self._model = Torch(*names)


@pytest.mark.parametrize(
    "prefix", ["encoder.layers.", "layers.", "encoder.layer.", "transformer.layer."]
)
def test_layers_of_a_transformer_are_known_by_their_names(prefix):
    names = ["embeddings.word.weight", "pooler.weight"]
    # More than nine layers, so that an order of strings would show.
    names += [f"{prefix}{i}.dense.{part}" for i in range(11) for part in ("weight", "bias")]
    model: Model = Model("transformer", lambda model, X, is_train: X, shims=[Shim(*names)])
    groups = {group.name: group for group in layer_groups(model)}
    assert list(groups) == ["embed", *(f"layer{i}" for i in range(1, 12))]
    assert groups["embed"].keys == {(-7, "embeddings.word.weight")}
    assert (-7, f"{prefix}9.dense.bias") in groups["layer10"].keys
    assert (-7, "pooler.weight") in groups["layer11"].keys
    assert [group.level for group in groups.values()] == list(range(12))


def test_a_transformer_without_embeddings_has_layers_alone():
    shim = Shim("layers.0.weight", "layers.1.weight")
    model: Model = Model("transformer", lambda model, X, is_train: X, shims=[shim])
    assert outline(model) == [("layer1", 1), ("layer2", 2)]


def test_a_transformer_without_parameters_yet_is_one_group():
    model: Model = Model("transformer", lambda model, X, is_train: X, shims=[Shim()])
    assert outline(model) == [("encoder", 0)]
