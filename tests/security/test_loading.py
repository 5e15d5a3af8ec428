"""Loading a model folder or a data file runs no code that lies in it."""

import contextlib
import pickle
import shutil
import zlib
from pathlib import Path

import numpy
import pytest
import spacy
import srsly
from builders import SENTIMENT, make_trained
from poisons import POISONS, pickled
from spacy.tokens import DocBin
from spacy.util import load_model_from_config
from thinc.api import Config
from thinc.config import ConfigValidationError

from spacy_mtl.inference.embeddings import read_embeddings
from spacy_mtl.inference.similar import SimilarTexts, build_index
from spacy_mtl.layers.saved_weights import read_weights
from spacy_mtl.pipeline.subword_tokenizer import SubwordTokenizer
from spacy_mtl.training.checkpoint import PLACE, load_checkpoint
from spacy_mtl.training.encoder_file import read_encoder
from spacy_mtl.training.formats import read_records

TEXT = "a good film"
poisoned = pytest.mark.parametrize("poison", POISONS, ids=lambda poison: poison.__name__)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A saved pipeline whose folder has every file that one can have."""
    folder = tmp_path_factory.mktemp("saved") / "model"
    nlp = make_trained("sentiment", rows=SENTIMENT, n_steps=2)
    nlp.vocab.set_vector("good", numpy.ones(2, dtype="f"))
    nlp.vocab.lookups.add_table("words", {"good": "film"})
    nlp.add_pipe("entity_ruler").add_patterns([{"label": "A", "pattern": "film"}])
    nlp.to_disk(folder)
    return folder


def run_all(folder: Path) -> None:
    nlp = spacy.load(folder)
    nlp(TEXT)
    list(nlp.pipe([TEXT, TEXT]))


def try_to(use, path) -> None:
    """Damaged files may be read as something else or refused, with any error."""
    with contextlib.suppress(Exception):
        use(path)


def test_the_poison_works(tmp_path):
    pickle.loads(pickled(tmp_path / "canary", b""))
    assert (tmp_path / "canary").is_dir()


@poisoned
def test_a_model_folder_runs_nothing(poison, folder, tmp_path):
    names = [path.relative_to(folder) for path in folder.rglob("*") if path.is_file()]
    assert len(names) >= 12
    for name in names:
        model = tmp_path / "model"
        shutil.copytree(folder, model)
        (model / name).write_bytes(poison(tmp_path / "canary", (folder / name).read_bytes()))
        try_to(run_all, model)
        assert not (tmp_path / "canary").exists(), name
        shutil.rmtree(model)


def test_python_files_of_a_model_folder_are_not_imported(folder, tmp_path):
    model = tmp_path / "model"
    shutil.copytree(folder, model)
    code = f"import os\nos.mkdir({str(tmp_path / 'canary')!r})\n"
    for name in ("__init__", "setup", "conftest", "sitecustomize", "sentiment", "spacy_mtl"):
        (model / f"{name}.py").write_text(code)
    run_all(model)
    assert not (tmp_path / "canary").exists()


def in_model(**settings):
    return {"components": {"sentiment": {"model": {"tok2vec": settings}}}}


#: Changes of a config. Each names something that is no registered function.
CONFIGS = {
    "callback": {"nlp": {"before_creation": {"@callbacks": "os.mkdir", "path": "canary"}}},
    "misc": in_model(**{"@misc": "os.mkdir", "path": "canary"}),
    "no registry": in_model(**{"@os": "mkdir", "path": "canary"}),
    "architecture": in_model(**{"@architectures": "os.mkdir", "path": "canary"}),
    "factory": {"components": {"sentiment": {"factory": "os.mkdir"}}},
    "parent module": {"nlp": {"lang": "..os"}},
    "inner module": {"nlp": {"lang": "en.lex_attrs"}},
}


@pytest.mark.parametrize("changes", CONFIGS.values(), ids=CONFIGS)
def test_a_config_calls_registered_functions_alone(changes, folder, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    config = Config().from_disk(folder / "config.cfg", interpolate=False)
    section = config["components"]["sentiment"]["model"]
    if "components" in changes and "model" in changes["components"]["sentiment"]:
        section["tok2vec"] = {}
    with pytest.raises((ValueError, ImportError, AttributeError)):
        load_model_from_config(config.merge(changes), auto_fill=True)
    assert not (tmp_path / "canary").exists()


@pytest.mark.parametrize("name", ["env.SECRET", "SECRET", "vars.SECRET", "system.env.SECRET"])
def test_a_config_reads_no_variables_of_the_environment(name, folder, tmp_path, monkeypatch):
    monkeypatch.setenv("SECRET", "leaked")
    model = tmp_path / "model"
    shutil.copytree(folder, model)
    config = (model / "config.cfg").read_text("utf8")
    (model / "config.cfg").write_text(config.replace("disabled = []", f"disabled = ${{{name}}}"))
    with pytest.raises(ConfigValidationError) as error:
        spacy.load(model)
    assert "leaked" not in str(error.value)


def read_subwords(path: Path) -> None:
    SubwordTokenizer(spacy.blank("xx").vocab).from_disk(path)


#: For each reader of a file the name of the file.
READERS = {
    "encoder": (read_encoder, "encoder.bin"),
    "weights": (read_weights, "model99.bin"),
    "checkpoint": (lambda path: load_checkpoint(path.parents[len(PLACE.parts) - 1]), str(PLACE)),
    "embeddings as array": (read_embeddings, "rows.npy"),
    "embeddings as rows": (read_embeddings, "rows.jsonl"),
    "subwords": (read_subwords, "tokenizer.json"),
    **{
        f"records {extension}": (
            lambda path: list(read_records(path, "task", on_error="skip")),
            f"task.{extension}",
        )
        for extension in ("spacy", "jsonl", "jsonl.gz", "csv", "tsv", "csv.gz")
    },
}


@poisoned
@pytest.mark.parametrize(("read", "name"), READERS.values(), ids=READERS)
def test_a_file_runs_nothing(poison, read, name, tmp_path):
    path = tmp_path / "files" / name
    path.parent.mkdir(parents=True)
    path.write_bytes(poison(tmp_path / "canary", b""))
    try_to(read, path)
    assert not (tmp_path / "canary").exists()


@poisoned
def test_an_index_runs_nothing(poison, tmp_path):
    nlp = make_trained("sentiment", rows=SENTIMENT, n_steps=2)
    source = tmp_path / "texts.txt"
    source.write_text("\n".join(text for text, _ in SENTIMENT))
    index = tmp_path / "index"
    build_index(nlp, source, index, exact=True)
    for path in [path for path in index.rglob("*") if path.is_file()]:
        before = path.read_bytes()
        path.write_bytes(poison(tmp_path / "canary", before))
        try_to(lambda folder: SimilarTexts(nlp, folder, True).find([TEXT]), index)
        assert not (tmp_path / "canary").exists(), path.name
        path.write_bytes(before)


@pytest.mark.parametrize("field", ["tokens", "cats", "user_data", "span_groups", "flags"])
def test_a_doc_bin_with_pickles_in_it_runs_nothing(field, tmp_path):
    nlp = spacy.blank("xx")
    doc = nlp(TEXT)
    doc.cats = {"sentiment/positive": 1.0}
    message = srsly.msgpack_loads(zlib.decompress(DocBin([], docs=[doc]).to_bytes()))
    canary = tmp_path / "canary"
    data = pickled(canary, b"")
    inside = srsly.msgpack_dumps(
        {b"nd": True, b"type": "|O", b"kind": b"", b"shape": [1], b"data": data}
    )
    for poison in (data, inside, [data], [inside]):
        path = tmp_path / "sentiment.spacy"
        path.write_bytes(zlib.compress(srsly.msgpack_dumps({**message, field: poison})))
        try_to(lambda path: list(read_records(path, "sentiment")), path)
        assert not canary.exists()
