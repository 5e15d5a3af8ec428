"""Which outcomes of a target are allowed, and how one input is tried."""

import hashlib
import json
import logging
import re
import shutil
import signal
import threading
import traceback
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import click
from fuzz_draw import Draw
from spacy.util import logger
from thinc.config import ConfigValidationError
from wasabi import msg

from spacy_mtl.errors import Errors

CODE = re.compile(r"\s*\[([EW]\d{3,4})\]")
#: CPU seconds after which an input counts as a hang.
LIMIT = 10


class Hang(BaseException):
    """An input takes too long."""


@dataclass
class Target:
    """What is fuzzed."""

    name: str
    #: What it reads, for the table.
    what: str
    #: Tries one input in an empty folder.
    run: Callable[[Draw, Path], None]
    #: Makes the first inputs.
    seeds: Callable[[], list[bytes]]
    #: Words that the fuzzer puts into inputs.
    words: list[str] = field(default_factory=list)
    #: Says which errors of spaCy and thinc count as clear, beside our own.
    allows: Callable[[BaseException], bool] = lambda error: False


def is_ours(error: BaseException) -> bool:
    """RETURNS (bool): Whether an error is one of the package's own, with its number."""
    found = CODE.match(str(error))
    return (
        isinstance(error, ValueError | OSError)
        and found is not None
        and hasattr(Errors, found.group(1))
    )


def is_of_disk(error: BaseException) -> bool:
    """RETURNS (bool): Whether an error is one of the system that names the file, as a name that is too long."""
    return isinstance(error, OSError) and error.errno is not None and error.filename is not None


def is_of_spacy(error: BaseException) -> bool:
    """RETURNS (bool): Whether an error is one of spaCy's with its number, or of the schema of a config."""
    numbered = isinstance(error, ValueError | OSError) and CODE.match(str(error)) is not None
    return numbered or isinstance(error, ConfigValidationError)


def is_of_config(error: BaseException) -> bool:
    """RETURNS (bool): Whether spaCy refuses a config before any code of the package has seen its values."""
    frames = traceback.extract_tb(error.__traceback__)
    own = any("/spacy_mtl/" in frame.filename for frame in frames)
    return is_of_spacy(error) or (isinstance(error, Exception) and not own)


def try_input(target: Target, data: bytes, place: Path) -> dict[str, Any] | None:
    """Try an input.

    target (Target): The target.
    data (bytes): The input.
    place (Path): A folder, which is emptied.
    RETURNS (Optional[Dict[str, Any]]): What is wrong, None if the outcome is allowed.
    """
    empty(place)
    try:
        with limited(), quiet():
            target.run(Draw(data), place)
    except (KeyboardInterrupt, GeneratorExit):
        raise
    except BaseException as error:
        if is_ours(error) or is_of_disk(error) or target.allows(error):
            return None
        return describe(error, data)
    return None


def describe(error: BaseException, data: bytes) -> dict[str, Any]:
    """RETURNS (Dict[str, Any]): An error that is none of ours: what it is and where."""
    frames = traceback.extract_tb(error.__traceback__)
    own = [frame for frame in frames if "/spacy_mtl/" in frame.filename] or frames
    where = f"{Path(own[-1].filename).name}:{own[-1].name}"
    return {
        "error": type(error).__name__,
        "where": where,
        "text": str(error)[:300],
        "input": hashlib.sha1(data).hexdigest()[:12],
        "trace": "".join(traceback.format_exception(error))[-3000:],
    }


@contextmanager
def limited() -> Iterator[None]:
    """Interrupt what takes too much CPU time."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def stop(*args: Any) -> None:
        raise Hang(f"more than {LIMIT} s")

    before = signal.signal(signal.SIGVTALRM, stop)
    signal.setitimer(signal.ITIMER_VIRTUAL, LIMIT)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, before)


@contextmanager
def quiet() -> Iterator[None]:
    """Show no warnings and messages."""
    level, shown = logger.level, msg.no_print
    logger.setLevel(logging.CRITICAL)
    msg.no_print = True
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        logger.setLevel(level)
        msg.no_print = shown


def empty(place: Path) -> None:
    """Make a folder empty."""
    if place.exists() and any(place.iterdir()):
        shutil.rmtree(place)
    place.mkdir(parents=True, exist_ok=True)


def check_exit(result: Any, args: list[str]) -> None:
    """Check how a command has ended: well, with one message, or with one about its usage.

    result (Result): What the runner of click returned.
    args (List[str]): The command.
    RAISES (AssertionError): If it shows a traceback.
    """
    error = result.exception
    if error is not None and not isinstance(error, SystemExit | click.ClickException):
        error.add_note(json.dumps(args))
        raise error
    if result.exit_code not in (0, 1, 2):
        raise AssertionError(f"exit code {result.exit_code}: {json.dumps(args)}")
