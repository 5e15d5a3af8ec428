"""Files and folders that are complete at any time."""

import errno
import os
import stat
from pathlib import Path

import numpy
import pytest
from crash import kill_everywhere, needs_fork, tree

import spacy_mtl.temporary as temporary
from spacy_mtl.disk import append_line, write_array
from spacy_mtl.staging import StagedFiles, staged_folder, write_atomically
from spacy_mtl.temporary import Temporary

OLD = {"a": b"old a", "sub/b": b"old b", "mine": b"mine"}
NEW = {"a": b"new a", "sub/b": b"new b", "c": b"new c"}


def fill(folder, files):
    for name, data in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(data)


def names(folder):
    return sorted(path.name for path in folder.iterdir())


@pytest.fixture(params=["exchange", "two steps"])
def way(request, monkeypatch):
    """With a system that lets two folders change places, and with one that does not."""
    if request.param == "two steps":
        monkeypatch.setattr(temporary, "_exchange", lambda one, other: False)
    return request.param


def test_staged_files_appear_together(tmp_path):
    with StagedFiles() as staged:
        staged.write(tmp_path / "new" / "a", b"1")
        staged.write(tmp_path / "b", b"2")
        assert not (tmp_path / "new" / "a").exists() and not (tmp_path / "b").exists()
    assert tree(tmp_path) == {"new/a": b"1", "b": b"2"}


def test_a_file_that_was_private_stays_so(tmp_path):
    write_atomically(tmp_path / "a", b"old")
    (tmp_path / "a").chmod(0o600)
    write_atomically(tmp_path / "a", b"new")
    assert (tmp_path / "a").read_bytes() == b"new"
    assert stat.S_IMODE((tmp_path / "a").stat().st_mode) == 0o600


def test_a_folder_is_kept_where_links_cannot_be_linked(tmp_path, monkeypatch):
    def refuse(*args, **kwargs):
        raise NotImplementedError

    monkeypatch.setattr(os, "link", refuse)
    fill(tmp_path / "out", OLD)
    with staged_folder(tmp_path / "out") as folder:
        fill(folder, NEW)
    assert tree(tmp_path / "out") == {**OLD, **NEW}


def test_a_folder_replaces_another(tmp_path, way):
    fill(tmp_path / "out", OLD)
    with staged_folder(tmp_path / "out") as folder:
        fill(folder, NEW)
        assert tree(tmp_path / "out") == OLD
    assert tree(tmp_path) == {f"out/{name}": data for name, data in {**OLD, **NEW}.items()}
    with staged_folder(tmp_path / "out", keep=False) as folder:
        fill(folder, NEW)
    assert tree(tmp_path) == {f"out/{name}": data for name, data in NEW.items()}


def test_a_failure_changes_nothing(tmp_path, way):
    fill(tmp_path / "out", OLD)
    with (
        pytest.raises(OSError, match=r"E885.*out: No space left.*unchanged"),
        staged_folder(tmp_path / "out") as folder,
    ):
        fill(folder, {"a": b"half"})
        raise OSError(errno.ENOSPC, "No space left on device")
    with pytest.raises(KeyboardInterrupt), staged_folder(tmp_path / "far" / "away"):
        raise KeyboardInterrupt
    assert tree(tmp_path) == {f"out/{name}": data for name, data in OLD.items()}
    assert names(tmp_path) == ["out"]


@pytest.mark.slow
@needs_fork
@pytest.mark.parametrize("exists", [True, False])
def test_a_folder_is_old_or_new_whenever_the_process_is_killed(tmp_path, exists):
    out = tmp_path / "place" / "out"
    found = set()

    def prepare():
        if exists:
            with staged_folder(out, keep=False) as folder:
                fill(folder, OLD)

    def work():
        with staged_folder(out) as folder:
            fill(folder, NEW)

    def check():
        now = tree(out) if out.exists() else {}
        found.add(tuple(now))
        assert now in (OLD if exists else {}, {**OLD, **NEW} if exists else NEW)
        # The next run removes what is left, and nothing else.
        work()
        assert names(out.parent) == ["out"]
        if not exists:
            temporary.remove(out.parent)

    assert kill_everywhere(work, tmp_path, check, prepare) > 10
    if exists:
        assert len(found) == 2


@needs_fork
def test_a_folder_comes_back_where_folders_cannot_change_places(tmp_path, monkeypatch):
    monkeypatch.setattr(temporary, "_exchange", lambda one, other: False)
    out = tmp_path / "out"
    missing = 0

    def write(files):
        with staged_folder(out, keep=False) as folder:
            fill(folder, files)

    def check():
        nonlocal missing
        missing += not out.exists()
        assert not out.exists() or tree(out) in (OLD, NEW)
        # What comes back is complete.
        with pytest.raises(KeyboardInterrupt), staged_folder(out):
            assert tree(out) in (OLD, NEW)
            raise KeyboardInterrupt
        assert names(tmp_path) == ["out"]

    kill_everywhere(lambda: write(NEW), tmp_path, check, lambda: write(OLD))
    assert missing == 1


@needs_fork
def test_files_are_old_or_new_whenever_the_process_is_killed(tmp_path):
    def prepare():
        fill(tmp_path, {"a": OLD["a"]})

    def work():
        with StagedFiles() as files:
            files.write(tmp_path / "a", NEW["a"])
            files.write(tmp_path / "sub" / "b", NEW["sub/b"])

    def check():
        assert (tmp_path / "a").read_bytes() in (OLD["a"], NEW["a"])
        b = tmp_path / "sub" / "b"
        assert not b.exists() or b.read_bytes() == NEW["sub/b"]
        work()
        assert tree(tmp_path) == {"a": NEW["a"], "sub/b": NEW["sub/b"]}
        temporary.remove(tmp_path / "sub")

    assert kill_everywhere(work, tmp_path, check, prepare) >= 6


def test_what_another_process_writes_is_not_removed(tmp_path):
    with StagedFiles() as other:
        other.write(tmp_path / "a", b"other")
        write_atomically(tmp_path / "a", b"mine")
        assert (tmp_path / "a").read_bytes() == b"mine"
        with staged_folder(tmp_path / "b") as folder, staged_folder(tmp_path / "b") as second:
            fill(folder, NEW)
            fill(second, OLD)
    assert (tmp_path / "a").read_bytes() == b"other"


def test_only_leftovers_of_our_own_are_removed(tmp_path):
    left = Temporary(tmp_path / "a[1]")
    left.close()
    others = [".a[1].tmp", ".a[1].123.tmp", ".b.mtl-12345678.tmp", ".a1.mtl-12345678.tmp"]
    fill(tmp_path, dict.fromkeys(others, b"x"))
    write_atomically(tmp_path / "a[1]", b"all")
    assert names(tmp_path) == sorted([*others, "a[1]"])


def test_links_stay_links(tmp_path):
    fill(tmp_path / "disk", {"file": b"old", "folder/a": b"old"})
    for name in ("file", "folder"):
        (tmp_path / name).symlink_to(tmp_path / "disk" / name)
    with StagedFiles() as files:
        files.write(tmp_path / "file", b"new")
    with staged_folder(tmp_path / "folder") as folder:
        fill(folder, {"a": b"new", "b": b"new"})
    assert (tmp_path / "file").is_symlink() and (tmp_path / "folder").is_symlink()
    assert tree(tmp_path / "disk") == {"file": b"new", "folder/a": b"new", "folder/b": b"new"}


@pytest.mark.parametrize("kind", ["fifo", "folder"])
def test_what_is_no_file_is_not_replaced(tmp_path, kind):
    path = tmp_path / kind
    if kind == "fifo":
        if not hasattr(os, "mkfifo"):
            pytest.skip("the system has no such thing")
        os.mkfifo(path)
    else:
        path.mkdir()
    with pytest.raises(OSError, match=rf"E886.*{kind}"):
        write_atomically(path, b"x")
    assert stat.S_ISFIFO(path.stat().st_mode) or path.is_dir()


def test_a_folder_keeps_its_mode_and_its_links(tmp_path):
    out = tmp_path / "out"
    fill(out, OLD)
    out.chmod(0o750)
    (out / "link").symlink_to("mine")
    with staged_folder(out) as folder:
        fill(folder, {"a": b"new a", "sub": b"a file now"})
    assert stat.S_IMODE(out.stat().st_mode) == 0o750
    assert os.readlink(out / "link") == "mine"
    assert (out / "sub").read_bytes() == b"a file now"


def test_a_folder_that_cannot_be_replaced_gets_its_files(tmp_path, monkeypatch):
    out = tmp_path / "out"
    fill(out, OLD)
    inode = out.stat().st_ino
    monkeypatch.setattr(os.path, "ismount", lambda path: Path(path) == out)
    with staged_folder(out) as folder:
        assert folder.parent == out
        fill(folder, NEW)
    assert tree(out) == {**OLD, **NEW}
    assert out.stat().st_ino == inode


def test_a_file_where_a_folder_should_be(tmp_path):
    (tmp_path / "out").write_text("mine")
    with pytest.raises(OSError, match=r"E885.*it is a file"), staged_folder(tmp_path / "out"):
        pass
    assert (tmp_path / "out").read_text() == "mine"


def test_half_a_line_is_removed(tmp_path):
    path = tmp_path / "log.jsonl"
    append_line(path, "first")
    path.open("a").write("x" * 10_000)
    append_line(path, "second")
    assert path.read_text() == "first\nsecond\n"


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a disk that is full")
def test_a_full_disk_takes_no_array():
    with (
        open("/dev/full", "wb", buffering=0) as file,
        pytest.raises(OSError, match="No space left"),
    ):
        write_array(file, numpy.zeros(10))


@pytest.mark.parametrize("shape", [(3, 4), (0, 4), (5,)])
def test_an_array_is_written_as_by_numpy(tmp_path, shape):
    array = numpy.arange(numpy.prod(shape), dtype="f").reshape(shape)
    numpy.save(tmp_path / "expected.npy", array)
    with open(tmp_path / "found.npy", "wb") as file:
        write_array(file, array)
    assert (tmp_path / "found.npy").read_bytes() == (tmp_path / "expected.npy").read_bytes()
