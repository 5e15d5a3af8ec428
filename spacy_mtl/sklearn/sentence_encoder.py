"""Texts in, vectors out: the encoder of a pipeline as a transformer of scikit-learn."""

from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any, cast

import numpy
from numpy.typing import NDArray
from sklearn.base import ClassNamePrefixFeaturesOutMixin, TransformerMixin
from spacy.language import Language

from ..errors import Errors
from ..training.saved_encoder import find_encoder
from .batches import after_encoder, embed
from .labels import TaskLabels, read_labels
from .pipeline_estimator import PipelineEstimator
from .projection import Projection, fit_learned, fit_pca
from .texts import check_texts

PCA = "pca"
LEARNED = "learned"


class SentenceEncoder(ClassNamePrefixFeaturesOutMixin, TransformerMixin, PipelineEstimator):
    """Turn texts into vectors by the encoder of a spaCy pipeline, a trained one or one that `fit` trains.

    model (Optional[Union[str, Path, Language]]): A trained pipeline: its folder, the name of its package, or
        itself. It is never changed. None to build one in `fit`.
    batch_size (int): Texts that are encoded together.
    n_process (int): Processes that share the work.
    output_dim (Optional[int]): Size of the vectors. None for the width of the encoder.
    projection (str): How the vectors get that size. "pca": scikit-learn's PCA, fitted in `fit`. "learned": a
        linear layer between the embedding and a linear classifier per task, trained on all known labels,
        with the trained encoder as it is. It starts from the principal components and may be wider than the
        encoder.
    frozen (bool): Leave a pipeline that was given as it is, also where labels are passed: a `Pipeline` passes
        them to all its steps. Only the projection then learns.
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

    #: What was loaded without a fit, and what it was loaded from.
    _loaded: tuple[Any, Language]

    def __init__(
        self,
        model: str | Path | Language | None = None,
        *,
        batch_size: int = 256,
        n_process: int = 1,
        output_dim: int | None = None,
        projection: str = PCA,
        frozen: bool = False,
        lang: str = "en",
        width: int | None = None,
        depth: int | None = None,
        max_steps: int | None = None,
        learn_rate: float | None = None,
        dropout: float | None = None,
        progress: bool = True,
        random_state: Any = None,
    ) -> None:
        """Keep the settings. See the class."""
        super().__init__(
            model,
            batch_size=batch_size,
            n_process=n_process,
            lang=lang,
            width=width,
            depth=depth,
            max_steps=max_steps,
            learn_rate=learn_rate,
            dropout=dropout,
            progress=progress,
            random_state=random_state,
        )
        self.output_dim = output_dim
        self.projection = projection
        self.frozen = frozen

    def fit(self, X: Any, y: Any = None) -> "SentenceEncoder":
        """Train the encoder on labels, if there are any, and fit the projection.

        A pipeline that was given learns on unless `frozen`, and gets heads for tasks that it does not have. Heads of other
        tasks stay as they are. All texts are trained on for a number of steps that follows from their
        number, and the averages of the weights are kept. No texts are held out to choose a step: with few
        labels that was better on one data set and worse on two others. `spacy train` does so with a dev split.

        X (Iterable[str]): The texts.
        y (Any): Labels of one task or several, see `MultitaskClassifier.fit`. None to leave the pipeline as
            it is.
        RETURNS (SentenceEncoder): The estimator.
        RAISES (ValueError): If texts, labels or settings are not valid.
        """
        self._check_settings()
        texts = self._read_texts(X)
        if y is None or self.frozen:
            if y is None and self.projection == LEARNED and self.output_dim is not None:
                raise ValueError(Errors.E539)
            self._use_model()
            tasks = {}
            if y is not None and self.projection == LEARNED and self.output_dim is not None:
                tasks = read_labels(y, len(texts))
                for labels in tasks.values():
                    labels.check()
        else:
            tasks = self._train(texts, y)
        return self._fit_projection(texts, tasks)

    def partial_fit(self, X: Any, y: Any, classes: Any = None) -> "SentenceEncoder":
        """Learn from some texts, each once. Nothing is kept but the optimizer. The projection is fitted by the
        first call, unless it is, and stays.

        X (Iterable[str]): The texts.
        y (Any): Their labels, see `MultitaskClassifier.fit`. Unknown labels and tasks are added.
        classes (Any): All classes that will come, in an array, or by task.
        RETURNS (SentenceEncoder): The estimator.
        RAISES (ValueError): If texts, labels or settings are not valid.
        """
        self._check_settings()
        texts = self._read_texts(X)
        tasks = self._train_on(texts, y, classes)
        return self if hasattr(self, "projection_") else self._fit_projection(texts, tasks)

    def fit_transform(self, X: Any, y: Any = None) -> NDArray[numpy.float32]:
        """Fit, and encode the same texts.

        X (Iterable[str]): The texts.
        y (Any): Labels, see `fit`.
        RETURNS (ndarray): float32 `(n_texts, output_dim)`.
        """
        # A generator can be read once.
        texts = list(check_texts(X)) if isinstance(X, Iterator) else X
        return self.fit(texts, y).transform(texts)

    def transform(self, X: Any) -> NDArray[numpy.float32]:
        """Encode texts.

        X (Iterable[str]): The texts.
        RETURNS (ndarray): float32 `(n_texts, output_dim)`. Without a projection equal to `doc._.embedding` of
            `nlp.pipe`: the mean of the token vectors, and zeros for an empty text.
        RAISES (ValueError): If a row is no text.
        """
        batches = list(self.transform_batches(X))
        if batches:
            return numpy.concatenate(batches)
        return numpy.zeros((0, self._n_features_out), dtype="float32")

    def transform_batches(self, X: Any) -> Iterator[NDArray[numpy.float32]]:
        """Encode a stream of texts in constant memory.

        X (Iterable[str]): The texts. They are read as batches are asked for.
        YIELDS (ndarray): float32 `(batch_size, output_dim)`; the last one may be smaller.
        RAISES (ValueError): If a row is no text.
        """
        nlp = self._pipeline()
        batches = self._map(partial(embed, disable=after_encoder(nlp)), X)
        projection = getattr(self, "projection_", None)
        return batches if projection is None else map(projection, batches)

    @property
    def _n_features_out(self) -> int:
        projection = getattr(self, "projection_", None)
        if projection is not None:
            return projection.weights.shape[1]
        nlp = self._pipeline()
        return nlp.get_pipe(find_encoder(nlp)).model.get_dim("nO")  # type: ignore[attr-defined]

    def _pipeline(self) -> Language:
        if hasattr(self, "nlp_") or not self.__sklearn_is_fitted__():
            return super()._pipeline()
        # A trained encoder needs no fit. It is loaded once.
        if not hasattr(self, "_loaded") or self._loaded[0] != self.model:
            self._loaded = (self.model, cast(Language, self._load_model()))
        return self._loaded[1]

    def __sklearn_is_fitted__(self) -> bool:
        return hasattr(self, "nlp_") or (self.model is not None and self.output_dim is None)

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.transformer_tags.preserves_dtype = []
        return tags

    def _use_model(self) -> None:
        nlp = self._load_model()
        if nlp is None:
            raise ValueError(Errors.E535.format(estimator=type(self).__name__))
        self.nlp_, self._owned, self._tasks = nlp, nlp is not self.model, {}

    def _check_settings(self) -> None:
        super()._check_settings()
        self._check_number("output_dim", 1, whole=True)
        if self.projection not in (PCA, LEARNED):
            raise ValueError(
                Errors.E534.format(
                    estimator=type(self).__name__,
                    name="projection",
                    value=self.projection,
                    expected=f"{PCA!r} or {LEARNED!r}",
                )
            )

    def _fit_projection(self, texts: list[str], tasks: dict[str, TaskLabels]) -> "SentenceEncoder":
        self.projection_: Projection | None = None
        if self.output_dim is not None:
            X = numpy.concatenate(list(self.transform_batches(texts)))
            if self.projection == LEARNED:
                self.projection_ = fit_learned(X, tasks, self.output_dim, self._draw_seed())
            else:
                self.projection_ = fit_pca(X, self.output_dim, self._draw_seed())
        return self
