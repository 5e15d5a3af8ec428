"""What the garbage collector need not look through."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def old_objects_spared() -> Iterator[None]:
    """Let the garbage collector look only at what comes into being within the block.

    The modules and the pipeline that a process has loaded are a quarter of a million objects. To look through
    them again and again takes a sixth of the time that short texts take.

    YIELDS (None): Nothing.
    """
    # What somebody else has set aside stays there.
    if gc.get_freeze_count():
        yield
        return
    gc.freeze()
    try:
        yield
    finally:
        gc.unfreeze()
