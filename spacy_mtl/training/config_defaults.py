"""The numbers a new config starts with, all in one place."""

import math
from dataclasses import dataclass, field, replace
from pathlib import Path

#: In a file of English texts, roughly.
BYTES_A_WORD = 6


@dataclass(frozen=True)
class Defaults:
    """Values of a new config: those of the encoder, the heads, the training, and the rule by which
    the training budget follows the size of the data. The names are those of the config where it
    has the same setting.
    """

    width: int = 160
    depth: int = 2
    embed_size: int = 5000
    window_size: int = 1
    maxout_pieces: int = 3
    subword_features: bool = True
    vector_dropout: float = 0.0
    word_dropout: float = 0.0
    ngram_width: int = 64
    ngram_rows_per_root_row: float = 300.0
    fewest_ngram_rows: int = 10000
    most_ngram_rows: int = 50000
    ngram_size: int = 2
    char_min: int = 3
    char_max: int = 5

    span_window: int = 128
    span_stride: int = 96
    span_batch: int = 8

    pooling: list[str] = field(default_factory=lambda: ["mean", "max"])
    hidden_width: int = 0
    head_maxout_pieces: int = 2
    standardized: bool = False
    threshold: float = 0.5
    loss_weight: float = 1.0
    class_weights: str = "sqrt_balanced"
    label_smoothing: float = 0.0
    score_metric: str = "macro_f"

    pair_loss: str = "cosine"
    pair_scale: float = 20.0

    head_ngrams: bool = False
    head_ngram_size: int = 2
    head_char_min: int = 3
    head_char_max: int = 0
    head_ngram_rows: int = 65536
    head_ngram_attr: str = "NORM"

    dropout: float = 0.3
    batch_size: int = 32
    buffer: int = 2000
    shuffle_buffer: int = 10000
    sampling: str = "annealed"
    temperature: float = 2.0
    sort_window: int = 0
    learn_rate: float = 0.002
    high_rate: float = 0.004
    low_rate: float = 0.001
    warmup: float = 0.05
    L2: float = 0.01
    grad_clip: float = 1.0
    use_averages: bool = True

    pretrain_words: int = 2_000_000
    fewest_pretrain_epochs: int = 3
    most_pretrain_epochs: int = 10
    pretrain_dropout: float = 0.1
    pretrain_batch_size: int = 3000
    pretrain_L2: float = 0.001
    pretrain_learn_rate: float = 0.001
    pretrained_ngram_rows: int = 50000
    lmao_loss: str = "L2"
    lmao_tokens: str = "all"
    lmao_target: str = "word"
    lmao_weighting: str = "sif"
    lmao_mask_prob: float = 0.15

    steps_per_root_row: float = 24.0
    fewest_steps: int = 300
    most_steps: int = 20000
    evaluations: int = 15
    patience_evaluations: int = 8


#: What differs for a transformer: it is trained already, pads, and is slow.
TRANSFORMER_DEFAULTS = Defaults(
    dropout=0.1,
    sort_window=8,
    learn_rate=5e-5,
    high_rate=1e-4,
    low_rate=2e-5,
    warmup=0.1,
    use_averages=False,
    steps_per_root_row=12.0,
)


def resize_encoder(
    defaults: Defaults, *, width: int | None = None, depth: int | None = None
) -> Defaults:
    """Choose another size of the encoder.

    defaults (Defaults): The values of all settings.
    width (Optional[int]): The width. As it was if not set.
    depth (Optional[int]): The number of layers. As it was if not set.
    RETURNS (Defaults): The values with those of this encoder.
    """
    if width is not None:
        # The part of the n-grams keeps its proportion: it has to be smaller than the whole.
        ngram_width = width * defaults.ngram_width // defaults.width
        defaults = replace(defaults, width=width, ngram_width=ngram_width)
    return defaults if depth is None else replace(defaults, depth=depth)


@dataclass(frozen=True)
class Transformer:
    """A trained transformer and its sizes, by the names that they have in the config."""

    model: str
    kind: str
    width: int
    depth: int
    n_heads: int
    inner_width: int
    vocab_size: int


#: Transformers whose sizes need not be looked up. The first is small enough for a laptop.
TRANSFORMERS = (
    Transformer("google/bert_uncased_L-4_H-512_A-8", "bert", 512, 4, 8, 2048, 30522),
    Transformer("google-bert/bert-base-uncased", "bert", 768, 12, 12, 3072, 30522),
    Transformer("distilbert/distilroberta-base", "roberta", 768, 6, 12, 3072, 50265),
    Transformer("FacebookAI/roberta-base", "roberta", 768, 12, 12, 3072, 50265),
    Transformer("FacebookAI/xlm-roberta-base", "xlmr", 768, 12, 12, 3072, 250002),
)


@dataclass(frozen=True)
class Budget:
    """How long to train."""

    max_steps: int
    eval_frequency: int
    patience: int


def choose_budget(rows: int, defaults: Defaults, *, max_steps: int | None = None) -> Budget:
    """Choose a training budget. It grows with the square root of the data: the more rows, the fewer
    times each has to be seen.

    rows (int): Annotated training documents of all tasks together.
    defaults (Defaults): The rule's numbers.
    max_steps (Optional[int]): A number of steps to use instead of the rule's.
    RETURNS (Budget): The budget. The last step falls on an evaluation, unless a given number of
        steps has no suitable divisor.
    """
    if max_steps:
        frequency = max(1, max_steps // _choose_evaluations(max_steps, defaults.evaluations))
    else:
        wanted = max(defaults.steps_per_root_row * math.sqrt(rows), defaults.fewest_steps)
        interval = min(wanted, defaults.most_steps) / defaults.evaluations
        frequency = max(10, int(round(interval, -1)))
        max_steps = frequency * defaults.evaluations
    return Budget(max_steps, frequency, frequency * defaults.patience_evaluations)


def _choose_evaluations(max_steps: int, usual: int) -> int:
    near = sorted(range(usual // 2, 2 * usual), key=lambda count: abs(count - usual))
    return next((count for count in near if count and max_steps % count == 0), usual)


def estimate_words(path: str | Path) -> int:
    """Estimate how many words a file with raw text has.

    path (Union[str, Path]): The file.
    RETURNS (int): About how many. 0 if there is no such file.
    """
    path = Path(path)
    return path.stat().st_size // BYTES_A_WORD if path.is_file() else 0


def choose_pretrain_epochs(words: int, defaults: Defaults) -> int:
    """Choose the number of passes over the raw text: the less there is, the more.

    words (int): Words of the text.
    defaults (Defaults): The rule's numbers.
    RETURNS (int): The number of passes.
    """
    wanted = defaults.pretrain_words // max(1, words)
    return min(max(wanted, defaults.fewest_pretrain_epochs), defaults.most_pretrain_epochs)


def choose_ngram_rows(rows: int, defaults: Defaults) -> int:
    """Choose the size of the table of n-grams. It grows with the square root of the data, as the number
    of different n-grams roughly does.

    rows (int): Annotated training documents of all tasks together.
    defaults (Defaults): The rule's numbers.
    RETURNS (int): Rows of the table, in whole thousands.
    """
    wanted = round(defaults.ngram_rows_per_root_row * math.sqrt(rows), -3)
    return int(min(max(wanted, defaults.fewest_ngram_rows), defaults.most_ngram_rows))
