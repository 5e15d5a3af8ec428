"""The configs of an added task in `configs/` are what `mtl add-task` writes for the demo data."""

import shutil
from functools import partial
from pathlib import Path

import pytest
from old_releases import OLD_CONFECTION
from spacy.training.initialize import init_nlp
from thinc.api import Config

from spacy_mtl.cli.add_task import add_task
from spacy_mtl.cli.init_config import init_config

ROOT = Path(__file__).parent.parent
#: Name of the config, scenario, rehearsal. Old data is given where it is rehearsed.
ADDED = [
    ("add_intent_frozen", "frozen", "none"),
    ("add_intent_full", "full", "none"),
    ("add_intent_gradual", "gradual", "none"),
    ("add_intent_gradual_distill", "gradual", "distill"),
    ("add_intent_gradual_both", "gradual", "both"),
]
OLD_TASKS = ["emotion", "recommend", "sentiment", "topic"]


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("project")
    shutil.copytree(ROOT / "assets" / "demo", folder / "assets" / "demo")
    nlp = init_nlp(Config().from_str(init_config(folder / "assets" / "demo", tasks=OLD_TASKS)))
    (folder / "training" / "base").mkdir(parents=True)
    nlp.to_disk(folder / "training" / "base" / "model-best")
    return folder


@pytest.mark.parametrize(("name", "scenario", "rehearsal"), ADDED)
def test_config_of_an_added_task(
    project: Path, monkeypatch: pytest.MonkeyPatch, name: str, scenario: str, rehearsal: str
) -> None:
    monkeypatch.chdir(project)
    output = Path("training") / name
    add_task(
        "training/base/model-best",
        "assets/demo",
        name="intent",
        output=output,
        scenario=scenario,
        rehearse=rehearsal,
        old_data="assets/demo" if rehearsal == "both" else None,
        config_only=True,
    )
    written = (output / "config.cfg").read_text(encoding="utf8")
    expected = ROOT / "configs" / f"{name}.cfg"
    # Older releases of srsly write lists without spaces.
    written = written.replace(str(project), "").replace('","', '", "')
    if OLD_CONFECTION:
        read = partial(Config().from_str, interpolate=False)
        assert read(written) == read(expected.read_text(encoding="utf8"))
    else:
        assert written == expected.read_text(encoding="utf8")
    assert not (output / "training").exists()
