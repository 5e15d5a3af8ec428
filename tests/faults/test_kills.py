"""Processes that are killed at each of their changes of the disk: what was there is intact or the new is complete,
nothing else has its name, and the documented way to go on ends as if nothing had happened.
"""

import shutil
import warnings
from concurrent.futures import Future
from contextlib import contextmanager
from functools import partial

import pytest
import spacy
import srsly
from crash import kill_everywhere, needs_fork, tree
from fault_data import write_data
from pretrain_setup import make_config
from train_setup import check_same
from train_setup import make_config as make_training

import spacy_mtl.bulk.apply as apply_module
from spacy_mtl.bulk.apply import apply_files
from spacy_mtl.bulk.pool import Pool, spread
from spacy_mtl.cli.review import review
from spacy_mtl.inference.embedder import embed_file
from spacy_mtl.inference.predictor import predict_file
from spacy_mtl.inference.similar import SimilarTexts, build_index
from spacy_mtl.review.corrections import apply_review
from spacy_mtl.staging import staged_folder
from spacy_mtl.training.checkpoint import load_checkpoint
from spacy_mtl.training.convert import convert_folder
from spacy_mtl.training.pretrain import pretrain
from spacy_mtl.training.train_run import train

pytestmark = [needs_fork, pytest.mark.slow]


def weights_of(folder):
    return {
        name: data
        for name, data in tree(folder).items()
        if name.endswith(".bin") or name == "log.jsonl"
    }


def test_convert(tmp_path):
    place = tmp_path / "place"
    old, new = write_data(tmp_path / "old"), write_data(tmp_path / "new", start=100)
    expected = {}
    for name, source in (("old", old), ("new", new)):
        convert_folder(source, tmp_path / "expected", overwrite=True)
        expected[name] = {**tree(tmp_path / "expected"), "mine.txt": b"mine"}
    convert_folder(old, tmp_path / "before")
    (tmp_path / "before" / "mine.txt").write_text("mine")
    found = []

    def prepare():
        shutil.rmtree(place, ignore_errors=True)
        shutil.copytree(tmp_path / "before", place / "corpus")

    def work():
        convert_folder(new, place / "corpus", overwrite=True)

    def check():
        found.append(tree(place / "corpus") == expected["new"])
        assert found[-1] or tree(place / "corpus") == expected["old"]
        work()
        assert tree(place) == {f"corpus/{name}": data for name, data in expected["new"].items()}

    assert kill_everywhere(work, place, check, prepare, step=2) > 5
    assert set(found) == {False, True}


def run_pretraining(tmp_path, step):
    config = make_config(tmp_path, pretraining__max_epochs=1)
    settings = {"save_every": 4, "silent": True}
    pretrain(config, tmp_path / "expected", **settings)
    expected = weights_of(tmp_path / "expected")
    out = tmp_path / "out"

    def check():
        # Weights are complete under their names, whatever is there.
        for name, data in weights_of(out).items() if out.exists() else ():
            assert data == expected[name] or name == "log.jsonl"
        # It may have ended between the last state and the last weights, which --resume writes too.
        pretrain(config, out, resume=load_checkpoint(out) is not None, **settings)
        assert weights_of(out) == expected
        assert not [path for path in out.rglob(".*")]
        shutil.rmtree(out)

    return kill_everywhere(lambda: pretrain(config, out, **settings), out, check, step=step)


def test_pretrain(tmp_path):
    assert run_pretraining(tmp_path, step=9) >= 4


@pytest.mark.slow
def test_pretrain_at_each_point(tmp_path):
    assert run_pretraining(tmp_path, step=1) >= 36


def run_training(tmp_path, step):
    config = make_training(tmp_path)
    train(config, tmp_path / "expected")
    earlier = make_training(tmp_path, {"training.max_steps": 10, "training.seed": 7})
    train(earlier, tmp_path / "earlier")
    texts, out = ["kara lope mido", "tuvi"], tmp_path / "out"

    def scores(folder):
        return [doc.cats for doc in spacy.load(folder).pipe(texts)]

    old = {name: scores(tmp_path / "earlier" / name) for name in ("model-best", "model-last")}

    def prepare():
        shutil.rmtree(out, ignore_errors=True)
        shutil.copytree(tmp_path / "earlier", out)

    def work(**settings):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            train(config, out, **settings)

    found = []

    def check():
        # Both pipelines are there, the earlier or new ones.
        for name in old:
            found.append(scores(out / name) == old[name])
        state = load_checkpoint(out, kind="training")
        is_over = state is not None and state["is_finished"]
        # The earlier run is over, too.
        if not is_over or scores(out / "model-last") == old["model-last"]:
            work(resume=state is not None and not is_over)
        for name in old:
            assert scores(out / name) == scores(tmp_path / "expected" / name)
        if state is not None and not is_over:
            check_same(out, tmp_path / "expected")
        assert not [path for path in out.rglob(".*")]

    kills = kill_everywhere(work, out, check, prepare, step=step)
    assert set(found) == {False, True}
    return kills


def test_train(tmp_path):
    assert run_training(tmp_path, step=90) >= 3


@pytest.mark.slow
def test_train_at_each_point(tmp_path):
    assert run_training(tmp_path, step=3) >= 80


class OwnThread(Pool):
    """A worker without a process, which would outlive one that is killed in the middle of a fork."""

    deaths = ()

    def __init__(self, work):
        super().__init__(1)
        self._work = work

    def start(self, worker):
        return self._done(None)

    def submit(self, worker, block, left_out):
        return self._done(self._work(block, left_out))

    def stop(self):
        pass

    def _done(self, result):
        future = Future()
        future.set_result(result)
        return future


@contextmanager
def start_thread(apply, engine, n_workers, address):
    yield partial(spread, pool=OwnThread(apply), split=apply.split)


@pytest.mark.parametrize("kind", ["jsonl", "csv", "parquet"])
def test_apply(tmp_path, model, kind, monkeypatch):
    texts, place = tmp_path / "texts", tmp_path / "place"
    texts.mkdir()
    for part in range(2):
        rows = [{"text": f"a good film {i}", "id": i} for i in range(3)]
        path = texts / f"{part}.{kind}"
        if kind == "jsonl":
            srsly.write_jsonl(path, [*rows, {"text": 3}])
        elif kind == "csv":
            path.write_text("text,id\n" + "".join(f"{row['text']},{row['id']}\n" for row in rows))
        else:
            arrow = pytest.importorskip("pyarrow")
            pytest.importorskip("pyarrow.parquet").write_table(arrow.Table.from_pylist(rows), path)
    nlp = spacy.load(model)
    monkeypatch.setattr(apply_module, "start_engine", start_thread)

    def work(output=place / "out"):
        apply_files(nlp, [texts], output, n_workers=1)

    work(tmp_path / "expected" / "out")
    expected = tree(tmp_path / "expected")

    def check():
        for name, data in tree(place).items():
            assert ".partial/" in name or data == expected[name]
        is_over = expected.items() <= tree(place).items()
        # The same command goes on, or says that everything is there, and removes what is left.
        try:
            work()
        except ValueError as error:
            assert is_over and "E616" in str(error)
        assert tree(place) == expected
        shutil.rmtree(place)

    assert kill_everywhere(work, place, check, step=4) > 5


@pytest.mark.parametrize("kind", ["npy", "jsonl", "parquet", "predictions"])
def test_embed_and_predict(tmp_path, model, kind):
    if kind == "parquet":
        pytest.importorskip("pyarrow")
    source, place = tmp_path / "texts.jsonl", tmp_path / "place"
    srsly.write_jsonl(source, [{"text": f"a good film {i}"} for i in range(2500)])
    ending = "jsonl" if kind == "predictions" else kind
    nlp = spacy.load(model)

    def work(output=place / f"out.{ending}", **settings):
        write = predict_file if kind == "predictions" else embed_file
        write(nlp, source, output, **settings)

    work(tmp_path / f"expected.{ending}")
    expected = (tmp_path / f"expected.{ending}").read_bytes()
    output = place / f"out.{ending}"

    def prepare():
        shutil.rmtree(place, ignore_errors=True)
        place.mkdir()
        output.write_bytes(b"old")

    def check():
        is_new = output.read_bytes() == expected
        assert is_new or output.read_bytes() == b"old"
        # The same command goes on.
        if not is_new:
            work(overwrite=True)
        else:
            with pytest.raises(ValueError, match="E616"):
                work()
        assert tree(place) == {output.name: expected}

    step = 3 if kind == "npy" else 6
    kills = kill_everywhere(lambda: work(overwrite=True), place, check, prepare, step=step)
    assert kills > 2


def test_similar(tmp_path, model):
    place = tmp_path / "place"
    for name, texts in (("old", ["a good film"] * 3), ("new", ["a bad film", "slow"])):
        srsly.write_jsonl(tmp_path / f"{name}.jsonl", [{"text": text} for text in texts])
    nlp = spacy.load(model)

    def work(name="new"):
        build_index(nlp, tmp_path / f"{name}.jsonl", place / "index", overwrite=True)

    def check():
        assert len(SimilarTexts(nlp, place / "index")) in (2, 3)
        work()
        assert len(SimilarTexts(nlp, place / "index")) == 2
        assert [path.name for path in place.iterdir()] == ["index"]

    assert kill_everywhere(work, place, check, lambda: work("old"), step=6) > 3


def test_a_pipeline(tmp_path, model):
    old, place = spacy.load(model), tmp_path / "place"
    new = spacy.load(model)
    for param in new.get_pipe("sentiment").model.walk():
        for name in param.param_names:
            if param.has_param(name):
                param.set_param(name, param.get_param(name) + 1)
    texts = ["a good film", "slow"]

    def save(nlp):
        with staged_folder(place / "model-best", keep=False) as folder:
            nlp.to_disk(folder)

    def scores(nlp):
        return [doc.cats for doc in nlp.pipe(texts)]

    def check():
        assert scores(spacy.load(place / "model-best")) in (scores(old), scores(new))
        save(new)
        assert scores(spacy.load(place / "model-best")) == scores(new)
        assert [path.name for path in place.iterdir()] == ["model-best"]

    assert kill_everywhere(lambda: save(new), place, check, lambda: save(old), step=12) > 3


def test_components_of_a_pipeline_that_spacy_saves(tmp_path, model):
    nlp, place = spacy.load(model), tmp_path / "place"
    pipe = nlp.get_pipe("sentiment")
    before = pipe.to_bytes(exclude=["vocab"])

    def check():
        found = pipe.from_disk(place / "sentiment", exclude=["vocab"])
        assert found.to_bytes(exclude=["vocab"]) == before

    pipe.to_disk(place / "sentiment", exclude=["vocab"])
    work = lambda: pipe.to_disk(place / "sentiment", exclude=["vocab"])  # noqa: E731
    assert kill_everywhere(work, place, check) > 5


@pytest.mark.parametrize("is_folder", [False, True])
def test_apply_review(tmp_path, data, is_folder):
    place = tmp_path / "place"
    place.mkdir()
    lines = [
        {
            "text": "good the a0",
            "options": [{"id": "good"}, {"id": "bad"}],
            "accept": ["bad"],
            "answer": "accept",
            "meta": {
                "task": task,
                "file": str(data / "train" / f"{task}.jsonl"),
                "line": 1,
                "labels": ["good"],
            },
        }
        for task in ("sentiment",)
    ]
    srsly.write_jsonl(tmp_path / "review.jsonl", lines)
    source = data if is_folder else data / "train" / "sentiment.jsonl"

    def work(output=place / "out"):
        apply_review(tmp_path / "review.jsonl", source, output)

    name = "out" if is_folder else "out.jsonl"
    work(tmp_path / name)
    expected = tree(tmp_path / name) if is_folder else (tmp_path / name).read_bytes()

    def read():
        return tree(place / name) if is_folder else (place / name).read_bytes()

    def check():
        # There is nothing, and the same command writes it, or it is complete.
        if not (place / name).exists():
            work(place / name)
        assert read() == expected
        assert [path.name for path in place.iterdir()] == [name]
        shutil.rmtree(place)
        place.mkdir()

    assert kill_everywhere(lambda: work(place / name), place, check) >= 3


def test_review(tmp_path, data, model):
    pytest.importorskip("cleanlab")
    place = tmp_path / "place"

    def work(output=place / "review.jsonl"):
        review(model, data, ["sentiment"], [output], seeds=1, folds=2)

    work(tmp_path / "expected" / "review.jsonl")
    expected = tree(tmp_path / "expected")

    def check():
        found = tree(place) if place.exists() else {}
        assert found.get("review.jsonl") in (None, expected["review.jsonl"])
        # The same command goes on with the folds that are done.
        if "review.jsonl" not in found:
            work()
            assert tree(place) == expected
        shutil.rmtree(place, ignore_errors=True)

    assert kill_everywhere(work, place, check, step=3) > 3
