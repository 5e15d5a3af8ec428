"""The linear part of a head: hashed word and character n-grams, added to the head's logits."""

from functools import partial

from spacy.tokens import Doc
from thinc.api import Model, chain, resizable
from thinc.types import Floats2d, Ragged

from ..argument_types import checked_types
from ..layers.extract_ngrams import extract_ngrams
from ..layers.hash_linear import hash_linear
from .resize import resize_columns
from .validation import check_at_least, check_choice

#: Token attributes that are texts.
ATTRS = (
    *("NORM", "LOWER", "ORTH", "SHAPE", "PREFIX", "SUFFIX", "LEMMA", "POS", "TAG", "MORPH", "DEP"),
    "ENT_TYPE",
)


@checked_types("spacy_mtl.NgramLinear.v1")
def build_ngram_linear_v1(
    *,
    ngram_size: int = 2,
    char_min: int = 3,
    char_max: int = 0,
    rows: int = 65536,
    attr: str = "NORM",
    nO: int | None = None,
) -> Model[list[Doc], Floats2d]:
    """Build a linear model over hashed n-grams, to stand beside the shared encoder in a head.

    A linear model is a strong learner on little text, and learns what is peculiar to one task
    without a detour through the shared vector (Joulin et al. 2017, "Bag of Tricks for Efficient
    Text Classification"; Cheng et al. 2016, "Wide & Deep Learning").

    ngram_size (int): Longest word n-gram. 0 is not allowed, 1 is a bag of words.
    char_min (int): Shortest character n-gram.
    char_max (int): Longest character n-gram. 0 for none.
    rows (int): Rows of the hashed table. Fewer rows make a smaller model with more collisions.
    attr (str): Token attribute of the n-grams, e.g. "NORM", "LOWER" or "ORTH".
    nO (Optional[int]): Number of labels.
    RETURNS (Model[List[Doc], Floats2d]): Logits `(n_docs, nO)`.
    RAISES (ValueError): If a size is out of range, or the attribute is none of a text's.
    """
    check_at_least(1, ngram_size=ngram_size, char_min=char_min, rows=rows)
    check_at_least(0, char_max=char_max)
    check_choice("attr", attr, ATTRS)
    if char_max:
        check_at_least(char_min, char_max=char_max)
    linear: Model[Ragged, Floats2d] = resizable(
        hash_linear(rows=rows, nO=nO), resize_layer=partial(resize_columns, axes={"W": 1})
    )
    model: Model[list[Doc], Floats2d] = chain(
        extract_ngrams(attr=attr, ngram_size=ngram_size, char_min=char_min, char_max=char_max),
        linear,
    )
    model.set_ref("output_layer", linear.layers[0])
    model.set_ref("resizable", linear)
    return model
