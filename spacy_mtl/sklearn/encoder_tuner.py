"""An encoder that is bent towards labels: texts of a label come close, others move apart."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy
from sklearn.base import TransformerMixin
from spacy.language import Language

from ..errors import Errors
from ..training.label_pairs import LabelPairs
from .encoder_tuning import TunedEncoder
from .pair_training import Pair

#: Targets of pairs that are unlike and alike.
SCORES = (0.0, 1.0)


class EncoderTuner(TransformerMixin, TunedEncoder):
    """Learn from labels which texts belong together, through the whole encoder.

    Pairs are drawn anew for each epoch: each text with another one of its label, and with some of other
    labels. What is learned is in the encoder itself, `nlp_`, and so in `doc._.embedding` and
    `doc.similarity`. The heads of a pipeline that was given are left as they are, and were made for the
    encoder as it was.

    model (Optional[Union[str, Path, Language]]): A trained pipeline: its folder, the name of its package, or
        itself. It is never changed. None to build an encoder in `fit`.
    loss (str): "cosine" (the cosine comes near 1 or 0) or "cosent" (alike pairs get higher cosines than
        all others).
    scale (float): What cosines are multiplied by, for "cosent".
    n_epochs (int): How often pairs are drawn for each text.
    n_neg (int): Unlike pairs for each that is alike.
    batch_size (int): Texts of a batch, two for each pair.
    learning_rate (Optional[float]): The highest learning rate. None for the package's default.
    dropout (Optional[float]): The dropout rate. None for the package's default.
    lang (str): Code of the language, for a new pipeline.
    width (Optional[int]): Width of a new encoder. None for the package's default.
    depth (Optional[int]): Layers of a new encoder. None for the package's default.
    n_process (int): Processes that share the work of `transform`.
    progress (bool): Show a bar, if the work takes more than a few seconds and the output is a terminal.
    random_state (Optional[Union[int, RandomState]]): Source of random numbers. With an int, the same texts
        give the same weights.
    """

    # With few labels, most texts of a batch would be wrong negatives.
    _losses = ("cosine", "cosent")

    def __init__(
        self,
        model: str | Path | Language | None = None,
        *,
        loss: str = "cosine",
        scale: float = 20.0,
        n_epochs: int = 3,
        n_neg: int = 1,
        batch_size: int = 64,
        learning_rate: float | None = None,
        dropout: float | None = 0.1,
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
        self.n_neg = n_neg

    def fit(self, X: Any, y: Any) -> "EncoderTuner":
        """Train the encoder.

        X (Iterable[str]): The texts.
        y (Any): A label for each text, None where it is unknown, or for each text a dict with values from 0 to
            1 by label, for all labels that are known.
        RETURNS (EncoderTuner): The estimator.
        RAISES (ValueError): If texts, labels or settings are not valid, or no two texts have a label in
            common.
        """
        self._tune(self._draw(X, y, self.n_epochs), SCORES)
        return self

    def partial_fit(self, X: Any, y: Any) -> "EncoderTuner":
        """Learn from pairs of some texts, drawn once. Nothing is kept but the optimizer.

        X (Iterable[str]): The texts.
        y (Any): Their labels, see `fit`.
        RETURNS (EncoderTuner): The estimator.
        RAISES (ValueError): If texts, labels or settings are not valid, or no two texts have a label in
            common.
        """
        for pairs in self._draw(X, y, 1):
            self._tune_on(pairs, SCORES)
        return self

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.target_tags.required = True
        tags.transformer_tags.preserves_dtype = []
        return tags

    def _draw(self, X: Any, y: Any, n_epochs: int) -> Iterator[list[Pair]]:
        self._check_settings()
        self._check_number("n_neg", 0, whole=True)
        texts = self._read_texts(X)
        if y is None:
            self._raise(Errors.E594)
        labels = list(numpy.asarray(y) if hasattr(y, "__array__") else y)
        if len(labels) != len(texts):
            self._raise(Errors.E592, texts=len(texts), labels=len(labels))
        rng = numpy.random.default_rng(self._draw_seed())
        drawn = LabelPairs(labels)
        for _ in range(n_epochs):
            left, right, scores = drawn.draw(n_neg=self.n_neg, n_pairs=None, rng=rng)
            if not len(left):
                self._raise(Errors.E591, n=len(texts))
            triples = zip(left.tolist(), right.tolist(), scores.tolist(), strict=True)
            yield [(texts[i], texts[j], score) for i, j, score in triples]
