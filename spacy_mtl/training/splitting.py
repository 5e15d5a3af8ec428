"""Divide labelled texts into train, dev and test."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from random import Random
from typing import TypeAlias

from ..errors import Errors
from .files import SPLITS

#: Shares of the splits, e.g. {"train": 0.8, "dev": 0.1, "test": 0.1}.
Shares: TypeAlias = Mapping[str, float]
#: What is divided evenly: the rows of a task, ("task",), or of a label, ("task", "label").
Trait: TypeAlias = tuple[str, ...]
#: How many rows of one text have each trait.
Traits: TypeAlias = Mapping[Trait, int]


class LinkedTexts:
    """Texts that may not be parted, because rows hold several of them: sets without a common text."""

    def __init__(self) -> None:
        """Begin with texts that are all for themselves."""
        self._next: dict[int, int] = {}

    def find(self, digest: int) -> int:
        """Find what stands for all texts that are linked with one.

        digest (int): The digest of the text.
        RETURNS (int): The digest of one of them, the same for all of them.
        """
        first = digest
        while first in self._next:
            first = self._next[first]
        while digest != first:
            self._next[digest], digest = first, self._next[digest]
        return first

    def link(self, digests: Sequence[int]) -> None:
        """Link texts, and all that are linked with one of them.

        digests (Sequence[int]): Digests of the texts, at least one.
        """
        first = self.find(digests[0])
        for digest in digests[1:]:
            other = self.find(digest)
            if other != first:
                self._next[other] = first


def parse_shares(ratios: str | Sequence[float]) -> dict[str, float]:
    """Check the shares of the splits.

    ratios (Union[str, Sequence[float]]): Two or three numbers, e.g. "0.8,0.1,0.1".
    RETURNS (Dict[str, float]): Shares of train, dev and test.
    RAISES (ValueError): If they are no shares that sum to 1.
    """
    try:
        parts = ratios.split(",") if isinstance(ratios, str) else ratios
        shares = [float(part) for part in parts]
    except (TypeError, ValueError):
        raise ValueError(Errors.E131.format(ratios=ratios)) from None
    valid = 2 <= len(shares) <= 3 and shares[0] > 0 and min(shares) >= 0
    if not valid or not abs(sum(shares) - 1) < 1e-6:
        raise ValueError(Errors.E131.format(ratios=ratios))
    return dict(zip(SPLITS, [*shares, 0.0], strict=False))


def remaining_shares(shares: Shares, existing: Iterable[str]) -> dict[str, float]:
    """Get the shares of what is left to split, when files for some splits exist.

    shares (Shares): Shares of train, dev and test in the whole.
    existing (Iterable[str]): Splits other than train that have a file.
    RETURNS (Dict[str, float]): Shares of the others in the rest; they sum to 1.
    """
    existing = set(existing)
    left = {split: share for split, share in shares.items() if split not in existing and share}
    total = sum(left.values())
    return {split: share / total for split, share in left.items()}


def assign_splits(
    groups: Mapping[int, Traits],
    shares: Mapping[str, Shares],
    *,
    fixed: Mapping[int, str],
    seed: int,
) -> dict[int, str]:
    """Assign texts to splits, so that each split gets its share of every trait of every task.

    Rare traits come first, and a text goes where most of its trait is still wanted (Sechidis et
    al. 2011, On the Stratification of Multi-Label Data).

    groups (Mapping[int, Traits]): The traits of each text, by its digest.
    shares (Mapping[str, Shares]): Shares of the splits, by task.
    fixed (Mapping[int, str]): Splits that texts already belong to.
    seed (int): Seed of the order.
    RETURNS (Dict[int, str]): The split of each text.
    """
    order = sorted(groups)
    Random(f"{seed}/split").shuffle(order)
    totals: dict[Trait, int] = defaultdict(int)
    having: dict[Trait, list[int]] = defaultdict(list)
    for digest in order:
        for trait, count in groups[digest].items():
            totals[trait] += count
            having[trait].append(digest)
    wanted = {
        (split, trait): share * totals[trait]
        for trait in totals
        for split, share in shares[trait[0]].items()
    }
    assigned: dict[int, str] = {}

    def assign(digest: int, split: str) -> None:
        assigned[digest] = split
        for trait, count in groups[digest].items():
            wanted[split, trait] -= count

    for digest in order:
        split = fixed.get(digest)
        if split in _allowed(groups[digest], shares):
            assign(digest, str(split))
    for trait in sorted(totals, key=lambda name: (len(having[name]), name)):
        for digest in having[trait]:
            if digest not in assigned:
                traits = groups[digest]
                allowed = _allowed(traits, shares)
                wishes = {
                    split: (wanted[split, trait], sum(wanted[split, each] for each in traits))
                    for split in allowed
                }
                assign(digest, max(allowed, key=wishes.__getitem__))
    return assigned


def _allowed(traits: Traits, shares: Mapping[str, Shares]) -> list[str]:
    tasks = {trait[0] for trait in traits}
    return [split for split in SPLITS if all(split in shares[task] for task in tasks)]
