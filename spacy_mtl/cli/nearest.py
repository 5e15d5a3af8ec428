# ruff: noqa: B008
"""`mtl nearest`: the words that a pretrained encoder expects in the place of a hidden one (LMFAO,
"language modelling with fast approximate outputs")."""

import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import typer
from spacy.cli._util import import_code, show_validation_error
from spacy.vectors import Mode
from thinc.api import Model
from thinc.types import Floats2d
from wasabi import table

from ..errors import Errors, Warnings
from ..layers.lmao import Objective
from ..layers.masked_texts import MASK, mask_text, predict_masked
from ..layers.masking import find_readers
from ..layers.nearest import NearestVectors
from ..layers.word_vectors import word_vectors
from ..models.vectors import load_vectors
from ..training.frequent_words import find_frequent_words
from ..training.pretrained_model import CONFIG, PretrainedModel, load_pretrained
from ._app import mtl_cli, show_errors

#: How many words are found for each hidden one.
N_WORDS = 10
#: How many of the most frequent words compete if the vectors have no words of their own.
CANDIDATES = 20_000


class Neighbour(NamedTuple):
    """A word, and the cosine between its vector and the predicted one."""

    word: str
    similarity: float


@mtl_cli.command("nearest", no_args_is_help=True)
def nearest_cli(
    model: Path = typer.Argument(
        ..., metavar="MODEL", help="Output folder of: python -m spacy mtl pretrain"
    ),
    texts: list[str] = typer.Argument(
        ..., metavar="TEXT...", help=f'Texts with {MASK} for each hidden word: "a {MASK} film"'
    ),
    n: int = typer.Option(N_WORDS, "--n", "-n", min=1, help="Words to find for each hidden one"),
    exact: bool | None = typer.Option(
        None,
        "--exact/--approximate",
        help='Compare with all words, or search an index (extra "lmfao"). Default: by their number',
    ),
    candidates: int = typer.Option(
        CANDIDATES,
        "--candidates",
        min=1,
        help="Vectors of floret only: how many of the raw text's most frequent words compete",
    ),
    code: Path | None = typer.Option(None, "--code", "-c", help="Python file to import first"),
) -> None:
    """Show the words that a pretrained encoder expects in the place of hidden ones, by the cosine between
    their vectors and the predicted one. The objective has to be spacy_mtl.LMAO.v1 with the target "word".
    """
    with show_errors(), show_validation_error(model / CONFIG):
        import_code(code)
        found = find_nearest(model, texts, n=n, exact=exact, candidates=candidates)
    for text, hidden in zip(texts, found, strict=True):
        typer.echo(format_nearest(text, hidden))


def find_nearest(
    folder: str | Path,
    texts: Sequence[str],
    *,
    n: int = N_WORDS,
    exact: bool | None = None,
    candidates: int = CANDIDATES,
) -> list[list[list[Neighbour]]]:
    """Find the words that a pretrained encoder expects in the place of hidden ones.

    folder (Union[str, Path]): The output folder of `mtl pretrain`.
    texts (Sequence[str]): The texts, with `[MASK]` for each hidden word.
    n (int): How many words to find for each.
    exact (Optional[bool]): Whether to compare with every word, see `NearestVectors`. None for as long as
        there are few.
    candidates (int): How many of the most frequent words of the raw text compete if the vectors are in
        floret mode, which has no words of its own. Otherwise all words of the table do.
    RETURNS (List[List[List[Neighbour]]]): For each text and each of its hidden words the nearest words,
        the nearest first.
    RAISES (ValueError): If a text has no hidden word, the folder holds no model that predicts words, or
        a file that its config names cannot be read.
    """
    if not texts:
        return []
    for text in texts:
        if MASK not in text:
            raise ValueError(Errors.E365.format(text=text, mask=MASK))
    pretrained = load_pretrained(folder)
    head = _find_head(pretrained, folder)
    nlp = pretrained.nlp
    docs = [mask_text(text, nlp.vocab, nlp.make_doc) for text in texts]
    tok2vec = pretrained.model.get_ref("tok2vec")
    predicted = predict_masked(tok2vec, head, docs)
    words, vectors = _find_words(pretrained, candidates)
    if not words:
        raise ValueError(Errors.E368.format(path=folder))
    rows, cosines = NearestVectors(vectors, exact).find(predicted, n)
    found = iter(
        [
            [Neighbour(words[row], cosine) for row, cosine in zip(*pair, strict=True) if row >= 0]
            for pair in zip(rows.tolist(), cosines.tolist(), strict=True)
        ]
    )
    return [[next(found) for _ in doc.places] for doc in docs]


def format_nearest(text: str, hidden: Sequence[Sequence[Neighbour]]) -> str:
    """Format what was found in a text.

    text (str): The text.
    hidden (Sequence[Sequence[Neighbour]]): The nearest words of each of its hidden ones.
    RETURNS (str): The text and a table, with two columns for each hidden word.
    """
    names = [f"{MASK} {i}" for i in range(1, len(hidden) + 1)] if len(hidden) > 1 else [MASK]
    header = ["", *(title for name in names for title in (name, "cosine"))]
    rows = []
    for rank in range(max(map(len, hidden))):
        row = [str(rank + 1)]
        for words in hidden:
            known = rank < len(words)
            row += [words[rank].word, f"{words[rank].similarity:.3f}"] if known else ["", ""]
        rows.append(row)
    aligns: Any = ("r", *("l", "r") * len(hidden))
    return f"\n{text}\n{table(rows, header=header, divider=True, aligns=aligns)}"


def _find_head(pretrained: PretrainedModel, folder: str | Path) -> Model:
    """Find the head that predicts words."""
    model = pretrained.model
    objective = model.attrs["loss"]
    if not isinstance(objective, Objective):
        name = pretrained.config["pretraining"]["objective"].get("@architectures")
        raise ValueError(Errors.E363.format(path=folder, name=name))
    head = objective.find_word_head(model)
    if head is None:
        raise ValueError(Errors.E364.format(path=folder, found=", ".join(objective.weights)))
    tok2vec = model.get_ref("tok2vec")
    if not find_readers(tok2vec):
        raise ValueError(Errors.E369.format(path=folder, name=tok2vec.name))
    if not objective.settings.mask_prob * objective.settings.hidden:
        warnings.warn(Warnings.W209.format(path=folder), stacklevel=3)
    return head


def _find_words(pretrained: PretrainedModel, candidates: int) -> tuple[list[str], Floats2d]:
    """Find the words that compete, and their vectors."""
    source = pretrained.config["pretraining"]["objective"].get("vectors")
    vocab = pretrained.nlp.vocab if source is None else load_vectors(source).vocab
    if vocab.vectors.mode == Mode.default:
        return word_vectors(vocab)
    targets = pretrained.model.attrs["loss"].targets
    words = find_frequent_words(pretrained.nlp, pretrained.config, candidates, attr=targets.attr)
    return word_vectors(vocab, words)
