"""The most frequent words of the raw text of a pretraining."""

from collections import Counter
from collections.abc import Iterator
from typing import Any

from spacy.attrs import IS_SPACE
from spacy.language import Language
from spacy.tokens import Doc
from spacy.training.corpus import JsonlCorpus
from spacy.util import dot_to_object, registry
from thinc.api import Config

from ..errors import Errors
from .pretrain_texts import read_raw_texts

#: Words of text after which counting ends: which words are frequent is known by then.
COUNTED = 5_000_000


def find_frequent_words(
    nlp: Language, config: Config, n: int, *, attr: Any = "ORTH", counted: int = COUNTED
) -> list[str]:
    """Find the most frequent words of the raw text that a config names.

    nlp (Language): The pipeline with the tokenizer.
    config (Config): The config of the pretraining, with all variables filled in.
    n (int): How many words.
    attr (Union[int, str]): The attribute of the tokens that is counted.
    counted (int): How many words of the text are counted, from its beginning.
    RETURNS (List[str]): The words, the most frequent first and equally frequent ones as they come.
    RAISES (ValueError): If the text cannot be read.
    """
    name = config["pretraining"]["corpus"]
    counts: Counter[int] = Counter()
    left = counted
    try:
        for doc in _read_docs(nlp, config, name):
            rows = doc.to_array([attr, IS_SPACE]).reshape(-1, 2)[:left]
            counts.update(rows[rows[:, 1] == 0, 0].tolist())
            left -= len(rows)
            if left < 1:
                break
    except (OSError, ValueError) as error:
        raise ValueError(Errors.E367.format(name=name, reason=error)) from error
    return [nlp.vocab.strings[key] for key, _ in counts.most_common(n)]


def _read_docs(nlp: Language, config: Config, name: str) -> Iterator[Doc]:
    corpus = registry.resolve({"corpus": dot_to_object(config, name)})["corpus"]
    if isinstance(corpus, JsonlCorpus) and corpus.path is not None:
        for text in read_raw_texts(corpus.path, f"path of [{name}]"):
            yield nlp.make_doc(text)
        return
    # A reader gives examples, or documents that were made by hand.
    for item in corpus(nlp):
        yield getattr(item, "predicted", item)
