"""Train a vocabulary of subwords on raw text."""

import os
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from ..errors import Errors
from ..extras import import_extra
from ..staging import StagedFiles
from .formats import ReadStats
from .raw_text import read_raw_text

#: What stands for characters that are not in the vocabulary. (Without it the library would skip them,
#: and lose its place in the text.)
UNKNOWN = "[UNK]"
#: How many single characters have a place in it, and no more than half of it: the most frequent ones.
MOST_CHARACTERS = 1000
SMALLEST_SIZE = 100


@dataclass
class SubwordsReport:
    """What was trained.

    texts (int): Texts that were read.
    size (int): Subwords in the vocabulary. Fewer than asked for if the texts have not so many.
    """

    texts: int
    size: int


def train_subwords(
    raw_text: str | Path,
    output: str | Path,
    *,
    vocab_size: int = 8000,
    min_count: int = 2,
    lower: bool = True,
    overwrite: bool = False,
) -> SubwordsReport:
    """Train subwords by byte-pair encoding (Sennrich et al. 2016): beginning with single characters, the pair
    that is most frequent within the words becomes one subword, again and again. The same texts give the
    same subwords.

    raw_text (Union[str, Path]): The file with the texts, see `read_raw_text`.
    output (Union[str, Path]): The file to write, for `path` of `spacy_mtl.SubwordTokenizer.v1`.
    vocab_size (int): Number of subwords.
    min_count (int): Pairs that are rarer are not joined, and characters that are rarer are unknown.
    lower (bool): Whether upper case makes no difference to where words are split. The tokens keep it.
    overwrite (bool): Whether to replace an existing file.
    RETURNS (SubwordsReport): What was trained.
    RAISES (ValueError): If a setting is not valid, the output exists, the file cannot be read or has no
        text, or the library is not installed.
    """
    raw_text, output = Path(raw_text), Path(output)
    for name, value, least in (
        ("vocab_size", vocab_size, SMALLEST_SIZE),
        ("min_count", min_count, 1),
    ):
        if value < least:
            option = name.replace("_", "-")
            raise ValueError(Errors.E515.format(name=name, value=value, least=least, option=option))
    if output.exists():
        if raw_text.exists() and output.samefile(raw_text):
            raise ValueError(Errors.E517.format(path=output))
        if not overwrite:
            raise FileExistsError(Errors.E513.format(path=output))
    library = import_extra("tokenizers", Errors.E510)
    model = library.Tokenizer(library.models.BPE(unk_token=UNKNOWN, fuse_unk=True))
    if lower:
        model.normalizer = library.normalizers.Lowercase()
    model.pre_tokenizer = library.pre_tokenizers.Whitespace()
    stats = ReadStats()
    most = min(MOST_CHARACTERS, vocab_size // 2)
    characters = _frequent_characters(read_raw_text(raw_text, stats=stats), lower, min_count, most)
    if not stats.rows:
        raise ValueError(Errors.E514.format(path=raw_text))
    trainer = library.trainers.BpeTrainer(
        vocab_size=vocab_size,
        min_frequency=min_count,
        initial_alphabet=characters,
        limit_alphabet=len(characters),
        special_tokens=[UNKNOWN],
        show_progress=os.isatty(2),
    )
    model.train_from_iterator(read_raw_text(raw_text), trainer)
    with StagedFiles() as files:
        files.write(output, model.to_str(pretty=True).encode("utf8"))
    return SubwordsReport(stats.rows, model.get_vocab_size())


def _frequent_characters(texts: Iterable[str], lower: bool, min_count: int, most: int) -> list[str]:
    # Not left to the library, which takes any of several that are equally frequent.
    counts: Counter[str] = Counter()
    for text in texts:
        counts.update(text.lower() if lower else text)
    kept = [char for char, count in counts.items() if count >= min_count and not char.isspace()]
    return sorted(kept, key=lambda char: (-counts[char], char))[:most]
