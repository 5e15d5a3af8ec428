"""Schedules that count the steps of the training, in spaCy's own training loop."""

import gc
import json
import warnings

import pytest
from builders import ENCODER, SENTIMENT, TOPIC, head, make_pipeline, same_weights, weights_of
from spacy.cli._util import app
from spacy.cli.init_config import fill_config
from spacy.tokens import DocBin
from spacy.training.initialize import init_nlp
from spacy.training.loop import train
from thinc.api import Adam, Config
from typer.testing import CliRunner

from spacy_mtl import total_steps
from spacy_mtl.training.schedules import StepSchedule, create_one_cycle_v1

TASKS = {"sentiment": SENTIMENT, "topic": TOPIC}
#: Of 6 and 4 rows, 4 in a batch.
BATCHES_PER_EPOCH = 3
SLANTED = {"@schedules": "spacy_mtl.slanted_triangular.v1", "max_rate": 0.02}


@pytest.fixture
def data(tmp_path):
    for task, rows in TASKS.items():
        (tmp_path / "data" / task).mkdir(parents=True)
        lines = [{"text": text, "label": next(iter(cats)).split("/")[1]} for text, cats in rows]
        for split in ("train", "dev"):
            path = tmp_path / "data" / task / f"{split}.jsonl"
            path.write_text("\n".join(json.dumps(line) for line in lines), encoding="utf8")
    return tmp_path / "data"


def make_config(data, *, schedule=None, **training):
    """A config for two tasks, by default with a schedule that counts the steps itself."""
    heads = {task: {"factory": "textcat_multitask", "model": head()} for task in TASKS}
    reader = {"@readers": "spacy_mtl.MultitaskCorpus.v1", "path": str(data)}
    return Config(
        {
            "nlp": {"lang": "xx", "pipeline": ["tok2vec", *TASKS]},
            "components": {"tok2vec": {"factory": "multitask_tok2vec", "model": ENCODER}, **heads},
            "corpora": {
                "train": {**reader, "split": "train"},
                "dev": {**reader, "split": "dev"},
            },
            "training": {
                "train_corpus": "corpora.train",
                "dev_corpus": "corpora.dev",
                "max_epochs": 0,
                "max_steps": 7,
                "patience": 0,
                "eval_frequency": 5,
                "seed": 0,
                "gpu_allocator": None,
                "batcher": {"@batchers": "spacy_mtl.batch_by_task.v1", "size": 4},
                "optimizer": {"@optimizers": "Adam.v1", "learn_rate": schedule or SLANTED},
                "logger": {"@loggers": "spacy.ConsoleLogger.v1"},
                "score_weights": {f"{task}_score": 0.5 for task in TASKS},
                **training,
            },
            "initialize": {
                "components": {
                    "sentiment": {"labels": ["negative", "positive"]},
                    "topic": {"labels": ["film", "phone"]},
                }
            },
        }
    )


@pytest.fixture
def run(monkeypatch):
    """Train as `spacy train` does. Returns the pipeline and the schedule that was used."""
    made = []
    create = StepSchedule.__init__

    def record(self, *args):
        create(self, *args)
        made.append(self)

    monkeypatch.setattr(StepSchedule, "__init__", record)

    def run_config(config, output=None):
        nlp = init_nlp(config)
        if output is not None:
            output.mkdir()
        train(nlp, output)
        return nlp, made[-1]

    return run_config


def test_max_steps(data, run):
    _, schedule = run(make_config(data))
    assert schedule.total_steps == 7
    assert schedule.step == 7 + 2  # spaCy takes one step more, and asks for the rate after it


@pytest.mark.parametrize("max_steps", [0, 1000])
def test_max_epochs(data, run, max_steps):
    _, schedule = run(make_config(data, max_epochs=4, max_steps=max_steps))
    assert schedule.total_steps == 4 * BATCHES_PER_EPOCH == schedule.step - 1


def test_max_steps_that_come_before_max_epochs(data, run):
    _, schedule = run(make_config(data, max_epochs=100))
    assert schedule.total_steps == 7


def test_accumulated_gradients_are_one_step(data, run):
    _, schedule = run(make_config(data, max_epochs=4, max_steps=0, accumulate_gradient=2))
    assert schedule.total_steps == 4 * BATCHES_PER_EPOCH == schedule.step - 1


def test_batches_that_grow_from_epoch_to_epoch(data, run):
    sizes = {"@schedules": "compounding.v1", "start": 1, "stop": 6, "compound": 1.1}
    batcher = {"@batchers": "spacy_mtl.batch_by_task.v1", "size": sizes}
    _, schedule = run(make_config(data, max_epochs=3, max_steps=0, batcher=batcher))
    assert schedule.total_steps == schedule.step - 1


def test_a_stream_with_max_steps(data, run):
    config = make_config(data, max_epochs=-1)
    config["corpora"]["train"]["stream"] = True
    assert run(config)[1].total_steps == 7


@pytest.mark.parametrize(("max_epochs", "total"), [(0, 7), (2, 2 * BATCHES_PER_EPOCH)])
def test_same_training_as_with_the_number_written_out(data, run, max_epochs, total):
    counted, _ = run(make_config(data, max_epochs=max_epochs))
    schedule = {**SLANTED, "total_steps": total}
    written, _ = run(make_config(data, schedule=schedule, max_epochs=max_epochs))
    for name in counted.pipe_names:
        models = [weights_of(nlp.get_pipe(name).model) for nlp in (counted, written)]
        assert same_weights(*models)


@pytest.mark.parametrize("max_epochs", [0, -1])
def test_a_training_whose_end_nobody_knows(data, max_epochs):
    config = make_config(data, max_epochs=max_epochs, max_steps=0)
    with pytest.raises(ValueError, match=rf"E420.*max_epochs = {max_epochs}.*total_steps"):
        init_nlp(config)


def test_a_training_whose_end_nobody_has_to_know(data, run):
    schedule = {**SLANTED, "total_steps": 5}
    _, used = run(make_config(data, schedule=schedule, max_steps=0, patience=1))
    assert used.total_steps == 5


# Components that spaCy does not initialize


@pytest.fixture
def trained(data, run, tmp_path):
    """A pipeline on disk."""
    run(make_config(data), tmp_path / "trained")
    return str(tmp_path / "trained" / "model-last")


def sourced(config, source, *names):
    for name in names:
        config["components"][name] = {"source": source}
        config["initialize"]["components"].pop(name, None)
    return config


def test_all_components_are_sourced(data, run, trained):
    config = make_config(data, max_epochs=5, max_steps=0)
    _, schedule = run(sourced(config, trained, "tok2vec", *TASKS))
    assert schedule.total_steps == 5 * BATCHES_PER_EPOCH == schedule.step - 1


def test_the_encoder_is_sourced_and_frozen(data, run, trained):
    config = make_config(data, frozen_components=["tok2vec"], annotating_components=["tok2vec"])
    assert run(sourced(config, trained, "tok2vec"))[1].total_steps == 7


def make_plain_corpus(data, tmp_path, nlp):
    """The rows in spaCy's own format."""
    docs = []
    for rows in TASKS.values():
        for text, cats in rows:
            doc = nlp.make_doc(text)
            doc.cats = dict(cats)
            docs.append(doc)
    DocBin(docs=docs).to_disk(tmp_path / "rows.spacy")
    return {"@readers": "spacy.Corpus.v1", "path": str(tmp_path / "rows.spacy")}


def test_another_reader(data, run, tmp_path, nlp):
    config = make_config(data, max_epochs=2, max_steps=0)
    reader = make_plain_corpus(data, tmp_path, nlp)
    config["corpora"] = {"train": reader, "dev": reader}
    assert run(config)[1].total_steps == 2 * BATCHES_PER_EPOCH


def test_another_reader_and_all_components_sourced(data, run, trained, tmp_path, nlp):
    config = sourced(make_config(data), trained, "tok2vec", *TASKS)
    reader = make_plain_corpus(data, tmp_path, nlp)
    config["corpora"] = {"train": reader, "dev": reader}
    with pytest.raises(ValueError, match=r"E421.*total_steps"):
        run(config)


# What else reads the config


def test_all_schedules_of_an_optimizer_are_told(data, run):
    nlp = init_nlp(make_config(data))
    optimizer = Adam(create_one_cycle_v1(max_rate=0.1), beta1=create_one_cycle_v1(max_rate=0.9))
    nlp.get_pipe("topic").finish_update(optimizer)
    assert [schedule.total_steps for schedule in optimizer.schedules.values()] == [7, 7]


def test_pipelines_are_not_kept_alive(data):
    nlp = init_nlp(make_config(data))
    vocab = nlp.vocab
    assert total_steps._PIPELINES[id(vocab)] is nlp
    del nlp
    gc.collect()
    assert id(vocab) not in total_steps._PIPELINES


def test_a_number_that_is_written_out_stays(data):
    nlp = make_pipeline("sentiment")
    total_steps.note_pipeline(nlp)
    optimizer = Adam(create_one_cycle_v1(max_rate=0.1, total_steps=3))
    nlp.get_pipe("sentiment").finish_update(optimizer)
    assert optimizer.schedules["learn_rate"].total_steps == 3


@pytest.mark.parametrize(("steps", "warns"), [(None, False), (7, False), (6, True), (8, True)])
def test_warns_where_schedule_and_training_part(data, steps, warns):
    config = make_config(data, schedule={**SLANTED, "total_steps": steps})
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        init_nlp(config)
    texts = [str(warning.message) for warning in caught]
    assert any("W305" in text for text in texts) == warns
    assert not any("W204" in text for text in texts)


@pytest.mark.parametrize("command", ["config", "model"])
def test_debug_commands(data, tmp_path, command):
    make_config(data).to_disk(tmp_path / "a.cfg")
    fill_config(tmp_path / "b.cfg", tmp_path / "a.cfg", silent=True)
    component = ["sentiment"] if command == "model" else []
    result = CliRunner().invoke(app, ["debug", command, str(tmp_path / "b.cfg"), *component])
    assert result.exit_code == 0, result.output


def test_a_pipeline_creates_its_optimizer(data):
    assert init_nlp(make_config(data)).create_optimizer().learn_rate == 0.02 / 32
