"""Estimators in scikit-learn's form: the encoder, classifiers on it, and tuners of embeddings."""

from importlib import import_module
from typing import Any

from ..errors import Errors

MODULES = {
    "SentenceEncoder": "sentence_encoder",
    "MultitaskClassifier": "multitask_classifier",
    "FeedForwardTuner": "feed_forward_tuner",
    "ContrastiveLearner": "contrastive_learner",
    "ContrastiveTuner": "contrastive_tuner",
    "EncoderLearner": "encoder_learner",
    "EncoderTuner": "encoder_tuner",
}
__all__ = list(MODULES)


def __getattr__(name: str) -> Any:
    if name not in MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    try:
        import_module("sklearn")
    except ImportError as error:
        raise ImportError(Errors.E525.format(name=name, error=error)) from error
    return getattr(import_module(f".{MODULES[name]}", __name__), name)


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
