"""A few texts and pipelines for the tests of training reports."""

import json
from pathlib import Path
from typing import Any

import spacy
from builders import SENTIMENT, TAGS, TOPIC, add_encoder, add_task, train
from thinc.api import Config

ROWS = {"sentiment": SENTIMENT, "tags": TAGS, "topic": TOPIC}
#: Texts that nobody annotated like this in training.
HOSTILE = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(2)>",
    "nul \0 end",
    "\u202eright to left \u05e9\u05dc\u05d5\u05dd",
    "\U0001f469\u200d\U0001f4bb family",
    "long " * 2000,
]


def write_task(folder: Path, task: str, rows: list[dict[str, Any]]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    lines = [json.dumps(row) + "\n" for row in rows]
    (folder / f"{task}.jsonl").write_text("".join(lines), encoding="utf8")


def write_data(root: Path) -> Path:
    for split in ("train", "dev", "test"):
        for task, annotated in ROWS.items():
            rows = [{"text": text, "cats": cats} for text, cats in annotated]
            if split == "test":
                cats = [cats for _, cats in annotated]
                rows += [
                    {"text": text, "cats": cats[i % len(cats)]} for i, text in enumerate(HOSTILE)
                ]
            write_task(root / split, task, rows)
    return root


def write_pipeline(folder: Path, data: Path, tasks: list[str], n_steps: int) -> None:
    nlp = spacy.blank("xx")
    add_encoder(nlp)
    for task in tasks:
        add_task(nlp, task, multi_label=task == "tags")
    train(nlp, [row for task in tasks for row in ROWS[task]], n_steps=n_steps)
    reader = {"@readers": "spacy_mtl.MultitaskCorpus.v1", "path": str(data)}
    corpora = {split: {**reader, "split": split} for split in ("train", "dev")}
    nlp.config = Config({**nlp.config, "corpora": corpora})
    folder.parent.mkdir(parents=True, exist_ok=True)
    nlp.to_disk(folder)


def write_log(path: Path, steps: int = 5) -> None:
    def entry(step: int) -> dict[str, Any]:
        row = {"loss": 1.0 / (1 + step), "score": step / steps}
        tasks = {task: row for task in ROWS}
        score = step / steps if step < steps - 1 else 0.0
        return {"step": step, "score": score, "seconds": step, "words": 10 * step, "tasks": tasks}

    lines = [json.dumps(entry(step)) + "\n" for step in range(steps)]
    path.write_text("".join(lines), encoding="utf8")
