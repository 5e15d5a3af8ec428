"""The ways to learn a task from few labels that the fine-tuning benchmark compares."""

import functools
import json
import tempfile
from collections.abc import Callable, Mapping
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

#: Rows of each old test set that the old tasks are compared on before and after.
OLD_ROWS = 500
#: Rows that a run is watched on. None is chosen by: there is one evaluation, at the end.
DEV_ROWS = 200
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
        """RETURNS (tuple): The drawn texts and labels: all, if there are not so many."""
        texts, labels = load(self.data_dir, self.task_set, "train")
        chosen = numpy.random.RandomState(self.seed).permutation(len(texts))[: self.size]
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
    scenario: str, rehearse: str, *, pretrained: bool = False, changes: Mapping[str, Any] = {}
) -> Callable[[Case], dict[str, Any]]:
    """RETURNS (Callable): What `mtl add-task` does with a pipeline of the other tasks."""

    def run(case: Case) -> dict[str, Any]:
        base = train_base(case.data_dir, case.work, case.left_out, case.seed, pretrained=pretrained)
        with tempfile.TemporaryDirectory() as name, use_ops("numpy", use_blis=False):
            folder, output = Path(name) / "data", Path(name) / "out"
            case.write(folder)
            add_task(
                base,
                folder,
                name=case.task,
                output=output,
                scenario=scenario,
                rehearse=rehearse,
                # A rejected result is to be measured too.
                min_agreement=0.0,
                seed=case.seed,
                overrides={"training.eval_frequency": 100_000, **changes},
            )
            nlp = load_base(output / "model-best")
            report = json.loads((output / "report.json").read_text(encoding="utf8"))
        before = _old_scores(base, case.left_out, case.data_dir)
        after = old_scores(nlp, case.left_out, case.data_dir)
        agreement = [row["after"] for row in report["tasks"] if row["split"] == "new texts"]
        return {
            **_scores(nlp, case),
            "old": {name: round(after[name] - before[name], 2) for name in before},
            "agreement": round(float(numpy.mean(agreement)), 2),
        }

    return run


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
    "gradual": Method("the kit, no rehearsal", added("gradual", "none")),
    "gradual_distill": Method("the kit, rehearsal", added("gradual", "distill")),
    "frozen_lmao": Method("encoder frozen, LMAO", added("frozen", "none", pretrained=True)),
    "full_lmao": Method("all trained flat, LMAO", added("full", "none", pretrained=True)),
    "gradual_distill_lmao": Method(
        "the kit, rehearsal, LMAO", added("gradual", "distill", pretrained=True)
    ),
}
