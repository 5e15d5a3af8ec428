"""Damaged files are told of in one message that says what is damaged."""

import shutil

import pytest
from builders import SENTIMENT, make_trained

from spacy_mtl.damage import load_pipeline, worded_damage


@pytest.fixture(scope="module")
def saved(tmp_path_factory):
    folder = tmp_path_factory.mktemp("saved") / "model"
    make_trained("sentiment", rows=SENTIMENT, n_steps=1).to_disk(folder)
    return folder


@pytest.fixture
def model(saved, tmp_path):
    return shutil.copytree(saved, tmp_path / "model")


def test_a_sound_pipeline_loads(model):
    assert load_pipeline(model).pipe_names == ["tok2vec", "sentiment"]


@pytest.mark.parametrize("name", ["tokenizer", "meta.json", "vocab/strings.json"])
@pytest.mark.parametrize("data", [b"\xff\xfe", b"[", b'{"a": 1'], ids=["bytes", "open", "cut"])
def test_damaged_files_of_spacy_are_told_of(model, name, data):
    (model / name).write_bytes(data)
    with pytest.raises(ValueError, match=r"E902.*model"):
        load_pipeline(model)


@pytest.mark.parametrize("data, error", [(b"\xff", "E902"), (b"[", "Config validation error")])
def test_a_damaged_config_is_told_of(data, error, model):
    (model / "config.cfg").write_bytes(data)
    with pytest.raises(ValueError, match=error):
        load_pipeline(model)


@pytest.mark.parametrize("name, error", [("none", "E050"), ("none/none", "E05")])
def test_a_missing_pipeline_is_spacys_own_error(name, error):
    with pytest.raises(OSError, match=error):
        load_pipeline(name)


def test_an_error_of_the_package_stays_as_it_is():
    with pytest.raises(ValueError, match=r"^\[E101\] a$"), worded_damage("other {}".format):
        raise ValueError("[E101] a")


def test_the_file_that_is_missing_is_named():
    match = r"^read: No such file or directory: here$"
    with pytest.raises(ValueError, match=match), worded_damage("read: {}".format):
        raise FileNotFoundError(2, "No such file or directory", "here")


def test_what_no_damage_does_is_not_caught():
    with pytest.raises(NotImplementedError), worded_damage("read: {}".format):
        raise NotImplementedError


@pytest.mark.parametrize("half", [r"\ud800", r"\uDfff", r"\ud83da", r"\\\ud800"])
def test_half_a_character_in_a_config_does_not_end_the_process(half, model):
    path = model / "config.cfg"
    weights = f'class_weights = {{"{half}": 1.0}}'
    text = path.read_text("utf8").replace('class_weights = "none"', weights)
    assert weights in text
    path.write_text(text, "utf8")
    with pytest.raises(ValueError, match=r"E904.*model"):
        load_pipeline(model)


@pytest.mark.parametrize("whole", [r"\ud83d\ude00", r"\\ud800", r"\u00e9"])
def test_whole_characters_are_no_damage(whole, model):
    path = model / "meta.json"
    path.write_text(path.read_text("utf8").replace('"description":""', f'"description":"{whole}"'))
    config = model / "config.cfg"
    text = config.read_text("utf8")
    assert "[nlp]" in text
    config.write_text(text.replace("[paths]", f'[paths]\nx = "{whole}"'), "utf8")
    assert load_pipeline(model).config["paths"]["x"]
