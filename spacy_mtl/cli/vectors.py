# ruff: noqa: B008
"""`mtl vectors`: word vectors trained on raw text, as a pipeline to take vectors from."""

from pathlib import Path

import typer
from wasabi import msg

from ..training.vectors import VectorSettings, train_vectors
from ._app import mtl_cli, show_errors

DEFAULTS = VectorSettings()


@mtl_cli.command("vectors", no_args_is_help=True)
def vectors_cli(
    raw_text: Path = typer.Argument(
        ..., metavar="RAW.jsonl", help="Raw text, as written by: python -m spacy mtl raw-text"
    ),
    output: Path = typer.Argument(..., metavar="OUT_DIR", help="Folder of the pipeline to write"),
    mode: str = typer.Option(
        DEFAULTS.mode, "--mode", "-m", help='"floret": subwords; "default": one vector a word'
    ),
    dim: int = typer.Option(DEFAULTS.dim, "--dim", "-d", help="Width of the vectors"),
    epochs: int = typer.Option(
        DEFAULTS.epochs, "--epochs", help="Passes over the text. 0: chosen by its amount"
    ),
    min_count: int = typer.Option(
        DEFAULTS.min_count, "--min-count", help="Leave out words that are rarer"
    ),
    window: int = typer.Option(DEFAULTS.window, "--window", help="Words of context to each side"),
    model: str = typer.Option(DEFAULTS.model, "--model", help='"skipgram" or "cbow"'),
    buckets: int = typer.Option(
        DEFAULTS.buckets, "--buckets", help="Rows for subwords. 0: chosen by the amount of text"
    ),
    minn: int = typer.Option(DEFAULTS.minn, "--minn", help="Shortest subwords, in characters"),
    maxn: int = typer.Option(
        DEFAULTS.maxn, "--maxn", help="Longest subwords. 0, if not floret: none"
    ),
    lower: bool = typer.Option(DEFAULTS.lower, "--lower/--no-lower", help="Words in lower case"),
    threads: int = typer.Option(
        DEFAULTS.threads, "--threads", help="With more than 1, each run gives other vectors"
    ),
    lang: str = typer.Option("en", "--lang", "-l", help="Two-letter code of the language"),
    force: bool = typer.Option(False, "--force", "-F", help="Overwrite an existing pipeline"),
) -> None:
    """Train word vectors on raw text and save a blank pipeline that has them, to be named under
    [paths] vectors or [initialize] vectors of a config.

    Vectors that you have already need no training: convert a .txt or .vec file of GloVe, fastText or
    word2vec with python -m spacy init vectors, or name an installed package such as
    en_core_web_md.
    """
    settings = VectorSettings(
        mode=mode,
        dim=dim,
        epochs=epochs,
        min_count=min_count,
        window=window,
        model=model,
        buckets=buckets,
        minn=minn,
        maxn=maxn,
        lower=lower,
        threads=threads,
    )
    with show_errors():
        report = train_vectors(raw_text, output, settings, lang=lang, overwrite=force)
    msg.good(f"Wrote {report.rows:,} vectors of width {dim}: {output}")
    typer.echo(
        f"Trained in {report.settings.epochs} epochs on {report.texts:,} texts with "
        f"{report.words:,} words; {report.distinct:,} different ones are not too rare"
    )
