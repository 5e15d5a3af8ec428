"""Word vectors from a pipeline's folder or package."""

from functools import lru_cache
from pathlib import Path

from spacy.language import Language
from spacy.util import load_model

from ..errors import Errors
from ..util import file_version


def load_vectors(source: str | Path) -> Language:
    """Load a pipeline that holds word vectors. It is kept, and read again if its files have changed.

    source (Union[str, Path]): Folder of a saved pipeline, as `spacy init vectors` writes it, or name of
        an installed one.
    RETURNS (Language): The pipeline, without its components.
    RAISES (ValueError): If there is no such pipeline, or if it has no vectors.
    """
    files = [Path(source) / "vocab" / name for name in ("vectors", "key2row", "vectors.cfg")]
    return _load(str(source), tuple(map(file_version, files)))


@lru_cache(maxsize=2)
def _load(source: str, versions: tuple[tuple[int, ...], ...]) -> Language:
    try:
        nlp = load_model(source, enable=[])
    except OSError as error:
        raise ValueError(Errors.E255.format(source=source, reason=error)) from error
    if not nlp.vocab.vectors.shape[1]:
        raise ValueError(Errors.E256.format(source=source))
    return nlp
