"""Training word vectors."""

import json
import random
import shutil
import sys

import numpy
import pytest
import spacy
from hypothesis import given, settings
from hypothesis import strategies as st
from spacy.training.initialize import load_vectors_into_model

from spacy_mtl.training.vectors import VectorSettings, choose_sizes, train_vectors

floret = pytest.importorskip("floret", reason='needs the extra "vectors"')

SMALL = {"dim": 8, "epochs": 40, "min_count": 2, "buckets": 500, "threads": 1}
WORDS = {"food": ["Bread", "cheese", "soup", "rice"], "road": ["car", "bus", "train", "tram"]}


def write_texts(path, texts):
    path.write_text("".join(json.dumps({"text": text}) + "\n" for text in texts), "utf8")
    return path


@pytest.fixture(scope="module")
def raw(tmp_path_factory):
    rng = random.Random(0)
    texts = [" ".join(rng.choices(WORDS[rng.choice(list(WORDS))], k=8)) for _ in range(300)]
    return write_texts(tmp_path_factory.mktemp("raw") / "raw.jsonl", [*texts, "\u00a0once \n rare"])


@pytest.fixture(params=["floret", "default"])
def mode(request):
    return request.param


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def is_one_word(word):
    # What floret, and the file that spaCy reads, take for the end of a word.
    return not set(word) & set("\0\v\f") and not word.isspace() and word == word.strip()


def test_blank_pipeline_has_the_vectors(raw, tmp_path, mode):
    report = train_vectors(raw, tmp_path / "new" / "out", VectorSettings(mode=mode, **SMALL))
    assert names(tmp_path / "new") == ["out"]
    nlp = spacy.load(tmp_path / "new" / "out")
    assert nlp.pipe_names == []
    vectors = nlp.vocab.vectors
    assert vectors.mode == mode
    assert vectors.name == "en_out.vectors"
    assert (report.texts, report.words, report.distinct) == (301, 2402, 8)
    assert vectors.shape == (500 if mode == "floret" else 8, 8) == (report.rows, 8)
    assert nlp.vocab["unheard"].has_vector == (mode == "floret")
    assert "once" not in nlp.vocab.strings
    if mode == "default":
        words = {nlp.vocab.strings[key].lower() for key in vectors}
        assert words == {word.lower() for words in WORDS.values() for word in words}


def test_words_in_lower_case_have_one_vector(raw, tmp_path, mode):
    train_vectors(raw, tmp_path / "out", VectorSettings(mode=mode, **SMALL))
    nlp = spacy.load(tmp_path / "out")
    doc = nlp("Bread bread BREAD")
    assert doc[0].has_vector
    assert (doc[0].vector == doc[1].vector).all() and (doc[1].vector == doc[2].vector).all()
    assert doc[0].vector.any()


def test_words_as_they_are_written(raw, tmp_path):
    train_vectors(raw, tmp_path / "out", VectorSettings(mode="default", lower=False, **SMALL))
    nlp = spacy.load(tmp_path / "out")
    assert [token.has_vector for token in nlp("Bread bread")] == [True, False]


def test_spacy_gets_the_vectors_that_floret_trained(raw, tmp_path, mode):
    config = VectorSettings(mode=mode, minn=2, maxn=3, window=3, model="cbow", **SMALL)
    train_vectors(raw, tmp_path / "out", config)
    texts = [json.loads(line)["text"].lower().split() for line in raw.open(encoding="utf8")]
    (tmp_path / "words.txt").write_text("".join(" ".join(text) + "\n" for text in texts), "utf8")
    model = floret.train_unsupervised(
        str(tmp_path / "words.txt"),
        mode="floret" if mode == "floret" else "fasttext",
        hashCount=2 if mode == "floret" else 1,
        model="cbow",
        dim=8,
        epoch=40,
        minCount=2,
        ws=3,
        bucket=500,
        minn=2,
        maxn=3,
        thread=1,
        verbose=0,
    )
    nlp = spacy.load(tmp_path / "out")
    # (floret's own vector of its most frequent word is not that of the word's subwords.)
    for word in [word for word in model.words if word not in ("</s>", model.words[0])]:
        expected = model.get_word_vector(word)
        numpy.testing.assert_allclose(nlp.vocab[word].vector, expected, atol=1e-4, rtol=1e-3)


def test_one_thread_gives_the_same_vectors_twice(raw, tmp_path, mode):
    for name in ("a", "b"):
        train_vectors(raw, tmp_path / name, VectorSettings(mode=mode, **SMALL))
    a, b = (spacy.load(tmp_path / name).vocab.vectors.data for name in ("a", "b"))
    assert (a == b).all()


def test_a_config_can_name_the_folder(raw, tmp_path, mode):
    train_vectors(raw, tmp_path / "out", VectorSettings(mode=mode, **SMALL))
    nlp = spacy.blank("en")
    load_vectors_into_model(nlp, str(tmp_path / "out"))
    assert nlp.vocab.vectors.mode == mode
    assert nlp.vocab["bread"].has_vector


def test_words_do_not_depend_on_where_a_memory_zone_ends(raw, tmp_path, monkeypatch):
    for zone in (10, 10_000):
        monkeypatch.setattr("spacy_mtl.training.vectors._ZONE", zone)
        train_vectors(raw, tmp_path / str(zone), VectorSettings(mode="default", **SMALL))
    a, b = (spacy.load(tmp_path / name).vocab.vectors for name in ("10", "10000"))
    assert a.key2row == b.key2row and (a.data == b.data).all()


def test_sizes_follow_the_amount_of_text(mode):
    small, large = (choose_sizes(VectorSettings(mode=mode), n) for n in (10_000, 10_000_000))
    assert small.epochs > large.epochs == 5
    assert small.buckets < large.buckets
    fixed = VectorSettings(mode=mode, epochs=3, buckets=7)
    assert choose_sizes(fixed, 10_000) == fixed


def test_an_existing_pipeline_is_kept_unless_forced(raw, tmp_path):
    spacy.blank("de").to_disk(tmp_path / "out")
    with pytest.raises(FileExistsError, match=r"\[E189\].*out.*--force"):
        train_vectors(raw, tmp_path / "out", VectorSettings(**SMALL))
    assert spacy.load(tmp_path / "out").lang == "de"
    train_vectors(raw, tmp_path / "out", VectorSettings(**SMALL), overwrite=True)
    assert spacy.load(tmp_path / "out").lang == "en"
    assert names(tmp_path) == ["out"]


def test_a_folder_that_holds_something_else_is_never_replaced(raw, tmp_path):
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "thesis.txt").write_text("precious")
    with pytest.raises(FileExistsError, match=r"\[E190\]"):
        train_vectors(raw, tmp_path / "out", VectorSettings(**SMALL), overwrite=True)
    assert names(tmp_path / "out") == ["thesis.txt"]


def test_a_name_that_is_no_text_is_told_of(raw, tmp_path):
    with pytest.raises(ValueError, match=r"\[E192\].*udcb6"):
        train_vectors(raw, tmp_path / "a\udcb6", VectorSettings(**SMALL))
    assert names(tmp_path) == []


@pytest.mark.parametrize("error", [KeyboardInterrupt, OSError, MemoryError])
@pytest.mark.parametrize("name", ["train_unsupervised", "convert_vectors"])
def test_nothing_is_left_behind_by_an_interruption(raw, tmp_path, monkeypatch, error, name):
    def fail(*args, **kwargs):
        raise error

    spacy.blank("de").to_disk(tmp_path / "old")
    target = floret if name == "train_unsupervised" else "spacy_mtl.training.vectors"
    monkeypatch.setattr(
        target if target is floret else f"{target}.{name}",
        *((name, fail) if target is floret else (fail,)),
    )
    for output in (tmp_path / "old", tmp_path / "a" / "b"):
        with pytest.raises(error):
            train_vectors(raw, output, VectorSettings(**SMALL), overwrite=True)
    assert names(tmp_path) == ["old"]
    assert spacy.load(tmp_path / "old").lang == "de"


def test_the_old_pipeline_comes_back_if_the_new_one_cannot_be_moved(raw, tmp_path, monkeypatch):
    spacy.blank("de").to_disk(tmp_path / "out")
    write = spacy.language.Language.to_disk

    def write_and_remove(nlp, path):
        write(nlp, path)
        shutil.rmtree(path)

    monkeypatch.setattr(spacy.language.Language, "to_disk", write_and_remove)
    with pytest.raises(FileNotFoundError):
        train_vectors(raw, tmp_path / "out", VectorSettings(**SMALL), overwrite=True)
    assert spacy.load(tmp_path / "out").lang == "de"


@pytest.mark.parametrize(
    ("name", "value"),
    [("mode", "word2vec"), ("model", "glove"), ("dim", 0), ("epochs", -1), ("min_count", 0)]
    + [("window", 0), ("threads", 0), ("buckets", -1), ("minn", 0), ("maxn", 2), ("maxn", 0)],
)
def test_invalid_settings(raw, tmp_path, name, value):
    with pytest.raises(ValueError, match=rf"\[E188\].*'{name}'.*--{name.replace('_', '-')}"):
        train_vectors(raw, tmp_path / "out", VectorSettings(**{name: value}))


def test_no_text(tmp_path, mode):
    raw = write_texts(tmp_path / "raw.jsonl", ["", " "])
    with pytest.raises(ValueError, match=r"\[E186\].*raw\.jsonl"):
        train_vectors(raw, tmp_path / "out", VectorSettings(mode=mode))
    assert names(tmp_path) == ["raw.jsonl"]


@pytest.mark.parametrize("lines", [1, 20])
def test_all_words_are_rare(tmp_path, mode, lines):
    raw = write_texts(tmp_path / "raw.jsonl", [f"word{i}" for i in range(lines)])
    with pytest.raises(ValueError, match=rf"\[E187\] .*none of the {lines} words.*--min-count"):
        train_vectors(raw, tmp_path / "out", VectorSettings(mode=mode))
    assert names(tmp_path) == ["raw.jsonl"]


def test_missing_file_and_bad_lines(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"\[E184\].*raw\.jsonl"):
        train_vectors(tmp_path / "raw.jsonl", tmp_path / "out")
    (tmp_path / "raw.jsonl").write_text('{"text": "a"}\n{"txt": "a"}\n')
    with pytest.raises(ValueError, match=r"(?s)\[E183\].*raw\.jsonl:2: no 'text'; found: txt"):
        train_vectors(tmp_path / "raw.jsonl", tmp_path / "out")
    assert names(tmp_path) == ["raw.jsonl"]


def test_unknown_language(raw, tmp_path):
    with pytest.raises(ValueError, match=r"\[E307\].*'qq'"):
        train_vectors(raw, tmp_path / "out", lang="qq")


def test_missing_extra(raw, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "floret", None)
    with pytest.raises(ValueError, match=r'\[E191\].*pip install "spacy-mtl\[vectors\]"'):
        train_vectors(raw, tmp_path / "out")


@pytest.mark.slow
@settings(max_examples=8)
@given(st.lists(st.text(st.characters(exclude_categories=["Cs"]), min_size=1), max_size=5))
def test_any_text_can_be_trained_on(tmp_path_factory, texts):
    folder = tmp_path_factory.mktemp("any")
    raw = write_texts(folder / "raw.jsonl", [*texts, "word"])
    for mode in ("floret", "default"):
        config = VectorSettings(mode=mode, dim=2, epochs=1, min_count=1, buckets=50)
        report = train_vectors(raw, folder / mode, config)
        nlp = spacy.load(folder / mode)
        assert nlp.vocab["word"].has_vector
        if mode == "default":
            words = {token.lower_ for text in [*texts, "word"] for token in nlp.tokenizer(text)}
            assert all(nlp.vocab[word].has_vector for word in words if is_one_word(word))
            assert 1 <= report.rows <= report.distinct
