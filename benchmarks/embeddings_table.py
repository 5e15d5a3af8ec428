"""The README's tables of the benchmark of embeddings."""

import json
from itertools import product
from pathlib import Path
from typing import Any

from embeddings_names import ENCODER, SOURCES, STS_TITLES, TUNER_TITLES
from spread import spread

RESULTS = Path(__file__).parent / "results" / "embeddings"
TUNERS_HEADER = [
    "embeddings",
    "then",
    "new data set? accuracy",
    "F1",
    "silhouette",
    "IMDB, 200 labels: accuracy",
    "F1",
    "silhouette",
]
STS_HEADER = ["STS-B, Spearman's correlation times 100", "seeds", "dev", "test"]
SPEED_HEADER = ["texts a second, one thread", "tweets", "film reviews"]
SPEED_TITLES = {
    "encoder": "**`SentenceEncoder`** (width 196, depth 2)",
    "tfidf_svd": "TF-IDF and SVD, 200 dimensions",
    "minilm": "all-MiniLM-L6-v2",
}
TITLES = {ENCODER: "our encoder, LMAO on film reviews", "minilm": "all-MiniLM-L6-v2"}
METRICS = ("accuracy", "f1", "silhouette")
LEAST_SEEDS = 3


def tuners_rows() -> list[list[str]]:
    """RETURNS (list[list[str]]): The cells: means and their spread over three seeds."""
    rows = []
    for source in SOURCES:
        for tuner, title in TUNER_TITLES.items():
            cells = []
            for section in ("new_dataset", "imdb"):
                found = _load(f"{section}-{source}-{tuner}")
                complete = len(found) >= LEAST_SEEDS
                for metric in METRICS:
                    values = [record[metric] for record in found]
                    scale = 100 if metric == "silhouette" else 1
                    cells.append(spread([scale * v for v in values]) if complete else "")
            if any(cells):
                rows.append([TITLES[source], title, *cells])
    return rows


def sts_rows() -> list[list[str]]:
    """RETURNS (list[list[str]]): The cells: means and their spread over seeds."""
    rows = []
    for system, title in STS_TITLES.items():
        found = _load(f"sts-{system}")
        if found:
            scores = [spread([record[split] for record in found]) for split in ("dev", "test")]
            rows.append([title, str(len(found)), *scores])
    return rows


def speed_rows() -> list[list[str]]:
    """RETURNS (list[list[str]]): The cells: medians, and how many times as fast the encoder is."""
    rows = []
    for found, (side, title) in product(_load("speed"), SPEED_TITLES.items()):
        cells = []
        for kind in ("short", "long"):
            cell = f"{found[kind]['texts_per_second'][side]:,.0f}"
            if side != ENCODER:
                cell += f" (ours: {found[kind]['times_as_fast_as'][side]:.1f} times)"
            cells.append(cell)
        rows.append([title, *cells])
    return rows


def _load(name: str) -> list[dict[str, Any]]:
    files = sorted(RESULTS.glob(f"{name}-[0-9].json"))
    return [json.loads(path.read_text(encoding="utf8")) for path in files]
