"""Loops with `nlp.update(sgd=...)`, in which a head may never answer the encoder, and settings that are
changed between saving and loading."""

from collections.abc import Callable
from pathlib import Path

import pytest
import spacy
from spacy.language import Language
from spacy.training import Example
from thinc.api import Optimizer


@pytest.fixture
def nlp() -> Language:
    nlp = spacy.blank("en")
    nlp.add_pipe("multitask_tok2vec", name="tok2vec")
    for name in ("tone", "topic"):
        head = nlp.add_pipe("textcat_multitask", name=name)
        for label in ("x", "y"):
            head.add_label(label)
    return nlp


def examples(nlp: Language) -> list[Example]:
    rows = [("good film", {"tone/x": 1.0}), ("bad film", {"tone/y": 1.0})]
    return [Example.from_dict(nlp.make_doc(text), {"cats": cats}) for text, cats in rows]


def weights(nlp: Language) -> bytes:
    return nlp.get_pipe("tok2vec").model.to_bytes()


def train(nlp: Language, **kwargs: object) -> Optimizer:
    sgd = nlp.initialize()
    for _ in range(2):
        nlp.update(examples(nlp), sgd=sgd)
    nlp.update(examples(nlp), sgd=sgd, **kwargs)
    return sgd


def use(nlp: Language, path: Path) -> None:
    nlp("a film")


def save(nlp: Language, path: Path) -> None:
    nlp.to_disk(path / "saved")


def write(nlp: Language, path: Path) -> None:
    nlp.to_bytes()


@pytest.mark.parametrize("action", [use, save, write])
def test_step_of_a_batch_that_a_frozen_head_left_open_is_taken(
    nlp: Language, tmp_path: Path, action: Callable
):
    train(nlp, exclude=["topic"])
    before = weights(nlp)
    action(nlp, tmp_path)
    assert weights(nlp) != before


def test_step_is_complete_when_all_heads_have_answered(nlp: Language):
    train(nlp)
    before = weights(nlp)
    nlp("a film")
    assert weights(nlp) == before


def test_annotating_encoder_does_not_lose_the_heads_gradient(nlp: Language):
    sgd = nlp.initialize()
    for _ in range(3):
        before = weights(nlp)
        nlp.update(examples(nlp), sgd=sgd, annotates=["tok2vec"])
    assert weights(nlp) != before


def test_pipeline_initializes_without_data_when_labels_are_known(nlp: Language):
    nlp.initialize()
    assert sum(nlp("a film")._.tasks["tone"].values()) == pytest.approx(1.0)


@pytest.mark.parametrize("changed", ["component", "config"])
def test_changed_setting_survives_saving_and_loading(nlp: Language, tmp_path: Path, changed: str):
    nlp.initialize()
    config = {}
    if changed == "component":
        nlp.get_pipe("tone").cfg["threshold"] = 0.25
    else:
        config = {"components": {"tone": {"threshold": 0.25}}}
    nlp.to_disk(tmp_path / "saved")
    loaded = spacy.load(tmp_path / "saved", config=config)
    assert loaded.get_pipe("tone").cfg["threshold"] == pytest.approx(0.25)
    assert loaded.get_pipe("topic").cfg["threshold"] == pytest.approx(0.5)
