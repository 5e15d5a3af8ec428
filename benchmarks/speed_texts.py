"""Real texts for the speed benchmark, short and long, in the order of their files."""

import gzip
import json
from collections.abc import Iterator, Sequence
from functools import cache
from itertools import islice
from pathlib import Path

from spacy.language import Language
from spacy.tokens import Doc
from tweeteval_data import DATA_ENV, LABELS, MISSING_FILE, load

SHORT, LONG = "short", "long"
KINDS = (SHORT, LONG)
SOURCES = {SHORT: "tweeteval-sentiment, train", LONG: "imdb, train"}
#: Texts in a batch of `nlp.pipe` and of the encoder.
BATCH_SIZES = {SHORT: 256, LONG: 32}
TOO_FEW = "Only {found} {kind} texts, {wanted} are needed."


def read_texts(data_dir: str, kind: str, n: int, *, skip: int = 0) -> list[str]:
    """Read texts as they come, so that words are as frequent as they really are.

    data_dir (str): The folder of the data.
    kind (str): "short" for tweets, "long" for film reviews.
    n (int): How many.
    skip (int): How many to leave out before.
    RETURNS (List[str]): The texts.
    RAISES (ValueError): If there are not as many.
    """
    texts = read_all(data_dir, kind)[skip : skip + n]
    if len(texts) < n:
        raise ValueError(TOO_FEW.format(found=len(texts), kind=kind, wanted=n))
    return list(texts)


@cache
def read_all(data_dir: str, kind: str) -> tuple[str, ...]:
    """Read all texts of a kind.

    data_dir (str): The folder of the data.
    kind (str): "short" or "long".
    RETURNS (Tuple[str, ...]): The texts.
    """
    if kind == SHORT:
        return tuple(load(data_dir, "sentiment", "train")[0])
    path = Path(data_dir) / "imdb" / "train.jsonl.gz"
    if not path.is_file():
        raise FileNotFoundError(MISSING_FILE.format(path=path, env=DATA_ENV))
    with gzip.open(path, "rt", encoding="utf8") as file_:
        return tuple(json.loads(line)["text"] for line in file_)


def make_docs(nlp: Language, texts: Sequence[str]) -> list[Doc]:
    """Tokenise texts. Empty ones are left out.

    nlp (Language): The pipeline whose tokenizer is used.
    texts (Sequence[str]): The texts.
    RETURNS (List[Doc]): The documents.
    """
    return [doc for doc in map(nlp.make_doc, texts) if len(doc)]


def make_docs_of_length(nlp: Language, data_dir: str, length: int, n_tokens: int) -> list[Doc]:
    """Cut running text into documents of equal length.

    nlp (Language): The pipeline whose tokenizer is used.
    data_dir (str): The folder of the data.
    length (int): Tokens of a document.
    n_tokens (int): Tokens of all documents together, about.
    RETURNS (List[Doc]): At least one document.
    """
    n_docs = max(1, n_tokens // length)
    words = [word for doc in _docs_of(nlp, data_dir, n_docs * length) for word in doc]
    return [
        Doc(nlp.vocab, words=[word.text for word in words[i * length : (i + 1) * length]])
        for i in range(n_docs)
    ]


def _docs_of(nlp: Language, data_dir: str, n_tokens: int) -> Iterator[Doc]:
    found = 0
    for text in read_all(data_dir, LONG):
        doc = nlp.make_doc(text)
        yield doc
        found += len(doc)
        if found >= n_tokens:
            return


def count_tokens(docs: Sequence[Doc]) -> int:
    """Count the tokens of documents.

    docs (Sequence[Doc]): The documents.
    RETURNS (int): How many tokens they have.
    """
    return sum(map(len, docs))


def unseen_share(docs: Sequence[Doc], before: Sequence[Doc]) -> float:
    """Tell how much of a text is new.

    docs (Sequence[Doc]): Documents.
    before (Sequence[Doc]): Documents that came before them.
    RETURNS (float): The share of tokens whose word was not among those before.
    """
    seen = {token.orth for doc in before for token in doc}
    return sum(token.orth not in seen for doc in docs for token in doc) / count_tokens(docs)


def batches(docs: Sequence[Doc], size: int) -> list[list[Doc]]:
    """Split documents into batches.

    docs (Sequence[Doc]): The documents.
    size (int): Documents in a batch.
    RETURNS (List[List[Doc]]): The batches.
    """
    rest = iter(docs)
    return list(iter(lambda: list(islice(rest, size)), []))


def task_labels() -> dict[str, list[str]]:
    """Get the tasks of TweetEval.

    RETURNS (Dict[str, List[str]]): The labels of the eleven tasks, sorted.
    """
    return {name: sorted(labels) for name, labels in LABELS.items()}
