"""An encoder pretrained on the tweets of the eleven training sets, without their labels."""

from pathlib import Path
from typing import Any

import numpy
import srsly
from spacy.training.pretrain import pretrain
from thinc.api import Config
from tweeteval_data import SETS, load

from spacy_mtl.cli.init_config import init_config
from spacy_mtl.training.vectors import VectorSettings, train_vectors

VECTORS = VectorSettings(mode="default", dim=100, epochs=10, min_count=3, window=8, maxn=0)
EPOCHS = 5
PREFIX = "tweeteval-"


def pretrain_encoder(data_dir: str | Path, work: Path, changes: dict[str, Any]) -> Path:
    """Pretrain the encoder as `spacy pretrain` does, unless it has been already.

    data_dir (str | Path): The folder of the data.
    work (Path): Where raw text, vectors and weights are kept.
    changes (dict): Values to use instead of the config's, by dotted name.
    RETURNS (Path): The weights.
    """
    raw, vectors, output = work / "raw.jsonl", work / "vectors", work / "encoder"
    weights = output / f"model{EPOCHS - 1}.bin"
    if weights.exists():
        return weights
    output.mkdir(parents=True, exist_ok=True)
    if not raw.exists():
        write_raw_text(data_dir, raw)
    if not vectors.exists():
        train_vectors(raw, vectors, VECTORS)
    text = init_config(
        data_dir,
        tasks=[PREFIX + name for name in SETS],
        raw_text=str(raw),
        target_vectors=str(vectors),
    )
    overrides = {"pretraining.max_epochs": EPOCHS, **changes}
    pretrain(Config().from_str(text, overrides=overrides).interpolate(), output, silent=False)
    return weights


def write_raw_text(data_dir: str | Path, path: Path) -> None:
    """Write the training texts of all sets that stand in no dev or test set, each once, mixed.

    data_dir (str | Path): The folder of the data.
    path (Path): The file.
    """
    held_out = {
        t for name in SETS for split in ("dev", "test") for t in load(data_dir, name, split)[0]
    }
    texts = dict.fromkeys(t for name in SETS for t in load(data_dir, name, "train")[0])
    kept = [text for text in texts if text not in held_out]
    order = numpy.random.RandomState(0).permutation(len(kept))
    srsly.write_jsonl(path, ({"text": kept[i]} for i in order))
