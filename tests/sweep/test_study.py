"""The study, on disk."""

import pytest

from spacy_mtl.sweep.locks import alive
from spacy_mtl.sweep.space import read_space
from spacy_mtl.sweep.study import LOCK, SIGNS, Study, score_of, state_of
from spacy_mtl.sweep.trial import Report

SPACE = "a: {low: 0, high: 1, int: false}\nb: {choices: [x, y]}"


@pytest.fixture
def open_study(tmp_path, space_path):
    (tmp_path / "out" / SIGNS).mkdir(parents=True)

    def make(process="me", settings=None, text=SPACE, **options):
        space = read_space(space_path(text))
        return Study(tmp_path / "out", process, space, settings or {}, **options)

    return make


def done(number, score):
    return Report(number, "complete", best=score, scores={"s": score}, weighted=["s"], steps=3)


def test_gives_as_many_trials_as_asked_for(open_study):
    study = open_study()
    asked = [study.ask(2), study.ask(2), study.ask(2)]
    assert [a and a[0] for a in asked] == [0, 1, None]
    assert study.running() == 2


def test_random_values_depend_on_the_number_of_the_trial_alone(open_study, tmp_path):
    study = open_study(sampler="random")
    first = [study.ask(3)[1] for _ in range(3)]
    (tmp_path / "out" / "study.db").unlink()
    study = open_study(sampler="random")
    again = [study.ask(1)[1]]
    study.finish(done(0, 0.5))
    study = open_study(sampler="random")
    again += [study.ask(3)[1] for _ in range(2)]
    assert again == first
    assert first[0] != first[1]


def test_keeps_what_is_finished(open_study):
    study = open_study()
    for number, report in enumerate(
        [
            done(0, 0.5),
            Report(1, "pruned", best=0.3, weighted=["s"]),
            Report(2, "failed", reason="bad"),
        ]
    ):
        assert study.ask(3)[0] == number
        if report.state == "pruned":
            study.report(Report(1, step=1, score=0.2))
        study.finish(report)
    trials = open_study().finished()
    assert [state_of(trial) for trial in trials] == ["complete", "pruned", "failed"]
    assert [score_of(trial) for trial in trials] == [0.5, 0.3, None]
    assert open_study().ask(3) is None


def test_a_trial_is_stopped_below_the_median(open_study):
    study = open_study(prune_from=2)
    for number in range(5):
        study.ask(9)
        for step in (1, 2):
            assert not study.report(Report(number, step=step, score=0.5))
        study.finish(done(number, 0.5))
    study.ask(9)
    assert not study.report(Report(5, step=1, score=0.1))
    assert study.report(Report(5, step=2, score=0.1))


def test_equal_values_are_not_trained_twice(open_study):
    study = open_study(text="a: {choices: [1]}")
    assert study.ask(2)[2] is None
    study.report(Report(0, step=1, score=0.4))
    study.finish(done(0, 0.5))
    number, _, twin = study.ask(2)
    assert twin == 0
    study.copy(number, twin)
    assert [score_of(trial) for trial in study.finished()] == [0.5, 0.5]
    assert study.ask(2) is None


def test_what_ran_in_a_dead_process_begins_anew(open_study):
    values = open_study("dead").ask(5)[1]
    number, again, _ = open_study("me").ask(1)
    assert (number, again) == (1, values)
    assert open_study("me").finished() == []


def test_what_runs_in_another_process_stays(open_study, tmp_path):
    with alive(tmp_path / "out" / SIGNS) as other:
        open_study(other).ask(5)
        study = open_study("me")
        assert study.running() == 1
        assert study.ask(1) is None


def test_what_is_released_begins_anew(open_study):
    study = open_study()
    values = study.ask(1)[1]
    study.release()
    assert study.running() == 0
    assert study.ask(1)[:2] == (1, values)


def test_names_what_differs(open_study):
    open_study(settings={"training.dropout": "0.1", "a": "1"})
    with pytest.raises(ValueError, match=r"(?s)E845.*training.dropout: was 0.1, is 0.2") as caught:
        open_study(settings={"training.dropout": "0.2", "a": "1"})
    assert "a: was" not in str(caught.value)


def test_names_a_damaged_file(open_study, tmp_path):
    (tmp_path / "out" / "study.db").write_bytes(b"this is no database" * 99)
    with pytest.raises(ValueError, match=r"E849.*study.db"):
        open_study()


def test_no_lock_is_left_behind(open_study, tmp_path):
    with alive(tmp_path / "out" / SIGNS) as name:
        assert (tmp_path / "out" / SIGNS / name).exists()
        open_study(name)
    assert list((tmp_path / "out" / SIGNS).iterdir()) == []
    assert (tmp_path / "out" / LOCK).exists()
