"""Many text classifiers, one small CPU encoder: multi-task text classification for spaCy."""

from importlib import import_module
from typing import Any

__version__ = "0.1.0"

__all__ = ["load_encoder", "partial_fit", "save_encoder"]

#: Where the public functions are. They are imported when they are asked for: spaCy imports the package
#: whenever it looks for a registered function.
_PLACES = {
    "load_encoder": "training.saved_encoder",
    "partial_fit": "training.partial_fit",
    "save_encoder": "training.saved_encoder",
}


def __getattr__(name: str) -> Any:
    if name not in _PLACES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f".{_PLACES[name]}", __name__), name)


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
