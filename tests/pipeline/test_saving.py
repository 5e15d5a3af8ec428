"""A component is loaded from its own files, undamaged, or not at all."""

import json

import pytest
import srsly
from builders import SENTIMENT, make_pipeline, make_trained

from spacy_mtl.pipeline.saving import CHECKSUM, MODEL


@pytest.fixture(scope="module")
def nlp():
    return make_trained("sentiment", rows=SENTIMENT, n_steps=1)


@pytest.fixture
def load(nlp, tmp_path):
    """Save the pipeline, and load a component of it into another."""
    nlp.to_disk(tmp_path)

    def load(name):
        return (
            make_pipeline("sentiment").get_pipe(name).from_disk(tmp_path / name, exclude=["vocab"])
        )

    return load


@pytest.mark.parametrize("name", ["tok2vec", "sentiment"])
def test_one_bit_of_the_weights_is_enough(name, load, tmp_path):
    data = bytearray((tmp_path / name / MODEL).read_bytes())
    data[len(data) // 2] ^= 1
    (tmp_path / name / MODEL).write_bytes(data)
    with pytest.raises(ValueError, match=rf"E901.*'{name}'.*checksum"):
        load(name)


@pytest.mark.parametrize("name", ["tok2vec", "sentiment"])
def test_a_folder_without_a_checksum_loads(name, load, tmp_path):
    (tmp_path / name / CHECKSUM).unlink()
    load(name)


@pytest.mark.parametrize("name", ["tok2vec", "sentiment"])
@pytest.mark.parametrize("file", ["cfg", MODEL])
@pytest.mark.parametrize("data", [b"", b"\xff", b"[1]", b"\x81\xa5nodes\xc0"])
def test_damaged_files_are_told_of(name, file, data, load, tmp_path):
    (tmp_path / name / CHECKSUM).unlink()
    (tmp_path / name / file).write_bytes(data)
    with pytest.raises(ValueError, match=rf"E900.*'{name}'"):
        load(name)


@pytest.mark.parametrize("name", ["tok2vec", "sentiment"])
def test_missing_weights_are_told_of(name, load, tmp_path):
    (tmp_path / name / MODEL).unlink()
    with pytest.raises(ValueError, match=rf"E900.*'{name}'.*No such file"):
        load(name)


def test_the_weights_of_another_width_are_refused(nlp, load, tmp_path):
    wide = make_pipeline("sentiment")
    wide.remove_pipe("tok2vec")
    model = wide.add_pipe("multitask_tok2vec", name="tok2vec", first=True).model
    model.initialize(X=[wide.make_doc("a film")])
    (tmp_path / "tok2vec" / CHECKSUM).unlink()
    (tmp_path / "tok2vec" / MODEL).write_bytes(model.to_bytes())
    with pytest.raises(ValueError, match=r"E900.*'tok2vec'"):
        load("tok2vec")


@pytest.mark.parametrize("labels", [None, "ab", ["a", "a"], ["a", ""], ["a", 1], {"a": 1}])
def test_labels_are_a_list_of_different_texts(labels, load, tmp_path):
    path = tmp_path / "sentiment" / "cfg"
    path.write_text(json.dumps({**srsly.read_json(path), "labels": labels}))
    with pytest.raises(ValueError, match=r"E900.*'sentiment'.*labels"):
        load("sentiment")


def test_settings_out_of_range_are_refused(load, tmp_path):
    path = tmp_path / "sentiment" / "cfg"
    path.write_text(json.dumps({**srsly.read_json(path), "threshold": "a"}))
    with pytest.raises(ValueError, match=r"E225.*threshold"):
        load("sentiment")
