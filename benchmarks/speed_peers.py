"""What a user would pick instead, on the same texts and task: TweetEval's sentiment.

Everything is trained briefly on few rows, since speed is what is compared; the scores only show that
it was trained at all. Times are those of predicting, from a list of texts to a list of labels.
"""

import tempfile
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import floret
import spacy
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline as make_sklearn_pipeline
from spacy.language import Language
from spacy.pipeline.textcat import (
    DEFAULT_SINGLE_TEXTCAT_MODEL,
    single_label_bow_config,
    single_label_cnn_config,
)
from spacy.util import minibatch
from speed_models import OURS, can_run, conditions, make_example, make_pipeline
from speed_texts import BATCH_SIZES, SHORT
from speed_timing import STOCK, STOCK_OPENBLAS, STOCK_SIDES, Side, round_to, summarise, time_in_turn
from speed_train import take_steps
from thinc.api import Adam, Config, fix_random_seed
from tweeteval_data import LABELS, load
from tweeteval_metrics import set_score

TASK = "sentiment"
N_TRAIN, N_TEXTS, N_QUICK = 2000, 1024, 256
BATCH_SIZE, N_EPOCHS = 64, 2
STOCK_MODELS = {
    "textcat BOW": Config().from_str(single_label_bow_config)["model"],
    "textcat CNN": Config().from_str(single_label_cnn_config)["model"],
    "textcat ensemble": DEFAULT_SINGLE_TEXTCAT_MODEL,
}
#: Our pipelines: the size of the CNN above, with equal pooling, and the encoder of new configs.
OUR_SETTINGS: dict[str, dict[str, Any]] = {
    "96x4": {"width": 96, "depth": 4},
    "new config": {
        "width": 160,
        "depth": 2,
        "ngram_width": 64,
        "ngram_rows": 20000,
        "pooling": ("mean", "max"),
    },
}
FLORET = {"dim": 100, "wordNgrams": 2, "bucket": 500_000, "epoch": 25, "lr": 0.5}
Predict = Callable[[Sequence[str]], list[str]]


def run(data_dir: str, quick: bool) -> dict[str, Any]:
    """Measure the peers, and single-task pipelines of ours beside them.

    data_dir (str): The folder of the data.
    quick (bool): Use few texts.
    RETURNS (Dict[str, Any]): The section.
    """
    texts, labels = (rows[:N_TRAIN] for rows in load(data_dir, TASK, "train"))
    test_texts, gold = (
        rows[: N_QUICK if quick else N_TEXTS] for rows in load(data_dir, TASK, "test")
    )
    systems: dict[str, Predict | None] = {
        "floret (fastText)": train_floret(texts, labels),
        "TF-IDF + logistic regression": train_tfidf(texts, labels),
    }
    for name, model in STOCK_MODELS.items():
        systems |= train_stock(name, model, texts, labels)
    for name, settings in OUR_SETTINGS.items():
        systems |= train_ours(name, settings, texts, labels)
    scores = {
        name: round_to(set_score(TASK, gold, predict(test_texts)))
        for name, predict in systems.items()
        if predict is not None
    }
    sides = {
        name: None if predict is None else Side(partial(predict, test_texts))
        for name, predict in systems.items()
    }
    speed = summarise(time_in_turn(sides), amount=len(test_texts), unit="texts", names=systems)
    return {
        "task": TASK,
        "metric": "macro-averaged recall",
        "rows": N_TRAIN,
        "epochs": N_EPOCHS,
        "batch_size": BATCH_SIZES[SHORT],
        "ours": OUR_SETTINGS,
        "scores": scores,
        "speed": {key: value for key, value in speed.items() if not key.endswith("ratios")},
    }


def train_floret(texts: Sequence[str], labels: Sequence[str]) -> Predict:
    """Train a fastText classifier.

    texts (Sequence[str]): The texts.
    labels (Sequence[str]): Their labels.
    RETURNS (Callable): Predicts labels.
    """
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "train.txt"
        with path.open("w", encoding="utf8") as file_:
            for text, label in zip(texts, labels, strict=True):
                file_.write(f"__label__{label} {_line(text)}\n")
        model = floret.train_supervised(input=str(path), thread=1, verbose=0, **FLORET)

    def predict(texts: Sequence[str]) -> list[str]:
        found = model.predict([_line(text) for text in texts])[0]
        return [guess[0].removeprefix("__label__") if guess else labels[0] for guess in found]

    return predict


def _line(text: str) -> str:
    return " ".join(text.lower().split())


def train_tfidf(texts: Sequence[str], labels: Sequence[str]) -> Predict:
    """Train a linear model.

    texts (Sequence[str]): The texts.
    labels (Sequence[str]): Their labels.
    RETURNS (Callable): Predicts labels.
    """
    features = TfidfVectorizer(ngram_range=(1, 2), min_df=2, sublinear_tf=True)
    model = make_sklearn_pipeline(features, LogisticRegression(max_iter=1000))
    model.fit(texts, labels)
    return lambda texts: model.predict(texts).tolist()


def train_stock(
    name: str, model: dict[str, Any], texts: Sequence[str], labels: Sequence[str]
) -> dict[str, Predict | None]:
    """Train stock spaCy's `textcat`, with the faster matrix product, and use it with both.

    name (str): What to call it.
    model (Dict[str, Any]): The config of its model.
    texts (Sequence[str]): The texts.
    labels (Sequence[str]): Their labels.
    RETURNS (Dict[str, Callable]): What predicts labels, by name.
    """
    pipelines = {side: _make_stock(side, model) for side in STOCK_SIDES}
    trained: Any = pipelines[STOCK_OPENBLAS].get_pipe("textcat")
    train(STOCK_OPENBLAS, pipelines[STOCK_OPENBLAS], texts, labels)
    pipelines[STOCK].get_pipe("textcat").from_bytes(trained.to_bytes())  # type: ignore[attr-defined]
    predictors: dict[str, Predict | None] = {name: partial(predict_spacy, STOCK, pipelines[STOCK])}
    if "tok2vec" in model:
        other = partial(predict_spacy, STOCK_OPENBLAS, pipelines[STOCK_OPENBLAS])
        predictors[f"{name}, OpenBLAS"] = other
    return predictors


def _make_stock(side: str, model: dict[str, Any]) -> Language:
    fix_random_seed(0)
    with conditions(side):
        nlp = spacy.blank("en")
        nlp.add_pipe("textcat", config={"model": model})
        labels = LABELS[TASK]
        examples = [make_example(nlp, "a word", TASK, label, labels) for label in labels]
        nlp.initialize(lambda: examples)
    return nlp


def train_ours(
    name: str, settings: dict[str, Any], texts: Sequence[str], labels: Sequence[str]
) -> dict[str, Predict | None]:
    """Train a pipeline of ours with the sides that can run.

    name (str): What to call it.
    settings (Dict[str, Any]): Settings of the pipeline.
    texts (Sequence[str]): The texts.
    labels (Sequence[str]): Their labels.
    RETURNS (Dict[str, Optional[Callable]]): What predicts labels, by name.
    """
    systems: dict[str, Predict | None] = {}
    for side in OURS:
        key = f"ours, {name}, {side.removeprefix('ours_')}"
        if not can_run(side):
            systems[key] = None
            continue
        nlp = make_pipeline(side, {TASK: sorted(LABELS[TASK])}, **settings)
        train(side, nlp, texts, labels)
        systems[key] = partial(predict_spacy, side, nlp)
    return systems


def train(side: str, nlp: Language, texts: Sequence[str], labels: Sequence[str]) -> None:
    """Train a pipeline for a few epochs.

    side (str): Its side.
    nlp (Language): The pipeline.
    texts (Sequence[str]): The texts.
    labels (Sequence[str]): Their labels.
    """
    pairs = zip(texts, labels, strict=True)
    examples = [make_example(nlp, text, TASK, label, LABELS[TASK]) for text, label in pairs]
    batches = list(minibatch(examples, BATCH_SIZE))
    take_steps(side, nlp, batches * N_EPOCHS, Adam())


def predict_spacy(side: str, nlp: Language, texts: Sequence[str]) -> list[str]:
    """Predict with a pipeline.

    side (str): Its side.
    nlp (Language): The pipeline.
    texts (Sequence[str]): The texts.
    RETURNS (List[str]): The labels.
    """
    with conditions(side):
        docs = nlp.pipe(texts, batch_size=BATCH_SIZES[SHORT])
        best = [max(doc.cats, key=doc.cats.__getitem__) for doc in docs]
    return [key.partition("/")[2] for key in best]
