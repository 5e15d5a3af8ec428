"""Examples from the rows of data files."""

from spacy.language import Language
from spacy.tokens import Doc
from spacy.training import Example

from ..types import Cats
from .rows import Record


def make_example(nlp: Language, record: Record, cats: Cats) -> Example:
    """Create an example with two docs: one to predict on, and the annotated reference. The
    reference of a DocBin keeps its other annotations.

    nlp (Language): The current nlp object.
    record (Record): The annotated text.
    cats (Cats): Values by ``task/label``.
    RETURNS (Example): The example.
    """
    reference = record.doc
    if reference is None:
        predicted = nlp.make_doc(record.text)
        reference = predicted.copy()
    elif reference.has_unknown_spaces:
        predicted = Doc(nlp.vocab, words=[token.text for token in reference])
    else:
        predicted = nlp.make_doc(record.text)
    reference.cats = dict(cats)
    return Example(predicted, reference)
