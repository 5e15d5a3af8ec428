import random
from collections.abc import Sequence
from typing import TypeVar

ItemT = TypeVar("ItemT")


class Dice:
    """Seeded chance. Everything is built on `Random.random`, the one method whose sequence Python
    promises to keep between versions, so that the files can be rebuilt byte for byte.

    seed (str): Any text; equal texts give equal sequences.
    """

    def __init__(self, seed: str) -> None:
        self._random = random.Random(seed)

    def chance(self, p: float) -> bool:
        """Throw a coin.

        p (float): The probability of True.
        RETURNS (bool): The outcome.
        """
        return self._random.random() < p

    def below(self, n: int) -> int:
        """Draw a whole number.

        n (int): The exclusive upper end.
        RETURNS (int): A number from 0 to n - 1.
        """
        return int(self._random.random() * n)

    def pick(self, items: Sequence[ItemT]) -> ItemT:
        """Draw one item, all being equally likely.

        items (Sequence[ItemT]): The items.
        RETURNS (ItemT): One of them.
        """
        return items[self.below(len(items))]

    def early(self, items: Sequence[ItemT]) -> ItemT:
        """Draw one item, the first ones being likelier, as a few words make up most of what
        people say.

        items (Sequence[ItemT]): The items.
        RETURNS (ItemT): One of them.
        """
        return items[int(self._random.random() ** 2.0 * len(items))]

    def weighted(self, weights: dict[ItemT, float]) -> ItemT:
        """Draw one key by its weight.

        weights (Dict[ItemT, float]): Item to weight, in a fixed order.
        RETURNS (ItemT): One of the keys.
        """
        items = list(weights)
        rest = self._random.random() * sum(weights.values())
        for item in items[:-1]:
            rest -= weights[item]
            if rest < 0:
                return item
        return items[-1]

    def others(self, items: Sequence[ItemT], item: ItemT) -> ItemT:
        """Draw one item that is not the given one.

        items (Sequence[ItemT]): The items.
        item (ItemT): The one to leave out.
        RETURNS (ItemT): One of the others.
        """
        rest: list[ItemT] = [other for other in items if other != item]
        return self.pick(rest)
