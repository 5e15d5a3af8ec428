"""The file from which an interrupted run goes on."""

import json
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from hashlib import blake2b
from pathlib import Path
from typing import Any

import srsly
from spacy.util import dot_to_object
from thinc.api import Config

from ..damage import worded_damage
from ..errors import Errors
from ..staging import write_atomically

#: Where the file lies in the output folder.
PLACE = Path("checkpoint") / "state.msgpack"
VERSION = 1
#: The kind of run that a state without a `kind` is of.
PRETRAINING = "pretraining"
#: Settings that do not change what is learned up to a batch.
FREE = (
    "pretraining.max_epochs",
    "pretraining.n_save_every",
    "pretraining.n_save_epoch",
    "pretraining.objective.monitor",
    "initialize.init_tok2vec",
)
MAX_LISTED = 10
#: What stands behind the state, and before its checksum.
MARK = b"\n[blake2b]\n"
DIGEST = 16

State = dict[str, Any]


def save_checkpoint(folder: Path, state: State) -> None:
    """Write a checkpoint. Until it is complete on the disk, the one before it stays.

    folder (Path): The output folder.
    state (Dict[str, Any]): The state of the run.
    RAISES (OSError): If it cannot be written.
    """
    data = srsly.msgpack_dumps({"version": VERSION, **state})
    digest = blake2b(data, digest_size=DIGEST).digest()
    write_atomically(folder / PLACE, (data, MARK, digest))


def load_checkpoint(folder: Path, *, kind: str = PRETRAINING) -> State | None:
    """Read the checkpoint of a folder.

    folder (Path): The output folder.
    kind (str): What the run is to be, the `kind` in its state.
    RETURNS (Optional[Dict[str, Any]]): The state of the run, None if there is none.
    RAISES (ValueError): If the file is damaged, of another version, or of another kind of run.
    """
    path = folder / PLACE
    if not path.exists():
        return None
    try:
        data = path.read_bytes()
    except OSError as error:
        reason = error.strerror or str(error)
        raise ValueError(Errors.E272.format(path=path, reason=reason)) from error
    with restoring(folder):
        state: State = srsly.msgpack_loads(_without_checksum(data))
        version = state["version"]
    if version != VERSION:
        reason = f"it is of version {version}, and this program reads version {VERSION}"
        raise ValueError(Errors.E272.format(path=path, reason=reason))
    found = state.get("kind", PRETRAINING)
    if found != kind:
        reason = f"it belongs to a run of another kind ({found}, and not {kind})"
        raise ValueError(Errors.E272.format(path=path, reason=reason))
    return state


@contextmanager
def restoring(folder: Path) -> Iterator[None]:
    """Say that a checkpoint is damaged if going on from it fails.

    folder (Path): The output folder.
    YIELDS (None): While a run takes its state.
    RAISES (ValueError): If it fails.
    """

    def word(reason: str) -> str:
        return Errors.E272.format(path=folder / PLACE, reason=f"it is damaged ({reason})")

    with worded_damage(word, disk=False):
        yield


def _without_checksum(data: bytes) -> memoryview:
    """Take the checksum away. Checkpoints of the first releases have none."""
    size = len(data) - DIGEST - len(MARK)
    if size < 0 or data[size : size + len(MARK)] != MARK:
        return memoryview(data)
    found = memoryview(data)[:size]
    if blake2b(found, digest_size=DIGEST).digest() != data[-DIGEST:]:
        raise ValueError("it does not fit its checksum")
    return found


def find_run(
    folder: Path, *, resume: bool, force: bool, kind: str, unfinished: Callable[[State], str]
) -> State | None:
    """Find the run to go on with.

    folder (Path): The output folder.
    resume (bool): Whether to go on.
    force (bool): Whether an unfinished run may be overwritten.
    kind (str): What the run is to be, the `kind` of its states.
    unfinished (Callable): Words the error of a run that would be overwritten.
    RETURNS (Optional[Dict[str, Any]]): Its state, None to start anew.
    RAISES (ValueError): If there is none to go on with, it is damaged, or it would be overwritten.
    """
    if force:
        return None
    state = load_checkpoint(folder, kind=kind)
    if resume and state is None:
        raise ValueError(Errors.E271.format(path=folder))
    with restoring(folder):
        if not resume and state is not None and not state["is_finished"]:
            raise ValueError(unfinished(state))
    return state if resume else None


def find_settings(config: Config) -> dict[str, str]:
    """Find the settings of a config that change what is learned.

    config (Config): The config, with all variables filled in.
    RETURNS (Dict[str, str]): Values as JSON, by dotted name.
    """
    pretraining = config["pretraining"]
    blocks = {name: config.get(name) or {} for name in ("nlp", "components", "initialize")}
    corpus = pretraining["corpus"]
    flat = {
        **dict(flatten("pretraining", pretraining)),
        **dict(flatten(corpus, dot_to_object(config, corpus))),
        "training.seed": json.dumps((config.get("training") or {}).get("seed")),
    }
    for name, block in blocks.items():
        flat.update(flatten(name, block))
    return leave_out(flat, FREE)


def leave_out(settings: dict[str, str], free: Iterable[str]) -> dict[str, str]:
    """Leave out settings that do not change what is learned.

    settings (Dict[str, str]): Values by dotted name.
    free (Iterable[str]): The names of such settings, or of blocks of them.
    RETURNS (Dict[str, str]): The others.
    """
    blocks = tuple(f"{name}." for name in free)
    return {name: value for name, value in settings.items() if not f"{name}.".startswith(blocks)}


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


def flatten(name: str, value: Any) -> Iterator[tuple[str, str]]:
    """List the settings of a block.

    name (str): Its name.
    value (Any): What it holds.
    YIELDS (Tuple[str, str]): Dotted names, and values as JSON.
    """
    if isinstance(value, dict) and value:
        for key, item in value.items():
            yield from flatten(f"{name}.{key}", item)
    elif not isinstance(value, dict):
        yield name, json.dumps(value, default=str, sort_keys=True)
