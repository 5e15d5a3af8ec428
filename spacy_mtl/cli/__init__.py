"""The command line: `python -m spacy mtl`, a group of spaCy's own. One command a file, each a thin
wrapper around a plain function."""

from spacy.cli._util import app

from ._app import mtl_cli

app.add_typer(mtl_cli)

__all__ = ["mtl_cli"]
