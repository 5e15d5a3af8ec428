"""`mtl nearest`: words for hidden places, on a run whose texts have a favourite follower for each word."""

import shutil

import numpy
import pytest
import srsly
from builders import make_vectors
from pretrain_setup import CHARACTERS, LMAO, MONITOR, VECTORS, WORDS, interrupt, make_config
from spacy.cli import app
from spacy.util import load_config
from typer.testing import CliRunner

from spacy_mtl.cli.nearest import MASK, Neighbour, find_nearest, format_nearest
from spacy_mtl.layers import nearest
from spacy_mtl.layers.saved_weights import load_weights
from spacy_mtl.training.checkpoint import PLACE, load_checkpoint, save_checkpoint
from spacy_mtl.training.pretrain import pretrain
from spacy_mtl.training.pretrained_model import load_pretrained

#: Short enough for a test, long enough to learn which word follows which.
LEARNABLE = {
    "pretraining__max_epochs": 40,
    "pretraining__dropout": 0.0,
    "pretraining__objective__mask_prob": 0.3,
    "components__tok2vec__model__width": 32,
    "pretraining__objective__hidden_size": 32,
}
SHORT = {"pretraining__max_epochs": 1}


@pytest.fixture(scope="module", params=["default", pytest.param("floret", marks=pytest.mark.slow)])
def mode(request):
    return request.param


@pytest.fixture(scope="module")
def root(tmp_path_factory, mode):
    """A folder with texts, vectors, and the run `learned`."""
    root = tmp_path_factory.mktemp(mode)
    config = make_config(root, **LEARNABLE)
    if mode == "floret":
        make_vectors(mode="floret", width=8).to_disk(root / "vectors")
    pretrain(config, root / "learned", save_every=10_000)
    return root


@pytest.fixture
def short(tmp_path):
    """Run a short pretraining."""

    def run(objective=LMAO, **changes):
        pretrain(make_config(tmp_path, objective, **{**SHORT, **changes}), tmp_path / "out")
        return tmp_path / "out"

    return run


def run(*args):
    return CliRunner().invoke(app, ["mtl", "nearest", *map(str, args)])


def hide(i):
    """Hide a word between the one that it follows most often and the one that follows it."""
    return f"{WORDS[i - 2]} {WORDS[i - 1]} {MASK} {WORDS[(i + 1) % 24]} {WORDS[(i + 2) % 24]}"


def test_finds_the_words_that_were_learned(root):
    found = find_nearest(root / "learned", [hide(i) for i in range(24)], n=3)
    best = [words[0].word for (words,) in found]
    # One of 24 by chance.
    assert sum(a == b for a, b in zip(best, WORDS, strict=True)) >= 12
    for (words,) in found:
        cosines = [neighbour.similarity for neighbour in words]
        assert len(words) == 3
        assert cosines == sorted(cosines, reverse=True)
        assert 1 >= cosines[0] > 0.5


def test_several_texts_and_several_hidden_words(root):
    texts = [f"{MASK} {WORDS[4]} {MASK}, {WORDS[6]}", hide(9), f"({MASK})"]
    found = find_nearest(root / "learned", texts, n=2)
    assert [len(hidden) for hidden in found] == [2, 1, 1]
    for text, hidden in zip(texts, found, strict=True):
        assert find_nearest(root / "learned", [text], n=2) == [
            [[(word, pytest.approx(cosine, abs=1e-5)) for word, cosine in one] for one in hidden]
        ]
    assert find_nearest(root / "learned", []) == []


def test_no_more_words_than_there_are(root):
    ((words,),) = find_nearest(root / "learned", [hide(3)], n=50)
    assert sorted(neighbour.word for neighbour in words) == sorted(WORDS)


def test_approximate_search(root, monkeypatch):
    pytest.importorskip("faiss", reason='needs the extra "lmfao"')
    texts = [hide(i) for i in range(4)]
    exact = find_nearest(root / "learned", texts, n=3, exact=True)
    assert find_nearest(root / "learned", texts, n=3, exact=False) == exact
    monkeypatch.setattr(nearest, "_load_faiss", lambda: None)
    result = run(root / "learned", hide(3), "--approximate")
    assert result.exit_code == 1 and "E247" in result.output
    assert run(root / "learned", hide(3), "--exact").exit_code == 0


def test_prints_a_table(root):
    result = run(root / "learned", hide(5), f"{MASK} and {MASK}", "--n", 2)
    assert result.exit_code == 0, result.output
    found = find_nearest(root / "learned", [hide(5)], n=2)[0]
    assert format_nearest(hide(5), found) in result.output
    assert "[MASK] 1" in result.output and "[MASK] 2" in result.output


def test_a_table_with_columns_of_different_length():
    hidden = [[Neighbour("good", 0.5)], []]
    lines = format_nearest("text", hidden).strip().splitlines()
    assert lines[0] == "text"
    assert lines[-1].split() == ["1", "good", "0.500"]


def test_leaves_the_random_state_alone(root):
    numpy.random.seed(7)
    expected = numpy.random.random()
    numpy.random.seed(7)
    find_nearest(root / "learned", [hide(5)])
    assert numpy.random.random() == expected


# The model


@pytest.mark.parametrize("averages", [True, False])
def test_has_the_weights_that_the_run_has_saved(short, averages):
    out = short(pretraining__optimizer__use_averages=averages, pretraining__max_epochs=2)
    model = load_pretrained(out).model
    found = model.get_ref("tok2vec").to_bytes()
    load_weights(model.get_ref("tok2vec"), out / "model-last.bin")
    assert model.get_ref("tok2vec").to_bytes() == found
    state = load_checkpoint(out)
    assert bool(state["optimizer"].get("averages")) is averages


def test_heads_are_averaged_too(short):
    out = short(pretraining__max_epochs=2)
    learned = load_checkpoint(out)
    head = load_pretrained(out).model.layers[1]
    weights = [node.get_param("b") for node in head.walk() if node.has_param("b")]
    averages = list(learned["optimizer"]["averages"].values())
    for b in weights:
        assert any(b.shape == other.shape and (b == other).all() for other in averages)


def test_an_unfinished_run(tmp_path, monkeypatch):
    config = make_config(tmp_path)
    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        interrupt(patch, 205)
        pretrain(config, tmp_path / "out", save_every=3)
    assert find_nearest(tmp_path / "out", [hide(5)])


def test_needs_neither_earlier_weights_nor_held_out_text(short, tmp_path):
    first = short()
    first.rename(tmp_path / "first")
    weights = str(tmp_path / "first" / "model-last.bin")
    out = short(monitor=MONITOR, pretraining__objective__init_tok2vec=weights)
    shutil.rmtree(tmp_path / "first")
    (tmp_path / "held_out.jsonl").unlink()
    assert find_nearest(out, [hide(5)])


def test_vectors_of_the_objective(short, tmp_path):
    make_config(tmp_path)
    (tmp_path / "vectors").rename(tmp_path / "others")
    changes = {"pretraining__objective__vectors": str(tmp_path / "others")}
    make_config(tmp_path)
    out = short(initialize__vectors=None, **changes)
    ((words,),) = find_nearest(out, [hide(5)])
    assert {neighbour.word for neighbour in words} <= set(WORDS)
    shutil.rmtree(tmp_path / "others")
    with pytest.raises(ValueError, match="E255"):
        find_nearest(out, [hide(5)])


def test_a_run_that_hid_no_words(short):
    out = short(pretraining__objective__mask_prob=0.0)
    with pytest.warns(UserWarning, match="W209"):
        find_nearest(out, [hide(5)])


# Candidates of floret


def test_only_the_most_frequent_words_compete(root, mode):
    ((words,),) = find_nearest(root / "learned", [hide(3)], n=50, candidates=5)
    found = {neighbour.word for neighbour in words}
    if mode == "default":
        assert found == set(WORDS)
    else:
        texts = " ".join(row["text"] for row in srsly.read_jsonl(root / "raw.jsonl")).split()
        assert len(found) == 5
        rarest = min(texts.count(word) for word in found)
        assert sum(texts.count(word) > rarest for word in WORDS) <= 5


def test_the_raw_text_is_gone(tmp_path):
    config = make_config(tmp_path, **SHORT)
    make_vectors(mode="floret", width=8).to_disk(tmp_path / "vectors")
    pretrain(config, tmp_path / "out")
    (tmp_path / "raw.jsonl").unlink()
    result = run(tmp_path / "out", hide(5))
    assert result.exit_code == 1
    assert "E367" in result.output and "raw.jsonl" in result.output


# What can be wrong


def fails(code, folder, text=f"a {MASK}"):
    result = run(folder, text)
    assert result.exit_code == 1
    assert code in result.output
    assert isinstance(result.exception, SystemExit)


def test_a_text_without_a_hidden_word(tmp_path):
    fails("E365", tmp_path, "a film")
    with pytest.raises(ValueError, match="E365"):
        find_nearest(tmp_path, [f"a {MASK}", "a [mask]"])


def test_no_run_in_the_folder(short, tmp_path):
    fails("E360", tmp_path / "none")
    (tmp_path / "empty").mkdir()
    fails("E360", tmp_path / "empty")
    out = short()
    (out / PLACE).unlink()
    fails("E361", out)
    (out / PLACE).write_bytes(b"x")
    fails("E272", out)


@pytest.mark.parametrize("change", ["head", "encoder", "vectors", "state"])
def test_a_checkpoint_of_another_model(short, tmp_path, change):
    out = short()
    config = load_config(out / "config.cfg")
    if change == "head":
        config["pretraining"]["objective"]["hidden_size"] = 5
    elif change == "encoder":
        config["components"]["tok2vec"]["model"]["depth"] = 2
    elif change == "vectors":
        make_vectors(*WORDS, width=9).to_disk(tmp_path / "vectors")
    else:
        state = load_checkpoint(out)
        state["model"]["params"].popitem()
        save_checkpoint(out, state)
    config.to_disk(out / "config.cfg")
    fails("E362", out)


@pytest.mark.parametrize("objective", [CHARACTERS, VECTORS])
def test_an_objective_of_spacy(short, objective):
    fails("E363", short(objective))


def test_an_objective_without_words(short):
    fails("E364", short(pretraining__objective__target={"document": 1.0}))


def test_an_encoder_that_cannot_hide(short):
    encoder = {
        "@architectures": "spacy.HashEmbedCNN.v2",
        "width": 8,
        "depth": 1,
        "embed_size": 50,
        "window_size": 1,
        "maxout_pieces": 2,
        "subword_features": True,
        "pretrained_vectors": None,
    }
    changes = {"pretraining__objective__mask_prob": 0.0, "components__tok2vec__model": encoder}
    fails("E369", short(**changes))


def test_vectors_without_words(short, tmp_path):
    make_config(tmp_path)
    make_vectors(*WORDS).to_disk(tmp_path / "vectors")
    out = short()
    fails("E368", out)


def test_the_vectors_are_gone(short, tmp_path):
    out = short()
    shutil.rmtree(tmp_path / "vectors")
    fails("E366", out)
