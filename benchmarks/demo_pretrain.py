"""Pretraining on the demo data's raw text, on other text before, or on neither.

    python benchmarks/demo_pretrain.py --data DIR --work DIR [--seeds 0,1,2]

The other text is that of the IMDB benchmark, whose work folder is used: one epoch of 20 million words of film
reviews, where the demo data talks about films and products. Mean test score over the five tasks.
"""

import argparse
import io
import json
import os
import statistics
import tempfile
from pathlib import Path
from typing import Any

import spacy
from demo import DATA, score
from imdb_data import DATA_ENV
from imdb_encoders import ENCODER
from imdb_encoders import pretrain_encoder as pretrain_on_imdb
from spacy.training.initialize import init_nlp
from spacy.training.loop import train
from spacy.training.pretrain import pretrain
from thinc.api import Config

from spacy_mtl.cli.init_config import init_config
from spacy_mtl.training.raw_text import collect_raw_text
from spacy_mtl.training.single_task import find_task_pipes
from spacy_mtl.training.vectors import VectorSettings, train_vectors

RESULT = Path(__file__).parent / "results" / "demo_pretrain.json"
COMMAND = "python benchmarks/demo_pretrain.py --data DATA --work WORK"
VECTORS = VectorSettings(mode="default", dim=100, min_count=3, maxn=0)


def make_config(folder: Path, seed: int, changes: dict[str, Any]) -> Config:
    """Write the config, with the encoder of the IMDB benchmark so that its weights fit.

    folder (Path): Where raw text and vectors are.
    seed (int): The seed.
    changes (dict): What else is changed, by dotted name.
    RETURNS (Config): The config, without variables.
    """
    text = init_config(
        DATA, raw_text=str(folder / "raw.jsonl"), target_vectors=str(folder / "vectors")
    )
    encoder = {f"components.tok2vec.model.{name}": value for name, value in ENCODER.items()}
    return (
        Config().from_str(text, overrides={"system.seed": seed, **encoder, **changes}).interpolate()
    )


def pretrain_on_demo(folder: Path, name: str, start: Path | None) -> Path:
    """Pretrain on the raw text of the demo data.

    folder (Path): Where raw text, vectors and weights are kept.
    name (str): Name of the weights.
    start (Path | None): Weights to start from.
    RETURNS (Path): The weights.
    """
    output = folder / name
    weights = output / "model-last.bin"
    if not weights.exists():
        output.mkdir(parents=True, exist_ok=True)
        changes = {"pretraining.objective.init_tok2vec": None if start is None else str(start)}
        pretrain(make_config(folder, 0, changes), output, silent=True)
    return weights


def run(folder: Path, weights: Path | None, seed: int) -> dict[str, float]:
    """Train the demo pipeline.

    folder (Path): Where raw text and vectors are.
    weights (Path | None): Weights that the encoder starts from.
    seed (int): The seed.
    RETURNS (dict): The test score of each task.
    """
    changes = {"initialize.init_tok2vec": None if weights is None else str(weights)}
    config = make_config(folder, seed, changes)
    with tempfile.TemporaryDirectory() as output:
        train(init_nlp(config), Path(output), stdout=io.StringIO(), stderr=io.StringIO())
        return score(Path(output) / "model-best", list(find_task_pipes(config)))


def main() -> None:
    """Run the seeds that the result file lacks."""
    parser = argparse.ArgumentParser(description="Stages of pretraining.")
    parser.add_argument("--data", default=os.environ.get(DATA_ENV), help="folder of the data")
    parser.add_argument("--work", type=Path, default=Path(".imdb"), help="of imdb_lmao.py")
    parser.add_argument("--seeds", default="0,1,2", help="comma-separated")
    args = parser.parse_args()
    folder = args.work / "demo"
    folder.mkdir(parents=True, exist_ok=True)
    if not (folder / "raw.jsonl").exists():
        collect_raw_text([DATA], folder / "raw.jsonl")
    if not (folder / "vectors").exists():
        train_vectors(folder / "raw.jsonl", folder / "vectors", VECTORS)
    general = pretrain_on_imdb(str(args.data), args.work, "lmao")[0]
    arms = {
        "no pretraining": None,
        "own text": pretrain_on_demo(folder, "own", None),
        "general text": general,
        "general text, then own": pretrain_on_demo(folder, "general-own", general),
    }
    record = json.loads(RESULT.read_text(encoding="utf8")) if RESULT.is_file() else {}
    for seed in args.seeds.split(","):
        for arm, weights in arms.items():
            runs = record.setdefault("arms", {}).setdefault(arm, {})
            if seed not in runs:
                runs[seed] = run(folder, weights, int(seed))
                record["command"] = COMMAND
                record["versions"] = {"spacy": spacy.__version__}
                RESULT.write_text(json.dumps(record, indent=1) + "\n", encoding="utf8")
                print(arm, seed, round(statistics.mean(runs[seed].values()), 1), flush=True)


if __name__ == "__main__":
    main()
