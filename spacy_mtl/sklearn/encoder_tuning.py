"""What estimators share that train a whole encoder on pairs of texts."""

from collections.abc import Iterable, Sequence
from functools import partial
from pathlib import Path
from typing import Any, NoReturn

import numpy
from numpy.typing import NDArray
from sklearn.base import ClassNamePrefixFeaturesOutMixin
from spacy.language import Language
from thinc.api import Optimizer

from ..bars import ProgressBar
from ..errors import Errors
from ..pipeline.pair_batch import LOSSES
from ..training.random_state import separate_random_state
from ..training.saved_encoder import find_encoder
from .batches import DELAY, after_encoder, embed, map_batches
from .carried import copy_pipeline
from .pair_training import Pair, PairSettings, PairTraining
from .pipeline_estimator import MAX_SEED, PipelineEstimator
from .texts import check_texts

#: Texts that are encoded together.
ENCODED = 256


class TunedEncoder(ClassNamePrefixFeaturesOutMixin, PipelineEstimator):
    """Base of estimators that learn from pairs of texts how similar texts are, through the whole encoder."""

    #: Losses that make sense for what is learned from.
    _losses: tuple[str, ...] = LOSSES

    def __init__(
        self,
        model: str | Path | Language | None = None,
        *,
        loss: str = "cosine",
        scale: float = 20.0,
        n_epochs: int = 5,
        batch_size: int = 64,
        learning_rate: float | None = None,
        dropout: float | None = None,
        lang: str = "en",
        width: int | None = None,
        depth: int | None = None,
        n_process: int = 1,
        progress: bool = True,
        random_state: Any = None,
    ) -> None:
        """Keep the settings. See the classes that are made of this one."""
        self.model = model
        self.loss = loss
        self.scale = scale
        self.n_epochs = n_epochs
        self.batch_size = batch_size
        self.learning_rate = learning_rate
        self.dropout = dropout
        self.lang = lang
        self.width = width
        self.depth = depth
        self.n_process = n_process
        self.progress = progress
        self.random_state = random_state

    def transform(self, X: Any) -> NDArray[numpy.float32]:
        """Encode texts.

        X (Iterable[str]): The texts.
        RETURNS (ndarray): float32 `(n_texts, width)`, equal to `doc._.embedding`; zeros for an empty text.
        RAISES (ValueError): If a row is no text.
        """
        nlp = self._pipeline()
        batches = map_batches(
            partial(embed, disable=after_encoder(nlp)),
            nlp,
            check_texts(X),
            batch_size=ENCODED,
            n_process=self.n_process,
            total=len(X) if hasattr(X, "__len__") else None,
            progress=self.progress,
        )
        empty = numpy.zeros((0, self._n_features_out), dtype="float32")
        return numpy.concatenate([empty, *batches])

    def similarity(self, texts1: Any, texts2: Any) -> NDArray[numpy.float32]:
        """Compare texts, each with the one at the same place, as `doc.similarity` does.

        texts1 (Iterable[str]): Some texts.
        texts2 (Iterable[str]): As many others.
        RETURNS (ndarray): Cosines, float32 `(n_texts,)`; 0 for an empty text.
        RAISES (ValueError): If there are more texts on one side than on the other, or a row is no text.
        """
        left, right = self._read_sides(texts1, texts2)
        units = []
        for vectors in (self.transform(left), self.transform(right)):
            norms = numpy.linalg.norm(vectors, axis=1, keepdims=True)
            units.append(vectors / numpy.where(norms == 0.0, 1.0, norms))
        return (units[0] * units[1]).sum(axis=1)

    @property
    def _n_features_out(self) -> int:
        nlp = self._pipeline()
        return nlp.get_pipe(find_encoder(nlp)).model.get_dim("nO")  # type: ignore[attr-defined]

    def _raise(self, message: str, **values: Any) -> NoReturn:
        raise ValueError(message.format(estimator=type(self).__name__, **values))

    def _read_sides(self, texts1: Any, texts2: Any) -> tuple[list[str], list[str]]:
        left, right = list(check_texts(texts1)), list(check_texts(texts2))
        if len(left) != len(right):
            self._raise(Errors.E585, left=len(left), right=len(right))
        return left, right

    def _check_settings(self) -> None:
        for name in ("n_epochs", "n_process", "batch_size"):
            self._check_number(name, 1, whole=True)
        self._check_number("width", 2, whole=True)
        self._check_number("depth", 0, whole=True)
        self._check_number("learning_rate", 0)
        self._check_number("dropout", 0)
        self._check_number("scale", 0)
        if self.loss not in self._losses:
            expected = f"one of {', '.join(self._losses)}"
            self._raise(Errors.E534, name="loss", value=self.loss, expected=expected)

    def _settings(self, seed: int) -> PairSettings:  # type: ignore[override]
        return PairSettings(
            loss=self.loss,
            scale=self.scale,
            batch_size=self.batch_size,
            learning_rate=self.learning_rate,
            dropout=self.dropout,
            lang=self.lang,
            width=self.width,
            depth=self.depth,
            seed=seed,
        )

    def _copy_model(self) -> Language | None:
        # A parameter stays as it was given.
        given = self._load_model()
        return copy_pipeline(given) if given is self.model and given is not None else given

    def _tune(self, epochs: Iterable[Sequence[Pair]], scores: tuple[float, float]) -> None:
        """Train a pipeline for some epochs, whose pairs are drawn when they are due."""
        settings = self._settings(self._draw_seed())
        hidden = None if self.progress else True
        training: PairTraining | None = None
        with (
            separate_random_state(settings.seed),
            ProgressBar(
                total=self.n_epochs, unit=" epochs", delay=DELAY, disable=hidden, leave=False
            ) as bar,
        ):
            for pairs in epochs:
                if training is None:
                    model = self._copy_model()
                    training = PairTraining(model, pairs, scores, settings, n_epochs=self.n_epochs)
                training.learn(pairs)
                bar.update()
        if training is None:
            self._raise(Errors.E588)
        self.nlp_, self._owned, self.score_range_ = training.finish(), True, scores
        self._optimizer, self._n_calls = None, 0

    def _tune_on(self, pairs: Sequence[Pair], scores: tuple[float, float]) -> None:
        """Go on with some pairs, each of them once."""
        settings = self._settings(self._draw_seed())
        is_new = not hasattr(self, "nlp_")
        self._n_calls = 1 if is_new else self._n_calls + 1
        if is_new:
            self.score_range_ = scores
        sgd: Optimizer | None = None if is_new else getattr(self, "_optimizer", None)
        with separate_random_state((settings.seed + self._n_calls) % MAX_SEED):
            nlp = self._copy_model() if is_new else self.nlp_
            training = PairTraining(nlp, pairs, self.score_range_, settings, sgd=sgd)
            training.learn(pairs)
        self.nlp_, self._owned, self._optimizer = training.finish(), True, training.sgd
