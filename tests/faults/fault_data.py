"""Small data of two tasks."""

import json
from pathlib import Path

TASKS = {"sentiment": ("good", "bad"), "topic": ("film", "shop")}


def write_data(folder: Path, n: int = 24, start: int = 0) -> Path:
    """Write train and dev files of two tasks."""
    for task, labels in TASKS.items():
        for split, size in (("train", n), ("dev", n // 2)):
            rows = [
                {"text": f"{labels[i % 2]} the a{i + start}", "label": labels[i % 2]}
                for i in range(size)
            ]
            path = folder / split / f"{task}.jsonl"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return folder
