"""A pipeline applied to files, which is what `mtl apply` does."""

import os
import pickle
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from spacy.language import Language
from spacy.util import logger

from ..errors import Errors, Warnings
from ..inference.parquet import load_pyarrow
from ..inference.predictor import Predictor
from ..inference.rows import STREAM
from ..inference.runs import Run, RunReport
from ..inference.sources import Spread
from ..ray_session import ray_session
from ..util import listing
from .blocks import BLOCK_ROWS, Layout
from .inputs import KINDS, find_inputs
from .local import LocalPool
from .on_ray import RaySpread, count_workers
from .output import JobWriter
from .pool import spread
from .source import JobSource
from .work import Apply, Scorer

ENGINES = ("local", "ray")


@dataclass
class ApplyReport:
    """What a job has done.

    rows (int): Rows that are written.
    before (int): How many of them were written before an interruption.
    files (int): Files that were read.
    rejected (int): Rows that were left out.
    rejected_path (Path): Where they are, each with its reason.
    n_failed (int): Files that cannot be read, or not to their end.
    failed (List[str]): The first of them, each with its reason.
    """

    rows: int
    before: int
    files: int
    rejected: int
    rejected_path: Path
    n_failed: int
    failed: list[str] = field(default_factory=list)


def apply_files(
    nlp: Language,
    inputs: Sequence[str | Path],
    output: str | Path,
    *,
    tasks: Sequence[str] | None = None,
    threshold: float | None = None,
    all_scores: bool = False,
    embeddings: bool = False,
    kind: str | None = None,
    text_field: str = "text",
    prefix: str = "",
    batch_size: int | None = None,
    n_workers: int | None = None,
    engine: str = "local",
    address: str | None = None,
    overwrite: bool = False,
    on_start: Callable[[RunReport], None] | None = None,
) -> ApplyReport:
    """Write the scores of all texts of some files, in the order of their rows and in bounded memory.

    A bad row is left out, and told in a file of its own. If the job is interrupted, even by the machine, the
    same call goes on where it stopped; the result is the same byte for byte, with any number of workers
    and any engine.

    nlp (Language): The pipeline.
    inputs (Sequence[Union[str, Path]]): Files that end in .jsonl, .csv, .tsv (also .gz) or .parquet; patterns; and
        folders with such files at any depth.
    output (Union[str, Path]): For one file a file of the same format, otherwise a folder. Each file appears when it
        is complete: all rows with all their fields, and with new ones. In JSON lines that is "predicted", see
        `Predictor`; in tables a column "task" with the label, or with the labels, and columns "task/label"
        with the scores.
    tasks (Optional[Sequence[str]]): The tasks. None for all.
    threshold (Optional[float]): From which score on a label is predicted, see `Predictor`.
    all_scores (bool): Whether to give the scores of all labels in JSON lines too.
    embeddings (bool): Whether to add "embedding": a list, and its form in JSON in .csv and .tsv.
    kind (Optional[str]): The format of all files. Defaults to what their names end in.
    text_field (str): The field or column with the text.
    prefix (str): What the names of new fields and columns begin with.
    batch_size (Optional[int]): The most texts of a batch. Defaults to that of the pipeline.
    n_workers (Optional[int]): The number of workers. Defaults to one for each core.
    engine (str): "local" for processes of this machine, "ray" for Ray.
    address (Optional[str]): The Ray cluster. None to start Ray on this machine.
    overwrite (bool): Whether to replace files that are there, and to forget an interrupted job.
    on_start (Optional[Callable]): Called with a report when the work begins. It is kept up to date.
    RETURNS (ApplyReport): What was done.
    RAISES (ValueError): If nothing can be read or written, or an interrupted job was another one.
    """
    _check_settings(kind, n_workers, engine, address)
    if STREAM in (str(output), *map(str, inputs)):
        raise ValueError(Errors.E932)
    output = Path(os.path.abspath(output))
    files, ignored = find_inputs(inputs, output, kind=kind)
    if any(file.kind == "parquet" for file in files):
        load_pyarrow()
    predictor = Predictor(
        nlp, tasks=tasks, threshold=threshold, all_scores=True, batch_size=batch_size
    )
    scorer = Scorer(predictor, embeddings=embeddings)
    layout = Layout(
        text_field=text_field,
        labels={task: list(pipe.labels) for task, pipe in predictor.pipes.items()},
        all_scores=all_scores,
        width=scorer.width,
        prefix=prefix,
        max_length=nlp.max_length,
    )
    apply = Apply(scorer, layout)
    source = JobSource(files, apply.formats)
    writer = JobWriter(files, output, overwrite=overwrite)
    run = Run(
        source,
        output,
        writer,
        model=scorer.digest(),
        options={
            **predictor.options(),
            "all_scores": all_scores,
            "embeddings": embeddings,
            "text_field": text_field,
            "prefix": prefix,
            "max_length": nlp.max_length,
            "block_rows": BLOCK_ROWS,
        },
        overwrite=overwrite,
    )
    if ignored:
        logger.warning(Warnings.W370.format(count=len(ignored), listed=listing(sorted(ignored))))
    with start_engine(apply, engine, n_workers, address) as work:
        report = run(work, on_start=on_start)
    return ApplyReport(
        report.rows,
        report.before,
        len(files),
        writer.n_rejected,
        writer.rejected_path,
        writer.n_failed,
        writer.failed,
    )


@contextmanager
def start_engine(
    apply: Apply, engine: str, n_workers: int | None, address: str | None
) -> Iterator[Spread]:
    """Have workers in a block.

    apply (Apply): What they do.
    engine (str): "local" or "ray".
    n_workers (Optional[int]): The number of workers. None for one for each core.
    address (Optional[str]): The Ray cluster. None to start Ray on this machine.
    YIELDS (Callable): Gives blocks with their results. Workers start when there is something to do.
    """
    work = _pack(apply)
    n_cores = os.cpu_count() or 1
    if engine == "local":
        pool = LocalPool(work, n_workers or n_cores)
        try:
            yield partial(spread, pool=pool, split=apply.split)
        finally:
            pool.stop()
        return
    with ray_session(n_workers or n_cores, address=address) as ray:
        if n_workers is None and address is not None:
            n_workers = count_workers(ray)
        yield RaySpread(ray, work, n_workers or n_cores)


def _pack(apply: Apply) -> bytes:
    """Pickle what workers do. The optimizer of a pipeline that was just trained cannot be, and is not needed."""
    nlp = apply.scorer.nlp
    optimizer, nlp._optimizer = nlp._optimizer, None
    try:
        return pickle.dumps(apply)
    finally:
        nlp._optimizer = optimizer


def _check_settings(
    kind: str | None, n_workers: int | None, engine: str, address: str | None
) -> None:
    if kind is not None and kind not in KINDS:
        expected = f"one of {', '.join(KINDS)}"
        raise ValueError(Errors.E626.format(name="kind", value=kind, expected=expected))
    if n_workers is not None and n_workers < 1:
        expected = "a positive number"
        raise ValueError(Errors.E626.format(name="n_workers", value=n_workers, expected=expected))
    if engine not in ENGINES:
        raise ValueError(Errors.E782.format(engine=engine, known=", ".join(ENGINES)))
    if address is not None and engine != "ray":
        raise ValueError(Errors.E783.format(engine=engine))
