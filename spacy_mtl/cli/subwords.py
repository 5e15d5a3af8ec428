# ruff: noqa: B008
"""`mtl subwords`: a vocabulary of subwords trained on raw text, for the tokenizer of a pipeline."""

from pathlib import Path

import typer
from wasabi import msg

from ..training.subwords import train_subwords
from ._app import mtl_cli, show_errors


@mtl_cli.command("subwords", no_args_is_help=True)
def subwords_cli(
    raw_text: Path = typer.Argument(
        ..., metavar="RAW.jsonl", help="Raw text, as written by: python -m spacy mtl raw-text"
    ),
    output: Path = typer.Argument(..., metavar="OUT.json", help="File to write"),
    vocab_size: int = typer.Option(8000, "--vocab-size", "-n", help="Number of subwords"),
    min_count: int = typer.Option(2, "--min-count", help="Do not join pairs that are rarer"),
    lower: bool = typer.Option(
        True, "--lower/--no-lower", help="Split words alike in upper and lower case"
    ),
    force: bool = typer.Option(False, "--force", "-F", help="Overwrite an existing file"),
) -> None:
    """Train subwords on raw text, for the tokenizer spacy_mtl.SubwordTokenizer.v1. Then write a
    config that uses them with: python -m spacy mtl init-config DATA CONFIG --subwords OUT.json
    """
    with show_errors():
        report = train_subwords(
            raw_text,
            output,
            vocab_size=vocab_size,
            min_count=min_count,
            lower=lower,
            overwrite=force,
        )
    msg.good(f"Wrote {report.size:,} subwords: {output}")
    typer.echo(f"Trained on {report.texts:,} texts")
