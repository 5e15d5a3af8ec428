"""What heads read of a text: the pooled vectors of a frozen encoder, and n-grams. Computed once."""

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import numpy
from spacy.language import Language
from thinc.api import NumpyOps

from ..errors import Errors
from ..layers.extract_ngrams import extract_ngrams
from ..layers.pool import POOLINGS, pool
from .extra import import_review
from .progress import Progress

BATCH_SIZE = 256
#: The n-grams of a head, as `init-config` writes it.
NGRAMS = {"attr": "NORM", "ngram_size": 2, "char_min": 3, "char_max": 5}
#: Rows of the table of n-grams.
COLUMNS = 2**20
#: An n-gram of a single text tells nothing about others.
LEAST_TEXTS = 2
_NO_LIMIT = 2**62


class Features(NamedTuple):
    """What is known of some texts."""

    #: Mean and maximum of the token vectors, columns of mean 0 and deviation 1, `(n, 2 * width)`.
    vectors: Any
    #: Weights of n-grams, rows of length 1: a sparse matrix of SciPy, `(n, n_ngrams)`.
    ngrams: Any

    def take(self, rows: Any) -> "Features":
        """Take some rows.

        rows (Ints1d): Their numbers.
        RETURNS (Features): Their features.
        """
        return Features(self.vectors[rows], self.ngrams[rows])


def find_encoder(nlp: Language, source: object) -> Any:
    """Find the component that encodes.

    nlp (Language): The pipeline.
    source (object): Where it comes from, for the error.
    RETURNS (Pipe): The component.
    RAISES (ValueError): If there is none.
    """
    for _, pipe in nlp.components:
        if hasattr(pipe, "listening_components"):
            return pipe
    found = ", ".join(nlp.component_names) or "none"
    raise ValueError(Errors.E702.format(path=source, found=found))


def extract_features(
    nlp: Language, texts: Sequence[str], *, source: object, progress: Progress
) -> Features:
    """Encode texts.

    nlp (Language): A pipeline with an encoder.
    texts (Sequence[str]): The texts.
    source (object): Where the pipeline comes from, for errors.
    progress (Progress): Shows how far it is.
    RETURNS (Features): Their features.
    """
    encoder = find_encoder(nlp, source)
    nlp.max_length = _NO_LIMIT
    keys: list[Any] = []
    vectors: list[Any] = []
    pooling = pool(list(POOLINGS), width=encoder.model.maybe_get_dim("nO"))
    ngrams = extract_ngrams(**NGRAMS)  # type: ignore[arg-type]
    for start in progress.batches("Encoding", len(texts), BATCH_SIZE):
        docs = [nlp.make_doc(text) for text in texts[start : start + BATCH_SIZE]]
        pooled = pooling.predict(encoder.predict(docs))
        vectors.append(NumpyOps().asarray2f(encoder.model.ops.to_numpy(pooled)))
        found = ngrams.predict(docs)
        keys += _split(numpy.asarray(found.dataXd).reshape(-1), found.lengths)
    return Features(_standardize(numpy.vstack(vectors)), _weigh(keys))


def _split(keys: Any, lengths: Any) -> Iterator[Any]:
    yield from numpy.split(keys, numpy.cumsum(lengths)[:-1])


def _standardize(X: Any) -> Any:
    # A diverged encoder gives no finite numbers, and then its n-grams have to do.
    X = numpy.nan_to_num(X.astype("float32"), posinf=0.0, neginf=0.0)
    return (X - X.mean(axis=0)) / numpy.maximum(X.std(axis=0), 1e-6)


def _weigh(keys: Sequence[Any]) -> Any:
    """Weigh n-grams by how seldom they are, and keep those that two texts share."""
    sparse, text = import_review("scipy.sparse"), import_review("sklearn.feature_extraction.text")
    lengths = [len(found) for found in keys]
    columns = (numpy.concatenate(keys) % COLUMNS).astype("int64")
    rows = numpy.repeat(numpy.arange(len(keys)), lengths)
    counts = sparse.csr_matrix(
        (numpy.ones(len(columns), dtype="float32"), (rows, columns)), shape=(len(keys), COLUMNS)
    )
    counts.sum_duplicates()
    shared = numpy.flatnonzero(numpy.bincount(counts.indices, minlength=COLUMNS) >= LEAST_TEXTS)
    counts = counts[:, shared] if len(shared) else counts[:, :1]
    return text.TfidfTransformer(sublinear_tf=True).fit_transform(counts).astype("float32")
