"""The command group `mtl` and what its commands have in common."""

from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from typing import Any

import click
import typer
from typer.core import TyperGroup
from typer.main import get_group
from wasabi import msg

from ..errors import Errors

HELP = """Many text classifiers on one shared encoder: make a config from labelled
files, convert and check data, and compare with single-task pipelines.
"""

#: Each is in the file of its name, with "_" for "-".
COMMANDS = (
    "add-task",
    "apply",
    "apply-review",
    "baselines",
    "compare",
    "convert",
    "debug-data",
    "doctor",
    "embed",
    "init-config",
    "leave-out",
    "load-encoder",
    "nearest",
    "plot",
    "predict",
    "pretrain",
    "raw-text",
    "report",
    "review",
    "save-encoder",
    "similar",
    "subwords",
    "sweep",
    "train",
    "vectors",
)


class LazyGroup(TyperGroup):
    """Commands that are imported when they are asked for, since spaCy imports this package whenever its own
    command line is used.
    """

    def list_commands(self, ctx: Any) -> list[str]:
        """RETURNS (List[str]): The names of the commands."""
        return list(COMMANDS)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """Import a command.

        ctx (Context): The context of the command line.
        cmd_name (str): Name of the command.
        RETURNS (Optional[Command]): The command, None if there is none of this name.
        """
        if cmd_name in COMMANDS and cmd_name not in self.commands:
            import_module(f".{cmd_name.replace('-', '_')}", __package__)
            self.commands = get_group(mtl_cli).commands
        return super().get_command(ctx, cmd_name)


mtl_cli = typer.Typer(name="mtl", help=HELP, no_args_is_help=True, cls=LazyGroup)


@mtl_cli.callback()
def start() -> None:
    """Make a group of it, which typer takes for no command at all as long as none is imported."""


@contextmanager
def show_errors() -> Iterator[None]:
    """Show what a user can put right as one message and exit with code 1, without a traceback.

    YIELDS (None): Nothing.
    """
    try:
        yield
    except click.ClickException as error:
        # spaCy's parser of overrides raises it, and a typer that brings its own click lets it pass.
        msg.fail(error.format_message())
        raise typer.Exit(1) from error
    except (ValueError, OSError) as error:
        # The printer would wrap a list of bad rows into one paragraph.
        from ..util import printable

        text = printable(str(error)).strip()
        first, *others = text.splitlines() or [type(error).__name__]
        msg.fail(first)
        for line in others:
            typer.echo(line)
        raise typer.Exit(1) from error


def split_names(names: str) -> list[str] | None:
    """Split a list of names as it is given on the command line.

    names (str): The names, separated by commas.
    RETURNS (Optional[List[str]]): The names, or None if there are none.
    """
    return [name.strip() for name in names.split(",") if name.strip()] or None


def check_absent(path: Path, *, force: bool) -> None:
    """Check that a command overwrites nothing.

    path (Path): What it writes.
    force (bool): Whether it may overwrite.
    RAISES (ValueError): If something is there and it may not.
    """
    if path.exists() and not force:
        raise ValueError(Errors.E450.format(path=path))
