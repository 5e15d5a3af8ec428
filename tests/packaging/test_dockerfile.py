"""The steps of the Dockerfile, executed in an empty folder with a clean environment."""

import json
import re
import shutil
from pathlib import Path

import numpy
import pytest
from docker_steps import Image, argument, read_steps

ROOT = Path(__file__).parents[2]
STEPS = read_steps((ROOT / "Dockerfile").read_text("utf8"))


def test_commands_that_build_are_those_of_the_readme():
    commands = [rest for name, rest in STEPS if name == "RUN"]
    readme = (ROOT / "README.md").read_text("utf8")
    listed = "\n".join(re.findall(r"^```bash\n(.*?)^```$", readme, re.DOTALL | re.MULTILINE))
    known = {part for line in listed.splitlines() for part in line.split(" && ")}
    assert commands and set(commands) <= known


def test_the_base_image_is_pinned_and_of_a_python_that_is_supported():
    assert re.fullmatch(r"python:3\.1[0-3]\.\d+-slim-\w+", argument(STEPS, "FROM"))


def test_it_does_not_run_as_root():
    user = argument(STEPS, "USER").split(":")[0]
    assert int(user) > 0
    names = [name for name, _ in STEPS]
    assert names.index("USER") < names.index("ENTRYPOINT")


def test_what_is_copied_is_sent_and_nothing_else_is():
    rules = (ROOT / ".dockerignore").read_text("utf8").splitlines()
    sent = {rule[1:] for rule in rules if rule.startswith("!")}
    copied = {source for name, rest in STEPS if name == "COPY" for source in rest.split()[:-1]}
    assert rules[0] == "*" and sent == copied
    assert all((ROOT / source).exists() for source in copied)


@pytest.mark.slow
def test_trains_predicts_and_embeds(tmp_path):
    image = Image(tmp_path, ROOT)
    image.build(STEPS)
    assert (
        "predict" in image.run([*json.loads(argument(STEPS, "ENTRYPOINT")), "mtl", "--help"]).stdout
    )
    shutil.copytree(ROOT / "assets" / "demo" / "intent", image.work / "data" / "intent")
    (image.work / "texts.txt").write_text("Where is my parcel?\nGroße Klasse 👍\n", "utf8")
    image.call(STEPS, "mtl", "init-config", "data", "small.cfg", "--max-steps", "4")
    image.call(STEPS, "train", "small.cfg", "--output", "trained")
    image.call(STEPS, "mtl", "predict", "trained/model-last", "texts.txt", "labels.jsonl")
    labels = [
        json.loads(line) for line in (image.work / "labels.jsonl").read_text("utf8").splitlines()
    ]
    assert [row["text"] for row in labels] == ["Where is my parcel?", "Große Klasse 👍"]
    image.call(STEPS, "mtl", "embed", "trained/model-last", "texts.txt", "rows.npy")
    assert numpy.load(image.work / "rows.npy").shape[0] == 2
