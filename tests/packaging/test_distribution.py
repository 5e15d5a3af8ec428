"""The wheel and the source distribution: what is in them, and that they work where they are installed."""

import os
import shutil
import subprocess
import sys
import tarfile
import zipfile
from configparser import ConfigParser
from email import message_from_bytes
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
#: Seconds since 1970 that both builds name as their time.
TIME = "1700000000"
SOURCE_FILES = {
    "CHANGELOG.md",
    "LICENSE",
    "MANIFEST.in",
    "README.md",
    "SECURITY.md",
    "pyproject.toml",
    "setup.cfg",
}
pytestmark = pytest.mark.slow
pytest.importorskip("build", reason="the extra 'test' is not installed")


def tracked() -> set[str]:
    """Files of the package that git keeps."""
    listed = subprocess.run(
        ["git", "ls-files", "spacy_mtl"], cwd=ROOT, capture_output=True, text=True
    )
    if listed.returncode:
        pytest.skip("no git repository")
    return set(listed.stdout.splitlines())


def build(folder: Path) -> tuple[Path, Path]:
    """Build a wheel and a source distribution from copied sources, whose files have times of their own."""
    source = folder / "source"
    for name in tracked() | SOURCE_FILES:
        (source / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(ROOT / name, source / name)
    # What a folder may hold that belongs in no distribution.
    (source / "spacy_mtl" / "__pycache__").mkdir()
    (source / "spacy_mtl" / "__pycache__" / "util.pyc").write_bytes(b"old")
    shutil.copytree(ROOT / "tests" / "security", source / "tests")
    env = {**os.environ, "SOURCE_DATE_EPOCH": TIME}
    command = [sys.executable, "-m", "build", "--outdir", str(folder / "dist"), str(source)]
    result = subprocess.run(command, env=env, capture_output=True, text=True)
    assert result.returncode == 0, result.stdout + result.stderr
    (wheel,) = (folder / "dist").glob("*.whl")
    (sdist,) = (folder / "dist").glob("*.tar.gz")
    return wheel, sdist


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    return build(tmp_path_factory.mktemp("first"))


@pytest.fixture(scope="module")
def built_again(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    return build(tmp_path_factory.mktemp("second"))


def contents(sdist: Path) -> dict[str, bytes]:
    with tarfile.open(sdist) as archive:
        members = [member for member in archive.getmembers() if member.isfile()]
        return {
            member.name.split("/", 1)[1]: archive.extractfile(member).read() for member in members
        }


def test_the_wheel_holds_the_package_and_nothing_else(built):
    names = set(zipfile.ZipFile(built[0]).namelist())
    own = {name for name in names if ".dist-info/" not in name}
    assert own == tracked()
    assert {name.split(".dist-info/")[1] for name in names - own} == {
        *("METADATA", "RECORD", "WHEEL", "entry_points.txt", "licenses/LICENSE", "top_level.txt"),
    }


def test_the_source_distribution_holds_the_package_and_nothing_else(built):
    names = {name for name in contents(built[1]) if not name.startswith("spacy_mtl.egg-info/")}
    assert names == tracked() | SOURCE_FILES | {"PKG-INFO"}


def test_two_builds_give_the_same_bytes(built, built_again):
    assert built[0].read_bytes() == built_again[0].read_bytes()


def test_two_source_distributions_hold_the_same(built, built_again):
    """Their archive keeps the times of the files, so the bytes of the whole may differ."""
    assert contents(built[1]) == contents(built_again[1])


def test_metadata(built):
    config = ConfigParser()
    config.read(ROOT / "setup.cfg", encoding="utf8")
    wheel = zipfile.ZipFile(built[0])
    (path,) = (name for name in wheel.namelist() if name.endswith("/METADATA"))
    metadata = message_from_bytes(wheel.read(path))
    assert (metadata["Name"], metadata["Version"]) == ("spacy-mtl", config["metadata"]["version"])
    assert metadata["License"] == "MIT" and metadata["License-File"] == "LICENSE"
    assert metadata["Requires-Python"] == config["options"]["python_requires"]
    assert metadata["Description-Content-Type"] == "text/markdown"
    text = metadata.get_payload(decode=True).decode("utf8")
    assert text.strip() == (ROOT / "README.md").read_text("utf8").strip()
    extras = set(config["options.extras_require"])
    assert set(metadata.get_all("Provides-Extra")) == extras


def test_registered_functions(built):
    config = ConfigParser()
    config.optionxform = str
    config.read(ROOT / "setup.cfg", encoding="utf8")
    declared = {
        group: dict(line.split(" = ") for line in lines.strip().splitlines())
        for group, lines in config["options.entry_points"].items()
    }
    wheel = zipfile.ZipFile(built[0])
    (path,) = (name for name in wheel.namelist() if name.endswith("/entry_points.txt"))
    found = ConfigParser()
    found.optionxform = str
    found.read_string(wheel.read(path).decode("utf8"))
    assert {group: dict(found[group]) for group in found.sections()} == declared


def test_installed_in_a_path_with_spaces_and_letters_of_other_alphabets(built, tmp_path):
    """What it requires is taken from the running Python's own folder."""
    folder = tmp_path / "größe mit leer zeichen 数据"
    subprocess.run([sys.executable, "-m", "venv", str(folder / "venv")], check=True)
    python = folder / "venv" / "bin" / "python"
    show = "import sysconfig; print(sysconfig.get_path('purelib'))"
    site = Path(
        subprocess.run(
            [python, "-c", show], capture_output=True, text=True, check=True
        ).stdout.strip()
    )
    others = [path for path in sys.path if path.endswith("site-packages")]
    (site / "others.pth").write_text("\n".join(others), "utf8")

    def run(*words: object) -> str:
        command = [str(python), *map(str, words)]
        result = subprocess.run(command, cwd=folder, capture_output=True, text=True)
        assert result.returncode == 0, result.stdout + result.stderr
        return result.stdout

    run("-m", "pip", "install", "--no-deps", "--quiet", built[1])
    assert run("-c", "import spacy_mtl; print(spacy_mtl.__file__)").startswith(str(site))
    shutil.copytree(ROOT / "assets" / "demo" / "intent", folder / "meine daten" / "intent")
    (folder / "texte ü.txt").write_text("Where is my parcel?\n", "utf8")
    run("-m", "spacy", "mtl", "init-config", "meine daten", "kürze.cfg", "--max-steps", "4")
    run("-m", "spacy", "train", "kürze.cfg", "--output", "modell ä")
    output = run("-m", "spacy", "mtl", "predict", "modell ä/model-last", "texte ü.txt", "-")
    assert "Where is my parcel?" in output
