"""The README's table and plot of the IMDB benchmark."""

import json
import statistics
from pathlib import Path
from typing import Any

from spread import spread

RESULTS = Path(__file__).parent / "results" / "imdb"
HEADER = ["IMDB, 1,000 labels", "seeds", "dev", "test"]
#: Accuracy on test as others report it for 1,000 labels, and how they chose.
PUBLISHED = {
    "published: spaCy CNN from scratch": 78.4,
    "published: the same with LMAO on 2 billion words": 81.3,
    "published: the same with GloVe (Common Crawl) as input": 87.0,
    "published: model2vec + logistic regression": 85.3,
    "published: SetFit": 86.0,
    "published: bge-base + logistic regression": 92.3,
}


def load_rows() -> list[dict[str, Any]]:
    """Read the finished rows.

    RETURNS (list[dict]): Their records, from the lowest to the highest mean accuracy on dev.
    """
    rows = [json.loads(path.read_text(encoding="utf8")) for path in RESULTS.glob("*.json")]
    return sorted((row for row in rows if row.get("seeds")), key=lambda row: _mean(row, "dev"))


def table_rows() -> list[list[str]]:
    """Lay out the rows.

    RETURNS (list[list[str]]): The cells.
    """
    rows = []
    for row in load_rows():
        scores = list(row["seeds"].values())
        cells = [spread([score[key] for score in scores]) for key in ("dev", "test")]
        rows.append([row["title"], str(len(scores)), *cells])
    if not rows:
        return []
    rows += [[title, "", "", f"{score:.1f}"] for title, score in PUBLISHED.items()]
    return rows


def write_plot(path: Path) -> None:
    """Draw the learning curves.

    path (Path): The file to write, .svg.
    """
    import altair

    points = [
        {"row": row["title"], "labels": int(n_labels), "accuracy": scores["test"]}
        for row in load_rows()
        for n_labels, scores in row.get("curve", {}).items()
    ]
    chart = altair.Chart(altair.Data(values=points), width=520, height=300)
    chart = chart.mark_line(point=True).encode(
        x=altair.X(
            "labels:Q", scale=altair.Scale(type="log", nice=False), title="labelled reviews"
        ),
        y=altair.Y("accuracy:Q", scale=altair.Scale(zero=False), title="test accuracy, %"),
        color=altair.Color(
            "row:N", title=None, legend=altair.Legend(orient="bottom", columns=1, labelLimit=0)
        ),
    )
    chart.save(path)


def _mean(row: dict[str, Any], key: str) -> float:
    return statistics.mean(scores[key] for scores in row["seeds"].values())
