"""The page on which a person goes through a review."""

from collections.abc import Mapping, Sequence
from hashlib import blake2b
from typing import Any

from markupsafe import Markup

from .page import read_static, render_page

TITLE = "Label review"
LEAD = "{n:,} rows, the most suspicious first."
PROPOSED_TITLE = "Texts to label"
PROPOSED_LEAD = "{n:,} rows, the most worthwhile first."


def render_review(rows: Sequence[Mapping[str, Any]], *, title: str | None = None) -> str:
    """Write the page of a review.

    rows (Sequence[Mapping[str, Any]]): The rows in Prodigy's format, with what is known under `meta`.
    title (Optional[str]): Title of the page. Says by default whether labels are reviewed or texts proposed.
    RETURNS (str): The HTML.
    """
    has_labels = any(row["meta"]["labels"] for row in rows) or not rows
    lead = LEAD if has_labels else PROPOSED_LEAD
    return render_page(
        "review.html",
        title=title or (TITLE if has_labels else PROPOSED_TITLE),
        data=_compact(rows),
        plotly=False,
        lead=lead.format(n=len(rows)),
        review_css=Markup(read_static("review.css")),
        review_js=Markup(read_static("review.js")),
    )


def _compact(rows: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Write each text, file name and list of labels once."""
    places = {(row["meta"]["file"], row["meta"]["line"]): i for i, row in enumerate(rows)}
    files = {row["meta"]["file"]: 0 for row in rows}
    files.update((file, i) for i, file in enumerate(files))
    tasks: dict[str, dict[str, Any]] = {}
    found = blake2b(digest_size=8)
    compact = []
    for row in rows:
        meta = row["meta"]
        found.update(f"{meta['task']}\0{meta['line']}\0{row['text']}".encode("utf8", "replace"))
        options = [option["id"] for option in row["options"]]
        multiple = row["config"]["choice_style"] == "multiple"
        tasks.setdefault(meta["task"], {"labels": options, "multiple": multiple})
        compact.append(
            {
                "task": meta["task"],
                "text": row["text"],
                "file": files[meta["file"]],
                "line": meta["line"],
                "score": meta["score"],
                "flagged": meta["flagged"],
                "labels": meta["labels"],
                "suggested": meta["suggested"],
                "p": [meta["probabilities"].get(label) for label in options],
                "reasons": [[reason["name"], reason["text"]] for reason in meta["reasons"]],
                "near": [
                    [_example(example, places, rows), example["similarity"], same]
                    for same, kind in ((True, "agreeing"), (False, "disagreeing"))
                    for example in meta[kind]
                ],
            }
        )
    return {"key": found.hexdigest(), "tasks": tasks, "files": list(files), "rows": compact}


def _example(
    example: Mapping[str, Any],
    places: Mapping[tuple[str, int], int],
    rows: Sequence[Mapping[str, Any]],
) -> Any:
    i = places.get((example["path"], example["line"]))
    if i is not None and rows[i]["text"] == example["text"]:
        return i
    return {"text": example["text"], "labels": example["labels"], "line": example["line"]}
