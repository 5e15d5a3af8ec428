"""A tokenizer whose tokens are the subwords of a trained vocabulary."""

import re
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable
from itertools import pairwise
from pathlib import Path
from typing import Any

from spacy.language import Language
from spacy.tokens import Doc
from spacy.training import Example
from spacy.util import DummyTokenizer
from spacy.vocab import Vocab

from ..errors import Errors
from ..extras import import_extra
from ..staging import write_atomically

_WORD_OR_SPACE = re.compile(r"(\S+)|\s+")


class SubwordTokenizer(DummyTokenizer):
    """Split texts into subwords and keep every character of them, so that `doc.text` is the text.

    The library (`tokenizers`) says where subwords begin and end. All else follows spaCy's rules: a token holds no
    space, one space after it is noted, and what is left of longer ones is a token. So the model may lower-case,
    normalise or skip characters as it likes.
    """

    def __init__(self, vocab: Vocab, *, path: str | Path | None = None) -> None:
        """Read the subwords, if their file is there. If it is not, those of a saved pipeline are expected to follow.

        vocab (Vocab): The vocabulary.
        path (Optional[Union[str, Path]]): A file in the format of `tokenizers`, as `python -m spacy mtl subwords` writes
            it.
        """
        self.vocab = vocab
        self.path = path
        self._model: Any = None
        if path is not None and Path(path).is_file():
            self.from_disk(path)

    @property
    def model(self) -> Any:
        """RETURNS (tokenizers.Tokenizer): The library's tokenizer.
        RAISES (ValueError): If no file has been read.
        """
        if self._model is None:
            path = None if self.path is None else str(self.path)
            raise ValueError(Errors.E512.format(path=path))
        return self._model

    def initialize(
        self,
        get_examples: Callable[[], Iterable[Example]] | None = None,
        *,
        nlp: Language | None = None,
    ) -> None:
        """Check before training that there are subwords.

        get_examples (Optional[Callable[[], Iterable[Example]]]): Not used.
        nlp (Optional[Language]): Not used.
        RAISES (ValueError): If there are none.
        """
        self.model  # noqa: B018

    def __call__(self, text: str) -> Doc:
        """Split a text.

        text (str): The text.
        RETURNS (Doc): Its subwords as tokens. The text of the document is the given one.
        """
        offsets = self.model.encode(text, add_special_tokens=False).offsets
        cuts = sorted({place for span in offsets for place in span})
        words: list[str] = []
        spaces: list[bool] = []
        for match in _WORD_OR_SPACE.finditer(text):
            start, end = match.span()
            if match[1]:
                inner = cuts[bisect_right(cuts, start) : bisect_left(cuts, end)]
                words.extend(text[a:b] for a, b in pairwise([start, *inner, end]))
            else:
                if words and text[start] == " ":
                    spaces[-1] = True
                    start += 1
                if start < end:
                    words.append(text[start:end])
            spaces.extend([False] * (len(words) - len(spaces)))
        return Doc(self.vocab, words=words, spaces=spaces)

    def to_bytes(self, **kwargs: Any) -> bytes:
        """Serialize the subwords.

        RETURNS (bytes): The contents of their file. Empty if there are none.
        """
        return b"" if self._model is None else self._model.to_str().encode("utf8")

    def from_bytes(self, data: bytes, **kwargs: Any) -> "SubwordTokenizer":
        """Take subwords that were serialized.

        data (bytes): The contents of their file. Nothing changes if it is empty.
        RETURNS (SubwordTokenizer): The tokenizer itself.
        RAISES (ValueError): If these are no subwords, or the library is not installed.
        """
        return self._read(data, "the saved tokenizer")

    def to_disk(self, path: str | Path, **kwargs: Any) -> None:
        """Write the subwords to a file.

        path (Union[str, Path]): The file.
        """
        write_atomically(path, self.to_bytes())

    def from_disk(self, path: str | Path, **kwargs: Any) -> "SubwordTokenizer":
        """Read subwords from a file.

        path (Union[str, Path]): The file. Nothing changes if it is empty or missing.
        RETURNS (SubwordTokenizer): The tokenizer itself.
        RAISES (ValueError): If these are no subwords, or the library is not installed.
        """
        path = Path(path)
        return self._read(path.read_bytes() if path.is_file() else b"", str(path))

    def _read(self, data: bytes, source: str) -> "SubwordTokenizer":
        if not data:
            return self
        tokenizers = import_extra("tokenizers", Errors.E510)
        try:
            model = tokenizers.Tokenizer.from_str(data.decode("utf8"))
        except Exception as err:  # the library's errors have no class of their own
            raise ValueError(Errors.E511.format(source=source, reason=err)) from err
        # The files of many models ask for texts of one length.
        model.no_truncation()
        model.no_padding()
        self._model = model
        return self


def create_subword_tokenizer_v1(
    *, path: str | None = None
) -> Callable[[Language], SubwordTokenizer]:
    """Create a tokenizer that splits texts into subwords. A saved pipeline holds them itself, and needs the file no
    more.

    path (Optional[str]): A file in the format of the package `tokenizers`, as `python -m spacy mtl subwords` writes it.
    RETURNS (Callable[[Language], SubwordTokenizer]): Makes the tokenizer of a pipeline.
    """

    def create(nlp: Language) -> SubwordTokenizer:
        return SubwordTokenizer(nlp.vocab, path=path)

    return create
