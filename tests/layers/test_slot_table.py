"""The hash table finds what a dictionary finds."""

import numpy
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_array_equal

from spacy_mtl.layers.slot_table import SlotTable

#: Keys whose first bits, which decide the place, are often equal: runs of taken places, also over the
#: end of the table, and the key 0 that free places hold.
KEYS = st.one_of(
    st.integers(0, 20),
    st.integers(0, 15).map(lambda i: i << 60),
    st.integers(2**64 - 20, 2**64 - 1),
    st.integers(0, 2**64 - 1),
)


def keys_of(*keys):
    return numpy.asarray(keys, dtype="uint64")


def add(table, known, keys):
    """Add keys to a table and to a dictionary."""
    slots = numpy.arange(len(known) + 1, len(known) + 1 + len(keys))
    table.add(keys_of(*keys), slots)
    known.update(zip(keys, slots.tolist(), strict=True))


@given(
    batches=st.lists(st.lists(KEYS, unique=True, max_size=12), max_size=6), others=st.lists(KEYS)
)
def test_a_table_finds_what_a_dictionary_finds(batches, others):
    capacity = max(1, len({key for batch in batches for key in batch}))
    table, known = SlotTable(capacity), {}
    for batch in batches:
        add(table, known, [key for key in batch if key not in known])
        asked = [*others, *known, *others[::-1]]
        assert_array_equal(table.find(keys_of(*asked)), [known.get(key, 0) for key in asked])


def test_an_empty_table_finds_nothing():
    assert_array_equal(SlotTable(4).find(keys_of(0, 1, 2**64 - 1)), [0, 0, 0])


def test_the_key_zero_is_told_from_a_free_place():
    table = SlotTable(4)
    table.add(keys_of(1), numpy.asarray([1]))
    assert table.find(keys_of(0)) == [0]
    table.add(keys_of(0), numpy.asarray([2]))
    assert_array_equal(table.find(keys_of(0, 1, 2)), [2, 1, 0])


def test_keys_that_want_one_place_are_told_apart():
    table, known = SlotTable(50), {}
    add(table, known, list(range(50)))
    assert_array_equal(table.find(keys_of(*range(60))), [*range(1, 51), *[0] * 10])


def test_keys_that_want_the_last_place_go_on_at_the_first():
    table, known = SlotTable(8), {}
    last = [2**64 - 1 - i for i in range(8)]
    add(table, known, last[:5])
    add(table, known, last[5:])
    assert_array_equal(table.find(keys_of(*last)), list(known.values()))


def test_a_table_takes_as_many_keys_as_it_was_made_for():
    for capacity in (1, 2, 3, 7, 8, 9, 100):
        table, known = SlotTable(capacity), {}
        add(table, known, numpy.random.default_rng(capacity).permutation(10**6)[:capacity].tolist())
        assert_array_equal(table.find(keys_of(*known)), list(known.values()))
        assert table.find(keys_of(10**6 + 1)) == [0]


def test_a_key_may_be_asked_for_more_than_once():
    table = SlotTable(4)
    table.add(keys_of(7, 9), numpy.asarray([3, 1]))
    assert_array_equal(table.find(keys_of(9, 7, 7, 9, 8)), [1, 3, 3, 1, 0])


def test_what_came_in_is_not_changed():
    table = SlotTable(4)
    keys, slots = keys_of(5, 6, 7), numpy.asarray([1, 2, 3])
    table.add(keys, slots)
    table.find(keys)
    assert_array_equal(keys, [5, 6, 7])
    assert_array_equal(slots, [1, 2, 3])


def test_no_keys_at_all():
    table = SlotTable(4)
    table.add(keys_of(), numpy.asarray([], dtype="int64"))
    assert table.find(keys_of()).shape == (0,)
