import shlex

from spacy_mtl.cli._runs import command_to_resume, run_options
from spacy_mtl.parallel.leading import AVERAGE_EVERY

DEFAULTS = {
    "workers": 1,
    "address": None,
    "average_every": AVERAGE_EVERY,
    "code": None,
    "use_gpu": -1,
}


def test_defaults_are_left_out():
    command = command_to_resume("train", ["a.cfg"], run_options(**DEFAULTS), [])
    assert shlex.split(command)[3:] == ["mtl", "train", "a.cfg", "--resume"]


def test_other_values_are_given_again():
    options = run_options(
        **{**DEFAULTS, "workers": 2, "address": "host:1", "average_every": 7, "use_gpu": 0}
    )
    command = command_to_resume("train", ["a b.cfg"], options, ["--training.seed", "1"])
    expected = (
        "--resume --workers 2 --address host:1 --average-every 7 --gpu-id 0 --training.seed 1"
    )
    assert shlex.split(command)[5:] == ["a b.cfg", *expected.split()]
