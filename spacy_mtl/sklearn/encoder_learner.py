"""An encoder that learns from pairs of texts how similar texts are."""

from pathlib import Path
from typing import Any

import numpy
from numpy.typing import NDArray
from spacy.language import Language

from ..errors import Errors
from ..pipeline.pair_batch import spearman
from .encoder_tuning import TunedEncoder
from .pair_training import Pair

IN_BATCH = "in_batch"


class EncoderLearner(TunedEncoder):
    """Learn from pairs of texts with scores or labels how similar texts are, through the whole encoder.

    What is learned is in the encoder itself, `nlp_`, and so in `doc._.embedding` and `doc.similarity`. The
    heads of a pipeline that was given are left as they are, and were made for the encoder as it was.

    model (Optional[Union[str, Path, Language]]): A trained pipeline: its folder, the name of its package, or
        itself. It is never changed. None to build an encoder in `fit`.
    loss (str): "cosine" (the cosine comes near the score), "cosent" (of two pairs, the one with the higher
        score gets the higher cosine) or "in_batch" (the text of a pair whose score is in the upper half is
        told from the texts of all other pairs of the batch).
    scale (float): What cosines are multiplied by, for the last two.
    n_epochs (int): How often each pair is seen.
    batch_size (int): Texts of a batch, two for each pair.
    learning_rate (Optional[float]): The highest learning rate. None for the package's default.
    dropout (Optional[float]): The dropout rate. None for the package's default.
    score_range (Optional[Tuple[float, float]]): The scores of texts that have nothing in common, and of texts
        that mean the same. None for 0, or the lowest score if that is less, and the highest score.
    lang (str): Code of the language, for a new pipeline.
    width (Optional[int]): Width of a new encoder. None for the package's default.
    depth (Optional[int]): Layers of a new encoder. None for the package's default.
    n_process (int): Processes that share the work of `transform`.
    progress (bool): Show a bar, if the work takes more than a few seconds and the output is a terminal.
    random_state (Optional[Union[int, RandomState]]): Source of random numbers. With an int, the same pairs
        give the same weights.
    """

    def __init__(
        self,
        model: str | Path | Language | None = None,
        *,
        loss: str = "cosine",
        scale: float = 20.0,
        n_epochs: int = 5,
        batch_size: int = 64,
        learning_rate: float | None = 0.001,
        dropout: float | None = 0.1,
        score_range: tuple[float, float] | None = None,
        lang: str = "en",
        width: int | None = None,
        depth: int | None = None,
        n_process: int = 1,
        progress: bool = True,
        random_state: Any = None,
    ) -> None:
        """Keep the settings. See the class."""
        super().__init__(
            model,
            loss=loss,
            scale=scale,
            n_epochs=n_epochs,
            batch_size=batch_size,
            learning_rate=learning_rate,
            dropout=dropout,
            lang=lang,
            width=width,
            depth=depth,
            n_process=n_process,
            progress=progress,
            random_state=random_state,
        )
        self.score_range = score_range

    def fit(self, texts1: Any, texts2: Any, y: Any = None) -> "EncoderLearner":
        """Train the encoder.

        texts1 (Iterable[str]): One side of the pairs.
        texts2 (Iterable[str]): The other side.
        y (Any): A number for each pair: a score of any range, higher for more alike, or 1 for alike and 0 for
            not. None if all are alike, for loss = "in_batch".
        RETURNS (EncoderLearner): The estimator.
        RAISES (ValueError): If texts, scores or settings are not valid.
        """
        pairs, scores = self._read_pairs(texts1, texts2, y)
        self._tune((pairs for _ in range(self.n_epochs)), self._find_range(scores))
        return self

    def partial_fit(self, texts1: Any, texts2: Any, y: Any = None) -> "EncoderLearner":
        """Learn from some pairs, each once. Nothing is kept but the optimizer.

        texts1 (Iterable[str]): One side of the pairs.
        texts2 (Iterable[str]): The other side.
        y (Any): Scores or labels, see `fit`.
        RETURNS (EncoderLearner): The estimator.
        RAISES (ValueError): If texts, scores or settings are not valid.
        """
        pairs, scores = self._read_pairs(texts1, texts2, y)
        if hasattr(self, "nlp_"):
            lowest, highest = self.score_range_
            wrong = scores[(scores < lowest) | (scores > highest)]
            if len(wrong):
                self._raise(Errors.E590, score=wrong[0], lowest=lowest, highest=highest)
            self._tune_on(pairs, self.score_range_)
        else:
            self._tune_on(pairs, self._find_range(scores))
        return self

    def score(self, texts1: Any, texts2: Any, y: Any) -> float:
        """Compare the similarity of texts with scores, by their ranks.

        texts1 (Iterable[str]): One side of the pairs.
        texts2 (Iterable[str]): The other side.
        y (Any): Their scores or labels.
        RETURNS (float): Spearman's correlation; NaN if all scores or all similarities are equal.
        RAISES (ValueError): If texts or scores are not valid.
        """
        left, right = self._read_sides(texts1, texts2)
        scores = self._read_scores(y, len(left))
        value = spearman(self.similarity(left, right), scores)
        return float("nan") if value is None else value

    def _read_pairs(
        self, texts1: Any, texts2: Any, y: Any
    ) -> tuple[list[Pair], NDArray[numpy.float64]]:
        self._check_settings()
        left, right = self._read_sides(texts1, texts2)
        if not left:
            self._raise(Errors.E588)
        if y is None:
            if self.loss != IN_BATCH:
                self._raise(Errors.E587, loss=self.loss)
            y = numpy.ones(len(left))
        scores = self._read_scores(y, len(left))
        return list(zip(left, right, scores.tolist(), strict=True)), scores

    def _read_scores(self, y: Any, n: int) -> NDArray[numpy.float64]:
        try:
            scores = numpy.asarray(y, dtype="float64")
        except (TypeError, ValueError):
            self._raise(Errors.E586, n=n, found=f"{type(y).__name__} of other values")
        if scores.shape != (n,):
            self._raise(Errors.E586, n=n, found=f"an array of shape {scores.shape}")
        if not numpy.isfinite(scores).all():
            self._raise(Errors.E586, n=n, found=scores[~numpy.isfinite(scores)][0])
        return scores

    def _find_range(self, scores: NDArray[numpy.float64]) -> tuple[float, float]:
        lowest, highest = float(scores.min()), float(scores.max())
        if self.score_range is not None:
            bounds = self._read_range()
            for score in (lowest, highest):
                if not bounds[0] <= score <= bounds[1]:
                    self._raise(Errors.E590, score=score, lowest=bounds[0], highest=bounds[1])
            return bounds
        if lowest == highest and self.loss != IN_BATCH:
            self._raise(Errors.E589, score=lowest)
        return (min(0.0, lowest), highest) if highest > 0.0 else (lowest - 1.0, highest)

    def _read_range(self) -> tuple[float, float]:
        try:
            lowest, highest = map(float, self.score_range or ())
        except (TypeError, ValueError):
            self._raise(Errors.E593, found=self.score_range)
        if not -numpy.inf < lowest < highest < numpy.inf:
            self._raise(Errors.E593, found=self.score_range)
        return lowest, highest
