"""Raw text for pretraining, one JSON object a line."""

import json
from collections.abc import Iterator
from pathlib import Path

from ..errors import Errors


def read_raw_texts(path: str | Path, setting: str) -> Iterator[str]:
    """Read the texts of a file, or of all .jsonl files in a folder.

    path (Union[str, Path]): The file or folder.
    setting (str): The setting of the config that names it, for error messages.
    YIELDS (str): The texts. Empty lines are left out.
    RAISES (ValueError): If there is no file, a line is no JSON object with a text, or there is no
        text.
    """
    path = Path(path)
    any_text = False
    for file in _find_files(path, setting):
        try:
            with file.open("rb") as lines:
                for number, line in enumerate(lines, start=1):
                    if line.strip():
                        text = _parse(line, file, number, setting)
                        any_text = any_text or bool(text.strip())
                        yield text
        except OSError as error:
            reason = error.strerror or error
            raise ValueError(
                Errors.E264.format(path=file, setting=setting, reason=reason)
            ) from error
    if not any_text:
        raise ValueError(Errors.E266.format(path=path, setting=setting))


def _find_files(path: Path, setting: str) -> list[Path]:
    if not path.exists():
        raise ValueError(Errors.E264.format(path=path, setting=setting, reason="it does not exist"))
    if not path.is_dir():
        return [path]
    files = sorted(path.rglob("*.jsonl"))
    if not files:
        reason = "the folder holds no .jsonl file"
        raise ValueError(Errors.E264.format(path=path, setting=setting, reason=reason))
    return files


def _parse(line: bytes, path: Path, number: int, setting: str) -> str:
    try:
        row = json.loads(line.decode("utf-8-sig" if number == 1 else "utf-8"))
    except UnicodeDecodeError:
        reason = "it is not UTF-8"
    except (ValueError, RecursionError) as error:
        reason = f"it is not valid JSON ({getattr(error, 'msg', error)})"
    else:
        text = row.get("text") if isinstance(row, dict) else None
        if isinstance(text, str):
            return text
        if not isinstance(row, dict):
            reason = f"it holds a {type(row).__name__}"
        elif "text" not in row:
            reason = f"its keys are: {', '.join(row) or 'none'}"
        else:
            reason = f"its text is a {type(text).__name__}"
    raise ValueError(Errors.E265.format(path=path, line=number, reason=reason, setting=setting))
