"""The file of a checkpoint, and the settings it belongs to."""

import pytest
import srsly
from pretrain_setup import MONITOR, make_config

from spacy_mtl.staging import write_atomically
from spacy_mtl.training.checkpoint import (
    PLACE,
    check_settings,
    find_settings,
    load_checkpoint,
    restoring,
    save_checkpoint,
)


def test_saves_and_loads(tmp_path):
    assert load_checkpoint(tmp_path) is None
    save_checkpoint(tmp_path, {"epoch": 3})
    save_checkpoint(tmp_path, {"epoch": 4})
    assert load_checkpoint(tmp_path)["epoch"] == 4
    assert [path.name for path in (tmp_path / PLACE).parent.iterdir()] == [PLACE.name]


def test_another_version_is_refused(tmp_path):
    write_atomically(tmp_path / PLACE, srsly.msgpack_dumps({"version": 99}))
    with pytest.raises(ValueError, match=r"E272.*version 99"):
        load_checkpoint(tmp_path)


def test_one_bit_is_enough_to_refuse_a_checkpoint(tmp_path):
    save_checkpoint(tmp_path, {"epoch": 3, "weights": bytes(100)})
    data = bytearray((tmp_path / PLACE).read_bytes())
    data[60] ^= 1
    (tmp_path / PLACE).write_bytes(data)
    with pytest.raises(ValueError, match=r"E272.*checksum"):
        load_checkpoint(tmp_path)


@pytest.mark.parametrize("size", [0, 1, 10, -1, -20])
def test_a_checkpoint_that_is_cut_is_refused(size, tmp_path):
    save_checkpoint(tmp_path, {"epoch": 3, "weights": bytes(100)})
    data = (tmp_path / PLACE).read_bytes()
    (tmp_path / PLACE).write_bytes(data[:size])
    with pytest.raises(ValueError, match="E272"):
        load_checkpoint(tmp_path)


def test_a_checkpoint_without_a_checksum_loads(tmp_path):
    write_atomically(tmp_path / PLACE, srsly.msgpack_dumps({"version": 1, "epoch": 3}))
    assert load_checkpoint(tmp_path)["epoch"] == 3


def test_a_state_that_lacks_something_is_damaged(tmp_path):
    with pytest.raises(ValueError, match=r"E272.*damaged.*KeyError"), restoring(tmp_path):
        raise KeyError("learned")


def test_a_disk_that_fails_is_no_damage(tmp_path):
    with pytest.raises(FileNotFoundError), restoring(tmp_path):
        raise FileNotFoundError(2, "No such file", "raw.jsonl")


def test_only_settings_that_matter_count(tmp_path):
    config = make_config(tmp_path).interpolate()
    settings = find_settings(config)
    other = make_config(tmp_path, monitor=MONITOR, pretraining__max_epochs=9).interpolate()
    other["corpora"]["train"]["max_length"] = 7
    other["training"]["dropout"] = 0.5
    assert find_settings(other) == settings
    for name in ("training.seed", "corpora.pretrain.path", "components.tok2vec.model.width"):
        assert name in settings


def test_lists_what_differs(tmp_path):
    saved = {"a": "1", "b": "2", "same": "0"}
    with pytest.raises(ValueError) as error:
        check_settings(tmp_path, saved, {"a": "3", "c": "4", "same": "0"})
    lines = str(error.value).splitlines()[1:-1]
    assert lines == ["  a: was 1, is 3", "  b: was 2, is not set", "  c: was not set, is 4"]


def test_a_long_list_is_cut(tmp_path):
    saved = {f"s{i}": "1" for i in range(30)}
    with pytest.raises(ValueError, match="and 20 more"):
        check_settings(tmp_path, saved, {})
