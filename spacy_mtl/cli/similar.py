# ruff: noqa: B008
"""`mtl similar`: the texts of a corpus that are nearest to a query."""

import json
from collections.abc import Iterator, Sequence
from itertools import chain
from pathlib import Path
from tempfile import TemporaryDirectory

import typer
from wasabi import table

from ..damage import load_pipeline
from ..errors import Errors
from ..inference.blocks import make_blocks
from ..inference.rows import STREAM, TextRow, TextSource
from ..inference.similar import Similar, SimilarTexts, build_index, is_index
from ._app import mtl_cli, show_errors
from ._files import BatchSize, ModelName, TextField, interruptible

INDEXES = {"exact": True, "approximate": False}
#: Queries that are answered at once.
QUERIES = 256
#: Characters of a text that a table shows.
SHOWN = 100


@mtl_cli.command("similar", no_args_is_help=True)
def similar_cli(
    model: ModelName,
    corpus: str = typer.Argument(
        ...,
        metavar="CORPUS",
        help="File with texts: .jsonl, .csv, .tsv or .txt, also with .gz; - for standard input; or the "
        "folder of an index",
    ),
    queries: list[str] = typer.Argument(None, metavar="[QUERY]...", help="Texts to look for"),
    query_file: str | None = typer.Option(
        None, "--queries", "-q", help="File with queries; - for standard input, one a line"
    ),
    top: int = typer.Option(10, "--top", "-n", min=1, help="Texts to find for each query"),
    index: str | None = typer.Option(
        None,
        "--index",
        "-i",
        help='exact: compare with all texts; approximate: search an index (extra "lmfao"). Default: by '
        "their number",
    ),
    save_index: Path | None = typer.Option(
        None, "--save-index", "-o", help="Folder to save the index in, to be given as CORPUS later"
    ),
    embeddings: Path | None = typer.Option(
        None, "--embeddings", "-e", help="What mtl embed has written for the same texts"
    ),
    as_json: bool = typer.Option(False, "--json", help="One JSON line a query instead of tables"),
    text_field: TextField = "text",
    kind: str | None = typer.Option(
        None, "--format", "-f", help="Of CORPUS: jsonl, csv, tsv or txt. Default: by its name"
    ),
    batch_size: BatchSize = None,
    n_process: int = typer.Option(
        1, "--n-process", min=-1, help="Processes. -1: one for each core"
    ),
    on_error: str = typer.Option(
        "raise", "--on-error", help='Bad rows: "raise" to stop, "skip" to leave them out'
    ),
    overwrite: bool = typer.Option(False, "--overwrite", "-F", help="Replace an existing index"),
) -> None:
    """Find the texts of a corpus that are nearest to queries, by the cosine between their embeddings.

    To look for more later without embedding the corpus again, save the index:
    similar MODEL texts.jsonl "query" --save-index index; then: similar MODEL index "another query".
    """
    output = STREAM if save_index is None else str(save_index)
    with show_errors(), interruptible(output), TemporaryDirectory() as temporary:
        exact = find_index(index)
        if not queries and query_file is None and save_index is None:
            raise ValueError(Errors.E633)
        asked = TextSource(query_file, kind=kind_of(query_file)) if query_file else None
        nlp = load_pipeline(model)
        if is_index(corpus):
            texts = SimilarTexts(nlp, corpus, exact=exact)
        else:
            texts = build_index(
                nlp,
                corpus,
                save_index or temporary,
                embeddings=embeddings,
                exact=exact,
                kind=kind,
                text_field=text_field,
                batch_size=batch_size,
                n_process=n_process,
                on_error=on_error,
                overwrite=overwrite,
            )
        rows: Iterator[TextRow] = (TextRow(text, {}) for text in queries or ())
        for block in make_blocks(chain(rows, asked.read() if asked else ()), max_rows=QUERIES):
            found = texts.find([row.text for row in block], top)
            for row, similar in zip(block, found, strict=True):
                typer.echo(
                    format_json(row.text, similar) if as_json else format_similar(row.text, similar)
                )


def find_index(name: str | None) -> bool | None:
    """Read the kind of search.

    name (Optional[str]): "exact", "approximate" or None.
    RETURNS (Optional[bool]): Whether to compare with every text.
    RAISES (ValueError): If it is something else.
    """
    if name is not None and name not in INDEXES:
        expected = " or ".join(INDEXES)
        raise ValueError(Errors.E626.format(name="--index", value=name, expected=expected))
    return None if name is None else INDEXES[name]


def kind_of(path: str) -> str | None:
    """Get the format of a file with queries.

    path (str): The file.
    RETURNS (Optional[str]): "txt" for standard input, None for what the name ends in.
    """
    return "txt" if path == STREAM else None


def format_similar(query: str, similar: Sequence[Similar]) -> str:
    """Lay out what was found for a query.

    query (str): The query.
    similar (Sequence[Similar]): The texts.
    RETURNS (str): The query and a table.
    """
    rows = [(f"{hit.similarity:.3f}", str(hit.row), _shown(hit.text)) for hit in similar]
    shown = table(rows, header=("Cosine", "Row", "Text"), divider=True, aligns=("r", "r", "l"))
    return f"\n{_shown(query)}\n{shown if rows else 'Nothing found: the query has no words.'}"


def format_json(query: str, similar: Sequence[Similar]) -> str:
    """Write what was found for a query as JSON.

    query (str): The query.
    similar (Sequence[Similar]): The texts.
    RETURNS (str): One line.
    """
    return json.dumps({"query": query, "similar": [hit._asdict() for hit in similar]})


def _shown(text: str) -> str:
    # A text must not move the cursor or change colours of a terminal.
    line = "".join(c if c.isprintable() else " " for c in text[: 2 * SHOWN])
    line = " ".join(line.split())
    return line if len(line) <= SHOWN else f"{line[: SHOWN - 3]}..."
