"""Our own training beside `spacy train`, and a run that was interrupted beside one that was not."""

import pytest
from train_setup import (
    LISTENER,
    check_same,
    interrupted,
    make_config,
    run_spacy,
)

from spacy_mtl.training.train_run import train

RAW = {
    "nlp.pipeline": ["tok2vec", "lmao", "sentiment", "topic"],
    "components.lmao.factory": "lmao",
    "components.lmao.vectors": "{root}/vectors",
    "components.lmao.model": {
        "@architectures": "spacy_mtl.LMAOHead.v1",
        "target": {"word": 1.0, "document": 0.5},
        "tok2vec": LISTENER,
    },
    "corpora.train.raw": "{root}/raw.jsonl",
}
PAIRS = {
    "nlp.pipeline": ["tok2vec", "sts", "sentiment", "topic"],
    "components.sts": {
        "factory": "contrastive",
        "loss": "in_batch",
        "model": {"@architectures": "spacy_mtl.SentenceEncoder.v1", "tok2vec": LISTENER},
    },
    "corpora.train.path": {
        "sentiment": "{root}/data/sentiment",
        "topic": "{root}/data/topic",
        "sts": "{root}/pairs/sts",
    },
}
STREAM = {
    "training.max_epochs": -1,
    "corpora.train.stream": True,
    "corpora.train.shuffle_buffer": 20,
}
RATE = "training.optimizer.learn_rate"
VARIANTS = {
    "memory": {},
    "epochs": {"training.max_epochs": 2, "training.max_steps": 0},
    "stream": STREAM,
    "raw": RAW,
    "raw_stream": {**RAW, **STREAM},
    "pairs": PAIRS,
    "unfreezing": {
        "training.before_update": {
            "@callbacks": "spacy_mtl.gradual_unfreezing.v1",
            "every": 5,
            "unit": "steps",
        }
    },
    "fine_tune": {
        "initialize.before_init": {
            "@callbacks": "spacy_mtl.fine_tune.v1",
            "settings": {"tok2vec": {"lr_decay": 2.0}, "topic": {"lr_scale": 0.5}},
        }
    },
    "triangular": {
        RATE: {"@schedules": "spacy_mtl.slanted_triangular.v1", "max_rate": 0.02},
    },
    "one_cycle": {
        RATE: {"@schedules": "spacy_mtl.one_cycle.v1", "max_rate": 0.02},
    },
    "warmup": {
        RATE: {
            "@schedules": "warmup_linear.v1",
            "initial_rate": 0.02,
            "warmup_steps": 5,
            "total_steps": 30,
        },
    },
    "no_averages": {"training.optimizer.use_averages": False},
    "stock_adam": {"training.optimizer.@optimizers": "Adam.v1", "training.optimizer.L2": 0.01},
    "radam": {"training.optimizer": {"@optimizers": "RAdam.v1", "learn_rate": 0.01}},
    "frozen": {
        "training.frozen_components": ["topic"],
        "components.topic": {"source": "{root}/spacy0/model-last"},
        "components.tok2vec": {"source": "{root}/spacy0/model-last"},
    },
    "frozen_encoder": {
        "training.frozen_components": ["tok2vec"],
        "training.annotating_components": ["tok2vec"],
        "components.tok2vec": {"source": "{root}/spacy0/model-last"},
    },
    "patience": {"training.patience": 22, "training.max_steps": 100, RATE: 1e-9},
    "accumulated": {"training.accumulate_gradient": 3},
    "sizes": {
        "training.batcher.size": {
            "@schedules": "compounding.v1",
            "start": 3,
            "stop": 12,
            "compound": 1.1,
        },
        "training.batcher.sort_window": 4,
    },
}


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    """A folder with the data."""
    root = tmp_path_factory.mktemp("runs")
    run_spacy(make_config(root, {"training.max_steps": 3}), root / "spacy0")
    return root


#: The variants that every run of the tests tries.
QUICK = {"memory", "stream", "raw", "unfreezing", "frozen", "accumulated"}


@pytest.fixture(
    scope="module",
    params=[
        pytest.param(name, marks=() if name in QUICK else pytest.mark.slow) for name in VARIANTS
    ],
)
def variant(request, root):
    """A config, and the output of `spacy train` for it."""
    config = make_config(root, VARIANTS[request.param])
    folder = root / request.param
    run_spacy(config, folder)
    return config, folder


def test_writes_the_files_of_spacy_train(variant, tmp_path):
    config, expected = variant
    train(config, tmp_path)
    check_same(tmp_path, expected)


def test_goes_on_as_if_nothing_had_happened(variant, tmp_path):
    config, expected = variant
    with interrupted(14):
        train(config, tmp_path, save_every=4)
    with interrupted(5):
        train(config, tmp_path, resume=True, save_every=4)
    train(config, tmp_path, resume=True)
    check_same(tmp_path, expected)


def test_a_run_of_spacy_train_goes_on(variant, tmp_path):
    config, expected = variant
    with interrupted(14):
        run_spacy(config, tmp_path)
    train(config, tmp_path, resume=True)
    check_same(tmp_path, expected)
