"""Pairs of texts, and pipelines that learn from them."""

import spacy
from builders import ENCODER, WIDTH, add_task, listener, make_examples, step
from spacy.training import Example
from thinc.api import Adam, fix_random_seed

from spacy_mtl.pair_keys import pair_key

PAIRS = [
    ("a good film", "a great movie", 5.0),
    ("the actor and the plot", "a slow battery", 0.0),
    ("really lovely acting", "the acting is wonderful", 4.0),
    ("an awful waste of time", "fast and cheap", 0.5),
    ("a bad film", "an awful movie", 4.5),
    ("the charger of the year", "really boring", 1.0),
]


def pair_rows(pairs=PAIRS, task="sts"):
    """Both sides of all pairs, one after the other, with their cats."""
    rows = []
    for number, (first, second, score) in enumerate(pairs):
        cats = {pair_key(task, first, second, number): score}
        rows += [(first, cats), (second, cats)]
    return rows


def make_pair_pipeline(*tasks, model=None, **settings):
    """A pipeline with the shared encoder, a component that learns from pairs, and classifiers."""
    nlp = spacy.blank("xx")
    nlp.add_pipe("multitask_tok2vec", name="tok2vec", config={"model": {**ENCODER}})
    config = {
        "score_max": 5.0,
        "model": model
        or {
            "@architectures": "spacy_mtl.SentenceEncoder.v1",
            "pooling": ["mean"],
            "tok2vec": listener(WIDTH),
        },
        **settings,
    }
    nlp.add_pipe("contrastive", name="sts", config=config)
    for task in tasks:
        add_task(nlp, task)
    return nlp


def train_pairs(nlp, rows, *, n_steps=40, learn_rate=0.02):
    """Initialize a pipeline and train it on all rows at once."""
    fix_random_seed(0)
    rows = list(rows)
    nlp.initialize(lambda: make_examples(nlp, rows))
    optimizer = Adam(learn_rate)
    losses = {}
    for _ in range(n_steps):
        losses = {}
        step(nlp, make_examples(nlp, rows), optimizer, losses=losses)
    return losses


def examples_of(nlp, rows=None) -> list[Example]:
    """Examples of some rows, by default those of the pairs."""
    return make_examples(nlp, pair_rows() if rows is None else rows)
