"""The parts of the benchmark of embeddings that compare tuners: a data set with partial labels, and film reviews."""

import statistics
from pathlib import Path
from typing import Any, NamedTuple

import numpy
from embeddings_names import ENCODER, SOURCES
from embeddings_sources import kept, load_encoder, minilm, read_rows, sentence_encoder
from embeddings_tuners import TUNERS, Rows, Training, judge, take
from imdb_data import load
from sklearn.model_selection import StratifiedKFold

LABEL = "new-dataset"
N_FOLDS = 5
N_IMDB_TRAIN, N_IMDB_TEST = 200, 2000
#: The test reviews are the same for all seeds.
TEST_SEED = 0
#: What the picture shows, and of how many reviews.
DRAWN = {"raw": "As they are", "contrastive": "ContrastiveTuner", "encoder": "EncoderTuner"}
N_DRAWN = 600


class Place(NamedTuple):
    """Where things are."""

    data_dir: str
    work: Path


def embed(place: Place, source: str, name: str, texts: list[str]) -> Any:
    """RETURNS (ndarray): The embeddings of texts before tuning."""

    def make() -> Any:
        if source == ENCODER:
            return sentence_encoder(load_encoder(place.data_dir, place.work))
        return minilm()

    return kept(place.work / "embeddings" / f"{name}-{source}.npy", texts, make)


def new_dataset(place: Place, source: str, tuner: str, seed: int) -> dict[str, Any]:
    """Sentences of abstracts: does one present a new data set? Five folds; tuners see the training folds alone.

    place (Place): Where things are.
    source (str): One of SOURCES.
    tuner (str): One of TUNERS.
    seed (int): Seed of the folds and the tuner.
    RETURNS (dict): Means of the held-out scores over folds, and each fold's.
    """
    found = read_rows(Path(place.data_dir) / "embetter" / "merged.jsonl.gz")
    texts = [row["text"] for row in found]
    X = embed(place, source, LABEL, texts)
    labels = numpy.asarray([row["cats"].get(LABEL, -1) for row in found])
    everything = Rows(texts, X, labels, [row["cats"] for row in found])
    known = numpy.flatnonzero(labels >= 0)
    others = take(everything, numpy.flatnonzero(labels < 0))
    folds = StratifiedKFold(N_FOLDS, shuffle=True, random_state=seed)
    scores = []
    for train, test in folds.split(known, labels[known]):
        rows = take(everything, known[train])
        training = Training(rows, others, seed, _encoder(place, source))
        transform = TUNERS[tuner](training)
        scores.append(judge(transform, rows, take(everything, known[test]), 1))
    means = {name: round(statistics.mean(s[name] for s in scores), 4) for name in scores[0]}
    return {**means, "folds": scores}


def imdb(place: Place, source: str, tuner: str, seed: int) -> dict[str, Any]:
    """200 labelled film reviews.

    place (Place): Where things are.
    source (str): One of SOURCES.
    tuner (str): One of TUNERS.
    seed (int): Seed of the draw and the tuner.
    RETURNS (dict): The scores on 2,000 test reviews.
    """
    train = _reviews(place, source, "train", N_IMDB_TRAIN, seed)
    test = _reviews(place, source, "test", N_IMDB_TEST, TEST_SEED)
    none = take(train, [])
    transform = TUNERS[tuner](Training(train, none, seed, _encoder(place, source)))
    return judge(transform, train, test, "positive")


def picture(place: Place, path: Path) -> None:
    """Draw test reviews before and after tuners that have seen 200 others.

    place (Place): Where things are.
    path (Path): The file to write, .svg.
    """
    from spacy_mtl.report import plot_embeddings

    train = _reviews(place, ENCODER, "train", N_IMDB_TRAIN, 0)
    test = take(_reviews(place, ENCODER, "test", N_IMDB_TEST, TEST_SEED), range(N_DRAWN))
    training = Training(train, take(train, []), 0, _encoder(place, ENCODER))
    arrays = {title: TUNERS[name](training)(test) for name, title in DRAWN.items()}
    plot_embeddings(
        arrays, labels=list(test.y), out=path, overwrite=True, title="Test reviews, PCA"
    )


def _reviews(place: Place, source: str, split: str, n_rows: int, seed: int) -> Rows:
    texts, labels = load(place.data_dir, split)
    chosen = numpy.random.RandomState(seed).permutation(len(texts))[:n_rows]
    drawn, y = [texts[i] for i in chosen], numpy.asarray(labels)[chosen]
    X = embed(place, source, f"imdb-{split}-{n_rows}-{seed}", drawn)
    return Rows(drawn, X, y, [{label: 1.0} for label in y])


def _encoder(place: Place, source: str) -> Any:
    return load_encoder(place.data_dir, place.work) if source == ENCODER else None


#: By name: what runs, and the tuners that make sense there, by source.
SECTIONS: dict[str, tuple[Any, tuple[str, ...]]] = {
    "new_dataset": (new_dataset, tuple(TUNERS)),
    "imdb": (imdb, ("raw", "feed_forward", "contrastive", "encoder")),
}


def cases() -> list[tuple[str, str, str]]:
    """RETURNS (list): Section, source and tuner of every row. A whole encoder is there to train only for our own."""
    return [
        (section, source, tuner)
        for section, (_, tuners) in SECTIONS.items()
        for source in SOURCES
        for tuner in tuners
        if source == ENCODER or not tuner.startswith(ENCODER)
    ]
