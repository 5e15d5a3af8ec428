"""Old objects are left alone for a while, and new ones are not."""

import gc
import weakref

import pytest

from spacy_mtl.garbage import old_objects_spared


class Node:
    """Knows itself, so that only the collector frees it."""

    def __init__(self):
        self.me = self


def test_only_new_objects_are_looked_at():
    old = Node()
    old_ref = weakref.ref(old)
    with old_objects_spared():
        new_ref = weakref.ref(Node())
        del old
        gc.collect()
        assert new_ref() is None
        assert old_ref() is not None
    gc.collect()
    assert old_ref() is None
    assert gc.get_freeze_count() == 0


def test_what_others_have_set_aside_stays_there():
    gc.freeze()
    try:
        with old_objects_spared():
            pass
        assert gc.get_freeze_count()
    finally:
        gc.unfreeze()


def test_all_is_as_before_when_the_block_fails():
    with pytest.raises(ZeroDivisionError), old_objects_spared():
        1 / 0  # noqa: B018
    assert gc.get_freeze_count() == 0
