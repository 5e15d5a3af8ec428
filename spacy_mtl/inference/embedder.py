"""Embeddings of texts, and of files of them."""

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy
from spacy.language import Language
from thinc.types import Floats2d

from ..pipeline.extensions import get_embedding
from .model import check_batch_size, find_encoders, model_digest, read_docs, running
from .rows import STREAM, TextSource
from .runs import Run, RunReport
from .workers import work_on
from .writers import EMBEDDING, make_writer


class Embedder:
    """Compute the embeddings of texts with nothing but the encoder of a pipeline."""

    def __init__(self, nlp: Language, batch_size: int | None = None) -> None:
        """Look for the encoder.

        nlp (Language): The pipeline.
        batch_size (Optional[int]): The most texts of a batch. Defaults to that of the pipeline.
        RAISES (ValueError): If the pipeline has no encoder.
        """
        self.nlp = nlp
        self.names = find_encoders(nlp)
        self.batch_size = check_batch_size(nlp, batch_size)
        encoder: Any = nlp.get_pipe(self.names[-1])
        self.ops = encoder.model.ops
        self.width = int(encoder.model.get_dim("nO"))

    def __call__(self, texts: Sequence[str]) -> Floats2d:
        """Compute the embeddings of some texts. The same texts together give the same bits each time.

        texts (Sequence[str]): The texts.
        RETURNS (Floats2d): Embeddings `(n_texts, width)`, those of `doc._.embedding`.
        """
        found: Any = numpy.zeros((len(texts), self.width), dtype="f")
        with running(self.nlp, self.names):
            for i, doc in enumerate(read_docs(self.nlp, texts, self.batch_size)):
                if len(doc):
                    found[i] = self.ops.to_numpy(get_embedding(doc))
        return found

    def digest(self) -> str:
        """RETURNS (str): A number that is the same for models that compute the same."""
        return model_digest(self.nlp, self.names)


def embed_file(
    nlp: Language,
    source: str | Path,
    output: str | Path,
    *,
    kind: str | None = None,
    text_field: str = "text",
    batch_size: int | None = None,
    n_process: int = 1,
    on_error: str = "raise",
    overwrite: bool = False,
    on_start: Callable[[RunReport], None] | None = None,
) -> RunReport:
    """Write the embeddings of a file's texts, in the order of its rows and in bounded memory.

    If it is interrupted, even by the machine, the same call goes on where it stopped, and the result is
    the same bit for bit, with any number of processes.

    nlp (Language): The pipeline. Only its encoder runs.
    source (Union[str, Path]): A .jsonl, .csv, .tsv or .txt file, also compressed (.gz), or "-" for standard
        input.
    output (Union[str, Path]): A file that ends in .npy, for an array `(n_rows, width)` of float32; or in
        .parquet or .jsonl, for the rows with all their fields and one more, "embedding"; or "-" for JSON
        lines on standard output. The file appears when it is complete.
    kind (Optional[str]): The format of the source. Defaults to what its name ends in.
    text_field (str): The field or column with the text.
    batch_size (Optional[int]): The most texts of a batch. Defaults to that of the pipeline.
    n_process (int): The number of processes. -1 for one for each core.
    on_error (str): What to do with bad rows: "raise" or "skip".
    overwrite (bool): Whether to replace an existing file, and to forget an interrupted run.
    on_start (Optional[Callable]): Called with the report when the work begins.
    RETURNS (RunReport): How many rows there are.
    RAISES (ValueError): If something cannot be read or written, or an interrupted run was another one.
    """
    embedder = Embedder(nlp, batch_size)
    texts = TextSource(
        source,
        kind=kind,
        text_field=text_field,
        on_error=on_error,
        max_length=nlp.max_length,
        reserved=None if str(output).endswith(".npy") and str(output) != STREAM else EMBEDDING,
    )
    run = Run(
        texts,
        output,
        make_writer(output, embedder.width),
        model=embedder.digest(),
        options={"batch_size": embedder.batch_size},
        overwrite=overwrite,
    )
    return run(partial(work_on, embedder, n_process=n_process), on_start=on_start)
