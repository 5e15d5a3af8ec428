import re

from dice import Dice
from lexicon import Vocabulary

POLARITIES = ("positive", "negative", "neutral")
POLES = ("positive", "negative")
OPPOSITE = {"positive": "negative", "negative": "positive", "neutral": "positive"}
FEELINGS = {"positive": ("joy", "trust"), "negative": ("anger", "sadness")}
# Topic -> the kind of adjective that goes with it, and how often people talk about it.
KINDS: dict[str, str] = {
    "acting": "film",
    "battery": "product",
    "build": "product",
    "delivery": "delivery",
    "music": "film",
    "plot": "film",
    "price": "price",
    "screen": "product",
    "support": "support",
    "visuals": "film",
}
TOPICS: dict[str, float] = {
    "acting": 1.1,
    "battery": 1.2,
    "build": 0.8,
    "delivery": 1.3,
    "music": 0.7,
    "plot": 1.4,
    "price": 1.0,
    "screen": 1.0,
    "support": 1.2,
    "visuals": 0.8,
}
_CHOICE = re.compile(r"\[([^\[\]]*)\]")
_SLOT = re.compile(r"<(\w+)>")
# The frames that read well behind "although" and in front of "but".
_FULL_CLAUSE = ("<be>", "I ", "<np> <idiom>", "<np> never")


class Writer:
    """Writes clauses of a polarity about a topic.

    dice (Dice): The chance to use.
    vocabulary (Vocabulary): The words to use.
    """

    def __init__(self, dice: Dice, vocabulary: Vocabulary) -> None:
        self.dice = dice
        self.vocabulary = vocabulary

    def topic(self) -> str:
        """RETURNS (str): A topic, drawn by how often people talk about it."""
        return self.dice.weighted(TOPICS)

    def other_topic(self, topic: str) -> str:
        """Draw another topic of the same world: film or shop.

        topic (str): The topic to leave out.
        RETURNS (str): Another one.
        """
        world = [t for t in TOPICS if world_of(t) == world_of(topic)]
        return self.dice.others(world, topic)

    def clause(
        self, polarity: str, topic: str, *, topical: bool = False, full: bool = False
    ) -> str:
        """Write one clause.

        polarity (str): Its polarity.
        topic (str): Its topic.
        topical (bool): Whether the topic must be named or shown.
        full (bool): Whether it must be a sentence with a verb.
        RETURNS (str): The clause.
        """
        if polarity == "neutral":
            if self.dice.chance(0.45):
                return self.fill(self.vocabulary.pick(self.dice, f"fact {topic}"), polarity, topic)
            return self.frame("statement", polarity, topic, topical=topical, full=full)
        kinds = {"statement": 0.75, "event": 0.12, "negation": 0.08, "feeling": 0.05}
        if topical:
            kinds["feeling"] = 0.0
        kind = self.dice.weighted(kinds)
        if kind == "event":
            section = f"event {polarity} {topic}"
            return self.fill(self.vocabulary.pick(self.dice, section), polarity, topic)
        if kind == "feeling":
            return self.feeling(self.dice.pick(FEELINGS[polarity]), topic)
        return self.frame(kind, polarity, topic, topical=topical, full=full)

    def frame(
        self, kind: str, polarity: str, topic: str, *, topical: bool = False, full: bool = False
    ) -> str:
        """Fill one of the clause frames.

        kind (str): The group of frames: "statement" or "negation".
        polarity (str): The polarity.
        topic (str): The topic.
        topical (bool): Whether the frame must name the topic.
        full (bool): Whether it must be a sentence with a verb.
        RETURNS (str): The clause.
        """
        frames = self.vocabulary.lexicon.tier(f"clause {polarity}", kind)
        if topical:
            frames = [f for f in frames if "<n" in f]
        if full:
            frames = [f for f in frames if "?" not in f and any(m in f for m in _FULL_CLAUSE)]
        return self.fill(self.dice.pick(frames), polarity, topic)

    def feeling(self, feeling: str, topic: str) -> str:
        """Write a clause that shows a feeling.

        feeling (str): One of the emotion labels.
        topic (str): The topic it may name.
        RETURNS (str): The clause.
        """
        if self.dice.chance(0.4):
            return self.fill(self.vocabulary.pick(self.dice, f"cry {feeling}"), "neutral", topic)
        frame = self.vocabulary.pick(self.dice, "frame")
        word = self.vocabulary.pick(self.dice, f"feeling {feeling}")
        return self.fill(frame.replace("<feel>", word), "neutral", topic)

    def contrast(self, polarity: str, topic: str, *, topical: bool = False) -> str:
        """Write two clauses of which the last one decides.

        polarity (str): The polarity of the last clause.
        topic (str): The topic of the last clause.
        topical (bool): Whether the first clause must be about another topic.
        RETURNS (str): The two clauses, joined.
        """
        first_topic = self.other_topic(topic) if topical or self.dice.chance(0.6) else topic
        against = self.dice.pick(POLES) if polarity == "neutral" else OPPOSITE[polarity]
        if polarity != "neutral" and self.dice.chance(0.15):
            against = "neutral"
        first = self.clause(against, first_topic, topical=topical, full=True)
        last = self.clause(polarity, topic, topical=topical, full=True)
        join = self.expand(self.vocabulary.pick(self.dice, "contrast", "join"))
        join = self.fill(join.replace("<c1>", "{0}").replace("<c2>", "{1}"), polarity, topic)
        return join.format(first, last)

    def phrase(self, section: str, topic: str, key: str = "") -> str:
        """Fill an entry of a section that has no polarity.

        section (str): The section's name.
        topic (str): The topic of its slots.
        key (str): A key of a section without tiers.
        RETURNS (str): The phrase.
        """
        return self.fill(self.vocabulary.pick(self.dice, section, key), "neutral", topic)

    def expand(self, template: str) -> str:
        """Decide the choices of a template.

        template (str): A template with "[a|b]".
        RETURNS (str): The template without them.
        """
        while _CHOICE.search(template):
            template = _CHOICE.sub(
                lambda m: self.dice.pick(m.group(1).split("|")), template, count=1
            )
        return template

    def fill(self, template: str, polarity: str, topic: str) -> str:
        """Decide the choices of a template and fill its slots.

        template (str): The template.
        polarity (str): The polarity of its words.
        topic (str): The topic of its nouns.
        RETURNS (str): Plain text.
        """
        noun = self.vocabulary.pick(self.dice, f"noun {topic}")
        slots = Slots(self, polarity, topic, noun)
        while _CHOICE.search(template) or _SLOT.search(template):
            template = _SLOT.sub(lambda m: slots.value(m.group(1)), self.expand(template))
        text = re.sub(r"\s+", " ", template).strip()
        return re.sub(r"\b([Aa]) (?=[aeio]|ug|un[^i])", r"\1n ", text)


def world_of(topic: str) -> str:
    """Tell films from things one can buy.

    topic (str): The topic.
    RETURNS (str): "film" or "shop".
    """
    return "film" if KINDS[topic] == "film" else "shop"


class Slots:
    """The values of one template's slots. All its noun slots name the same noun.

    writer (Writer): The writer to draw with.
    polarity (str): The polarity of the words.
    topic (str): The topic of the nouns.
    noun (str): The noun, with a "+" if it is a plural.
    """

    def __init__(self, writer: Writer, polarity: str, topic: str, noun: str) -> None:
        self.dice = writer.dice
        self.vocabulary = writer.vocabulary
        self.polarity = polarity
        self.topic = topic
        self.noun = noun.rstrip("+")
        self.plural = noun.endswith("+")
        self.past = self.dice.chance(0.5)

    def value(self, slot: str) -> str:
        """Draw the value of one slot.

        slot (str): The slot's name.
        RETURNS (str): Text, which may hold choices of its own.
        """
        opposite = OPPOSITE[self.polarity]
        pick = self.vocabulary.pick
        if slot == "np":
            return self._determiner() + " " + self.noun
        if slot == "n":
            return self.noun
        if slot == "n2":
            return pick(self.dice, f"noun {self.topic}").rstrip("+")
        if slot == "be":
            return self._be()
        if slot == "adj" and self.dice.chance(0.55):
            return pick(self.dice, "intensifier", "any") + " " + self._adjective(self.polarity)
        if slot in ("adj", "a"):
            return self._adjective(self.polarity)
        if slot == "any":
            return self._adjective(self.dice.pick(POLES))
        if slot in ("opp", "oa"):
            return self._adjective(opposite)
        if slot == "ob":
            return self._adjective("negative")
        if slot in ("verb", "idiom", "verdict"):
            return pick(self.dice, f"{slot} {self.polarity}")
        if slot == "vnoun":
            return pick(self.dice, f"verdictnoun {self.polarity}")
        if slot == "ovnoun":
            return pick(self.dice, f"verdictnoun {opposite}")
        if slot == "oidiom":
            return pick(self.dice, f"idiom {opposite}")
        if slot == "thing":
            return pick(self.dice, "slot", world_of(self.topic))
        if slot == "num":
            return str(2 + self.dice.below(18))
        return pick(self.dice, "slot", slot)

    def _adjective(self, polarity: str) -> str:
        kind = "any"
        if polarity != "neutral" and self.dice.chance(0.32):
            kind = KINDS[self.topic]
        return self.vocabulary.pick(self.dice, f"adjective {polarity} {kind}")

    def _determiner(self) -> str:
        choices: list[str] = ["the", "the", "the", "the", "its"]
        choices.append("these" if self.plural else "this")
        return self.dice.pick(choices)

    def _be(self) -> str:
        if self.plural:
            return "were" if self.past else "are"
        return "was" if self.past else "is"
