"""Targets: folders of models, pretrained weights, states, journals and indexes."""

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import srsly
from fuzz_draw import Draw, as_json
from fuzz_judge import Target, is_of_config, is_of_spacy
from fuzz_parts import STATE, TEXTS, contents, make_pipeline, parts, pipeline, train, write
from spacy.util import load_model_from_config
from thinc.api import Config

from spacy_mtl.damage import load_pipeline
from spacy_mtl.inference.predictor import predict_file
from spacy_mtl.inference.runs import PARTIAL
from spacy_mtl.inference.similar import SimilarTexts
from spacy_mtl.layers.saved_weights import load_weights
from spacy_mtl.sweep.space import read_space
from spacy_mtl.training.checkpoint import load_checkpoint, restoring
from spacy_mtl.training.run_state import Progress, restore_pipeline
from spacy_mtl.training.saved_encoder import load_encoder


def draw_files(draw: Draw, name: str, other: str | None = None) -> dict[str, bytes]:
    """Files of a folder, some of them missing, damaged, swapped or those of another one."""
    files = dict(contents(name))
    names = sorted(files)
    for _ in range(1 + draw.below(2)):
        chosen, kind = draw.pick(names), draw.below(8)
        if chosen not in files:
            continue
        if kind == 0:
            del files[chosen]
        elif kind == 1:
            swapped = draw.pick(names)
            if swapped in files:
                files[chosen], files[swapped] = files[swapped], files[chosen]
        elif kind == 2 and other is not None:
            files[chosen] = contents(other).get(chosen, b"")
        elif kind == 3:
            files[chosen] = b""
        elif kind in (4, 5):
            files[chosen] = damage_within(draw, files[chosen])
        else:
            files[chosen] = draw.edit(files[chosen])
    return files


def damage_within(draw: Draw, data: bytes) -> bytes:
    """Change a value deep in a file of JSON or msgpack, whose form stays as it is."""
    for loads, dumps in ((json.loads, as_json), (srsly.msgpack_loads, srsly.msgpack_dumps)):
        try:
            found = loads(data)  # type: ignore[operator]
            change(draw, found)
            return dumps(found)  # type: ignore[operator,no-any-return]
        except Exception:
            continue
    return draw.edit(data)


def change(draw: Draw, value: Any) -> None:
    """Change something in lists and objects."""
    while isinstance(value, dict | list) and value:
        key: Any = draw.pick(list(value)) if isinstance(value, dict) else draw.below(len(value))
        inner = value[key]
        if not isinstance(inner, dict | list) or not inner or draw.below(4) == 3:
            kind = draw.below(8)
            if hasattr(inner, "shape") and kind < 4:
                value[key] = (inner[:-1], inner.T, inner.astype("d"), inner * float("nan"))[kind]
            elif kind == 7:
                del value[key]
            else:
                value[key] = draw.value()
            return
        value = inner


def run_model(draw: Draw, place: Path) -> None:
    """Load a folder, use the pipeline, and save it."""
    write(draw_files(draw, "model", "wide"), place / "model")
    nlp = load_pipeline(place / "model")
    list(nlp.pipe(TEXTS))
    nlp.to_disk(place / "again")


def run_weights(draw: Draw, place: Path) -> None:
    """Load a saved encoder, and weights of a pretraining."""
    kind = draw.below(3)
    path = place / "weights"
    data = (parts() / ("encoder.msgpack" if kind == 0 else "weights.bin")).read_bytes()
    if draw.below(4) == 3:
        data = draw.rest()
    else:
        data = damage_within(draw, data) if draw.below(2) else draw.edit(data)
    path.write_bytes(data)
    nlp = make_pipeline(width=draw.pick([8, 12]))
    if kind == 0:
        load_encoder(path)
        load_encoder(path, nlp)
    elif kind == 1:
        train(nlp)
        load_weights(nlp.get_pipe("tok2vec").model, path)
        list(nlp.pipe(TEXTS))
    else:
        nlp.config["initialize"]["init_tok2vec"] = str(path)
        nlp.config["pretraining"] = {"component": "tok2vec", "layer": ""}
        train(nlp)


def run_state(draw: Draw, place: Path) -> None:
    """Go on from the state of a training."""
    folder = parts() / "run"
    data = (folder / STATE).read_bytes()
    data = damage_within(draw, data) if draw.below(2) else draw.edit(data)
    write({STATE: data}, place)
    state = load_checkpoint(place, kind="training")
    if state is None:
        return
    nlp = make_pipeline()
    train(nlp)
    with restoring(place):
        Progress.from_state(state["progress"])
        restore_pipeline(nlp, nlp.resume_training(), state)


def _journal() -> dict[str, bytes]:
    """What an interrupted run of `predict` leaves."""
    if "journal" not in _made:
        source = parts() / "texts.jsonl"
        output = parts() / "out.jsonl"

        def stop(report: Any) -> None:
            raise KeyboardInterrupt

        from spacy_mtl.inference import runs

        finish = runs.Run._finish
        runs.Run._finish = lambda self: stop(None)  # type: ignore[method-assign]
        try:
            predict_file(pipeline(), source, output)
        except KeyboardInterrupt:
            pass
        finally:
            runs.Run._finish = finish  # type: ignore[method-assign]
        folder = Path(f"{output}{PARTIAL}")
        _made["journal"] = {p.name: p.read_bytes() for p in sorted(folder.iterdir())}
    return _made["journal"]


_made: dict[str, dict[str, bytes]] = {}


def run_journal(draw: Draw, place: Path) -> None:
    """Go on with an interrupted run of `predict`."""
    files = dict(_journal())
    for _ in range(1 + draw.below(2)):
        name = draw.pick(sorted(files) or ["state.json"])
        data = files.get(name, b"")
        kind = draw.below(4)
        files[name] = damage_within(draw, data) if kind < 2 else draw.edit(data)
        if kind == 3:
            del files[name]
    output = place / "out.jsonl"
    write(files, Path(f"{output}{PARTIAL}"))
    predict_file(pipeline(), parts() / "texts.jsonl", output, overwrite=bool(draw.below(2)))


def run_index(draw: Draw, place: Path) -> None:
    """Open an index of texts and look something up."""
    write(draw_files(draw, "index"), place / "index")
    SimilarTexts(pipeline(), place / "index", exact=True).find(["a film", ""], 2)


SPACE = b"""training.dropout: {low: 0.0, high: 0.5, step: 0.1}
lr:
  paths: [training.optimizer.learn_rate]
  low: 1e-4
  high: 0.1
  log: true
components.tok2vec.model.width: {choices: [32, 64, 96]}
x: {choices: [a, b], when: {lr: [1]}}
"""


def run_space(draw: Draw, place: Path) -> None:
    """Read the file of a search."""
    data = SPACE if draw.below(3) else b""
    path = place / "space.yml"
    if draw.below(4) == 3:
        data = draw.rest()
    elif draw.below(2):
        entry = {"choices": [1, 2], "low": 0, "high": 1, "log": False, "step": 1, "int": True}
        keys = [draw.pick([*entry, "when", "times", "paths"]) for _ in range(draw.below(4))]
        block = {key: draw.value() if draw.below(2) else entry.get(key) for key in keys}
        data += b"y: " + as_json(block)
    path.write_bytes(draw.edit(data))
    for parameter in read_space(path):
        parameter.describe()


def run_config(draw: Draw, place: Path) -> None:
    """Build a pipeline from a config with odd values, and train it."""
    config = Config().from_str(contents("model")["config.cfg"].decode(), interpolate=False)
    where = config["components"]
    for _ in range(1 + draw.below(3)):
        block = where[draw.pick(["tok2vec", "sentiment", "tags"])]
        for _ in range(draw.below(3)):
            inner = [value for value in block.values() if isinstance(value, dict) and value]
            block = draw.pick(inner) if inner else block
        key = draw.pick([*block, "x"])
        value = draw.value()
        if isinstance(block.get(key), bool | int | float) and draw.below(2):
            value = draw.pick([-1, 0, 1, 2, 3, 0.5, -0.5, 1e-9, 17, True, float("nan"), "a"])
        # Half a character in a key ends the process in spaCy's own check of configs.
        if re.search(rb"\\u[dD][89abcdefABCDEF]", as_json(value)):
            continue
        # A model of any size may be asked for, and takes its memory.
        block[key] = 20 if isinstance(value, int | float) and abs(value) > 64 else value
    nlp = load_model_from_config(config, auto_fill=bool(draw.below(2)))
    train(nlp)
    list(nlp.pipe(TEXTS))


def seeds() -> list[bytes]:
    """First inputs for choices of all kinds."""
    flat = [bytes((i * 37 + j * (2 * i + 1)) % 256 for j in range(48)) for i in range(48)]
    return [bytes(32), *flat]


def _of(name: str, what: str, run: Callable, allows: Callable = is_of_spacy) -> Target:
    return Target(name, what, run, seeds, [], allows)


TARGETS = [
    _of("models", "model folders", run_model),
    _of("weights", "encoders and pretrained weights", run_weights),
    _of("states", "states of a training", run_state),
    _of("journals", "interrupted runs of `predict`", run_journal),
    _of("indexes", "indexes of `similar`", run_index),
    _of("spaces", "search spaces of `sweep`", run_space),
    _of("config", "values in a config", run_config, is_of_config),
]
