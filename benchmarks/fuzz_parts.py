"""What the fuzzer's targets damage: a small pipeline, and all files that come of one. Made once a process."""

import json
import tempfile
from functools import lru_cache
from pathlib import Path

import numpy
from spacy import blank
from spacy.language import Language
from spacy.training import Example
from thinc.api import fix_random_seed

from spacy_mtl.inference.similar import build_index
from spacy_mtl.training.checkpoint import PLACE, save_checkpoint
from spacy_mtl.training.random_state import get_random_state, get_torch_state
from spacy_mtl.training.saved_encoder import save_encoder
from spacy_mtl.training.train_state import get_train_state

ENCODER = {
    "@architectures": "spacy_mtl.HashEmbedCNN.v1",
    "width": 8,
    "depth": 1,
    "embed_size": 40,
    "maxout_pieces": 2,
}
CATS = [
    ("a good film", {"sentiment/positive": 1.0, "tags/fast": 1.0, "tags/cheap": 0.0}),
    ("a bad film", {"sentiment/negative": 1.0, "tags/fast": 0.0, "tags/cheap": 1.0}),
]
TEXTS = ["a good film", "", "fast and cheap"]


def make_pipeline(*, width: int = 8) -> Language:
    """An encoder and two tasks, not initialized."""
    nlp = blank("xx")
    nlp.add_pipe("multitask_tok2vec", name="tok2vec", config={"model": {**ENCODER, "width": width}})
    for task in ("sentiment", "tags"):
        model = {
            "@architectures": "spacy_mtl.TaskHead.v1",
            "exclusive_classes": task == "sentiment",
            "ngrams": {"@architectures": "spacy_mtl.NgramLinear.v1", "rows": 50},
            "tok2vec": {
                "@architectures": "spacy_mtl.Tok2VecListener.v1",
                "width": width,
                "upstream": "tok2vec",
            },
        }
        config = {"model": model, "multi_label": task == "tags"}
        nlp.add_pipe("textcat_multitask", name=task, config=config)
    return nlp


def train(nlp: Language) -> None:
    """Initialize a pipeline and let it learn a little."""
    fix_random_seed(0)

    def examples() -> list[Example]:
        found = []
        for text, cats in CATS:
            reference = nlp.make_doc(text)
            reference.cats = dict(cats)
            found.append(Example(nlp.make_doc(text), reference))
        return found

    optimizer = nlp.initialize(examples)
    for _ in range(2):
        nlp.update(examples(), sgd=optimizer)


@lru_cache(maxsize=1)
def parts() -> Path:
    """A folder with all files.

    model, wide: Two pipelines. encoder.msgpack: A saved encoder. weights.bin: What pretraining saves.
    run/checkpoint: The state of a training. index: An index of texts.
    """
    folder = Path(tempfile.mkdtemp(prefix="fuzz-parts-"))
    for name, width in (("wide", 12), ("model", 8)):
        nlp = make_pipeline(width=width)
        train(nlp)
        nlp.vocab.set_vector("film", numpy.ones(2, dtype="f"))
        nlp.to_disk(folder / name)
    save_encoder(nlp, folder / "encoder.msgpack")
    (folder / "weights.bin").write_bytes(nlp.get_pipe("tok2vec").model.to_bytes())  # type: ignore[attr-defined]
    optimizer = nlp.resume_training()
    state = {
        "kind": "training",
        "is_finished": False,
        "learned": get_train_state(nlp, optimizer, n_steps=1),
        "performance": {},
        "strings": ["film"],
        "random": get_random_state(),
        "torch": get_torch_state(),
        "progress": {"step": 1, "epoch": 0, "results": [[0.5, 1]]},
    }
    save_checkpoint(folder / "run", state)
    texts = folder / "texts.jsonl"
    texts.write_text("".join(json.dumps({"text": text, "n": 1}) + "\n" for text in TEXTS))
    build_index(nlp, texts, folder / "index", exact=True)
    return folder


@lru_cache(maxsize=1)
def pipeline() -> Language:
    """The pipeline, loaded. Not to be changed."""
    from spacy import load

    return load(parts() / "model")


@lru_cache(maxsize=8)
def contents(name: str) -> dict[str, bytes]:
    """The files of a folder of `parts`, by their names."""
    folder = parts() / name
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def write(files: dict[str, bytes], folder: Path) -> None:
    """Write files into a folder."""
    for name, data in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)


STATE = PLACE.as_posix()
