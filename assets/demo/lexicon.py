import configparser
import re
from pathlib import Path
from re import Pattern

from dice import Dice

TIERS = ("common", "shared", "rare")
# What a split may draw on. "half" is every second shared entry.
REACH: dict[str, dict[str, float]] = {
    "core": {"common": 1.0},
    "half": {"common": 0.5, "half": 0.5},
    "wide": {"common": 0.4, "shared": 0.6},
    "open": {"common": 0.4, "shared": 0.52, "rare": 0.08},
}
# The sections whose entries are words or fixed phrases, not sentence frames.
WORD_SECTIONS = ("adjective", "verb", "idiom", "verdictnoun", "feeling", "noun")


class Lexicon:
    """The words and sentence frames of all `.ini` files in a folder.

    path (Path): The folder.
    """

    def __init__(self, path: Path) -> None:
        self.sections: dict[str, dict[str, list[str]]] = {}
        for file in sorted(path.glob("*.ini")):
            parser = configparser.ConfigParser(
                delimiters=("=",), comment_prefixes=("#",), interpolation=None
            )
            parser.read_string(file.read_text("utf8"), source=file.name)
            for name in parser.sections():
                self.sections[name] = {
                    key: [entry for entry in (e.strip() for e in value.split(";")) if entry]
                    for key, value in parser.items(name)
                }

    def tier(self, section: str, tier: str) -> list[str]:
        """Look up the entries of one tier.

        section (str): The section's name.
        tier (str): The tier, or "half" for every second shared entry.
        RETURNS (List[str]): The entries; empty if there are none.
        """
        if tier == "half":
            return self.sections[section].get("shared", [])[::2]
        return self.sections[section].get(tier, [])


class Vocabulary:
    """The part of a lexicon that one split of one task may use.

    lexicon (Lexicon): All words.
    reach (str): A key of REACH.
    """

    def __init__(self, lexicon: Lexicon, reach: str) -> None:
        self.lexicon = lexicon
        self.weights = REACH[reach]
        self._forbidden = self._compile_forbidden()

    def pick(self, dice: Dice, section: str, key: str = "") -> str:
        """Draw one entry.

        dice (Dice): The chance to use.
        section (str): The section's name.
        key (str): A key of a section without tiers.
        RETURNS (str): The entry.
        """
        if key:
            return dice.pick(self.lexicon.tier(section, key))
        return dice.early(self.lexicon.tier(section, dice.weighted(self._tiers(section))))

    def allows(self, text: str) -> bool:
        """Check that a text has no word which is held out from this split.

        text (str): The text, before any typing noise.
        RETURNS (bool): Whether it may be used.
        """
        return not self._forbidden.search(text.lower())

    def _tiers(self, section: str) -> dict[str, float]:
        return {t: w for t, w in self.weights.items() if self.lexicon.tier(section, t)}

    def _compile_forbidden(self) -> Pattern[str]:
        seen: dict[str, bool] = {}
        for section, tier in self._word_tiers():
            reached = self.lexicon.tier(section, "half") if "half" in self.weights else []
            for entry in self.lexicon.tier(section, tier):
                allowed = tier in self.weights or entry in reached
                word = entry.rstrip("+").lower()
                seen[word] = seen.get(word, False) or allowed
        words = sorted(word for word, allowed in seen.items() if not allowed)
        pattern = "|".join(re.escape(word) for word in words)
        return re.compile(rf"(?<!\w)(?:{pattern})(?!\w)" if words else r"(?!)")

    def _word_tiers(self) -> list[tuple[str, str]]:
        return [
            (section, tier)
            for section in self.lexicon.sections
            if section.split()[0] in WORD_SECTIONS
            for tier in TIERS
        ]
