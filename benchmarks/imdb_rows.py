"""The rows of the IMDB benchmark: what is trained on the drawn labels, and how well it does."""

import io
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy
import spacy
from imdb_data import TASK, Draw, choose, draw, load
from imdb_encoders import (
    make_config,
    pretrain_encoder,
    recipe_settings,
    save_encoder,
    write_labelled,
)
from imdb_features import features
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from spacy.training.initialize import init_nlp
from spacy.training.loop import train
from thinc.api import Config, use_ops

Settings = Mapping[str, Any]
#: The others of the 25,000 are for dev.
MOST_LABELS = 20_000
#: Raw texts that are held in memory.
RAW_LIMIT = 15_000


class Place(NamedTuple):
    """Where the data is, and where what is made of it is kept."""

    data_dir: str
    work: Path


class Model(NamedTuple):
    """What was trained: gives labels to the dev texts, or to those of test."""

    predict_dev: Callable[[], Any]
    predict_test: Callable[[], Any]


#: Trains on so many labels, drawn with a seed, with some settings.
Train = Callable[[Place, int, int, Settings], Model]


class Row(NamedTuple):
    """A row of the table."""

    title: str
    train: Train
    #: Two settings for every row. The better one on dev with the first draw is taken.
    grid: list[dict[str, Any]]


def fit_tfidf(drawn: Draw, **settings: Any) -> Any:
    """RETURNS (Pipeline): TF-IDF of words and word pairs, and logistic regression."""
    model = make_pipeline(
        TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True, min_df=2),
        LogisticRegression(max_iter=1000, **settings),
    )
    return model.fit(drawn.texts, drawn.labels)


def tfidf(place: Place, n_labels: int, seed: int, settings: Settings) -> Model:
    """TF-IDF of words and word pairs, and logistic regression."""
    drawn = draw(place.data_dir, n_labels, seed)
    model = fit_tfidf(drawn, **settings)
    return Model(
        lambda: model.predict(drawn.dev_texts),
        lambda: model.predict(load(place.data_dir, "test")[0]),
    )


def logistic(*kinds: str) -> Train:
    """RETURNS (Callable): Logistic regression on fixed vectors of the texts, side by side."""

    def train_on(place: Place, n_labels: int, seed: int, settings: Settings) -> Model:
        found = [features(place.data_dir, place.work, kind) for kind in kinds]
        X = numpy.hstack([arrays["train"] for arrays in found])
        y = numpy.asarray(load(place.data_dir, "train")[1])
        chosen, dev = choose(len(X), n_labels, seed)
        model = make_pipeline(StandardScaler(), LogisticRegression(max_iter=1000, **settings))
        model.fit(X[chosen], y[chosen])
        return Model(
            lambda: model.predict(X[dev]),
            lambda: model.predict(numpy.hstack([arrays["test"] for arrays in found])),
        )

    return train_on


def both(kind: str) -> Train:
    """RETURNS (Callable): The logits of TF-IDF and of fixed vectors, each with its own logistic
    regression, added with a weight."""

    def train_on(place: Place, n_labels: int, seed: int, settings: Settings) -> Model:
        drawn = draw(place.data_dir, n_labels, seed)
        chosen, dev = choose(25_000, n_labels, seed)
        found = features(place.data_dir, place.work, kind)
        dense = make_pipeline(StandardScaler(), LogisticRegression(C=0.01, max_iter=1000))
        dense.fit(found["train"][chosen], drawn.labels)
        sparse = fit_tfidf(drawn, C=10.0)
        share = settings["share"]

        def predict(X: Any, texts: list[str]) -> Any:
            logits = share * dense.decision_function(X)
            logits += (1 - share) * sparse.decision_function(texts)
            return dense.classes_[(logits > 0).astype(int)]

        return Model(
            lambda: predict(found["train"][dev], drawn.dev_texts),
            lambda: predict(found["test"], load(place.data_dir, "test")[0]),
        )

    return train_on


def budget(n_labels: int) -> dict[str, Any]:
    """RETURNS (dict): How long a pipeline is trained: seven and a half passes over 1,000 reviews, and with
    more of them as many more steps as the root of their number."""
    n_steps = max(100, 20 * round(15 * (n_labels / 1000) ** 0.5))
    return {
        "training.max_steps": n_steps,
        "training.patience": 0,
        "training.eval_frequency": n_steps // 5,
        "training.batcher.size": 25,
        "corpora.dev.limit": 1000,
        "training.optimizer.learn_rate.total_steps": n_steps,
        "training.optimizer.learn_rate.warmup_steps": n_steps // 10,
    }


def add_lmao(config: Config, work: Path) -> None:
    """Let a pipeline learn from raw text beside its task, two batches of it for each labelled one.

    config (Config): The config, changed in place. The number of labelled batches stays as it is.
    work (Path): Where raw text and vectors are.
    """
    width = config["components"]["tok2vec"]["model"]["width"]
    listener = {"@architectures": "spacy_mtl.Tok2VecListener.v1", "width": width}
    config["nlp"]["pipeline"].append("lmao")
    config["components"]["lmao"] = {
        "factory": "lmao",
        "vectors": str(work / "vectors"),
        "model": {"@architectures": "spacy_mtl.LMAOHead.v1", "tok2vec": listener},
    }
    config["corpora"]["train"].update(raw=str(work / "raw.jsonl"), raw_limit=RAW_LIMIT, tasks=None)
    training = config["training"]
    training["before_to_disk"] = {"@callbacks": "spacy_mtl.remove_lmao.v1"}
    training["batcher"]["sampler"].update(strategy="weights", weights={TASK: 1.0, "lmao": 2.0})
    training["max_steps"] *= 3
    training["eval_frequency"] *= 3
    training["optimizer"]["learn_rate"]["total_steps"] *= 3


def pipeline(recipe: str, epochs: int, *changes: Settings, as_task: bool = False) -> Train:
    """RETURNS (Callable): A pipeline trained as `spacy train` does, from pretrained weights if any, or with
    the objective as a task beside the other."""

    def train_on(place: Place, n_labels: int, seed: int, settings: Settings) -> Model:
        overrides = {**budget(n_labels), **recipe_settings(recipe), "system.seed": seed}
        for change in (*changes, settings):
            overrides.update(change)
        data = write_labelled(place.data_dir, place.work, n_labels, seed)
        config = make_config(data, place.work, overrides)
        if config["training"]["frozen_components"]:
            # A frozen component is not initialized, so it has to come from a pipeline.
            source = save_encoder(place.data_dir, place.work, recipe, epochs)
            config["components"]["tok2vec"] = {"source": str(source)}
        elif epochs:
            weights = pretrain_encoder(place.data_dir, place.work, recipe)[epochs - 1]
            config["initialize"]["init_tok2vec"] = str(weights)
        if as_task:
            add_lmao(config, place.work)
        with tempfile.TemporaryDirectory() as folder, use_ops("numpy", use_blis=False):
            train(init_nlp(config), Path(folder), stdout=io.StringIO(), stderr=io.StringIO())
            # All 25,000 contain the dev reviews, so that nothing can be chosen by them.
            best = "model-best" if n_labels <= MOST_LABELS else "model-last"
            nlp = spacy.load(Path(folder) / best)

        def predict(texts: list[str]) -> list[str]:
            with nlp.memory_zone():
                docs = nlp.pipe(texts, batch_size=256)
                return [max(d._.tasks[TASK], key=d._.tasks[TASK].get) for d in docs]

        return Model(
            lambda: predict(draw(place.data_dir, n_labels, seed).dev_texts),
            lambda: predict(load(place.data_dir, "test")[0]),
        )

    return train_on


TUNED = [{"training.optimizer.learn_rate.initial_rate": rate} for rate in (0.0005, 0.002)]
#: The encoder stays as it was pretrained, and the head reads a standardized mean.
FROZEN = {
    "training.frozen_components": ["tok2vec"],
    "training.annotating_components": ["tok2vec"],
    "components.sentiment.model.standardized": True,
    "components.sentiment.model.pooling": ["mean"],
}
HEAD_ONLY = [
    {"training.optimizer.learn_rate.initial_rate": rate, "training.optimizer.L2": L2}
    for rate, L2 in ((0.002, 0.1), (0.005, 1.0))
]
#: A linear model over words and word pairs beside the head.
NGRAMS = {
    "components.sentiment.model.ngrams": {
        "@architectures": "spacy_mtl.NgramLinear.v1",
        "ngram_size": 2,
        "char_min": 3,
        "char_max": 0,
        "rows": 65536,
        "attr": "NORM",
        "nO": None,
    }
}
LINEAR = [{"C": C} for C in (0.01, 0.03)]
TFIDF = [{"C": C} for C in (3.0, 10.0)]

ROWS = {
    "tfidf": Row("TF-IDF + logistic regression", tfidf, TFIDF),
    "vectors": Row("mean of word vectors + logistic regression", logistic("mean"), LINEAR),
    "vectors_sif": Row(
        "mean of word vectors, weighted by frequency, + logistic regression",
        logistic("sif"),
        LINEAR,
    ),
    "scratch": Row("from scratch", pipeline("lmao", 0), TUNED),
    "static": Row("static vectors as input", pipeline("lmao_vectors", 0), TUNED),
    **{
        f"lmao_{n}": Row(f"LMAO, epochs: {n}, fine-tuned", pipeline("lmao", n), TUNED)
        for n in (1, 2, 3)
    },
    **{
        f"lmao_{n}_frozen": Row(
            f"LMAO, epochs: {n}, frozen + logistic regression", logistic(f"lmao:{n}"), LINEAR
        )
        for n in (1, 2, 3)
    },
    "lmao_task": Row("LMAO as a task beside the other", pipeline("lmao", 0, as_task=True), TUNED),
    "lmao_trigram_1_frozen": Row(
        "LMAO on trigrams, epochs: 1, frozen + logistic regression",
        logistic("lmao_trigram:1"),
        LINEAR,
    ),
    "lmao_trigram_1_tfidf": Row(
        "LMAO on trigrams, epochs: 1, frozen, and TF-IDF, each with logistic regression, logits added",
        both("lmao_trigram:1"),
        [{"share": 0.5}, {"share": 0.7}],
    ),
    "lmao_vectors_trigram_1_frozen": Row(
        "LMAO on trigrams + vectors as input, epochs: 1, frozen + logistic regression",
        logistic("lmao_vectors_trigram:1"),
        LINEAR,
    ),
    "lmao_vectors_trigram_1_tfidf": Row(
        "LMAO on trigrams + vectors as input, epochs: 1, frozen, and TF-IDF, logits added",
        both("lmao_vectors_trigram:1"),
        [{"share": 0.5}, {"share": 0.7}],
    ),
    "lmao_vectors_2_frozen": Row(
        "LMAO + vectors as input, epochs: 2, frozen + logistic regression",
        logistic("lmao_vectors:2"),
        LINEAR,
    ),
    "lmao_vectors_2_tfidf": Row(
        "LMAO + vectors as input, epochs: 2, frozen, and TF-IDF, each with logistic regression, logits added",
        both("lmao_vectors:2"),
        [{"share": 0.5}, {"share": 0.7}],
    ),
    "lmao_3_tfidf": Row(
        "LMAO, epochs: 3, frozen, and TF-IDF, each with logistic regression, logits added",
        both("lmao:3"),
        [{"share": 0.5}, {"share": 0.7}],
    ),
    "lmao_vectors_2_ngrams": Row(
        "LMAO + vectors as input, epochs: 2, frozen + head with n-grams",
        pipeline("lmao_vectors", 2, FROZEN, NGRAMS),
        HEAD_ONLY,
    ),
}
