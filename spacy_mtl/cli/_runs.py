"""What the commands that train in a run which can be interrupted have in common."""

import shlex
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from ..parallel.leading import AVERAGE_EVERY

Workers = Annotated[
    int, typer.Option("--workers", "-w", min=1, help="Processes that learn together")
]
Address = Annotated[str | None, typer.Option("--address", help="A Ray cluster, for --workers")]
AverageEvery = Annotated[
    int,
    typer.Option(
        "--average-every",
        min=1,
        help="Steps of each of the --workers between two averages of what they learned",
    ),
]


def command_to_resume(
    name: str,
    paths: Sequence[str | Path],
    options: dict[str, Any],
    overrides: Sequence[str],
) -> str:
    """Word the command that goes on with a run.

    name (str): The command of the group.
    paths (Sequence[Union[str, Path]]): Its arguments.
    options (Dict[str, Any]): Values by option, None for those that are as by default. True is an option without a
        value.
    overrides (Sequence[str]): Settings of the config that are overridden, as they were given.
    RETURNS (str): The command, as it is typed into a shell.
    """
    parts = ["python", "-m", "spacy", "mtl", name, *map(str, paths), "--resume"]
    for option, value in options.items():
        if value is not None:
            parts += [option] if value is True else [option, str(value)]
    return shlex.join([*parts, *overrides])


def run_options(
    *,
    workers: int,
    address: str | None,
    average_every: int,
    code: Path | None,
    use_gpu: int,
) -> dict[str, Any]:
    """List the options of where a run takes place.

    workers (int): How many processes learn together.
    address (Optional[str]): A Ray cluster.
    average_every (int): Steps between two averages of what they learned.
    code (Optional[Path]): A Python file to import first.
    use_gpu (int): ID of the GPU, or -1.
    RETURNS (Dict[str, Any]): Values by option, None for those that are as by default.
    """
    return {
        "--workers": workers if workers > 1 else None,
        "--address": address,
        "--average-every": average_every if average_every != AVERAGE_EVERY else None,
        "--code": code,
        "--gpu-id": use_gpu if use_gpu >= 0 else None,
    }
