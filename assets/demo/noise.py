import re

from dice import Dice

STYLES: dict[str, float] = {"tidy": 0.34, "casual": 0.34, "sloppy": 0.24, "loud": 0.08}
SLANG: dict[str, str] = {
    "you": "u",
    "your": "ur",
    "are": "r",
    "really": "rly",
    "because": "cuz",
    "please": "pls",
    "people": "ppl",
    "though": "tho",
    "with": "w/",
    "and": "&",
    "to": "2",
    "for": "4",
    "don't": "dont",
    "about": "abt",
    "before": "b4",
    "tonight": "2nite",
    "something": "smth",
    "everyone": "every1",
    "minutes": "mins",
    "hours": "hrs",
}

STRETCHED: dict[str, str] = {
    "so": "soooo",
    "very": "veryyy",
    "really": "reallyyy",
    "love": "looove",
    "hate": "haaate",
    "never": "neveeer",
    "what": "whaaat",
    "such": "suuuch",
}


def type_out(sentences: list[str], dice: Dice, *, emoji: str = "") -> str:
    """Write sentences down as somebody would type them.

    sentences (List[str]): Plain sentences; questions may end with "?".
    dice (Dice): The chance to use.
    emoji (str): Something to put at the end or in between.
    RETURNS (str): The text.
    """
    style = dice.weighted(STYLES)
    if style == "sloppy":
        sentences = [_sloppy(sentence, dice) for sentence in sentences]
    elif style == "loud":
        sentences = [_loud(sentence, dice) for sentence in sentences]
    elif style == "tidy":
        sentences = [sentence[0].upper() + sentence[1:] for sentence in sentences]
    else:
        sentences = [sentence[0].lower() + sentence[1:] for sentence in sentences]
        sentences = [re.sub(r"^i\b", "I" if dice.chance(0.5) else "i", s) for s in sentences]
    parts = [sentence + _end(sentence, style, dice) for sentence in sentences]
    parts[-1] = re.sub(r"( -|,)$", "", parts[-1])
    if style in ("casual", "sloppy") and dice.chance(0.5):
        parts[-1] = parts[-1].rstrip(".")
    if emoji:
        parts.insert(len(parts) if dice.chance(0.8) else dice.below(len(parts) + 1), emoji)
    return " ".join(parts)


def _end(sentence: str, style: str, dice: Dice) -> str:
    if sentence[-1] in "?!.,:":
        return ""
    if style == "loud":
        return dice.pick(["!", "!!", "!!!", "!!1", "."])
    if style == "sloppy":
        return dice.pick(["", "", ",", "...", " -", "."])
    if style == "casual":
        return dice.pick([".", ".", ",", "...", "!", " -"])
    return "!" if dice.chance(0.12) else "."


def _sloppy(sentence: str, dice: Dice) -> str:
    words: list[str] = []
    for word in sentence.lower().split(" "):
        if word in SLANG and dice.chance(0.6):
            word = SLANG[word]
        elif len(word) > 4 and word.isalpha() and dice.chance(0.05):
            word = _typo(word, dice)
        words.append(word)
    text = " ".join(words)
    if dice.chance(0.6):
        text = text.replace("'", "")
    if dice.chance(0.4):
        text = text.rstrip("?")
    return text or sentence


def _loud(sentence: str, dice: Dice) -> str:
    if dice.chance(0.3):
        return sentence.upper()
    words = sentence.split(" ")
    place = dice.below(len(words))
    word = words[place]
    words[place] = word.upper()
    return " ".join(STRETCHED.get(word, word) for word in words)


def _typo(word: str, dice: Dice) -> str:
    place = 1 + dice.below(len(word) - 2)
    kind = dice.below(3)
    if kind == 0:
        return word[:place] + word[place + 1] + word[place] + word[place + 2 :]
    if kind == 1:
        return word[:place] + word[place + 1 :]
    return word[:place] + word[place] + word[place:]
