"""The nearest texts of a corpus."""

import numpy
import pytest
from pipelines import make_model, write_texts

from spacy_mtl.inference.embedder import Embedder, embed_file
from spacy_mtl.inference.similar import SimilarTexts, build_index


def test_finds_the_nearest_by_cosine(model, source, texts, tmp_path):
    similar = build_index(model, source, tmp_path / "index")
    (found,) = similar.find([texts[1]], 5)
    vectors = Embedder(model)(texts)
    unit = vectors / numpy.maximum(numpy.linalg.norm(vectors, axis=1, keepdims=True), 1e-9)
    cosines = unit @ unit[1]
    assert [hit.similarity for hit in found] == pytest.approx(sorted(cosines)[-5:][::-1], abs=1e-5)
    for hit in found:
        assert hit.text == texts[hit.row]
        assert hit.fields == {"id": hit.row}
        assert hit.similarity == pytest.approx(cosines[hit.row], abs=1e-5)


def test_the_index_can_be_opened_again(model, source, texts, tmp_path):
    first = build_index(model, source, tmp_path / "index").find(texts[:20], 3)
    again = SimilarTexts(make_model(), tmp_path / "index")
    assert len(again) == len(texts)
    assert again.find(texts[:20], 3) == first
    assert again.find([""], 3) == [[]]


def test_an_approximate_index(model, source, texts, tmp_path):
    pytest.importorskip("faiss")
    exact = build_index(model, source, tmp_path / "exact", exact=True).find(texts[:20], 3)
    similar = build_index(model, source, tmp_path / "index", exact=False)
    assert not similar.nearest.exact
    # So few vectors are in one list, which is searched as a whole.
    assert similar.find(texts[:20], 3) == exact
    again = SimilarTexts(model, tmp_path / "index")
    assert not again.nearest.exact
    assert again.find(texts[:20], 3) == exact
    assert SimilarTexts(model, tmp_path / "index", exact=True).nearest.exact
    assert SimilarTexts(model, tmp_path / "exact", exact=False).find(texts[:20], 3) == exact


@pytest.mark.parametrize("kind", ["npy", "jsonl", "parquet"])
def test_embeddings_that_are_there(model, source, texts, tmp_path, kind):
    if kind == "parquet":
        pytest.importorskip("pyarrow")
    embed_file(model, source, tmp_path / f"embeddings.{kind}")
    expected = build_index(model, source, tmp_path / "one").find(texts, 3)
    embeddings = tmp_path / f"embeddings.{kind}"
    similar = build_index(model, source, tmp_path / "two", embeddings=embeddings)
    assert similar.find(texts, 3) == expected


def test_embeddings_that_do_not_fit(model, source, texts, tmp_path):
    embed_file(make_model(n_steps=2), source, tmp_path / "other.npy")
    with pytest.raises(ValueError, match=r"E629.*the model gives other ones"):
        build_index(model, source, tmp_path / "index", embeddings=tmp_path / "other.npy")
    write_texts(tmp_path / "fewer.jsonl", texts[:20])
    with pytest.raises(ValueError, match=r"E629.*their shape"):
        build_index(
            model, tmp_path / "fewer.jsonl", tmp_path / "index", embeddings=tmp_path / "other.npy"
        )
    with pytest.raises(ValueError, match="E628"):
        build_index(model, source, tmp_path / "index", embeddings=source)
    with pytest.raises(ValueError, match="E630"):
        SimilarTexts(model, tmp_path / "index")


def test_an_index_of_another_model(model, source, tmp_path):
    build_index(model, source, tmp_path / "index")
    with pytest.raises(ValueError, match="E631"):
        SimilarTexts(make_model(n_steps=2), tmp_path / "index")


def test_an_index_is_kept(model, source, texts, tmp_path):
    build_index(model, source, tmp_path / "index")
    with pytest.raises(ValueError, match="E616"):
        build_index(model, source, tmp_path / "index")
    write_texts(source, texts[:5])
    assert len(build_index(model, source, tmp_path / "index", overwrite=True)) == 5


@pytest.mark.parametrize("texts", [[], ["", ""]])
def test_no_text(model, tmp_path, texts):
    source = write_texts(tmp_path / "none.jsonl", texts)
    with pytest.raises(ValueError, match="E632"):
        build_index(model, source, tmp_path / "index")


@pytest.mark.parametrize(
    "name, data",
    [
        ("meta.json", b"[]"),
        ("meta.json", b'{"text_field": "text"}'),
        ("offsets.npy", b""),
        ("offsets.npy", b"\x93NUMPY\x01\x00v\x00{"),
        ("nearest/rows.npy", b""),
        ("nearest/unit_vectors.npy", b"a"),
        ("texts.jsonl", b""),
        ("texts.jsonl", b"[]\n" * 4000),
    ],
)
def test_a_damaged_index_is_told_of(name, data, model, source, texts, tmp_path):
    build_index(model, source, tmp_path / "index", exact=True)
    assert (tmp_path / "index" / name).is_file()
    (tmp_path / "index" / name).write_bytes(data)
    with pytest.raises(ValueError, match=r"E630.*index"):
        SimilarTexts(model, tmp_path / "index").find(texts[1:2], 3)


@pytest.mark.parametrize(
    "name, array",
    [
        ("unit_vectors", numpy.ones((3, 2), dtype="i")),
        ("unit_vectors", numpy.ones(3, dtype="f")),
        ("rows", numpy.ones(3, dtype="int64")),
        ("rows", numpy.ones((75, 1), dtype="f")),
    ],
)
def test_vectors_of_another_kind_are_told_of(name, array, model, source, tmp_path):
    build_index(model, source, tmp_path / "index", exact=True)
    numpy.save(tmp_path / "index" / "nearest" / f"{name}.npy", array)
    with pytest.raises(ValueError, match=r"E903.*nearest"):
        SimilarTexts(model, tmp_path / "index")
