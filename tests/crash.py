"""Kill a process at each point where it changes the disk, one after the other."""

import os
import signal
import sys
import traceback
from collections.abc import Callable
from pathlib import Path

import pytest

#: What Python reports before it changes something, and which of its arguments are paths.
EVENTS = {
    "open": 1,
    "os.chmod": 1,
    "os.link": 2,
    "os.mkdir": 1,
    "os.remove": 1,
    "os.rename": 2,
    "os.rmdir": 1,
    "os.truncate": 1,
    "shutil.rmtree": 1,
}
needs_fork = pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork and SIGKILL")


def run_killed(work: Callable[[], object], folder: Path, point: int) -> bool:
    """Do something in another process, which is killed when it is about to change a folder for the n-th time.

    work (Callable[[], object]): What it does.
    folder (Path): The folder.
    point (int): Which change it does not live to see, from 1.
    RETURNS (bool): Whether there were so many. If not, it has done everything.
    """
    child = os.fork()
    if not child:
        status = 1
        try:
            _kill_at(folder, point)
            work()
            status = 0
        except BaseException:
            traceback.print_exc()
        finally:
            os._exit(status)
    _, status = os.waitpid(child, 0)
    if os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL:
        return True
    assert os.WIFEXITED(status) and os.WEXITSTATUS(status) == 0, "the process has failed"
    return False


def kill_everywhere(
    work: Callable[[], object],
    folder: Path,
    check: Callable[[], object],
    prepare: Callable[[], object] = lambda: None,
    step: int = 1,
) -> int:
    """Kill a process at each of its changes of a folder, and check what is left.

    work (Callable[[], object]): What it does.
    folder (Path): The folder.
    check (Callable[[], object]): Checks what is left.
    prepare (Callable[[], object]): Makes the folder as it was before.
    step (int): 1 for each change, 2 for each second one, and so on.
    RETURNS (int): How often it was killed.
    """
    kills = 0
    prepare()
    while run_killed(work, folder, 1 + kills * step):
        kills += 1
        check()
        prepare()
    return kills


def tree(folder: Path) -> dict[str, bytes]:
    """Read all files of a folder."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def _kill_at(folder: Path, point: int) -> None:
    inside = os.fspath(folder)
    left = point

    def count(*paths: object) -> None:
        nonlocal left
        if any(
            isinstance(path, str | os.PathLike) and os.fspath(path).startswith(inside)
            for path in paths
        ):
            left -= 1
            if not left:
                os.kill(os.getpid(), signal.SIGKILL)

    def hook(event: str, args: tuple) -> None:
        if event in EVENTS:
            mode = args[1] if event == "open" else "w"
            flags = args[2] if event == "open" else os.O_WRONLY
            writes = set(mode or "") & set("wax+") or flags & (os.O_WRONLY | os.O_RDWR | os.O_CREAT)
            if writes:
                count(*args[: EVENTS[event]])

    def sync(descriptor: int) -> None:
        # The one call that changes something and is not reported.
        count(inside)
        fsync(descriptor)

    fsync = os.fsync
    os.fsync = sync
    sys.addaudithook(hook)
