"""Files that would run code if anything unpickled or evaluated them."""

import gzip
import io
import json
import os
import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy
import srsly
from srsly import msgpack


class Payload:
    """An object whose pickle makes a folder when it is read."""

    def __init__(self, canary: Path) -> None:
        self.canary = str(canary)

    def __reduce__(self) -> tuple[Callable, tuple[str]]:
        return os.mkdir, (self.canary,)


def pickled(canary: Path, original: bytes) -> bytes:
    return pickle.dumps(Payload(canary))


def compressed(canary: Path, original: bytes) -> bytes:
    return gzip.compress(pickle.dumps(Payload(canary)))


def object_array(canary: Path, original: bytes) -> bytes:
    file = io.BytesIO()
    numpy.save(file, numpy.array([Payload(canary)], dtype=object), allow_pickle=True)
    return file.getvalue()


def yaml(canary: Path, original: bytes) -> bytes:
    return f"a: !!python/object/apply:os.mkdir [{json.dumps(str(canary))}]\n".encode()


def python(canary: Path, original: bytes) -> bytes:
    return f"__import__('os').mkdir({str(canary)!r})\n".encode()


def jsonpickle(canary: Path, original: bytes) -> bytes:
    call = {"py/reduce": [{"py/function": "os.mkdir"}, {"py/tuple": [str(canary)]}]}
    return json.dumps(call).encode()


def object_arrays_inside(canary: Path, original: bytes) -> bytes:
    """The file as it was, with each array and each string of bytes replaced by a pickled object."""
    data = pickle.dumps(Payload(canary))
    array = {b"nd": True, b"type": "|O", b"kind": b"", b"shape": [1], b"data": data}

    def replace(value: Any) -> Any:
        if isinstance(value, dict):
            return {key: replace(item) for key, item in value.items()}
        if isinstance(value, list | tuple):
            return [replace(item) for item in value]
        return array if isinstance(value, numpy.ndarray) else value

    return srsly.msgpack_dumps(replace(_contents(original)))


def pickles_inside(canary: Path, original: bytes) -> bytes:
    """The file as it was, with pickles in place of bytes and of extension types."""
    data = pickle.dumps(Payload(canary))

    def replace(value: Any) -> Any:
        if isinstance(value, dict):
            return {key: replace(item) for key, item in value.items()}
        if isinstance(value, list | tuple):
            return [msgpack.ExtType(42, data), *map(replace, value)]
        return data if isinstance(value, bytes) else value

    return srsly.msgpack_dumps(replace(_contents(original)))


def _contents(original: bytes) -> Any:
    try:
        return srsly.msgpack_loads(original)
    except Exception:
        return {"params": [{"W": numpy.zeros(3)}], "data": b""}


#: Each takes the path that must not come to be and the bytes of the file that it replaces.
POISONS = [
    *(pickled, compressed, object_array, yaml, python, jsonpickle),
    *(object_arrays_inside, pickles_inside),
]
