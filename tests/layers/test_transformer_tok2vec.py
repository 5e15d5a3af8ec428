"""From pieces to token vectors, over a transformer that needs no PyTorch."""

from itertools import chain
from types import SimpleNamespace

import numpy
import pytest
from builders import numeric_gradient, words
from thinc.api import Model, Ragged, data_validation

from spacy_mtl.layers.transformer_tok2vec import cut_spans, transformer_tok2vec

WIDTH = 4
N_PIECES = 30
START, END = 1, 2


def encode_pieces(model, docs, is_train):
    """One piece a character, none for a token of underscores, and the frame around all."""
    encoded = []
    for doc in docs:
        tokens = [[3 + ord(char) % 20 for char in token.text.strip("_")] for token in doc]
        pieces = [[START], *tokens, [END]]
        flat = numpy.asarray(list(chain.from_iterable(pieces)), dtype="i")
        encoded.append(Ragged(flat, numpy.asarray([len(piece) for piece in pieces], dtype="i")))
    return encoded, list


def transform(model, spans, is_train):
    """Each piece's vector is its row of a table, and a part of the mean of its span."""
    table = model.get_param("table")
    model.attrs["calls"].append([len(span) for span in spans])
    outputs = [[table[span] + 0.5 * table[span].mean(axis=0)] for span in spans]

    def backprop(d_outputs):
        for span, (d_output,) in zip(spans, d_outputs, strict=True):
            d_table = numpy.zeros_like(table)
            numpy.add.at(d_table, span, d_output + 0.5 * d_output.mean(axis=0))
            model.inc_grad("table", d_table)
        return []

    return SimpleNamespace(all_outputs=outputs), backprop


def make(*, window=8, stride=6, span_batch=3):
    table = numpy.random.default_rng(0).normal(size=(N_PIECES, WIDTH)).astype("f")
    transformer = Model(
        "table", transform, params={"table": table}, dims={"nO": WIDTH}, attrs={"calls": []}
    )
    return transformer_tok2vec(
        Model("pieces", encode_pieces),
        transformer,
        kind="bert",
        vocab_size=N_PIECES,
        window=window,
        stride=stride,
        span_batch=span_batch,
    )


@pytest.fixture
def docs(nlp):
    long = " ".join(["abcdef", "gh", "_", "ijklmnop"] * 4)
    return words(nlp, "ab c", "", "_ _", long, "hello _ there")


@pytest.mark.parametrize("n_pieces", [2, 7, 8, 9, 13, 14, 15, 40])
@pytest.mark.parametrize("window, stride", [(8, 6), (8, 4), (8, 8), (7, 3), (1, 1)])
def test_each_piece_is_taken_from_one_span_that_reads_it(n_pieces, window, stride):
    spans = list(cut_spans(n_pieces, window, stride, offset=5))
    taken = [piece for span in spans for piece in range(span.first, span.last)]
    assert taken == list(range(5, 5 + n_pieces))
    for span in spans:
        assert span.start <= span.first < span.last <= span.stop
        assert span.stop - span.start <= window


def test_a_piece_is_taken_from_where_it_has_most_around_it():
    first, second, _ = cut_spans(20, 8, 6)
    assert (first.first, first.last) == (0, 7)
    assert (second.start, second.first) == (6, 7)


def test_a_token_is_the_mean_of_its_pieces(nlp):
    model = make(window=8)
    table = model.get_ref("transformer").get_param("table")
    doc = words(nlp, "ab c")[0]
    pieces = [START, 3 + ord("a") % 20, 3 + ord("b") % 20, 3 + ord("c") % 20, END]
    vectors = table[pieces] + 0.5 * table[pieces].mean(axis=0)
    (found,) = model.predict([doc])
    numpy.testing.assert_allclose(found, [vectors[1:3].mean(axis=0), vectors[3]], atol=1e-6)


def test_shapes_of_all_kinds_of_documents(docs):
    with data_validation(True):
        found = make().predict(docs)
    assert [vectors.shape for vectors in found] == [(len(doc), WIDTH) for doc in docs]
    assert all(vectors.dtype == numpy.float32 for vectors in found)


def test_tokens_without_pieces_are_zeros(docs):
    found = make().predict(docs)
    assert not found[2].any()
    assert not found[4][1].any() and found[4][0].all()


@pytest.mark.parametrize("empty", [[], ["", ""]])
def test_nothing_to_encode(nlp, empty):
    model = make()
    Y, backprop = model(words(nlp, *empty), is_train=True)
    assert [vectors.shape for vectors in Y] == [(0, WIDTH) for _ in empty]
    assert backprop(Y) == []


def test_a_document_does_not_depend_on_its_batch(docs):
    model = make()
    apart = [model.predict([doc])[0] for doc in docs]
    for found, expected in zip(model.predict(docs), apart, strict=True):
        numpy.testing.assert_allclose(found, expected, atol=1e-6)


def test_spans_of_like_length_are_read_together(docs):
    model = make(span_batch=3)
    model.predict(docs)
    calls = model.get_ref("transformer").attrs["calls"]
    assert len(calls) > 2
    assert max(map(len, calls)) == 3
    lengths = list(chain.from_iterable(calls))
    assert lengths == sorted(lengths)


@pytest.mark.parametrize("window, stride, span_batch", [(8, 6, 3), (8, 4, 100), (100, 100, 1)])
def test_the_gradient_is_that_of_the_output(docs, window, stride, span_batch):
    model = make(window=window, stride=stride, span_batch=span_batch)
    transformer = model.get_ref("transformer")
    rng = numpy.random.default_rng(1)
    dY = [rng.normal(size=(len(doc), WIDTH)).astype("f") for doc in docs]
    _, backprop = model(docs, is_train=True)
    assert backprop(dY) == []
    direction = rng.normal(size=(N_PIECES, WIDTH)).astype("f")

    def loss():
        return float(sum((y * d).sum() for y, d in zip(model.predict(docs), dY, strict=True)))

    expected = numeric_gradient(loss, transformer.get_param("table"), direction, eps=1e-2)
    found = float((transformer.get_grad("table") * direction).sum())
    assert found == pytest.approx(expected, rel=1e-3)


def test_the_gradient_it_was_given_is_left_as_it_is(docs):
    model = make()
    Y, backprop = model(docs, is_train=True)
    dY = [vectors.copy() for vectors in Y]
    backprop(dY)
    for before, after in zip(Y, dY, strict=True):
        numpy.testing.assert_array_equal(before, after)


def test_more_pieces_than_the_transformer_has_room_for(nlp):
    model = make()
    model.attrs["vocab_size"] = 5
    with pytest.raises(ValueError, match=r"E492.* at least 17 pieces.* 5 only"):
        model.initialize(X=words(nlp, "q"))


def test_pieces_that_were_not_loaded(nlp):
    def encode(model, docs, is_train):
        raise RuntimeError("unknown piece [CLS]")

    model = make()
    model.get_ref("piece_encoder")._func = encode
    with pytest.raises(ValueError, match=r"E491.*unknown piece \[CLS\].*PretrainedTransformer"):
        model.initialize(X=words(nlp, "a"))
