"""The pipeline of a review: its tokenizer, and an encoder that has not learned the labels in question."""

from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Any, NamedTuple

from spacy.language import Language
from spacy.tokens import Doc
from spacy.training import Example
from spacy.util import load_config, load_model_from_config, logger
from thinc.api import Config

from ..damage import load_pipeline
from ..errors import Errors, Warnings
from ..training.files import resolve_files
from ..training.random_state import separate_random_state
from ..training.single_task import READER, find_task_pipes
from ..training.texts import text_digest
from .features import find_encoder
from .rows import read_any

SAMPLE = 100
CONFIG = "config.cfg"


class Source(NamedTuple):
    """A config or a trained pipeline."""

    path: Path
    config: Config
    is_trained: bool

    @property
    def tasks(self) -> dict[str, str]:
        """RETURNS (Dict[str, str]): Names of the components by task."""
        return find_task_pipes(self.config)


def open_source(path: str | Path) -> Source:
    """Read the config of a pipeline.

    path (Union[str, Path]): A config, or the folder of a trained pipeline.
    RETURNS (Source): What it is.
    RAISES (ValueError): If it is neither.
    """
    path = Path(path)
    is_trained = path.is_dir()
    file = path / CONFIG if is_trained else path
    if not file.is_file() or file.suffix != ".cfg":
        raise FileNotFoundError(Errors.E701.format(path=path))
    return Source(path, load_config(file, interpolate=True), is_trained)


def load_unbiased(source: Source, task: str, texts: Collection[str]) -> Language:
    """Load a pipeline whose encoder has not learned the labels of a task.

    The encoder of a config is initialized as training would begin, with the weights of `init_tok2vec` if
    it names any. That of a trained pipeline is taken as it is, if none of the texts is in the task's
    training data, and otherwise begins anew as well.

    source (Source): The config or pipeline.
    task (str): The task that is reviewed.
    texts (Collection[str]): The texts that are judged.
    RETURNS (Language): The pipeline. Only its tokenizer and encoder are of use.
    """
    if not source.is_trained:
        return _initialize(source, texts)
    seen = _seen(source, task, texts)
    if not seen:
        return load_pipeline(source.path)
    weights = source.config["initialize"].get("init_tok2vec")
    usable = weights is not None and Path(weights).is_file()
    start = f"pretrained: {weights}" if usable else "random weights"
    logger.warning(Warnings.W355.format(path=source.path, task=task, seen=seen, start=start))
    if not usable:
        source.config["initialize"]["init_tok2vec"] = None
    return _initialize(source, texts)


def training_files(source: Source, tasks: Collection[str] | None = None) -> dict[str, Path]:
    """Find the files that a config trains from.

    source (Source): The config or pipeline.
    tasks (Optional[Collection[str]]): The tasks. None for all.
    RETURNS (Dict[str, Path]): Files by task; empty if its reader is not this package's.
    RAISES (ValueError): If there are no such files.
    """
    block = _train_corpus(source.config)
    if block.get("@readers") != READER or not block.get("path"):
        return {}
    return resolve_files(block["path"], split=block.get("split"), tasks=tasks)[0]


def _train_corpus(config: Config) -> dict[str, Any]:
    place = str(config["training"].get("train_corpus", "corpora.train")).removeprefix("corpora.")
    return (config.get("corpora") or {}).get(place) or {}


def _seen(source: Source, task: str, texts: Collection[str]) -> str:
    """Tell which of the texts a pipeline was trained on, or nothing."""
    if task not in source.tasks:
        return ""
    try:
        path = training_files(source, [task])[task]
        known = {text_digest(record.text) for record in read_any(path, task, on_error="skip")}
    except (ValueError, OSError, KeyError):
        return "on data that cannot be found any more, which may be the same"
    count = sum(text_digest(text) in known for text in texts)
    return f"on {count:,} of these {len(texts):,} texts" if count else ""


def _initialize(source: Source, texts: Collection[str]) -> Language:
    nlp = load_model_from_config(source.config, auto_fill=True)
    encoder = find_encoder(nlp, source.path)
    seed = source.config["training"].get("seed") or 0

    def examples() -> Iterator[Example]:
        for text in list(texts)[:SAMPLE]:
            doc = nlp.make_doc(text)
            yield Example(doc, Doc(nlp.vocab, words=[t.text for t in doc]))

    with separate_random_state(seed), nlp.select_pipes(enable=[encoder.name]):
        nlp.initialize(lambda: list(examples()) or list(_dummy(nlp)))
    return nlp


def _dummy(nlp: Language) -> Iterator[Example]:
    yield Example(nlp.make_doc("-"), nlp.make_doc("-"))
