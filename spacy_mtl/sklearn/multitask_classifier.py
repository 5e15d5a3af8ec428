"""Classifies texts for one task or several, as a classifier of scikit-learn."""

from functools import partial
from typing import Any

import numpy
from numpy.typing import NDArray
from sklearn.base import ClassifierMixin
from sklearn.metrics import accuracy_score

from ..errors import Errors
from .batches import classify
from .labels import TASK, has_tasks, read_labels
from .pipeline_estimator import PipelineEstimator
from .training_loop import find_heads, others


class MultitaskClassifier(ClassifierMixin, PipelineEstimator):
    """Train a spaCy pipeline with one small encoder and a head for each task, on texts and labels.

    model (Optional[Union[str, Path, Language]]): A trained pipeline that learns on: its folder, the name of
        its package, or itself. It is never changed. None to build one in `fit`.
    batch_size (int): Texts that are classified together.
    n_process (int): Processes that share the work of predicting.
    lang (str): Code of the language, for a new pipeline.
    width (Optional[int]): Width of a new encoder. None for the package's default, as for all that follow.
    depth (Optional[int]): Layers of a new encoder.
    max_steps (Optional[int]): Training steps. Chosen by the number of labelled texts if not set.
    learn_rate (Optional[float]): The highest learning rate.
    dropout (Optional[float]): The dropout rate in training.
    progress (bool): Show a bar, if the work takes more than a few seconds and the output is a terminal.
    random_state (Optional[Union[int, RandomState]]): Source of random numbers. With an int, the same texts
        and labels give the same weights.
    """

    def fit(self, X: Any, y: Any) -> "MultitaskClassifier":
        """Train on texts and labels of one task, or of several.

        The labels of a task are a sequence or array with an entry per text: a class (string, number or
        bool), or, where any number of labels can apply, a list of all that do, a mapping from labels to 1
        and 0 (absent ones are unknown), or a row of a table with 0 and 1 for each label. None and nan stand
        for unknown: the text is not learned from for this task.

        X (Iterable[str]): The texts.
        y (Any): Labels of one task, or a mapping from tasks to labels. A pandas DataFrame is a mapping,
            too: one column per task. It can be cut into folds (`cv=KFold(5)`), which a dict cannot.
        RETURNS (MultitaskClassifier): The estimator.
        RAISES (ValueError): If texts, labels or settings are not valid.
        """
        self._check_settings()
        texts = self._read_texts(X)
        self._check_given(y)
        self._train(texts, y)
        self._several = has_tasks(y)
        return self

    def partial_fit(self, X: Any, y: Any, classes: Any = None) -> "MultitaskClassifier":
        """Learn from some texts, each once. Nothing is kept but the optimizer.

        X (Iterable[str]): The texts.
        y (Any): Their labels, see `fit`. Unknown labels and tasks are added.
        classes (Any): All classes that will come, in an array, or by task.
        RETURNS (MultitaskClassifier): The estimator.
        RAISES (ValueError): If texts, labels or settings are not valid.
        """
        self._check_settings()
        texts = self._read_texts(X)
        self._check_given(y)
        self._train_on(texts, y, classes)
        self._several = has_tasks(y)
        return self

    @property
    def classes_(self) -> Any:
        """RETURNS (Union[ndarray, Dict[str, ndarray]]): The classes in order, `(n_classes,)`. By task, if y
        named its tasks.
        """
        if not hasattr(self, "_tasks"):
            raise AttributeError("classes_")
        return self._by_task({task: labels.classes for task, labels in self._tasks.items()})

    def predict_proba(self, X: Any) -> Any:
        """Get the probability of each class.

        X (Iterable[str]): The texts.
        RETURNS (Union[ndarray, Dict[str, ndarray]]): `(n_texts, n_classes)`, columns in the order of
            `classes_`. By task, if y named its tasks.
        """
        return self._by_task(self._scores(X))

    def predict(self, X: Any) -> Any:
        """Predict the classes of texts.

        X (Iterable[str]): The texts.
        RETURNS (Union[ndarray, Dict[str, ndarray]]): `(n_texts,)`, the likeliest class in the type that y
            had. Where any number of labels can apply, 0 and 1 for each class, `(n_texts, n_classes)`. By
            task, if y named its tasks.
        """
        return self._by_task(self._predict(X))

    def score(self, X: Any, y: Any, sample_weight: Any = None) -> float:
        """Compute the accuracy, among the texts whose labels are known. Where any number of labels can
        apply, those of a text have to be right all together, as far as they are known.

        X (Iterable[str]): The texts.
        y (Any): Their labels, see `fit`.
        sample_weight (Optional[ndarray]): Weights of the texts.
        RETURNS (float): The accuracy, its mean over the tasks if there are several.
        RAISES (ValueError): If no label is known.
        """
        self._check_given(y)
        scores = []
        predicted = self._predict(X)
        n_texts = len(next(iter(predicted.values())))
        for task, truth in read_labels(y, n_texts).items():
            if task not in predicted:
                raise ValueError(Errors.E541.format(task=task, found=", ".join(predicted)))
            known = truth.known
            if not known.any():
                continue
            weights = None if sample_weight is None else numpy.asarray(sample_weight)[known]
            labels = self._tasks[task]
            unseen = [key for key in truth.keys if key not in labels.keys]
            table = truth.table(labels.keys)[known]
            guess = predicted[task][known]
            if labels.multi_label:
                right = (numpy.isnan(table) | (table == guess)).all(axis=1)
                right &= ~(truth.table(unseen)[known] > 0).any(axis=1)
            else:
                places = numpy.searchsorted(labels.classes, guess)
                right = table[numpy.arange(len(table)), places] > 0
            scores.append(accuracy_score(numpy.ones(len(right)), right, sample_weight=weights))
        if not scores:
            raise ValueError(Errors.E529.format(tasks="any task"))
        return float(numpy.mean(scores))

    def _scores(self, X: Any) -> dict[str, NDArray[numpy.float64]]:
        nlp = self._pipeline()
        tasks = self._tasks
        heads = find_heads(nlp)
        # Heads of other tasks may be there, from the pipeline that was given.
        disable = [*others(nlp), *(heads[task].name for task in heads if task not in tasks)]
        keys = [key for labels in tasks.values() for key in labels.keys]
        batches = list(self._map(partial(classify, keys=keys, disable=disable), X))
        table = numpy.concatenate(batches) if batches else numpy.zeros((0, len(keys)))
        scores, start = {}, 0
        for task, labels in tasks.items():
            part = table[:, start : start + len(labels.classes)]
            start += len(labels.classes)
            # The scores are rounded to 32 bits.
            scores[task] = part if labels.multi_label else part / part.sum(axis=1, keepdims=True)
        return scores

    def _predict(self, X: Any) -> dict[str, NDArray]:
        guesses = {}
        heads = None
        for task, scores in self._scores(X).items():
            labels = self._tasks[task]
            if labels.multi_label:
                heads = heads or find_heads(self.nlp_)
                guesses[task] = (scores >= heads[task].cfg["threshold"]).astype(int)
            else:
                guesses[task] = labels.classes[scores.argmax(axis=1)]
        return guesses

    def _by_task(self, values: dict[str, Any]) -> Any:
        return values if self._several else values[TASK]

    def _check_given(self, y: Any) -> None:
        if y is None:
            # In scikit-learn's words, which its own checks look for.
            raise ValueError(Errors.E540.format(estimator=type(self).__name__))

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.target_tags.required = True
        tags.classifier_tags.multi_label = True
        return tags
