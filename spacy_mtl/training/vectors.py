"""Train word vectors on raw text and save them as a pipeline that spaCy can take vectors from."""

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from spacy.language import Language
from spacy.training.initialize import convert_vectors
from spacy.util import minibatch

from ..bars import ProgressBar
from ..disk import make_folder, remove_empty, worded
from ..errors import Errors
from ..extras import import_extra
from ..languages import find_language
from ..staging import staged_folder
from ..temporary import Temporary
from ..util import printable
from .raw_text import read_raw_text

MODES = ("floret", "default")
ALGORITHMS = ("skipgram", "cbow")
#: What floret calls the end of a line.
_END_OF_LINE = "</s>"
#: How many texts share spaCy's memory of words, which would grow with each new word otherwise.
_ZONE = 10_000
_CHUNK = 1 << 20


@dataclass(frozen=True)
class VectorSettings:
    """How vectors are trained.

    mode (str): "floret" for vectors of hashed subwords, a table of a size that is set and a vector
        for any word; "default" for one vector for each word of the texts.
    dim (int): Width of the vectors.
    epochs (int): Passes over the texts. 0 to choose by the amount of text.
    min_count (int): Words that are rarer are not trained on.
    window (int): How many words to each side are the context of a word.
    model (str): "skipgram" or "cbow".
    buckets (int): Rows of the table of subwords, which "default" needs only while it trains. 0 to
        choose by the amount of text.
    minn (int): Shortest subwords, in characters with the marks of a word's beginning and end.
    maxn (int): Longest subwords. In the mode "default" 0 is for whole words only.
    lower (bool): Whether to take words in lower case.
    threads (int): Threads to train with. With one, the same texts give the same vectors.
    """

    mode: str = "floret"
    dim: int = 100
    epochs: int = 0
    min_count: int = 3
    window: int = 5
    model: str = "skipgram"
    buckets: int = 0
    minn: int = 3
    maxn: int = 5
    lower: bool = True
    threads: int = 1

    def check(self) -> None:
        """Check the values.

        RAISES (ValueError): If one is not valid.
        """
        for name, known in (("mode", MODES), ("model", ALGORITHMS)):
            if getattr(self, name) not in known:
                self._raise(name, " or ".join(f'"{value}"' for value in known))
        for name in ("dim", "min_count", "window", "threads", "minn"):
            if getattr(self, name) < 1:
                self._raise(name, "1 or more")
        for name in ("epochs", "buckets", "maxn"):
            if getattr(self, name) < 0:
                self._raise(name, "0 or more")
        if self.maxn < self.minn and (self.maxn or self.mode == "floret"):
            self._raise("maxn", f"minn = {self.minn} or more, or 0 in the mode default")

    def _raise(self, name: str, expected: str) -> None:
        value, option = getattr(self, name), name.replace("_", "-")
        raise ValueError(
            Errors.E188.format(name=name, value=value, expected=expected, option=option)
        )


@dataclass
class VectorsReport:
    """What was trained.

    texts (int): Texts that were read.
    words (int): Words of the texts, each as often as it occurs.
    distinct (int): Distinct words that were trained on.
    rows (int): Rows of the table of vectors.
    settings (VectorSettings): The settings, with what was chosen by the amount of text.
    """

    texts: int
    words: int
    distinct: int
    rows: int
    settings: VectorSettings


def train_vectors(
    raw_text: str | Path,
    output: str | Path,
    settings: VectorSettings | None = None,
    *,
    lang: str = "en",
    overwrite: bool = False,
) -> VectorsReport:
    """Train vectors on raw text, and save a blank pipeline that has them.

    raw_text (Union[str, Path]): The file with the texts, see `read_raw_text`.
    output (Union[str, Path]): The folder of the pipeline, for [paths] vectors of a config. It
        appears when it is complete.
    settings (Optional[VectorSettings]): How to train.
    lang (str): Language of the pipeline and its tokenizer.
    overwrite (bool): Whether to replace an existing pipeline.
    RETURNS (VectorsReport): What was trained.
    RAISES (ValueError): If a setting is not valid, the folder exists or has a name that floret cannot read, the
        file cannot be read, no word is frequent enough, the language is unknown, or floret is not installed.
    """
    settings = settings or VectorSettings()
    settings.check()
    raw_text, output = Path(raw_text), Path(output)
    _check_output(output, overwrite)
    if printable(str(output)) != str(output):
        raise ValueError(Errors.E192.format(path=printable(str(output))))
    floret = import_extra("floret", Errors.E191)
    make_nlp = find_language(lang)
    with _folder_beside(output) as folder:
        texts, words = _write_words(make_nlp(), raw_text, folder / "words.txt", settings.lower)
        if not words:
            raise ValueError(Errors.E186.format(path=raw_text))
        settings = choose_sizes(settings, words)
        table = folder / "vectors.txt"
        distinct = _train(floret, folder / "words.txt", table, settings)
        if not distinct:
            raise ValueError(
                Errors.E187.format(words=words, path=raw_text, min_count=settings.min_count)
            )
        # Another one, which does not know the words that got no vector.
        nlp = make_nlp()
        _add_vectors(nlp, table, f"{lang}_{output.name}.vectors", settings)
        with staged_folder(output, keep=False) as place:
            nlp.to_disk(place)
    return VectorsReport(texts, words, distinct, nlp.vocab.vectors.shape[0], settings)


def choose_sizes(settings: VectorSettings, words: int) -> VectorSettings:
    """Choose the settings that are 0 by the amount of text: a small text needs more passes and fewer
    subwords. (After 5 passes over the 150,000 words of the demo data, the nearest words of an
    adjective are there by chance; after 27 most of them are of its kind.)

    settings (VectorSettings): The settings.
    words (int): Number of words of the text.
    RETURNS (VectorSettings): The settings, none of which is to be chosen.
    """
    epochs = min(max(4_000_000 // words, 5), 30)
    if settings.mode == "floret":
        buckets = min(max(words // 8, 5_000), 50_000)
    else:
        buckets = min(max(words, 20_000), 500_000)
    return replace(settings, epochs=settings.epochs or epochs, buckets=settings.buckets or buckets)


def _check_output(output: Path, overwrite: bool) -> None:
    if not output.exists() or (output.is_dir() and not any(output.iterdir())):
        return
    if not (output / "meta.json").is_file():
        raise FileExistsError(Errors.E190.format(path=output))
    if not overwrite:
        raise FileExistsError(Errors.E189.format(path=output))


@contextmanager
def _folder_beside(output: Path) -> Iterator[Path]:
    created = make_folder(output.parent)
    temporary: Temporary | None = None
    try:
        temporary = Temporary(output, is_folder=True)
        yield temporary.path
    except OSError as error:
        raise worded(error, Errors.E885, output) from error
    finally:
        if temporary is not None:
            temporary.remove()
        remove_empty(created)


def _write_words(nlp: Language, raw_text: Path, path: Path, lower: bool) -> tuple[int, int]:
    # One text a line, its words separated by spaces.
    texts = words = 0
    rows = ProgressBar(
        read_raw_text(raw_text), "Tokenizing", unit=" texts", leave=False, disable=None
    )
    with path.open("w", encoding="utf8", newline="\n") as file:
        for batch in minibatch(rows, _ZONE):
            # The tokenizer remembers nothing of a zone, so that the first texts, which have most of the
            # words that are frequent, are read outside of one.
            with nlp.memory_zone() if texts else nullcontext():
                for text in batch:
                    tokens = [token for token in nlp.tokenizer(text) if not token.is_space]
                    line = " ".join(token.lower_ if lower else token.text for token in tokens)
                    file.write(line + "\n")
                    texts += 1
                    words += len(tokens)
    return texts, words


def _train(floret: Any, words: Path, table: Path, settings: VectorSettings) -> int:
    # Write the table in the form of word2vec or floret, and return the number of words in it.
    is_floret = settings.mode == "floret"
    try:
        model = floret.train_unsupervised(
            str(words),
            mode="floret" if is_floret else "fasttext",
            hashCount=2 if is_floret else 1,
            model=settings.model,
            dim=settings.dim,
            epoch=settings.epochs,
            minCount=settings.min_count,
            ws=settings.window,
            bucket=settings.buckets,
            minn=settings.minn,
            maxn=settings.maxn,
            thread=settings.threads,
            verbose=2 if os.isatty(2) else 0,
        )
    except ValueError:
        # Its only complaint about a text: that no word is frequent enough.
        return 0
    known = [word for word in model.words if word != _END_OF_LINE]
    if not known:
        return 0
    if is_floret:
        model.save_floret_vectors(str(table))
        _check_lines(table, settings.buckets + 1)
        return len(known)
    with table.open("w", encoding="utf8", newline="\n") as file:
        file.write(f"{len(known)} {settings.dim}\n")
        for word in known:
            values = " ".join(f"{value:.6g}" for value in model.get_word_vector(word))
            file.write(f"{word} {values}\n")
    return len(known)


def _check_lines(path: Path, n: int) -> None:
    # What writes the table does not tell if the disk has not taken all of it.
    with path.open("rb") as file:
        found = sum(chunk.count(b"\n") for chunk in iter(lambda: file.read(_CHUNK), b""))
    if found < n:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def _add_vectors(nlp: Language, table: Path, name: str, settings: VectorSettings) -> None:
    # As `spacy init vectors` does. It forgets the attribute of vectors by word when it saves them, so
    # that other spellings of a word in lower case are added as words.
    is_floret = settings.mode == "floret"
    attr = "LOWER" if settings.lower and is_floret else "ORTH"
    convert_vectors(nlp, table, truncate=0, prune=-1, name=name, mode=settings.mode, attr=attr)
    if settings.lower and not is_floret:
        strings, vectors = nlp.vocab.strings, nlp.vocab.vectors
        for key, row in list(vectors.key2row.items()):
            word = strings[key]
            for form in (word.capitalize(), word.title(), word.upper()):
                if form not in vectors:
                    vectors.add(strings.add(form), row=row)
