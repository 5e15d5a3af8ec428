"""What comes of reading files that are damaged, and pipelines of such files."""

import configparser
import re
import struct
import tokenize
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from spacy.language import Language
from spacy.util import load_model
from srsly.msgpack.exceptions import UnpackException
from thinc.config import ConfigValidationError

from .errors import Errors

#: How readers of JSON, msgpack, NumPy's arrays, archives, configs and regular expressions fail on any bytes.
DAMAGE: tuple[type[Exception], ...] = (
    *(ValueError, TypeError, LookupError, AttributeError, ArithmeticError, AssertionError),
    *(EOFError, MemoryError, RecursionError, UnpackException, configparser.Error),
    *(struct.error, zlib.error, re.error, zipfile.BadZipFile, tokenize.TokenError, SyntaxError),
)
#: The first or second half of a character, as JSON writes it.
_HALF = re.compile(r"\\u[dD](?:[89abAB][0-9a-fA-F]{2}(?!\\u[dD][c-fC-F])|[c-fC-F][0-9a-fA-F]{2})")
_FIRST = re.compile(r"\\u[dD][89abAB][0-9a-fA-F]{2}$")
_NUMBER = re.compile(r"\s*\[([EW]\d{3,4})\]")


def describe(error: BaseException) -> str:
    """Say in one line what has failed.

    error (BaseException): The error.
    RETURNS (str): Its kind and text.
    """
    text = " ".join(str(error).split())
    return f"{type(error).__name__}: {text}" if text else type(error).__name__


def is_ours(error: BaseException) -> bool:
    """Tell whether an error says for itself what is wrong, and where.

    error (BaseException): The error.
    RETURNS (bool): Whether it is one of this package.
    """
    found = _NUMBER.match(str(error))
    is_kind = isinstance(error, ValueError | OSError)
    return is_kind and found is not None and hasattr(Errors, found.group(1))


def is_numbered(error: BaseException) -> bool:
    """Tell whether an error of loading a pipeline can be shown as it is.

    error (BaseException): The error.
    RETURNS (bool): Whether it is one of this package or spaCy, or names what is wrong in a config.
    """
    is_kind = isinstance(error, ValueError | OSError) and _NUMBER.match(str(error)) is not None
    return is_kind or isinstance(error, ConfigValidationError)


@contextmanager
def worded_damage(
    word: Callable[[str], str],
    *,
    disk: bool = True,
    is_clear: Callable[[BaseException], bool] = is_ours,
) -> Iterator[None]:
    """Name what is read in the errors of its readers, unless they are clear.

    word (Callable[[str], str]): Makes the text of the error out of the reason.
    disk (bool): Whether to name it in errors of the disk too.
    is_clear (Callable[[BaseException], bool]): Tells which errors are clear as they are.
    YIELDS (None): While it is read.
    RAISES (ValueError): If it cannot be read.
    """
    try:
        yield
    except DAMAGE as error:
        if is_clear(error):
            raise
        raise ValueError(word(describe(error))) from error
    except OSError as error:
        if not disk or is_clear(error):
            raise
        named = (
            f"{error.strerror or error}: {error.filename}" if error.filename else describe(error)
        )
        raise ValueError(word(named)) from error


def load_pipeline(name: str | Path) -> Language:
    """Load a pipeline, so that what is wrong with it is told in one message.

    name (Union[str, Path]): A folder or an installed package.
    RETURNS (Language): The pipeline.
    RAISES (ValueError): If a file of it cannot be read.
    RAISES (OSError): If there is none.
    """

    def word(reason: str) -> str:
        return Errors.E902.format(path=name, reason=reason)

    with worded_damage(word, is_clear=is_numbered):
        _check_config(Path(name) / "config.cfg")
        return load_model(name)


def _check_config(path: Path) -> None:
    """Look for what ends the process in the library that spaCy checks its configs with."""
    if not path.is_file():
        return
    text = path.read_text(encoding="utf8")
    for found in _HALF.finditer(text):
        # The second half of a whole character is none, nor is what follows an escaped backslash.
        before = text[: found.start()]
        is_second = found.group()[3] in "cdefCDEF" and _FIRST.search(before) is not None
        is_escaped = (len(before) - len(before.rstrip("\\"))) % 2 == 1
        if not is_second and not is_escaped:
            raise ValueError(Errors.E904.format(path=path.parent, found=found.group()))
