"""Writes the text of a new config for some tasks."""

import json
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from .config_defaults import (
    Defaults,
    Transformer,
    choose_budget,
    choose_ngram_rows,
    choose_pretrain_epochs,
)
from .config_template import (
    CNN,
    HEAD,
    LATER_TASK_COMMENT,
    NGRAMS,
    NO_NGRAMS,
    PAIRS,
    SUBWORD_TOKENIZER,
    TASK,
    TOKENIZER,
)
from .config_template_pretraining import NO_PRETRAINING, PRETRAINING, RAW_CORPUS, RAW_PATHS
from .config_template_training import (
    CORPUS,
    LABELS,
    LATER_CORPUS_COMMENT,
    NO_LABELS_COMMENT,
    TRAINING,
)
from .config_template_transformer import LOADER, TRANSFORMER
from .task_summary import TaskSummary

ENCODER = "tok2vec"
#: Parts of a saved pipeline that have a folder or file beside those of the components.
RESERVED = (ENCODER, "tokenizer", "vocab")


def render_config(
    tasks: Sequence[TaskSummary],
    data: str,
    *,
    lang: str = "en",
    vectors: str | None = None,
    raw_text: str | None = None,
    raw_words: int = 0,
    target_vectors: str | None = None,
    subwords: str | None = None,
    transformer: Transformer | None = None,
    max_steps: int | None = None,
    defaults: Defaults | None = None,
) -> str:
    """Write the config of a pipeline with one encoder and one head per task.

    tasks (Sequence[TaskSummary]): The tasks, in the order of the pipeline.
    data (str): The data folder, as it should stand in the config.
    lang (str): Code of the language.
    vectors (Optional[str]): Package or path of a pipeline with word vectors for the encoder.
    raw_text (Optional[str]): File with raw text to pretrain the encoder on.
    raw_words (int): About how many words it has.
    target_vectors (Optional[str]): Package or path of a pipeline with the vectors that pretraining
        predicts. Defaults to those of `vectors`.
    subwords (Optional[str]): File with subwords, to use them as tokens.
    transformer (Optional[Transformer]): The encoder, instead of the small one.
    max_steps (Optional[int]): Number of training steps. Chosen by the size of the data if not set.
    defaults (Optional[Defaults]): The values of the settings.
    RETURNS (str): The text of the config.
    """
    defaults = defaults or Defaults()
    rows = sum(task.n_train for task in tasks)
    values = {key: _dump(value) for key, value in asdict(defaults).items()}
    budget = choose_budget(rows, defaults, max_steps=max_steps)
    values.update({key: _dump(value) for key, value in asdict(budget).items()})
    n_tasks = _count_tasks(tasks)
    values["ngram_rows"] = _dump(
        defaults.pretrained_ngram_rows if raw_text else choose_ngram_rows(rows, defaults)
    )
    values["raw_paths"] = values["raw_corpus"] = ""
    values["pretraining"] = NO_PRETRAINING
    if raw_text is not None:
        values["raw_paths"] = RAW_PATHS.substitute(
            raw_text=_dump(raw_text), target_vectors=_dump(target_vectors)
        )
        values["raw_corpus"] = RAW_CORPUS
        values["pretraining"] = PRETRAINING.substitute(
            values, pretrain_epochs=choose_pretrain_epochs(raw_words, defaults)
        )
    values["tokenizer"] = TOKENIZER
    if subwords is not None:
        values["tokenizer"] = SUBWORD_TOKENIZER.substitute(subwords=_dump(subwords))
    values["warmup_steps"] = _dump(max(1, round(defaults.warmup * budget.max_steps)))
    values.update(first=tasks[0].name, rows=f"{rows:,}", n_tasks=n_tasks)
    values["loader"] = ""
    if transformer is not None:
        values.update({key: _dump(value) for key, value in asdict(transformer).items()})
        values["loader"] = LOADER.substitute(values)
    values["pretrained_vectors"] = _dump(vectors is not None)
    encoder = (CNN if transformer is None else TRANSFORMER).substitute(values)
    head = HEAD.substitute(
        values,
        data=_dump(data),
        vectors=_dump(vectors),
        lang=_dump(lang),
        pipeline=_dump([ENCODER, *[task.name for task in tasks]]),
    )
    heads = [_render_task(task, values, defaults.head_ngrams) for task in tasks]
    explained: dict[bool, str] = {}
    parts = []
    for task, text in zip(tasks, heads, strict=True):
        # Each kind of component is explained once.
        first = explained.setdefault(task.scores is None, task.name)
        note = LATER_TASK_COMMENT.substitute(values, first=first)
        parts.append(text if first == task.name else _without_comments(text, note=note))
    end = TRAINING.substitute(
        values,
        corpora=_render_corpora(values, [task.name for task in tasks]),
        score_weights=_render_score_weights(tasks),
        labels="\n".join(_render_labels(task) for task in tasks if task.scores is None),
    )
    return "\n".join([head + encoder, *parts, end])


def _count_tasks(tasks: Sequence[TaskSummary]) -> str:
    if any(task.scores is not None for task in tasks):
        return f"{len(tasks)} tasks" if len(tasks) > 1 else "One task"
    return f"{len(tasks)} text classifiers" if len(tasks) > 1 else "One text classifier"


def _render_task(task: TaskSummary, values: dict[str, str], ngrams: bool) -> str:
    if task.scores is not None:
        return PAIRS.substitute(
            values,
            name=task.name,
            task=_dump(task.name),
            summary=describe_task(task),
            score_min=_dump(min(0.0, task.scores.lowest)),
            score_max=_dump(task.scores.highest),
        )
    text = TASK.substitute(
        values,
        name=task.name,
        task=_dump(task.name),
        summary=describe_task(task),
        multi_label=_dump(task.multi_label),
        exclusive_classes=_dump(not task.multi_label),
        missing=_dump(task.missing),
        no_ngrams="" if ngrams else NO_NGRAMS,
    )
    return text + NGRAMS.substitute(values, name=task.name) if ngrams else text


def describe_task(task: TaskSummary, *, limit: int = 8) -> str:
    """Describe a task in one line.

    task (TaskSummary): The task.
    limit (int): How many labels to name.
    RETURNS (str): Its kind, rows and most frequent labels.
    """
    if task.scores is not None:
        scores = f"{task.scores.lowest:g} to {task.scores.highest:g}"
        return (
            f"{task.name}: {task.n_train:,} training and {task.n_dev:,} dev pairs, scores {scores}"
        )
    kind = "any number of labels per text" if task.multi_label else "one label per text"
    frequent = sorted(task.counts.items(), key=lambda item: -item[1])[:limit]
    shares = ", ".join(f"{label} {count / task.n_train:.0%}" for label, count in frequent)
    more = f" and {len(task.counts) - limit} more" if len(task.counts) > limit else ""
    rows = f"{task.n_train:,} training and {task.n_dev:,} dev rows"
    return " ".join(f"{task.name}: {rows}, {kind}: {shares}{more}".split())


def _render_corpora(values: dict[str, str], tasks: list[str]) -> str:
    train = CORPUS.substitute(
        values, split="train", description="What is learned from.", tasks=_dump(tasks)
    )
    dev = CORPUS.substitute(
        values, split="dev", description="What the best model is chosen by.", tasks=_dump(tasks)
    )
    raw = [values["raw_corpus"]] if values["raw_corpus"] else []
    return "\n".join([train, _without_comments(dev, note=LATER_CORPUS_COMMENT), *raw])


def _render_score_weights(tasks: Sequence[TaskSummary]) -> str:
    # spaCy rounds score weights to two decimals whenever it writes a config, so that a more exact
    # weight would not survive.
    weight = max(round(1 / len(tasks), 2), 0.01)
    return "\n".join(f"{task.name}_score = {weight}" for task in tasks)


def _render_labels(task: TaskSummary) -> str:
    # A dollar sign in a value starts a variable, and escapes do not survive saving.
    writable = not any("$" in label for label in task.labels)
    return LABELS.substitute(
        name=task.name,
        comment="" if writable else NO_LABELS_COMMENT,
        labels=_dump(task.labels if writable else None),
    )


def _without_comments(text: str, *, note: str) -> str:
    first, *lines = text.splitlines()
    kept = [line for line in lines if not line.startswith("#")]
    return "\n".join([first, note.rstrip(), *kept]) + "\n"


def _dump(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)
