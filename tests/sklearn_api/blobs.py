"""Embeddings in which a few columns tell the label and many others do not."""

import numpy
from sklearn.metrics import roc_auc_score

CLASSES = numpy.array(["bad", "fair", "good"])


def make_rows(n=90, width=12, seed=0, noise=1.0):
    """Rows whose first three columns tell the class, and the classes."""
    rng = numpy.random.default_rng(seed)
    codes = numpy.arange(n) % 3
    X = rng.normal(size=(n, width)) * noise
    X[numpy.arange(n), codes] += 3
    return X.astype("float32") + 5, CLASSES[codes]


def make_cats(y, seed=0):
    """Each row's own label and another one are known or not."""
    rng = numpy.random.default_rng(seed)
    return [
        {str(name): int(name == label) for name in CLASSES if rng.random() < 0.6} for label in y
    ]


def order_of_cosines(X, y):
    """How often two rows of a class have a higher cosine than two rows of different ones."""
    units = X / numpy.linalg.norm(X, axis=1, keepdims=True)
    pairs = numpy.triu_indices(len(y), 1)
    cosines = (units @ units.T)[pairs]
    return roc_auc_score(y[pairs[0]] == y[pairs[1]], cosines)
