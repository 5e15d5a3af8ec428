"""Two runs with one seed, in processes that order sets differently, give the same bits."""

import json
import os
import subprocess
import sys
import venv
from pathlib import Path

import pytest
import spacy
from builders import SENTIMENT, TAGS, add_encoder, add_task, ngrams, train

SCRIPT = Path(__file__).parent.parent / "train_twice.py"
#: Files in which the time of the run stands.
TIMED = ("log.jsonl",)
TEXTS = ["a good film", "", "an unseen word", "fast and cheap", "it was awful " * 20]


def run(folder, mode, hash_seed):
    folder.mkdir()
    environment = {
        **os.environ,
        "PYTHONHASHSEED": str(hash_seed),
        "SPACY_MTL_KERNELS": mode,
        "OPENBLAS_NUM_THREADS": "1",
        # Which product is faster, is measured.
        "SPACY_MTL_PRODUCT": "numpy",
    }
    command = [sys.executable, SCRIPT, folder]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert not done.returncode, done.stderr
    found = json.loads(done.stdout.splitlines()[-1])
    for name in TIMED:
        found["pretrained"].pop(name, None)
    return found


@pytest.mark.parametrize("mode", ["numpy", pytest.param("numba", marks=pytest.mark.slow)])
def test_two_runs_are_the_same(tmp_path, mode):
    if mode == "numba":
        pytest.importorskip("numba", reason="the extra 'fast' is not installed")
    first, second = run(tmp_path / "a", mode, 1), run(tmp_path / "b", mode, 4242)
    assert "tok2vec/model" in first["trained"]
    assert "model-last.bin" in first["pretrained"]
    assert first == second


# Saved, loaded and installed


def scores_of(nlp):
    return [[doc.cats, doc.tensor.tolist()] for doc in nlp.pipe(TEXTS)]


def make():
    nlp = spacy.blank("xx")
    add_encoder(nlp, ngram_width=3, ngram_rows=60)
    add_task(nlp, "sentiment", model={"ngrams": ngrams(char_max=3)})
    add_task(nlp, "tags", multi_label=True)
    train(nlp, [*SENTIMENT, *TAGS], n_steps=5)
    return nlp


@pytest.fixture(scope="module")
def saved(tmp_path_factory):
    folder = tmp_path_factory.mktemp("saved") / "model"
    nlp = make()
    nlp.to_disk(folder)
    return nlp, folder


def fresh(folder):
    """Scores of a pipeline that has seen no text: words that are computed together round alike."""
    return scores_of(spacy.load(folder))


def test_loaded_pipelines_give_the_same_bits(saved, tmp_path):
    nlp, folder = saved
    expected = fresh(folder)
    assert fresh(folder) == expected
    spacy.load(folder).to_disk(tmp_path / "again")
    assert fresh(tmp_path / "again") == expected
    restored = spacy.blank("xx").from_config(nlp.config).from_bytes(nlp.to_bytes())
    assert scores_of(restored) == expected


def test_saving_twice_gives_the_same_files(saved, tmp_path):
    _, folder = saved
    spacy.load(folder).to_disk(tmp_path / "again")
    for path in folder.rglob("*"):
        if path.is_file():
            assert path.read_bytes() == (tmp_path / "again" / path.relative_to(folder)).read_bytes()


def test_a_trained_pipeline_gives_what_its_copy_gives(saved):
    nlp, folder = saved
    for pipe in ("tok2vec", "sentiment", "tags"):
        loaded = spacy.load(folder).get_pipe(pipe).to_bytes()
        assert nlp.get_pipe(pipe).to_bytes() == loaded


@pytest.mark.slow
def test_an_installed_package_gives_the_same_bits(saved, tmp_path):
    _, folder = saved
    options = ["--name", "same_bits", "--version", "0.0.1", "--build", "wheel"]
    package = [sys.executable, "-m", "spacy", "package", folder, tmp_path, *options]
    subprocess.run(package, check=True, capture_output=True)
    wheel = next(tmp_path.rglob("*.whl"))
    venv.create(tmp_path / "venv", with_pip=True)
    python = tmp_path / "venv" / "bin" / "python"
    install = [python, "-m", "pip", "install", "--no-deps", "--no-index", "-q", wheel]
    subprocess.run(install, check=True)
    script = (
        "import json, xx_same_bits, sys\n"
        "nlp = xx_same_bits.load()\n"
        f"docs = nlp.pipe({TEXTS!r})\n"
        "print(json.dumps([[doc.cats, doc.tensor.tolist()] for doc in docs]))\n"
    )
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    done = subprocess.run(
        [python, "-c", script], env=environment, capture_output=True, text=True, check=True
    )
    assert json.loads(done.stdout.splitlines()[-1]) == json.loads(json.dumps(fresh(folder)))
