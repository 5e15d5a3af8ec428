"""Language modelling with approximate outputs: predict pre-trained vectors instead of words."""

from collections.abc import Callable
from pathlib import Path

from spacy.tokens import Doc
from spacy.vocab import Vocab
from thinc.api import Model
from thinc.types import Floats2d

from ..argument_types import checked_types
from ..layers.lmao import Objective, Prediction, Settings, lmao_model
from ..layers.lmao_head import RawBatch, lmao_head
from ..layers.random_words import RandomWords
from ..layers.target_vectors import TargetVectors
from ..layers.vector_losses import LOSSES
from .validation import check_at_least, check_lmao, target_weights
from .vectors import load_vectors


@checked_types("spacy_mtl.LMAO.v1")
def build_lmao_v1(
    *,
    loss: str = "L2",
    tokens: str = "all",
    target: str | dict[str, float] = "word",
    normalize: bool = True,
    weighting: str = "sif",
    skip_punctuation: bool = False,
    mask_prob: float = 0.15,
    hidden_share: float = 0.8,
    replaced_share: float = 0.1,
    hidden_size: int = 0,
    maxout_pieces: int = 3,
    vectors: str | Path | None = None,
    init_tok2vec: str | Path | None = None,
    monitor: Callable | None = None,
) -> Callable[[Vocab, Model], Model]:
    """Build the pretraining objective LMAO, language modelling with approximate outputs.

    The encoder learns from raw text by predicting points in a space of pre-trained word vectors, so that
    a small model can learn a large vocabulary (as `spacy.PretrainVectors.v1` and explosion's LMAO experiment;
    Kumar and Tsvetkov 2019, "Von Mises-Fisher Loss for Training Sequence to Sequence Models with
    Continuous Outputs"). Some tokens are masked, and those around them have to tell what they are.

    loss (str): "cosine" (1 minus the cosine) or "L2" (half the squared distance), each the mean over all
        predicted vectors, so that the gradient of L2 is `(prediction - target) / n`.
    tokens (str): "all" predicts the vectors of all tokens, "masked" those of the masked ones only.
    target (Union[str, Dict[str, float]]): What is predicted, or several things with their weights:
        "word" (a token's own vector), "trigram" (beside it those of its two neighbours), "head" (that of
        its syntactic head, from docs with a parse), "document" (from the mean of one part of a text,
        the mean vector of its other part).
    normalize (bool): Scale the targets to length 1.
    weighting (str): "sif" scales the targets of frequent words down, "none" does not. Matters to L2 only,
        since a cosine does not see lengths.
    skip_punctuation (bool): Do not predict punctuation. Whitespace and words without a vector never are.
    mask_prob (float): Probability that a token is masked, 0 to 1.
    hidden_share (float): Share of the masked tokens that the encoder sees nothing of.
    replaced_share (float): Share of the masked tokens that it sees as another word, drawn by frequency.
        The rest is shown as it is.
    hidden_size (int): Width of a hidden layer between encoder and prediction. 0 for none: then the mean of
        the encoder's output over a text is a linear image of the mean of its words' vectors, which is
        what a classifier of texts can use.
    maxout_pieces (int): Pieces of the hidden layer.
    vectors (Optional[Union[str, Path]]): A pipeline with the vectors to predict, as `spacy init vectors`
        writes it, or the name of an installed one. They stay out of the trained pipeline. Defaults to
        the vectors of `[initialize]`.
    init_tok2vec (Optional[Union[str, Path]]): Weights of an earlier pretraining of the same encoder, which this one goes
        on from, as from other texts, with other targets or another loss.
    monitor (Optional[Callable]): Evaluates the model on held-out text every so many words, see
        `spacy_mtl.PretrainMonitor.v1`. It does not change what is learned.
    RETURNS (Callable[[Vocab, Model], Model]): Takes the vocabulary and the encoder and returns the model
        that `spacy pretrain` trains.
    RAISES (ValueError): If a setting is out of range or unknown.
    """
    check_lmao(
        loss=loss,
        tokens=tokens,
        weighting=weighting,
        mask_prob=mask_prob,
        hidden_share=hidden_share,
        replaced_share=replaced_share,
    )
    check_at_least(0, hidden_size=hidden_size)
    check_at_least(1, maxout_pieces=maxout_pieces)
    weights = target_weights(target)
    settings = Settings(tokens, mask_prob, hidden_share, replaced_share)

    def create_objective(vocab: Vocab, tok2vec: Model) -> Model:
        source = vocab.vectors if vectors is None else load_vectors(vectors).vocab.vectors
        targets = TargetVectors(
            source,
            normalize=normalize,
            weighting=weighting,
            skip_punctuation=skip_punctuation,
            lang=vocab.lang,
        )
        words = RandomWords(vocab.lang)
        objective = Objective(settings, weights, LOSSES[loss], targets, words, monitor)
        start = None if init_tok2vec is None else Path(init_tok2vec)
        return lmao_model(tok2vec, objective, hidden_size, maxout_pieces, start)

    return create_objective


@checked_types("spacy_mtl.LMAOHead.v1")
def build_lmao_head_v1(
    *,
    tok2vec: Model[list[Doc], list[Floats2d]],
    target: str | dict[str, float] = "word",
    hidden_size: int = 0,
    maxout_pieces: int = 3,
    nO: int | None = None,
) -> Model[RawBatch, list[Prediction]]:
    """Build the heads of the component `lmao`, which has the other settings of the objective.

    tok2vec (Model[List[Doc], List[Floats2d]]): A listener to the shared encoder.
    target (Union[str, Dict[str, float]]): What is predicted, see `build_lmao_v1`.
    hidden_size (int): Width of a hidden layer between encoder and prediction. 0 for none.
    maxout_pieces (int): Pieces of the hidden layer.
    nO (Optional[int]): Width of the vectors to predict. Inferred from the vectors if not set.
    RETURNS (Model[RawBatch, List[Prediction]]): The heads.
    RAISES (ValueError): If a setting is out of range or unknown.
    """
    check_at_least(0, hidden_size=hidden_size)
    check_at_least(1, maxout_pieces=maxout_pieces)
    return lmao_head(tok2vec, target_weights(target), hidden_size, maxout_pieces, nO)
