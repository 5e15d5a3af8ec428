"""What a simple classifier makes of an encoder's output: a measure of pretraining."""

import warnings
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy
from spacy.tokens import Doc

from ..errors import Errors
from .formats import read_records

N_FOLDS = 5
BATCH_SIZE = 128
#: Stands for the task where a file names none.
TASK = "probe"


class Probe:
    """Logistic regression of labels from the mean of the encoder's token vectors."""

    def __init__(self, path: Path, test_path: Path | None, make_doc: Callable[[str], Doc]) -> None:
        """Read the labelled texts.

        path (Path): File with one label for each text, in any of the package's formats.
        test_path (Optional[Path]): The texts to score. If not set, the first file is cross-validated.
        make_doc (Callable[[str], Doc]): Tokenizes a text.
        RAISES (ImportError): If scikit-learn is not installed.
        RAISES (ValueError): If a file cannot be read, or has too few texts.
        """
        _import_sklearn()
        self._train = _read(path, make_doc)
        self._test = _read(test_path, make_doc) if test_path is not None else None
        counts = Counter(self._train[1])
        label, fewest = min(counts.items(), key=lambda item: item[1])
        if len(counts) < 2:
            _fail(path, f"all its texts have the label {label!r}, and two labels are needed")
        if test_path is None and fewest < N_FOLDS:
            _fail(
                path,
                f"its label {label!r} has {fewest} texts, and cross-validation needs {N_FOLDS} of each; "
                "add some, or set probe_test_path",
            )

    def score(self, tok2vec: Any) -> float:
        """Train and score the classifier.

        tok2vec (Model[List[Doc], List[Floats2d]]): The encoder.
        RETURNS (float): Accuracy, 0 to 1: on the test file, or the mean of five folds.
        """
        linear_model, model_selection, pipeline, preprocessing = _import_sklearn()
        classifier = pipeline.make_pipeline(
            preprocessing.StandardScaler(), linear_model.LogisticRegression(max_iter=1000, tol=1e-3)
        )
        docs, labels = self._train
        X = _encode(tok2vec, docs)
        with warnings.catch_warnings():
            # A classifier that has not quite converged measures as well.
            warnings.simplefilter("ignore")
            if self._test is None:
                folds = model_selection.StratifiedKFold(N_FOLDS, shuffle=True, random_state=0)
                scores = model_selection.cross_val_score(classifier, X, labels, cv=folds)
                return float(scores.mean())
            docs, test_labels = self._test
            return float(classifier.fit(X, labels).score(_encode(tok2vec, docs), test_labels))


def _encode(tok2vec: Any, docs: Sequence[Doc]) -> Any:
    means = []
    for start in range(0, len(docs), BATCH_SIZE):
        for Y in tok2vec.predict(list(docs[start : start + BATCH_SIZE])):
            means.append(tok2vec.ops.to_numpy(Y.mean(axis=0)))
    # A model that has diverged scores like chance, and its own loss tells what happened.
    return numpy.nan_to_num(numpy.stack(means))


def _read(path: Path, make_doc: Callable[[str], Doc]) -> tuple[list[Doc], list[str]]:
    docs = []
    labels = []
    for record in read_records(path, TASK):
        found = [label for label, value in record.cats.items() if value > 0.5]
        if len(found) != 1:
            _fail(path, f"row {record.line} has {len(found)} labels, and each needs exactly one")
        doc = make_doc(record.text)
        if len(doc):
            docs.append(doc)
            labels.append(found[0])
    if not docs:
        _fail(path, "all its texts are empty")
    return docs, labels


def _fail(path: Path, reason: str) -> None:
    raise ValueError(Errors.E276.format(path=path, reason=reason))


def _import_sklearn() -> tuple[Any, Any, Any, Any]:
    try:
        from sklearn import linear_model, model_selection, pipeline, preprocessing
    except ImportError as error:
        raise ImportError(Errors.E275) from error
    return linear_model, model_selection, pipeline, preprocessing
