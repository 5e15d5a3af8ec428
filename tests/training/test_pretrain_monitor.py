"""The monitor of pretraining."""

import pytest
import spacy
import srsly
from pretrain_setup import LMAO, MONITOR, make_config, write_texts
from spacy.schemas import ConfigSchemaPretrain
from spacy.training.pretrain import pretrain as spacy_pretrain
from spacy.util import registry

from spacy_mtl.training.pretrain import PretrainRun
from spacy_mtl.training.pretrain_monitor import create_pretrain_monitor
from spacy_mtl.training.random_state import get_random_state, is_random_state


@pytest.fixture
def model(tmp_path):
    config = make_config(tmp_path).interpolate()
    return PretrainRun(config, tmp_path / "out", save_every=5, use_gpu=-1, silent=True).model


def make_monitor(root, model, **settings):
    monitor = create_pretrain_monitor(root / "held_out.jsonl", every_words=50, **settings)
    monitor.prepare(model, spacy.blank("xx").make_doc)
    return monitor


def test_evaluates(tmp_path, model):
    monitor = make_monitor(tmp_path, model, probe_path=tmp_path / "labels.jsonl")
    monitor.count(30, 2.0)
    assert not monitor.is_due
    monitor.count(80, 4.0)
    assert monitor.is_due
    result = monitor.evaluate(model)
    assert (result.words, result.loss) == (110, 3.0)
    assert result.dev_loss > 0
    assert 0 <= result.accuracy_1 <= result.accuracy_10 <= 1
    assert 0 <= result.probe <= 1
    assert result.score == result.probe
    assert result.improved
    assert monitor.next_words == 150


def test_leaves_weights_and_random_states(tmp_path, model):
    state, data = get_random_state(), model.to_bytes()
    monitor = make_monitor(tmp_path, model, probe_path=tmp_path / "labels.jsonl")
    first = monitor.evaluate(model)
    assert is_random_state(state)
    assert model.to_bytes() == data
    assert monitor.evaluate(model).dev_loss == first.dev_loss


def test_an_equal_score_is_not_better(tmp_path, model):
    monitor = make_monitor(tmp_path, model, patience=2)
    assert monitor.evaluate(model).improved
    assert not monitor.evaluate(model).improved
    assert not monitor.should_stop
    monitor.evaluate(model)
    assert monitor.should_stop


def test_the_loss_serves_where_no_word_is_predicted(tmp_path):
    config = make_config(tmp_path, pretraining__objective__target="document").interpolate()
    run = PretrainRun(config, tmp_path / "out", save_every=5, use_gpu=-1, silent=True)
    result = make_monitor(tmp_path, run.model).evaluate(run.model)
    assert result.accuracy_10 is None
    assert result.score == -result.dev_loss


def test_reads_no_more_texts_than_it_may(tmp_path, model):
    write_texts(tmp_path / "held_out.jsonl", 30)
    assert len(make_monitor(tmp_path, model, limit=7)._docs) == 7
    assert len(make_monitor(tmp_path, model, limit=0)._docs) == 30


def test_goes_on_from_its_state(tmp_path, model):
    monitor = make_monitor(tmp_path, model)
    monitor.count(70, 1.0)
    monitor.evaluate(model)
    monitor.count(5, 1.0)
    other = make_monitor(tmp_path, model)
    state = srsly.msgpack_loads(srsly.msgpack_dumps(monitor.get_state()))
    other.set_state(state, 75)
    assert (other.words, other.best, other.next_words) == (75, monitor.best, 100)
    another = make_monitor(tmp_path, model, limit=5)
    another.set_state(state, 75)
    assert (another.words, another.best, another.next_words) == (75, None, 100)


def test_prints_a_line_under_spacy_pretrain(tmp_path, capsys):
    config = make_config(tmp_path, LMAO, monitor=MONITOR)
    config["pretraining"]["objective"]["monitor"]["patience"] = 1
    (tmp_path / "out").mkdir()
    spacy_pretrain(config.interpolate(), tmp_path / "out")
    lines = capsys.readouterr().out.splitlines()
    evaluations = [line for line in lines if "acc@10" in line]
    assert len(evaluations) == 8
    assert evaluations[0].startswith("120 words  loss 0.0")
    assert any("time to stop" in line for line in lines)


@pytest.mark.parametrize(
    "settings",
    [
        {"every_words": 0},
        {"limit": -1},
        {"candidates": 0},
        {"patience": -1},
        {"mask_prob": 0.0},
        {"mask_prob": 1.1},
    ],
)
def test_checks_its_settings(settings):
    (name,) = settings
    with pytest.raises(ValueError, match=f"E274.*{name}"):
        create_pretrain_monitor("held_out.jsonl", **settings)


def test_needs_its_text(tmp_path, model):
    monitor = create_pretrain_monitor(tmp_path / "none.jsonl")
    with pytest.raises(ValueError, match=r"E264.*pretraining\.objective\.monitor"):
        monitor.prepare(model, spacy.blank("xx").make_doc)


def test_its_config_is_filled_in(tmp_path):
    config = make_config(tmp_path, monitor=MONITOR).interpolate()
    filled = registry.fill(config["pretraining"], schema=ConfigSchemaPretrain)
    monitor = filled["objective"]["monitor"]
    assert (monitor["limit"], monitor["candidates"], monitor["patience"]) == (20, 20_000, 0)
    assert filled["objective"]["init_tok2vec"] is None


def test_needs_no_file_before_it_is_used(tmp_path):
    config = make_config(tmp_path, monitor=MONITOR).interpolate()
    (tmp_path / "held_out.jsonl").unlink()
    registry.resolve(config["pretraining"], schema=ConfigSchemaPretrain)
