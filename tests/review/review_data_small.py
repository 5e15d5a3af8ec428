"""Texts whose words tell their label, and some labels that are wrong."""

import json
import random

WORDS = {
    "positive": ["good", "great", "lovely", "superb", "fine"],
    "negative": ["bad", "awful", "poor", "nasty", "dull"],
}
FILLERS = ["the", "a", "film", "shop", "order", "plot", "was", "it", "and", "scene"]


def flipped_rows(task, count, seed, every=15):
    """Rows of two labels, and the lines of those that were flipped."""
    rng = random.Random(seed)
    rows, flipped = [], []
    for i in range(count):
        label = rng.choice(sorted(WORDS))
        words = [*rng.choices(WORDS[label], k=3), *rng.choices(FILLERS, k=4)]
        rng.shuffle(words)
        if i % every == 3:
            label = "negative" if label == "positive" else "positive"
            flipped.append(i + 1)
        rows.append({"text": " ".join(words), "label": label})
    return rows, flipped


def write_rows(path, rows):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf8")
    return path
