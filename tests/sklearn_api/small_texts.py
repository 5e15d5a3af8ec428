"""Small labelled texts, and the size of an encoder that is enough for them."""

TINY = {"width": 16, "depth": 1, "max_steps": 40, "random_state": 0, "progress": False}

GOOD = [
    "I love it",
    "A wonderful day",
    "So good and so kind",
    "What a lovely film",
    "Great, thanks!",
]
BAD = ["I hate it", "A terrible day", "So bad and so rude", "What an awful film", "Never again"]
TEXTS = [*GOOD, *BAD] * 3
MOODS = [*["good"] * 5, *["bad"] * 5] * 3
#: Whether a text has a word "film", with some unknown.
FILMS = [None if i % 3 == 0 else "film" in text for i, text in enumerate(TEXTS)]

#: Checks of scikit-learn that do not apply to encoders, with the reason.
INEXACT = {
    "check_methods_sample_order_invariance": (
        "Products of float32 matrices round differently with the rows' places, by less than 1e-6."
    )
}
