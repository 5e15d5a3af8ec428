"""Words and their vectors, as spaCy's table of vectors holds them."""

from collections.abc import Iterable

import numpy
from spacy.language import Language
from spacy.vocab import Vocab
from thinc.backends import get_array_ops
from thinc.types import Floats2d

from ..errors import Errors


def word_vectors(
    vocab: Vocab | Language, words: Iterable[str] | None = None
) -> tuple[list[str], Floats2d]:
    """Get words and their vectors.

    vocab (Union[Vocab, Language]): The vocabulary with the vectors, or its pipeline.
    words (Optional[Iterable[str]]): The words; those without a vector are left out. None for all words
        of the table, one for each row: the first that was given it. A table of floret has no words.
    RETURNS (Tuple[List[str], Floats2d]): The words, and their vectors `(n, width)`.
    RAISES (ValueError): If there are no vectors, or words are needed.
    """
    if isinstance(vocab, Language):
        vocab = vocab.vocab
    vectors = vocab.vectors
    if not vectors.size:
        raise ValueError(Errors.E248)
    if words is not None:
        known = [word for word in words if vocab.has_vector(word)]
        found = [get_array_ops(vectors.data).to_numpy(vocab.get_vector(word)) for word in known]
        return known, numpy.array(found, dtype="f").reshape(-1, vocab.vectors_length)
    if vectors.mode != "default":
        raise ValueError(Errors.E249.format(mode=vectors.mode))
    keys: dict[int, int] = {}
    for key, row in vectors.key2row.items():
        if key in vocab.strings:
            keys.setdefault(row, key)
    rows = sorted(keys)
    data = get_array_ops(vectors.data).to_numpy(vectors.data)
    return [vocab.strings[keys[row]] for row in rows], data[rows]
