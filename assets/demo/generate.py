"""Write the demo data: five small text classification tasks about films and things one can buy, and
unlabelled texts of the same kind.
"""

import argparse
import csv
import json
import re
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path

# The files are written beside this script, and a task reader lists the folder: no __pycache__.
sys.dont_write_bytecode = True

from dice import Dice  # noqa: E402
from grammar import Writer  # noqa: E402
from lexicon import Lexicon, Vocabulary  # noqa: E402
from noise import type_out  # noqa: E402
from tasks import LABELS, WRITERS  # noqa: E402

HERE = Path(__file__).resolve().parent
SPLITS = ("train", "dev", "test")
SIZES: dict[str, tuple[int, int, int]] = {
    "emotion": (300, 150, 400),
    "intent": (120, 100, 400),
    "recommend": (80, 80, 400),
    "sentiment": (1200, 200, 600),
    "topic": (600, 150, 400),
}
# How much of the vocabulary each training split may use; dev and test use all of it.
TRAIN_REACH: dict[str, str] = {
    "emotion": "half",
    "intent": "core",
    "recommend": "core",
    "sentiment": "wide",
    "topic": "wide",
}
# Unlabelled texts, as many of the kind of each task. They use all of the vocabulary.
RAW_SIZE = 8000
LABEL_NOISE = 0.025
EMOJI = 0.16
MAX_WORDS = 44

Item = tuple[str, list[str]]


def write_split(
    task: str, split: str, size: int, lexicon: Lexicon, seen: dict[str, str], seed: int
) -> tuple[list[Item], list[Item]]:
    """Write the texts of one split.

    task (str): The task.
    split (str): The split.
    size (int): The number of texts.
    lexicon (Lexicon): All words.
    seen (Dict[str, str]): The texts written so far, spelt alike; extended in place.
    seed (int): The seed of the whole run.
    RETURNS (Tuple[List[Item], List[Item]]): The texts with their labels, and those among them
        that got a wrong label on purpose, with the right ones.
    """
    dice = Dice(f"{seed}/{task}/{split}")
    vocabulary = Vocabulary(lexicon, TRAIN_REACH[task] if split == "train" else "open")
    writer = Writer(dice, vocabulary)
    items: list[Item] = []
    mislabelled: list[Item] = []
    while len(items) < size:
        sentences, labels, polarity = WRITERS[task](writer)
        if not vocabulary.allows(" ".join(sentences)):
            continue
        emoji = ""
        if dice.chance(EMOJI):
            emoji = writer.phrase(f"emoji {polarity if dice.chance(0.7) else 'neutral'}", "plot")
        text = type_out(sentences, dice, emoji=emoji)
        key = re.sub(r"\W+", "", text.lower())
        if key in seen or not 3 <= len(text.split()) <= MAX_WORDS:
            continue
        seen[key] = task
        if dice.chance(LABEL_NOISE):
            mislabelled.append((text, labels))
            labels = flip(task, labels, dice)
        items.append((text, labels))
    return items, mislabelled


def flip(task: str, labels: Sequence[str], dice: Dice) -> list[str]:
    """Make a mistake, as annotators do.

    task (str): The task.
    labels (Sequence[str]): The right labels.
    dice (Dice): The chance to use.
    RETURNS (List[str]): Wrong ones.
    """
    if task != "emotion":
        return [dice.others(LABELS[task], labels[0])]
    label = dice.pick(LABELS[task])
    return sorted(set(labels) ^ {label})


def save(path: Path, task: str, items: Sequence[Item]) -> None:
    """Save one split in its task's format.

    path (Path): The file without its suffix.
    task (str): The task.
    items (Sequence[Item]): Texts and their labels.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    if task == "intent":
        with path.with_suffix(".csv").open("w", encoding="utf8", newline="") as file:
            rows = csv.writer(file, lineterminator="\n")
            rows.writerow(["text", "label"])
            rows.writerows([text, labels[0]] for text, labels in items)
        return
    with path.with_suffix(".jsonl").open("w", encoding="utf8", newline="\n") as file:
        for text, labels in items:
            row: dict[str, object] = {"text": text}
            if task == "emotion":
                row["labels"] = labels
            else:
                row["label"] = labels[0]
            if task == "recommend":
                row["answer"] = "accept"
            file.write(json.dumps(row, ensure_ascii=False) + "\n")


def save_raw(path: Path, texts: Iterable[str]) -> None:
    """Save unlabelled texts.

    path (Path): The file.
    texts (Iterable[str]): The texts.
    """
    with path.open("w", encoding="utf8", newline="\n") as file:
        file.writelines(json.dumps({"text": text}, ensure_ascii=False) + "\n" for text in texts)


def generate(out: Path, *, seed: int = 0) -> dict[str, list[Item]]:
    """Write all files of all tasks, and the unlabelled texts.

    out (Path): The folder; every task gets one of its own in it.
    seed (int): The seed.
    RETURNS (Dict[str, List[Item]]): For every "task/split", the texts that got a wrong label on
        purpose, with the right labels.
    """
    lexicon = Lexicon(HERE)
    seen: dict[str, str] = {}
    mistakes: dict[str, list[Item]] = {}
    for task in sorted(SIZES):
        for split, size in zip(SPLITS, SIZES[task], strict=True):
            items, wrong = write_split(task, split, size, lexicon, seen, seed)
            save(out / task / split, task, items)
            mistakes[f"{task}/{split}"] = wrong
    # The last, so that no labelled text depends on them.
    size = RAW_SIZE // len(SIZES)
    raw = [write_split(task, "raw", size, lexicon, seen, seed)[0] for task in sorted(SIZES)]
    save_raw(out / "raw.jsonl", (text for row in zip(*raw, strict=True) for text, _ in row))
    return mistakes


def main() -> None:
    """Read the command line and write the files."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=HERE, help="the folder to write to")
    parser.add_argument("--seed", type=int, default=0, help="another seed gives other texts")
    parser.add_argument(
        "--mistakes", type=Path, help="a .json file for the labels that are wrong on purpose"
    )
    args = parser.parse_args()
    mistakes = generate(args.out, seed=args.seed)
    if args.mistakes:
        text = json.dumps(mistakes, ensure_ascii=False, indent=1)
        args.mistakes.write_text(text + "\n", encoding="utf8")


if __name__ == "__main__":
    main()
