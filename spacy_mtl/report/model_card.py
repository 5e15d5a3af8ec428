"""A model card: what a packaged pipeline says about itself, in its meta and README."""

from collections.abc import Iterator, Mapping
from typing import Any

from .contents import Report
from .markdown import escape, markdown_table, score_table
from .words import format_bytes

ADVICE = (
    "Scores hold for texts like those of the training data: measure on your own before you rely on them. "
    "Probabilities are as trustworthy as the calibration error is small."
)


def add_model_card(meta: Mapping[str, Any], report: Report) -> dict[str, Any]:
    """Put a model card into the meta of a pipeline. `spacy package --meta-path` copies it into the package, and
    writes the notes into its README.

    meta (Mapping[str, Any]): The meta.
    report (Report): What is known about the pipeline.
    RETURNS (Dict[str, Any]): The meta with a `description`, unless it has one, and with the card in its `notes`,
        below what they say already.
    """
    names = ", ".join(task.name for task in report.sizes)
    n = len(report.sizes)
    described = (
        f"{n} text classifiers on one shared encoder: {names}."
        if n > 1
        else f"A text classifier: {names}."
    )
    notes = [meta.get("notes") or "", "\n".join(card_lines(report))]
    return {
        **meta,
        "description": meta.get("description") or described,
        "notes": "\n\n".join(filter(None, notes)),
    }


def card_lines(report: Report) -> Iterator[str]:
    """Write a model card.

    report (Report): What is known about the pipeline.
    YIELDS (str): The lines, as Markdown.
    """
    yield "### Model card"
    yield ""
    yield from markdown_table(
        ("task", "labels a text", "labels", "training rows"),
        [
            (
                escape(task.name),
                "any number" if task.multi_label else "one",
                f"{len(task.labels):,}",
                f"{task.rows['train']:,}" if "train" in task.rows else "-",
            )
            for task in report.sizes
        ],
    )
    if report.results:
        yield f"Scores on the {report.split} split, in percent, with 95 % bootstrap intervals:"
        yield ""
        yield from score_table(report.results)
        yield ADVICE
        yield ""
    if report.speed:
        yield (
            f"It takes {format_bytes(report.speed.bytes)} on disk and reads {report.speed.texts_per_second:,.0f} "
            "texts a second in one process on the machine where this was written."
        )
        yield ""
    yield f"Trained with `{report.command.replace('`', '')}`, "
    yield ", ".join(f"{name} {found}" for name, found in report.versions.items()) + "."
