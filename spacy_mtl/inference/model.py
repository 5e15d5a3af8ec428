"""What of a pipeline has to run for embeddings or predictions, and what tells one model from another."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from hashlib import blake2b
from typing import Any

from spacy.language import Language
from spacy.pipeline import Tok2Vec, TrainablePipe
from spacy.tokens import Doc

from ..errors import Errors
from ..zones import memory_zone
from .blocks import make_batches


def find_encoders(nlp: Language, *, required: bool = True) -> list[str]:
    """Find the components that `doc.tensor` comes from.

    nlp (Language): The pipeline.
    required (bool): Whether there has to be one.
    RETURNS (List[str]): Names of the encoders, and of components before them that may change the tokens.
    RAISES (ValueError): If there is no encoder.
    """
    encoders = [name for name, pipe in nlp.pipeline if isinstance(pipe, Tok2Vec)]
    if not encoders and not required:
        return []
    if not encoders:
        raise ValueError(Errors.E621.format(found=", ".join(nlp.pipe_names) or "none"))
    before = nlp.pipe_names[: nlp.pipe_names.index(encoders[-1])]
    others = [name for name in before if not isinstance(nlp.get_pipe(name), TrainablePipe)]
    return [name for name in nlp.pipe_names if name in encoders or name in others]


def check_batch_size(nlp: Language, batch_size: int | None) -> int:
    """Check the number of texts that run through the pipeline together.

    nlp (Language): The pipeline.
    batch_size (Optional[int]): The number.
    RETURNS (int): The number, or the pipeline's own.
    RAISES (ValueError): If it is not positive.
    """
    size = nlp.batch_size if batch_size is None else batch_size
    if size < 1:
        expected = "a positive number"
        raise ValueError(Errors.E626.format(name="batch_size", value=size, expected=expected))
    return size


def model_digest(nlp: Language, names: Sequence[str]) -> str:
    """Get a number that is the same for models that compute the same.

    nlp (Language): The pipeline.
    names (Sequence[str]): The components that matter.
    RETURNS (str): The number, in hexadecimal digits.
    """
    digest = blake2b(digest_size=16)
    parts: list[Any] = [nlp.tokenizer, *map(nlp.get_pipe, names)]
    for part in parts:
        if hasattr(part, "to_bytes"):
            digest.update(part.to_bytes(exclude=["vocab"]))
    if nlp.vocab.vectors.size:
        digest.update(nlp.vocab.vectors.to_bytes())
    return digest.hexdigest()


@contextmanager
def running(nlp: Language, names: Sequence[str]) -> Iterator[None]:
    """Run some components alone, and keep nothing that they learn of the vocabulary. One thread at a time.

    nlp (Language): The pipeline.
    names (Sequence[str]): The components.
    YIELDS (None): Nothing.
    """
    with memory_zone(nlp), nlp.select_pipes(enable=list(names)):
        yield


def read_docs(nlp: Language, texts: Sequence[str], batch_size: int) -> Iterator[Doc]:
    """Run the pipeline, in smaller batches where texts are long.

    nlp (Language): The pipeline.
    texts (Sequence[str]): The texts.
    batch_size (int): The most texts of a batch.
    YIELDS (Doc): The docs.
    """
    for batch in make_batches(texts, batch_size):
        yield from nlp.pipe(batch, batch_size=len(batch))
