"""Targets: names of tasks and labels, texts, and arguments of commands."""

import json
import math
import os
import shutil
from functools import lru_cache
from pathlib import Path
from typing import Any

from fuzz_draw import VALUES, Draw
from fuzz_judge import Target, check_exit, is_of_spacy
from fuzz_models import seeds
from fuzz_parts import make_pipeline, parts, pipeline, train
from spacy.tokens import DocBin
from typer.main import get_group
from typer.testing import CliRunner

from spacy_mtl.cli._app import COMMANDS, mtl_cli
from spacy_mtl.inference.embedder import Embedder
from spacy_mtl.inference.predictor import Predictor
from spacy_mtl.training.corpus import create_multitask_corpus
from spacy_mtl.training.files import find_task_files
from spacy_mtl.training.formats import read_records
from spacy_mtl.training.texts import text_digest
from spacy_mtl.util import tasks_of, validate_task_name

#: Commands whose work is more than a moment, and what makes it one.
QUICK = {"train": ["--training.max_steps", "1"]}
#: Options that would start processes, run code, or look for a network.
LEFT_OUT = ("workers", "address", "code", "use_gpu", "threads", "engine", "trials", "transformer")
#: Commands that start processes whatever their options are, or look at the machine.
NOT_TRIED = ("apply", "sweep", "doctor", "baselines", "leave-out")


def run_names(draw: Draw, place: Path) -> None:
    """Use names as those of tasks, labels and files."""
    name, label = draw.text(surrogates=True), draw.text(surrogates=True)
    kind = draw.below(4)
    if kind == 0:
        validate_task_name(draw.value())
    elif kind == 1:
        nlp = make_pipeline()
        pipe: Any = nlp.get_pipe("sentiment")
        pipe.add_label(draw.pick([label, draw.value()]))
        pipe.add_label("positive")
        pipe.add_label("negative")
        train(nlp)
        again = make_pipeline()
        again.from_bytes(nlp.to_bytes())
        nlp.to_disk(place / "model")
        doc = again("a film")
        assert tasks_of(doc.cats)["sentiment"].keys() == set(pipe.labels)
    else:
        row = {"text": "a", "cats": {f"{name}/{label}": 1.0, label: 0.0}}
        file = surrogate(name.replace("/", "").replace("\0", ""))[:40]
        for split in ("train", "dev"):
            path = place / f"{file or 'a'}.{split}.jsonl"
            path.write_text(json.dumps(row))
        find_task_files(place)
        reader = create_multitask_corpus(path=place, split="train")
        examples = list(reader(make_pipeline()))
        for example in examples:
            tasks_of(example.reference.cats)
        for found in read_records(path, draw.pick(["sentiment", name]), known_tasks=[name]):
            assert found.cats


def run_texts(draw: Draw, place: Path) -> None:
    """Predict and embed texts, keep them in a DocBin, and compare with one at a time."""
    texts = [draw.text() for _ in range(1 + draw.below(4))]
    if draw.below(8) == 7:
        # spaCy takes punctuation and pictures off the ends of a word one by one, each time it looks at all the rest.
        texts.append(
            draw.pick(["\N{PILE OF POO}", "!"]) * 1000
            if draw.below(2)
            else draw.pick(["a", " ", "\0", "a ", "\u0130"]) * 20_000
        )
    texts.append(draw.rest().decode("utf8", "replace"))
    nlp = pipeline()
    found = Predictor(nlp, all_scores=True)(texts)
    vectors = Embedder(nlp)(texts)
    docs = list(nlp.pipe(texts))
    assert [doc.text for doc in docs] == texts
    for doc, predicted, vector in zip(docs, found, vectors, strict=True):
        for task, scores in doc._.tasks.items():
            for label, score in scores.items():
                assert math.isfinite(score)
                assert abs(predicted[task]["scores"][label] - score) < 1e-4
        assert abs(doc._.embedding - vector).max(initial=0.0) < 1e-3
    again = DocBin(docs=docs, store_user_data=True).to_bytes()
    for doc, text in zip(DocBin().from_bytes(again).get_docs(nlp.vocab), texts, strict=True):
        assert doc.text == text
        text_digest(text)


@lru_cache(maxsize=1)
def commands() -> dict[str, list[tuple[str, str, int, bool]]]:
    """The parameters of each command: name, option, how many values, whether it is a flag."""
    group: Any = get_group(mtl_cli)
    found = {}
    for name in COMMANDS:
        command = group.get_command(None, name)
        found[name] = [
            (
                param.name,
                param.opts[0] if param.param_type_name == "option" else "",
                param.nargs,
                bool(getattr(param, "is_flag", False)),
            )
            for param in command.params
        ]
    return {name: params for name, params in found.items() if name not in NOT_TRIED}


def draw_word(draw: Draw) -> str:
    """A word of a command line that cannot lead out of the folder."""
    kind = draw.below(8)
    if kind < 3:
        return draw.pick(
            [
                *("model", "data", "data/train/sentiment.jsonl", "texts.jsonl", "config.cfg", "a"),
                *("encoder.msgpack", "out", "out.jsonl", "out.csv", "out.npy", "out.html"),
                *("model/config.cfg", "index", "space.yml", "raw.txt", "none.jsonl", "x.parquet"),
                *("train", "dev", "sentiment", "sentiment,tags", "positive", "jsonl", "skip", "en"),
                *("html", "markdown", "frozen", "exact", "0.5", "1", "2", "xx", "floret", "pca"),
            ]
        )
    if kind < 5:
        word = draw.pick([str(value) for value in VALUES if not isinstance(value, int)])
    elif kind == 5:
        word = draw.pick(["-1", "0", "3", "1e9", "nan", "0.1,0.9", "1,2,3", "--help", "-", "--"])
    else:
        word = draw.text(surrogates=True)
    # Names of the system hold no NUL, and what is no UTF-8 comes from it as these surrogates.
    word = word.replace("\0", "").replace("..", "").replace("/", "").replace("~", "")
    return word.encode("utf8", "replace").decode("utf8") if draw.below(4) else surrogate(word)


def surrogate(word: str) -> str:
    """The word as the system gives it if it is no UTF-8."""
    return word.encode("utf8", "surrogatepass").decode("utf8", "surrogateescape")


def prepare(place: Path) -> None:
    """Write what commands read."""
    source = parts()
    shutil.copytree(source / "model", place / "model")
    shutil.copytree(source / "index", place / "index")
    for name in ("encoder.msgpack", "texts.jsonl"):
        shutil.copy(source / name, place / name)
    for split in ("train", "dev"):
        for task, labels in (("sentiment", ("positive", "negative")), ("tags", ("fast", "cheap"))):
            path = place / "data" / split / f"{task}.jsonl"
            path.parent.mkdir(parents=True, exist_ok=True)
            rows = [{"text": f"{labels[i % 2]} a{i}", "label": labels[i % 2]} for i in range(12)]
            path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    (place / "raw.txt").write_text("a good film\nfast and cheap\n")
    (place / "config.cfg").write_text("[nlp]\nlang = 'xx'\n")
    (place / "space.yml").write_text("training.dropout: {low: 0.0, high: 0.5}\n")


#: What arguments are, where they make sense.
USUAL = {
    **{
        "model": "model",
        "source": "texts.jsonl",
        "data": "data",
        "path": "data",
        "folders": "data",
    },
    **{"input_path": "data", "output_path": "out", "encoder": "encoder.msgpack", "run": "model"},
    **{"texts": "a film", "corpus": "index", "queries": "a film", "review": "texts.jsonl"},
    **{"raw_text": "raw.txt", "config": "config.cfg", "output": "out", "baselines": "model"},
}


def run_commands(draw: Draw, place: Path) -> None:
    """Run a command with odd arguments in a folder of its own."""
    name = draw.pick(sorted(commands()))
    args = [name]
    for parameter, option, nargs, is_flag in commands()[name]:
        if parameter in LEFT_OUT or parameter == "help":
            continue
        if option and draw.below(4) != 3:
            continue
        if is_flag:
            args.append(option)
            continue
        values = [draw_word(draw) for _ in range(draw.below(3) if nargs == -1 else 1)]
        if not option and parameter in USUAL and draw.below(3):
            values = [USUAL[parameter]]
        if parameter == "n_process":
            values = [draw.pick(["1", "0", "-2", "x", ""])]
        args += [part for value in values for part in ([option, value] if option else [value])]
    args += [draw_word(draw) for _ in range(draw.below(8) // 7)] + QUICK.get(name, [])
    prepare(place)
    before = Path.cwd()
    os.chdir(place)
    try:
        result = CliRunner().invoke(mtl_cli, args, input="a\n")
    finally:
        os.chdir(before)
    check_exit(result, args)


TARGETS = [
    Target("names", "names of tasks, labels and files", run_names, seeds, [], is_of_spacy),
    Target("texts", "texts", run_texts, seeds),
    Target("commands", "arguments of commands", run_commands, seeds),
]
