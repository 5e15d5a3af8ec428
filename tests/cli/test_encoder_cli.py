"""`python -m spacy mtl save-encoder` and `load-encoder`"""

from pathlib import Path

import numpy
import pytest
import spacy
from builders import SENTIMENT, add_encoder, add_task, initialize, make_pipeline, make_vectors
from spacy.language import Language
from typer.testing import CliRunner, Result

from spacy_mtl.cli import mtl_cli

TEXT = "a good film"


def run(*args: object) -> Result:
    return CliRunner().invoke(mtl_cli, [*map(str, args)])


def vectors_of(nlp: Language) -> numpy.ndarray:
    return nlp.get_pipe("tok2vec").predict([nlp.make_doc(TEXT)])[0]


@pytest.fixture
def trained(tmp_path: Path) -> Path:
    nlp = make_pipeline("sentiment")
    initialize(nlp, SENTIMENT)
    nlp.to_disk(tmp_path / "trained")
    return tmp_path / "trained"


def test_encoder_goes_from_a_pipeline_into_another(trained: Path, tmp_path: Path) -> None:
    result = run("save-encoder", trained, tmp_path / "encoder")
    assert result.exit_code == 0, result.output
    result = run("load-encoder", tmp_path / "encoder", tmp_path / "out")
    assert result.exit_code == 0, result.output
    nlp = spacy.load(tmp_path / "out")
    assert (nlp.lang, nlp.pipe_names) == ("xx", ["tok2vec"])
    numpy.testing.assert_array_equal(vectors_of(nlp), vectors_of(spacy.load(trained)))


def test_encoder_with_static_vectors(tmp_path: Path) -> None:
    nlp = make_vectors("a", "good", "film")
    nlp.to_disk(tmp_path / "vectors")
    add_encoder(nlp, pretrained_vectors=True)
    add_task(nlp, "sentiment")
    initialize(nlp, SENTIMENT)
    nlp.to_disk(tmp_path / "trained")
    assert run("save-encoder", tmp_path / "trained", tmp_path / "encoder").exit_code == 0
    result = run("load-encoder", tmp_path / "encoder", tmp_path / "out")
    assert result.exit_code == 1 and "E446" in result.output
    options = ("--vectors", tmp_path / "vectors")
    result = run("load-encoder", tmp_path / "encoder", tmp_path / "out", *options)
    assert result.exit_code == 0, result.output
    other = spacy.load(tmp_path / "out")
    numpy.testing.assert_array_equal(vectors_of(other), vectors_of(nlp))


def test_nothing_is_overwritten_unless_wanted(trained: Path, tmp_path: Path) -> None:
    encoder = tmp_path / "encoder"
    encoder.write_text("mine")
    result = run("save-encoder", trained, encoder)
    assert result.exit_code == 1 and "E450" in result.output
    assert encoder.read_text() == "mine"
    assert run("save-encoder", trained, encoder, "--force").exit_code == 0
    result = run("load-encoder", encoder, trained)
    assert result.exit_code == 1 and "E450" in result.output
    assert run("load-encoder", encoder, trained, "--force").exit_code == 0


def test_errors_are_shown_without_traceback(trained: Path, tmp_path: Path) -> None:
    (tmp_path / "text").write_text("what?")
    for args, code in (
        (("save-encoder", tmp_path / "none", tmp_path / "out"), "E050"),
        (("save-encoder", trained, tmp_path / "out", "--component", "x"), "E448"),
        (("load-encoder", tmp_path / "none", tmp_path / "out"), "E440"),
        (("load-encoder", tmp_path / "text", tmp_path / "out"), "E44"),
        (("load-encoder", tmp_path / "none", tmp_path / "out", "--lang", "qq"), "E307"),
    ):
        result = run(*args)
        assert result.exit_code == 1
        assert code in result.output
        assert isinstance(result.exception, SystemExit)
    assert not (tmp_path / "out").exists()
