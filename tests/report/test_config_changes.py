"""What a report says about settings."""

import pytest
from run_setup import write_data
from thinc.api import Config

from spacy_mtl.cli.init_config import init_config
from spacy_mtl.report.config_changes import find_changes


@pytest.mark.parametrize("pretrained", [False, True])
def test_only_what_was_changed_is_listed(pretrained, tmp_path):
    data = write_data(tmp_path / "data")
    raw = tmp_path / "raw.jsonl"
    raw.write_text('{"text": "a good film"}\n', encoding="utf8")
    options = {"raw_text": str(raw), "target_vectors": "vectors"} if pretrained else {}
    config = Config().from_str(init_config(data, **options))
    assert find_changes(config, data) == []
    config["training"]["dropout"] = 0.75
    (found,) = find_changes(config, data)
    assert (found.setting, found.value) == ("training.dropout", "0.75")
