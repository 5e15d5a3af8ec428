"""The file from which an interrupted pretraining goes on."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import srsly
from spacy.util import dot_to_object
from thinc.api import Config

from ..errors import Errors
from ..staging import write_atomically

#: Where the file lies in the output folder.
PLACE = Path("checkpoint") / "state.msgpack"
VERSION = 1
#: Settings that do not change what is learned up to a batch.
FREE = (
    "pretraining.max_epochs",
    "pretraining.n_save_every",
    "pretraining.n_save_epoch",
    "pretraining.objective.monitor",
    "initialize.init_tok2vec",
)
MAX_LISTED = 10

State = dict[str, Any]


def save_checkpoint(folder: Path, state: State) -> None:
    """Write a checkpoint. Until it is complete on the disk, the one before it stays.

    folder (Path): The output folder.
    state (Dict[str, Any]): The state of the run.
    RAISES (OSError): If it cannot be written.
    """
    write_atomically(folder / PLACE, srsly.msgpack_dumps({"version": VERSION, **state}))


def load_checkpoint(folder: Path) -> State | None:
    """Read the checkpoint of a folder.

    folder (Path): The output folder.
    RETURNS (Optional[Dict[str, Any]]): The state of the run, None if there is none.
    RAISES (ValueError): If the file is damaged, or of another version.
    """
    path = folder / PLACE
    if not path.exists():
        return None
    try:
        state: State = srsly.msgpack_loads(path.read_bytes())
        version = state["version"]
    except OSError as error:
        reason = error.strerror or str(error)
        raise ValueError(Errors.E272.format(path=path, reason=reason)) from error
    # Damaged bytes fail in msgpack or NumPy, each with its own error.
    except Exception as error:
        raise ValueError(
            Errors.E272.format(path=path, reason=f"it is damaged ({error})")
        ) from error
    if version != VERSION:
        reason = f"it is of version {version}, and this program reads version {VERSION}"
        raise ValueError(Errors.E272.format(path=path, reason=reason))
    return state


def find_settings(config: Config) -> dict[str, str]:
    """Find the settings of a config that change what is learned.

    config (Config): The config, with all variables filled in.
    RETURNS (Dict[str, str]): Values as JSON, by dotted name.
    """
    pretraining = config["pretraining"]
    blocks = {name: config.get(name) or {} for name in ("nlp", "components", "initialize")}
    corpus = pretraining["corpus"]
    flat = {
        **dict(_flatten("pretraining", pretraining)),
        **dict(_flatten(corpus, dot_to_object(config, corpus))),
        "training.seed": json.dumps((config.get("training") or {}).get("seed")),
    }
    for name, block in blocks.items():
        flat.update(_flatten(name, block))
    return {name: value for name, value in flat.items() if not _is_free(name)}


def check_settings(path: Path, saved: dict[str, str], current: dict[str, str]) -> None:
    """Check that a run would go on as it began.

    path (Path): The output folder, for the error.
    saved (Dict[str, str]): Settings of the run that was interrupted.
    current (Dict[str, str]): Settings now.
    RAISES (ValueError): If they differ.
    """
    names = [name for name in (*saved, *current) if saved.get(name) != current.get(name)]
    names = list(dict.fromkeys(names))
    if not names:
        return
    lines = [
        f"  {name}: was {saved.get(name, 'not set')}, is {current.get(name, 'not set')}"
        for name in names[:MAX_LISTED]
    ]
    if len(names) > MAX_LISTED:
        lines.append(f"  ... and {len(names) - MAX_LISTED} more")
    raise ValueError(Errors.E270.format(path=path, listed="\n".join(lines)))


def _is_free(name: str) -> bool:
    return any(name == free or name.startswith(f"{free}.") for free in FREE)


def _flatten(name: str, value: Any) -> Iterator[tuple[str, str]]:
    if isinstance(value, dict) and value:
        for key, item in value.items():
            yield from _flatten(f"{name}.{key}", item)
    elif not isinstance(value, dict):
        yield name, json.dumps(value, default=str, sort_keys=True)
