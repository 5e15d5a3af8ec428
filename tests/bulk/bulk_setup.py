"""A pipeline, rows for it, and texts that end the process that reads them."""

import os
import random
import signal
from concurrent.futures import Future
from pathlib import Path

import srsly
from builders import SENTIMENT, TAGS, add_encoder, add_task, train
from spacy import blank
from spacy.language import Language
from spacy.tokens import Doc

from spacy_mtl.bulk.pool import Pool
from spacy_mtl.bulk.renewal import Renewed

WORDS = ["good", "bad", "film", "great", "awful", "plot", "fast", "cheap", "the", "🙂", "x\x00y"]
#: Texts that end the process that reads them, always or until the file named after it exists; and one that
#: the pipeline fails on.
DEADLY, ONCE, WRONG = "DEADLY", "ONCE ", "WRONG"


class Deadly:
    """A component that does not survive some texts."""

    def __call__(self, doc: Doc) -> Doc:
        if doc.text == WRONG:
            raise RuntimeError("no such text")
        if doc.text.startswith(ONCE) and not os.path.exists(doc.text.removeprefix(ONCE)):
            Path(doc.text.removeprefix(ONCE)).touch()
            os.kill(os.getpid(), signal.SIGKILL)
        if doc.text == DEADLY:
            os.kill(os.getpid(), signal.SIGKILL)
        return doc


@Language.factory("deadly")
def make_deadly(nlp: Language, name: str) -> Deadly:
    return Deadly()


class InlinePool(Pool):
    """Workers that take no time to begin, because they are none."""

    def __init__(self, work: bytes, n_workers: int) -> None:
        super().__init__(n_workers)
        self.work = Renewed(lambda: work)

    def start(self, worker: int) -> Future:
        return self.submit(worker, None, {})

    def submit(self, worker: int, block, left_out) -> Future:
        future = Future()
        future.set_result(None if block is None else self.work(block, left_out))
        return future

    def stop(self) -> None:
        """There is nothing to end."""


def make_model(*, deadly: bool = False, n_steps: int = 10) -> Language:
    """A pipeline with an exclusive task and one with several labels a text."""
    nlp = blank("xx")
    add_encoder(nlp)
    add_task(nlp, "sentiment")
    add_task(nlp, "tags", multi_label=True)
    train(nlp, [*SENTIMENT, *TAGS], n_steps=n_steps)
    if deadly:
        nlp.add_pipe("deadly", first=True)
    return nlp


def make_rows(n: int, seed: int = 0) -> list[dict]:
    rng = random.Random(seed)
    return [{"text": " ".join(rng.choices(WORDS, k=rng.randrange(12))), "id": i} for i in range(n)]


def write_rows(path: Path, rows: int | list[dict]) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    srsly.write_jsonl(path, make_rows(rows) if isinstance(rows, int) else rows)
    return path


def tree(folder: Path) -> dict[str, bytes]:
    """All files of a folder, and what they hold."""
    paths = [path for path in folder.rglob("*") if path.is_file()]
    return {str(path.relative_to(folder)): path.read_bytes() for path in paths}
