"""A hash table from 64-bit keys to small numbers that looks up many keys at once."""

from typing import Any

import numpy
from thinc.types import Ints1d


class SlotTable:
    """Open addressing with linear probing in NumPy arrays.

    A Python dictionary takes three times as long for the words of a batch, which have to be made distinct
    first then.
    """

    def __init__(self, capacity: int) -> None:
        """Create an empty table.

        capacity (int): How many keys will be added at most. The table has at least twice the room.
        """
        self._bits = max(1, (2 * capacity - 1).bit_length())
        self._keys: Any = numpy.zeros(1 << self._bits, dtype="uint64")
        self._slots: Any = numpy.zeros(1 << self._bits, dtype="int32")

    def find(self, keys: Ints1d) -> Ints1d:
        """Look keys up.

        keys (Ints1d): Keys, unsigned 64 bits.
        RETURNS (Ints1d): The slot of each, 0 for those that are not in the table.
        """
        places = self._places(keys)
        slots = self._slots[places]
        wrong = numpy.flatnonzero((self._keys[places] != keys) & (slots > 0))
        while len(wrong):
            places[wrong] = (places[wrong] + 1) & (len(self._slots) - 1)
            slots[wrong] = self._slots[places[wrong]]
            is_wrong = (self._keys[places[wrong]] != keys[wrong]) & (slots[wrong] > 0)
            wrong = wrong[is_wrong]
        return slots

    def add(self, keys: Ints1d, slots: Ints1d) -> None:
        """Add keys.

        keys (Ints1d): Keys that are distinct and not in the table, unsigned 64 bits.
        slots (Ints1d): The slot of each, larger than 0.
        """
        places = self._places(keys)
        while len(keys):
            _, first = numpy.unique(places, return_index=True)
            first = first[self._slots[places[first]] == 0]
            self._keys[places[first]] = keys[first]
            self._slots[places[first]] = slots[first]
            left = numpy.ones(len(keys), dtype=bool)
            left[first] = False
            keys, slots = keys[left], slots[left]
            places = (places[left] + 1) & (len(self._slots) - 1)

    def _places(self, keys: Ints1d) -> Ints1d:
        return (keys >> numpy.uint64(64 - self._bits)).astype("int64")
