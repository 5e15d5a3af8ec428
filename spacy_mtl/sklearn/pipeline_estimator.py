"""What estimators that hold a spaCy pipeline share: settings, training, saving and copying."""

from collections.abc import Iterator
from copy import deepcopy
from pathlib import Path
from typing import Any, TypeVar

import numpy
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, clone
from sklearn.utils import check_random_state
from sklearn.utils.validation import check_is_fitted
from spacy.language import Language
from thinc.api import Optimizer

from ..damage import load_pipeline
from ..errors import Errors
from ..staging import staged_folder
from ..training.partial_fit import partial_fit
from ..training.random_state import separate_random_state
from .batches import Work, map_batches, ready_encoder
from .carried import Carried, copy_pipeline
from .labels import TaskLabels, read_labels
from .texts import check_texts
from .training_loop import Settings, make_optimizer, others, partial_rows, prepare, train

Self = TypeVar("Self", bound="PipelineEstimator")

MAX_SEED = 2**31 - 1
#: Settings of scikit-learn that a clone takes along, beside the parameters.
CLONED = ("_sklearn_output_config", "_metadata_request")


class PipelineEstimator(BaseEstimator):
    """Base of estimators that hold a pipeline: an encoder, and a head for each task."""

    nlp_: Language
    _tasks: dict[str, TaskLabels]
    #: Whether the pipeline is the estimator's own, or the parameter, which must not be changed.
    _owned: bool
    _optimizer: Optimizer | None
    _n_calls: int

    def __init__(
        self,
        model: str | Path | Language | None = None,
        *,
        batch_size: int = 256,
        n_process: int = 1,
        lang: str = "en",
        width: int | None = None,
        depth: int | None = None,
        max_steps: int | None = None,
        learn_rate: float | None = None,
        dropout: float | None = None,
        progress: bool = True,
        random_state: Any = None,
    ) -> None:
        """Keep the settings."""
        self.model = model
        self.batch_size = batch_size
        self.n_process = n_process
        self.lang = lang
        self.width = width
        self.depth = depth
        self.max_steps = max_steps
        self.learn_rate = learn_rate
        self.dropout = dropout
        self.progress = progress
        self.random_state = random_state

    def to_disk(self, path: str | Path) -> None:
        """Save the pipeline, for `spacy.load`.

        path (Union[str, Path]): The folder. Folders on the way to it are made.
        RAISES (NotFittedError): If there is no pipeline yet.
        """
        nlp = self._pipeline()
        with staged_folder(path) as folder:
            nlp.to_disk(folder)

    def _pipeline(self) -> Language:
        check_is_fitted(self)
        return self.nlp_

    def _load_model(self) -> Language | None:
        nlp = load_pipeline(self.model) if isinstance(self.model, str | Path) else self.model
        if nlp is not None:
            ready_encoder(nlp)
        return nlp

    def _check_settings(self) -> None:
        for name, lowest in (("batch_size", 1), ("n_process", 1), ("width", 2), ("depth", 0)):
            self._check_number(name, lowest, whole=True)
        self._check_number("max_steps", 1, whole=True)
        self._check_number("learn_rate", 0)
        self._check_number("dropout", 0)

    def _check_number(self, name: str, lowest: float, *, whole: bool = False) -> None:
        value = getattr(self, name)
        if value is None and name not in ("batch_size", "n_process"):
            return
        types = (int, numpy.integer) if whole else (int, float, numpy.number)
        if not isinstance(value, types) or isinstance(value, bool) or not value >= lowest:  # type: ignore[operator]
            expected = f"{'a whole number' if whole else 'a number'}, {lowest} or more"
            raise ValueError(
                Errors.E534.format(
                    estimator=type(self).__name__, name=name, value=value, expected=expected
                )
            )

    def _settings(self, seed: int) -> Settings:
        return Settings(
            lang=self.lang,
            width=self.width,
            depth=self.depth,
            max_steps=self.max_steps,
            learn_rate=self.learn_rate,
            dropout=self.dropout,
            seed=seed,
            progress=self.progress,
        )

    def _draw_seed(self) -> int:
        return int(check_random_state(self.random_state).randint(MAX_SEED))

    def _read_texts(self, X: Any) -> list[str]:
        texts = list(check_texts(X))
        if not texts:
            raise ValueError(Errors.E526.format(found="empty, with 0 sample(s)"))
        return texts

    def _train(self, texts: list[str], y: Any) -> dict[str, TaskLabels]:
        tasks = read_labels(y, len(texts))
        for labels in tasks.values():
            labels.check()
        settings = self._settings(self._draw_seed())
        nlp = self._load_model()
        if nlp is not None:
            # A parameter stays as it was given.
            nlp = copy_pipeline(nlp)
        self.nlp_, config, examples = prepare(nlp, texts, tasks, settings)
        train(self.nlp_, config, examples, settings)
        self._tasks = {task: labels.without_rows() for task, labels in tasks.items()}
        self._owned = True
        self._optimizer = None
        self._n_calls = 0
        return tasks

    def _train_on(self, texts: list[str], y: Any, classes: Any) -> dict[str, TaskLabels]:
        tasks = read_labels(y, len(texts))
        every = read_labels(classes) if classes is not None else {}
        before = self._tasks if hasattr(self, "_tasks") else {}
        for task, labels in tasks.items():
            for other in (before, every):
                if task in other:
                    labels.extend(other[task].classes)
            labels.check_classes()
        settings = self._settings(self._draw_seed())
        if not hasattr(self, "nlp_"):
            self.nlp_, self._owned = self._load_model(), self.model is None  # type: ignore[assignment]
        if not self._owned and self.nlp_ is not None:
            self.nlp_, self._owned = copy_pipeline(self.nlp_), True
        if self.nlp_ is None or any(
            task not in before or len(before[task].classes) < len(labels.classes)
            for task, labels in tasks.items()
        ):
            # The first texts need not have all classes, nor do they tell how rare these are.
            for task, labels in tasks.items():
                spread = labels.spread()
                sample = [texts[0]] * len(spread.rows)
                self.nlp_, _, _ = prepare(
                    self.nlp_, sample, {task: spread}, settings, balanced=False
                )
        self._n_calls = getattr(self, "_n_calls", 0) + 1
        if getattr(self, "_optimizer", None) is None:
            self._optimizer = make_optimizer(self.nlp_, self.learn_rate)
        rows = {task: partial_rows(texts, labels) for task, labels in tasks.items()}
        with separate_random_state((settings.seed + self._n_calls) % MAX_SEED):
            partial_fit(
                self.nlp_, rows, drop=self.dropout, sgd=self._optimizer, exclude=others(self.nlp_)
            )
        self._tasks = {**before, **{task: labels.without_rows() for task, labels in tasks.items()}}
        return tasks

    def _map(self, work: Work, X: Any) -> Iterator[NDArray]:
        nlp = self._pipeline()
        self._check_settings()
        return map_batches(
            work,
            nlp,
            check_texts(X),
            batch_size=self.batch_size,
            n_process=self.n_process,
            total=len(X) if hasattr(X, "__len__") else None,
            progress=self.progress,
        )

    def __getstate__(self) -> dict[str, Any]:
        state = dict(super().__getstate__())
        # Schedules cannot be pickled. Both are made again when they are needed.
        state.pop("_optimizer", None)
        state.pop("_loaded", None)
        carried = {id(nlp): Carried(nlp) for nlp in state.values() if isinstance(nlp, Language)}
        return {name: carried.get(id(value), value) for name, value in state.items()}

    def __sklearn_clone__(self: Self) -> Self:
        params = self.get_params(deep=False)
        # A pipeline that was given is never changed, and takes long to copy.
        model = params.pop("model")
        twin = type(self)(
            model, **{name: clone(value, safe=False) for name, value in params.items()}
        )
        for name in CLONED:
            if hasattr(self, name):
                setattr(twin, name, deepcopy(getattr(self, name)))
        return twin

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.string = True
        tags.input_tags.two_d_array = False
        tags.target_tags.required = False
        return tags

    def _more_tags(self) -> dict[str, Any]:
        # The form that tags had before scikit-learn 1.6.
        return {"X_types": ["string"], "multilabel": True, "preserves_dtype": []}
