"""TweetEval with typing errors in the test texts: what do they cost, with which features?

    python benchmarks/typos.py --data DIR
    python benchmarks/tables.py

The first command trains what `results/typos/` lacks, one file per system and seed, and can be stopped
and started again. The second writes the table of the README. All systems have the config of
`python -m spacy mtl init-config`, equally wide encoders and the same budget, smaller than the default.
"""

import argparse
import itertools
import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from spacy.language import Language
from tweeteval_data import DATA_ENV, SETS, load
from tweeteval_metrics import confusion, score_confusions, write_record
from tweeteval_ours import PREFIX, WORK, header, make_config, train_config
from tweeteval_peers import NO_DATA, UNKNOWN_SYSTEMS
from tweeteval_pretrain import write_raw_text
from typos_inject import KINDS, add_typos
from typos_table import PERCENT

from spacy_mtl.training.subwords import train_subwords

RESULTS = Path(__file__).parent / "results" / "typos"
COMMAND = "python benchmarks/typos.py --data DATA --systems {system} --seeds {seed}"
#: What differs from the default config, by dotted name.
SYSTEMS: dict[str, dict[str, Any]] = {
    "plain": {"components.tok2vec.model.ngram_width": 0},
    "words": {"components.tok2vec.model.char_max": 0},
    "characters": {},
    "subwords": {"components.tok2vec.model.char_max": 0},
}
BUDGET = {
    "training.max_steps": 3000,
    "training.eval_frequency": 1000,
    "training.patience": 0,
    "training.optimizer.learn_rate": 0.001,
}
#: Test rows of a set that are read: `emoji` and `sentiment` have more.
ROWS = 10_000
VOCAB_SIZE = 8000


def main() -> None:
    """Run the systems and seeds named on the command line."""
    parser = argparse.ArgumentParser(description="TweetEval with typing errors.")
    parser.add_argument("--data", default=os.environ.get(DATA_ENV), help="folder of the data")
    parser.add_argument("--systems", default=",".join(SYSTEMS), help="comma-separated")
    parser.add_argument("--seeds", default="0,1,2", help="comma-separated")
    parser.add_argument("--out", type=Path, default=RESULTS)
    parser.add_argument("--work", type=Path, default=WORK, help="folder for the subwords")
    args = parser.parse_args()
    if not args.data:
        parser.error(NO_DATA.format(env=DATA_ENV))
    systems = args.systems.split(",")
    if unknown := sorted(set(systems) - set(SYSTEMS)):
        parser.error(UNKNOWN_SYSTEMS.format(unknown=unknown, names=", ".join(SYSTEMS)))
    for seed, system in itertools.product(map(int, args.seeds.split(",")), systems):
        path = args.out / f"{system}-{seed}.json"
        if path.is_file():
            record = json.loads(path.read_text(encoding="utf8"))
        else:
            record = run_system(args.data, system, seed, path, args.work)
        noisy = {name: scores["ALL"] for name, scores in record["typos"].items()}
        print(f"{system} {seed}: test ALL {record['test']['ALL']}, {noisy}", flush=True)


def run_system(
    data_dir: str | Path, system: str, seed: int, path: Path, work: Path
) -> dict[str, Any]:
    """Train one pipeline for all sets, and record its scores on clean and noisy test texts.

    data_dir (str | Path): The folder of the data.
    system (str): The name of the system.
    seed (int): The seed of the training. The noise is the same for all.
    path (Path): The file of the record.
    work (Path): Where the subwords are kept from seed to seed.
    RETURNS (dict): The record.
    """
    overrides = {**BUDGET, **SYSTEMS[system]}
    config = make_config(data_dir, seed, overrides)
    if system == "subwords":
        config["nlp"]["tokenizer"] = {
            "@tokenizers": "spacy_mtl.SubwordTokenizer.v1",
            "path": str(train_tokenizer(data_dir, work)),
        }
    nlp, seconds, log = train_config(config)
    scores = dict(score_noises(nlp, data_dir))
    record = header(system, seed, seconds, config, overrides) | {
        "command": COMMAND.format(system=system, seed=seed),
        "tokenizer": config["nlp"]["tokenizer"]["@tokenizers"],
        "rows": ROWS,
        "size_mb": round(len(nlp.to_bytes(exclude=["vocab"])) / 1e6, 1),
        "log": log,
        "test": scores.pop("clean"),
        "typos": scores,
    }
    write_record(path, record)
    return record


def train_tokenizer(data_dir: str | Path, work: Path) -> Path:
    """Train subwords on the training texts, unless it has been done already.

    data_dir (str | Path): The folder of the data.
    work (Path): Where they are kept.
    RETURNS (Path): Their file.
    """
    raw, output = work / "raw.jsonl", work / "subwords.json"
    work.mkdir(parents=True, exist_ok=True)
    if not raw.exists():
        write_raw_text(data_dir, raw)
    if not output.exists():
        train_subwords(raw, output, vocab_size=VOCAB_SIZE)
    return output


def score_noises(nlp: Language, data_dir: str | Path) -> Iterator[tuple[str, dict[str, Any]]]:
    """Score a pipeline on the test texts, clean and with each kind and share of errors.

    nlp (Language): The pipeline.
    data_dir (str | Path): The folder of the data.
    YIELDS (tuple): "clean" or "KIND-PERCENT", and the scores.
    """
    test = {name: load(data_dir, name, "test") for name in SETS}
    yield "clean", _score(nlp, test, None)
    for kind, percent in itertools.product(KINDS, PERCENT):
        yield f"{kind}-{percent}", _score(nlp, test, (kind, percent / 100))


def _score(
    nlp: Language, test: dict[str, tuple[list[str], list[str]]], noise: tuple[str, float] | None
) -> dict[str, Any]:
    counts = {}
    for name, (texts, gold) in test.items():
        texts = texts[:ROWS]
        if noise:
            # A seed for each row, whatever stands before it.
            texts = [add_typos(text, *noise, f"{name} {i}") for i, text in enumerate(texts)]
        with nlp.select_pipes(enable=["tok2vec", PREFIX + name]):
            scores = [doc._.tasks[PREFIX + name] for doc in nlp.pipe(texts, batch_size=256)]
        predicted = [max(row, key=row.__getitem__) for row in scores]
        counts[name] = confusion(name, gold[:ROWS], predicted)
    return score_confusions(counts)


if __name__ == "__main__":
    main()
