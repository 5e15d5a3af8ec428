from collections.abc import Callable

from grammar import FEELINGS, POLARITIES, TOPICS, Writer, world_of

Sentences = list[str]
# Sentences, labels, and the polarity an emoji would have.
Row = tuple[Sentences, list[str], str]

EMOTIONS = ("anger", "joy", "sadness", "surprise", "trust")
INTENTS: dict[str, float] = {"complaint": 0.34, "praise": 0.32, "question": 0.18, "request": 0.16}
# What people feel when a topic goes well or goes wrong.
MOODS: dict[str, tuple[str, str]] = {
    "acting": ("joy", "sadness"),
    "battery": ("trust", "anger"),
    "build": ("trust", "anger"),
    "delivery": ("trust", "anger"),
    "music": ("joy", "sadness"),
    "plot": ("joy", "sadness"),
    "price": ("joy", "anger"),
    "screen": ("joy", "anger"),
    "support": ("trust", "anger"),
    "visuals": ("joy", "sadness"),
}


def opinion(writer: Writer, polarity: str, topic: str, *, topical: bool = False) -> Sentences:
    """Write an opinion: one to three clauses, of which the last ones decide.

    writer (Writer): The writer.
    polarity (str): The polarity of the whole.
    topic (str): The topic of the whole.
    topical (bool): Whether every deciding clause must name or show the topic.
    RETURNS (Sentences): The sentences.
    """
    dice = writer.dice
    if dice.chance(0.09):
        sentences = [writer.contrast(polarity, topic, topical=topical)]
    else:
        sentences = [writer.clause(polarity, topic, topical=topical)]
    if dice.chance(0.45):
        sentences.append(writer.clause(polarity, topic, topical=topical))
    return sentences


def around(writer: Writer, sentences: Sentences, topic: str, *, after: bool = True) -> Sentences:
    """Put small talk around some sentences.

    writer (Writer): The writer.
    sentences (Sentences): What is really said.
    topic (str): Their topic.
    after (bool): Whether anything may follow them.
    RETURNS (Sentences): All sentences.
    """
    dice = writer.dice
    before: Sentences = []
    if dice.chance(0.2):
        before.append(writer.phrase(f"context {world_of(topic)}", topic, "any"))
    elif dice.chance(0.08):
        before.append(writer.phrase(f"fact {writer.other_topic(topic)}", topic))
    rest: Sentences = []
    if after and dice.chance(0.08):
        rest.append(writer.phrase(f"context {world_of(topic)}", topic, "any"))
    if after and dice.chance(0.12):
        rest.append(writer.phrase("closer", topic, "any"))
    text = before + sentences + rest
    if dice.chance(0.22):
        text[0] = f"{writer.phrase('opener', topic, 'any')} {text[0]}"
    return text


def write_sentiment(writer: Writer) -> Row:
    """RETURNS (Row): A text labelled positive, negative or neutral."""
    polarity = writer.dice.weighted({"positive": 0.39, "negative": 0.36, "neutral": 0.25})
    topic = writer.topic()
    if writer.dice.chance(0.04):
        key = writer.dice.pick(["positive neutral", "negative neutral", "positive negative"])
        polarity = writer.dice.pick(key.split())
        sentences = [writer.phrase("ambiguous", topic, key)]
    else:
        sentences = opinion(writer, polarity, topic)
    return around(writer, sentences, topic), [polarity], polarity


def write_topic(writer: Writer) -> Row:
    """RETURNS (Row): A text labelled with the topic that its last clause is about."""
    topic = writer.topic()
    polarity = writer.dice.pick(POLARITIES)
    return around(writer, opinion(writer, polarity, topic, topical=True), topic), [topic], polarity


def write_emotion(writer: Writer) -> Row:
    """RETURNS (Row): A text labelled with the feelings it shows; there may be none."""
    dice = writer.dice
    topic = writer.topic()
    polarity = dice.weighted({"positive": 0.4, "negative": 0.4, "neutral": 0.2})
    labels: list[str] = []
    if polarity == "neutral":
        sentences = [writer.clause("neutral", topic)]
    else:
        mood = MOODS[topic][0 if polarity == "positive" else 1]
        sentences = opinion(writer, polarity, topic, topical=True)
        labels.append(mood)
        if dice.chance(0.3):
            sentences.append(writer.feeling(mood, topic))
        elif dice.chance(0.2):
            other = dice.others(FEELINGS[polarity], mood)
            sentences.append(writer.feeling(other, topic))
            labels.append(other)
    if dice.chance(0.25):
        sentences.insert(dice.below(2), writer.feeling("surprise", topic))
        labels.append("surprise")
    return around(writer, sentences, topic), sorted(labels), polarity


def write_intent(writer: Writer) -> Row:
    """RETURNS (Row): A text labelled with what its writer wants."""
    dice = writer.dice
    topic = writer.topic()
    intent = dice.weighted(INTENTS)
    if intent in ("praise", "complaint"):
        polarity = "positive" if intent == "praise" else "negative"
        return around(writer, opinion(writer, polarity, topic), topic), [intent], polarity
    sentences: Sentences = []
    if dice.chance(0.15):
        sentences.append(writer.clause(dice.pick(POLARITIES), topic, full=True))
    wish = writer.phrase(intent, topic)
    sentences.append(wish + "?" if intent == "question" or dice.chance(0.05) else wish)
    return around(writer, sentences, topic, after=False), [intent], "neutral"


def write_recommend(writer: Writer) -> Row:
    """RETURNS (Row): A text labelled yes or no: would its writer recommend the thing?"""
    label = writer.dice.weighted({"yes": 0.55, "no": 0.45})
    polarity = "positive" if label == "yes" else "negative"
    topic = writer.topic()
    sentences = opinion(writer, polarity, topic)
    if writer.dice.chance(0.4):
        verdict = writer.vocabulary.pick(writer.dice, f"verdict {polarity}")
        sentences.append(writer.fill(verdict, polarity, topic))
    return around(writer, sentences, topic), [label], polarity


WRITERS: dict[str, Callable[[Writer], Row]] = {
    "emotion": write_emotion,
    "intent": write_intent,
    "recommend": write_recommend,
    "sentiment": write_sentiment,
    "topic": write_topic,
}
LABELS: dict[str, tuple[str, ...]] = {
    "emotion": EMOTIONS,
    "intent": tuple(INTENTS),
    "recommend": ("yes", "no"),
    "sentiment": POLARITIES,
    "topic": tuple(TOPICS),
}
