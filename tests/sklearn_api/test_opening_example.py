"""What is alike is for labels to say: the same words with the opposite meaning, and other words with the same."""

import io
import json
from pathlib import Path

import pytest
from spacy.training.initialize import init_nlp
from spacy.training.loop import train
from thinc.api import Config

from spacy_mtl.cli.init_config import init_config
from spacy_mtl.sklearn import EncoderTuner

DEMO = Path(__file__).parent.parent.parent / "assets" / "demo"
STEPS = 1500


@pytest.mark.slow
def test_an_encoder_tuned_on_sentiment_tells_love_from_hate(tmp_path):
    config = Config().from_str(init_config(DEMO, max_steps=STEPS)).interpolate()
    train(init_nlp(config), tmp_path, stdout=io.StringIO(), stderr=io.StringIO())
    lines = (DEMO / "sentiment" / "train.jsonl").read_text(encoding="utf8").splitlines()
    rows = [json.loads(line) for line in lines]
    tuner = EncoderTuner(tmp_path / "model-best", random_state=0)
    tuner.fit([row["text"] for row in rows], [row["label"] for row in rows])
    love = ["I love python."] * 2
    hate, wonderful = tuner.similarity(love, ["I hate python.", "Python is wonderful."])
    assert wonderful > hate + 0.1
    assert hate < 0.4
    doc = tuner.nlp_(love[0])
    assert doc.similarity(tuner.nlp_("I hate python.")) == pytest.approx(hate, abs=1e-5)
