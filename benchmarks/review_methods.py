"""Who finds flipped labels: this package, in whole and in parts, and cleanlab on TF-IDF."""

import warnings
from collections.abc import Iterator
from typing import Any

import numpy
from cleanlab.rank import get_label_quality_scores
from scipy import sparse
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import average_precision_score, f1_score
from sklearn.model_selection import StratifiedKFold

from spacy_mtl.review.evidence import combine, learn_weights, suspect
from spacy_mtl.review.features import Features
from spacy_mtl.review.judging import gather_evidence
from spacy_mtl.review.progress import Progress

PEER = "cleanlab, TF-IDF of words + logistic regression"
STRONG_PEER = "cleanlab, TF-IDF of words and characters + logistic regression"
OURS = "mtl review"
UNTRAINED = "mtl review, encoder with random weights"
#: What a part of the evidence is worth.
EQUAL = "equal weights"
ONE_SEED = "one seed, both heads, no neighbours"
PARTS = {
    "heads on vectors": ("vectors",),
    "heads on n-grams": ("ngrams",),
    "neighbours": ("neighbours",),
    "both heads, no neighbours": ("vectors", "ngrams"),
}
N_FOLDS = 5
SEEDS = (0, 1, 2)


def tfidf(texts: list[str], *, characters: bool) -> Any:
    """RETURNS (csr_matrix): TF-IDF of words and pairs of words, and of 2 to 5 characters if wanted."""
    X = TfidfVectorizer(ngram_range=(1, 2)).fit_transform(texts)
    if not characters:
        return X
    found = TfidfVectorizer(analyzer="char_wb", ngram_range=(2, 5), sublinear_tf=True, min_df=2)
    return sparse.hstack([X, found.fit_transform(texts)]).tocsr()


def peer_scores(X: Any, y: Any, n_labels: int, seed: int) -> Any:
    """RETURNS (Floats1d): How suspicious each label is to cleanlab, by out-of-fold probabilities."""
    P = numpy.zeros((len(y), n_labels))
    folds = StratifiedKFold(N_FOLDS, shuffle=True, random_state=seed)
    for train, test in folds.split(X, y):
        model = LogisticRegression(max_iter=1000).fit(X[train], y[train])
        P[numpy.ix_(test, model.classes_)] = model.predict_proba(X[test])
    return 1.0 - get_label_quality_scores(y, P)


def our_scores(
    features: Features, texts: list[str], y: Any, n_labels: int, seed: int, *, name: str
) -> Iterator[tuple[str, Any]]:
    """YIELDS (tuple): Names of methods, and how suspicious each label is to them."""
    Y = numpy.eye(n_labels, dtype="float32")[y]
    evidence = gather_evidence(
        features,
        texts,
        Y,
        multi_label=False,
        folds=N_FOLDS,
        seeds=[10 * seed + s for s in SEEDS],
        progress=Progress(silent=True),
    )
    yield name, suspect(Y, evidence.P, multi_label=False).score
    if name != OURS:
        return
    equal = dict.fromkeys(evidence.witnesses, 1 / len(evidence.witnesses))
    P = combine(evidence.witnesses, equal, multi_label=False)
    yield EQUAL, suspect(Y, P, multi_label=False).score
    yield ONE_SEED, suspect(Y, evidence.by_seed[0], multi_label=False).score
    for part, witnesses in PARTS.items():
        chosen = {witness: evidence.witnesses[witness] for witness in witnesses}
        weights = learn_weights(chosen, Y, multi_label=False)
        P = combine(chosen, weights, multi_label=False)
        yield part, suspect(Y, P, multi_label=False).score


def measure(scores: Any, flipped: Any) -> dict[str, float]:
    """RETURNS (dict): Average precision, and precision among as many as were flipped, in percent."""
    top = numpy.argsort(-scores, kind="stable")[: int(flipped.sum())]
    return {
        "average_precision": round(100 * float(average_precision_score(flipped, scores)), 2),
        "precision_at_n": round(100 * float(flipped[top].mean()), 2),
    }


class Judge:
    """What a classifier makes of labels: the same one for all methods, so that only the labels differ."""

    def __init__(self, train: list[str], test: list[str], y_test: Any) -> None:
        """Read the texts: words and characters by TF-IDF, for a logistic regression."""
        words = TfidfVectorizer(ngram_range=(1, 2))
        characters = TfidfVectorizer(
            analyzer="char_wb", ngram_range=(2, 5), sublinear_tf=True, min_df=2
        )
        self._X = sparse.hstack([part.fit_transform(train) for part in (words, characters)]).tocsr()
        self._X_test = sparse.hstack([part.transform(test) for part in (words, characters)]).tocsr()
        self._y_test = y_test

    def macro_f(self, y: Any, kept: Any = None) -> float:
        """RETURNS (float): Macro-F1 on test in percent, learned from labels, or from those that are kept."""
        kept = numpy.ones(len(y), dtype=bool) if kept is None else kept
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            model = LogisticRegression(max_iter=300, C=3, solver="newton-cg", tol=1e-4)
            predicted = model.fit(self._X[kept], y[kept]).predict(self._X_test)
        return round(100 * float(f1_score(self._y_test, predicted, average="macro")), 2)

    def after_review(self, scores: Any, y: Any, y_true: Any, n: int) -> dict[str, float]:
        """RETURNS (dict): Macro-F1 after the n most suspicious rows are dropped, or put right."""
        top = numpy.argsort(-scores, kind="stable")[:n]
        kept = numpy.ones(len(y), dtype=bool)
        kept[top] = False
        corrected = y.copy()
        corrected[top] = y_true[top]
        return {"dropped": self.macro_f(y, kept), "corrected": self.macro_f(corrected)}
