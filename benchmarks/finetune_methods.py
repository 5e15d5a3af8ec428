"""The ways to learn a task from few labels that the fine-tuning benchmark compares."""

import functools
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import numpy
from finetune_bases import load_base, old_sets, train_base
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import f1_score
from sklearn.pipeline import make_pipeline, make_union
from spacy.language import Language
from srsly import write_jsonl
from thinc.api import Config, use_ops
from tweeteval_data import LABELS, load
from tweeteval_ours import PREFIX, train_config
from tweeteval_pretrain import pretrain_encoder, pretraining_paths

from spacy_mtl.cli.add_task import add_task
from spacy_mtl.cli.init_config import init_config
from spacy_mtl.training.add_task_report import AGREEMENT

#: Rows of each old test set, at most, that the old tasks are compared on before and after.
OLD_ROWS = 1000
#: Training rows of each old task that are left for rehearsal.
LEFT_ROWS = 500
#: Rows that a run is watched on. None is chosen by: there is one evaluation, at the end.
DEV_ROWS = 200
#: The last weights are taken.
ONE_EVALUATION = {"training.eval_frequency": "${training.max_steps}", "training.patience": 0}
#: Rows of the pretrained encoder's table of n-grams.
NGRAM_ROWS = 50_000
#: Regularisation of logistic regression, chosen on the dev sets.
C = 10.0


class Case(NamedTuple):
    """What is to be learned."""

    left_out: str
    task_set: str
    size: int
    seed: int
    data_dir: str
    work: Path

    @property
    def task(self) -> str:
        """RETURNS (str): Name of the task in pipelines."""
        return PREFIX + self.task_set

    def draw(self) -> tuple[list[str], list[str]]:
        """RETURNS (tuple): The drawn texts and labels: all, if there are not so many. Each label is there at
        least once, or there would be nothing to learn of it."""
        texts, labels = load(self.data_dir, self.task_set, "train")
        order = numpy.random.RandomState(self.seed).permutation(len(texts)).tolist()
        chosen = order[: self.size]
        missing = sorted(set(labels) - {labels[i] for i in chosen})
        for position, label in enumerate(missing, start=1):
            chosen[-position] = next(i for i in order if labels[i] == label)
        return [texts[i] for i in chosen], [labels[i] for i in chosen]

    def write(self, folder: Path) -> None:
        """Write the drawn rows, and some of dev, as files that the package reads.

        folder (Path): Where to.
        """
        folder.mkdir(parents=True)
        dev = [part[:DEV_ROWS] for part in load(self.data_dir, self.task_set, "dev")]
        for split, (texts, labels) in (("train", self.draw()), ("dev", dev)):
            rows = [{"text": t, "label": y} for t, y in zip(texts, labels, strict=True)]
            write_jsonl(folder / f"{self.task}.{split}.jsonl", rows)


class Method(NamedTuple):
    """A row of the table."""

    title: str
    run: Callable[[Case], dict[str, Any]]


def tfidf(case: Case) -> dict[str, Any]:
    """TF-IDF of words, word pairs and characters, and logistic regression."""
    texts, labels = case.draw()
    words = TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True)
    characters = TfidfVectorizer(analyzer="char_wb", ngram_range=(3, 5), sublinear_tf=True)
    classifier = LogisticRegression(C=C, max_iter=1000, class_weight="balanced")
    model = make_pipeline(make_union(words, characters), classifier).fit(texts, labels)
    return {
        split: _score(case.task_set, load(case.data_dir, case.task_set, split), model.predict)
        for split in ("dev", "test")
    }


def scratch(*, pretrained: bool) -> Callable[[Case], dict[str, Any]]:
    """RETURNS (Callable): The config that `mtl init-config` writes for the new task alone."""

    def run(case: Case) -> dict[str, Any]:
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name) / "data"
            case.write(folder)
            overrides: dict[str, Any] = {"system.seed": case.seed}
            sources = {}
            if pretrained:
                weights = pretrain_encoder(case.data_dir, case.work, {})
                sources = pretraining_paths(case.work)
                overrides["paths.init_tok2vec"] = str(weights)
                # As many as the encoder was pretrained with.
                overrides["components.tok2vec.model.ngram_rows"] = NGRAM_ROWS
            text = init_config(folder, **sources)
            config = Config().from_str(text, overrides=overrides).interpolate()
            config["training"].update(eval_frequency=config["training"]["max_steps"], patience=0)
            nlp, _, _ = train_config(config)
        return _scores(nlp, case)

    return run


def added(
    scenario: str, rehearse: str, *, pretrained: bool = False
) -> Callable[[Case], dict[str, Any]]:
    """RETURNS (Callable): What `mtl add-task` does with a pipeline of the other tasks."""
    uses_old_data = rehearse in ("interleave", "both")

    def run(case: Case) -> dict[str, Any]:
        base = train_base(case.data_dir, case.work, case.left_out, case.seed, pretrained=pretrained)
        with tempfile.TemporaryDirectory() as name, use_ops("numpy", use_blis=False):
            folder, output = Path(name) / "data", Path(name) / "out"
            case.write(folder)
            outcomes = add_task(
                base,
                folder,
                name=case.task,
                output=output,
                scenario=scenario,
                rehearse=rehearse,
                old_data=write_old_data(case) if uses_old_data else None,
                # A rejected result is to be measured too.
                min_agreement=0.0,
                max_loss=100.0,
                seed=case.seed,
                overrides=ONE_EVALUATION,
            )
            nlp = load_base(output / "model-best")
        before = _old_scores(base, case.left_out, case.data_dir)
        after = old_scores(nlp, case.left_out, case.data_dir)
        agreement = [outcome.after for outcome in outcomes if outcome.metric == AGREEMENT]
        return {
            **_scores(nlp, case),
            "old": {name: round(after[name] - before[name], 2) for name in before},
            "agreement": round(float(numpy.mean(agreement)), 2),
        }

    return run


def write_old_data(case: Case) -> Path:
    """Write what is left of the old tasks' data: some of their training rows.

    case (Case): What is to be learned.
    RETURNS (Path): The folder.
    """
    folder = case.work / "old" / f"{case.left_out}-{LEFT_ROWS}"
    if not folder.exists():
        folder.mkdir(parents=True)
        for name in old_sets(case.left_out):
            texts, labels = load(case.data_dir, name, "train")
            chosen = numpy.random.RandomState(0).permutation(len(texts))[:LEFT_ROWS]
            rows = [{"text": texts[i], "label": labels[i]} for i in chosen]
            write_jsonl(folder / f"{PREFIX}{name}.train.jsonl", rows)
    return folder


def old_scores(nlp: Language, left_out: str, data_dir: str) -> dict[str, float]:
    """Evaluate the old tasks on a part of their test sets.

    nlp (Language): The pipeline.
    left_out (str): The new task.
    data_dir (str): The folder of the data.
    RETURNS (dict): Scores by set.
    """
    scores = {}
    for name in old_sets(left_out):
        texts, labels = load(data_dir, name, "test")
        rows = (texts[:OLD_ROWS], labels[:OLD_ROWS])
        scores[name] = _score(name, rows, functools.partial(_predict, nlp, name))
    return scores


@functools.cache
def _old_scores(base: Path, left_out: str, data_dir: str) -> dict[str, float]:
    return old_scores(load_base(base), left_out, data_dir)


def _scores(nlp: Language, case: Case) -> dict[str, Any]:
    predict = functools.partial(_predict, nlp, case.task_set)
    return {
        split: _score(case.task_set, load(case.data_dir, case.task_set, split), predict)
        for split in ("dev", "test")
    }


def _predict(nlp: Language, name: str, texts: list[str]) -> list[str]:
    with nlp.select_pipes(enable=["tok2vec", PREFIX + name]):
        found = [doc._.tasks[PREFIX + name] for doc in nlp.pipe(texts, batch_size=256)]
    return [max(row, key=row.__getitem__) for row in found]


def _score(
    name: str, rows: tuple[list[str], list[str]], predict: Callable[[list[str]], Any]
) -> float:
    """Macro-F1 for every set: the benchmark's metric for irony is highest for what sees irony everywhere."""
    texts, labels = rows
    found = f1_score(
        labels, list(predict(texts)), labels=LABELS[name], average="macro", zero_division=0
    )
    return round(100 * float(found), 2)


METHODS = {
    "tfidf": Method("TF-IDF (words, characters) + logistic regression", tfidf),
    "scratch": Method("from scratch", scratch(pretrained=False)),
    "scratch_lmao": Method("from scratch, LMAO", scratch(pretrained=True)),
    "frozen": Method("encoder frozen", added("frozen", "none")),
    "full": Method("all trained flat", added("full", "none")),
    "gradual": Method("the kit", added("gradual", "none")),
    "gradual_both": Method(
        "the kit, former outputs and 500 old rows a task", added("gradual", "both")
    ),
    "frozen_lmao": Method("encoder frozen, LMAO", added("frozen", "none", pretrained=True)),
    "full_lmao": Method("all trained flat, LMAO", added("full", "none", pretrained=True)),
    "gradual_lmao": Method("the kit, LMAO", added("gradual", "none", pretrained=True)),
}
