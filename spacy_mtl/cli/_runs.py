"""What the commands that train in a run which can be interrupted have in common."""

import shlex
from collections.abc import Sequence
from pathlib import Path
from typing import Any


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
    *, workers: int, address: str | None, code: Path | None, use_gpu: int
) -> dict[str, Any]:
    """List the options of where a run takes place.

    workers (int): How many processes learn together.
    address (Optional[str]): A Ray cluster.
    code (Optional[Path]): A Python file to import first.
    use_gpu (int): ID of the GPU, or -1.
    RETURNS (Dict[str, Any]): Values by option, None for those that are as by default.
    """
    return {
        "--workers": workers if workers > 1 else None,
        "--address": address,
        "--code": code,
        "--gpu-id": use_gpu if use_gpu >= 0 else None,
    }
