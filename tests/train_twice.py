"""Train in a process of its own, and print what has come out of it, as `python train_twice.py FOLDER`."""

import hashlib
import json
import os
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
sys.path.insert(0, str(Path(__file__).parent / "cli"))

import spacy
from pretrain_setup import LMAO, make_config
from small_data import make_rows, write_data
from spacy.cli._util import setup_cli
from thinc.api import fix_random_seed

from spacy_mtl import partial_fit
from spacy_mtl.cli.init_config import init_config
from spacy_mtl.training.pretrain import pretrain


def digests_of(folder: Path) -> dict[str, str]:
    """A hash of each file."""
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def train_by_command(folder: Path) -> dict[str, str]:
    """Train by spaCy's own command."""
    text = init_config(write_data(folder / "data"), max_steps=12, width=16, depth=1)
    (folder / "train.cfg").write_text(text, encoding="utf8")
    sys.argv = ["spacy", "train", str(folder / "train.cfg"), "--output", str(folder / "out")]
    try:
        setup_cli()
    except SystemExit as end:
        if end.code:
            raise
    return digests_of(folder / "out" / "model-last")


def learn_in_python(folder: Path) -> dict[str, float]:
    """Go on with the trained pipeline by `partial_fit`, and predict."""
    fix_random_seed(0)
    nlp = spacy.load(folder / "out" / "model-last")
    for seed in (5, 6):
        rows = [(row["text"], row["label"]) for row in make_rows("sentiment", 30, seed)]
        partial_fit(nlp, {"sentiment": rows}, batch_size=8)
    return dict(nlp("a lovely plot, an unheard-of parcel").cats)


def main(folder: Path) -> None:
    """Train in three ways, in a folder that is empty."""
    os.chdir(folder)
    here = Path()
    found = {"trained": train_by_command(here), "learned": learn_in_python(here)}
    pretrain(make_config(here, LMAO), here / "pretrained", save_every=5)
    sys.stdout.write("\n" + json.dumps({**found, "pretrained": digests_of(here / "pretrained")}))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
