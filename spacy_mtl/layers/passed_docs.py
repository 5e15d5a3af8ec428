"""Documents on their way from one head to the next."""

from spacy.tokens import Doc

from .token_arrays import TokenArrays


class PassedDocs(list[Doc]):
    """A batch of documents in a head, with what is known of their token vectors."""

    #: The vectors of exactly these documents, if nothing but a head has run since they were compared.
    unchanged: TokenArrays | None = None
    #: The vectors that the head's listener has found and compared, or did not need to compare.
    read: TokenArrays | None = None
    #: The same, if nothing in the head could have changed them since.
    left_unchanged: TokenArrays | None = None
