"""Ray, started here or elsewhere."""

import subprocess
import sys

import pytest

from spacy_mtl.ray_session import ray_session

SESSION = """
import sys
import psutil
from spacy_mtl.ray_session import ray_session

with ray_session(2) as ray:
    @ray.remote
    class Worker:
        def place(self):
            import os
            return os.getpid()

    workers = [Worker.remote() for _ in range(2)]
    print(len(set(ray.get([worker.place.remote() for worker in workers]))))
    family = psutil.Process().children(recursive=True)
    for process in family:
        for link in process.net_connections("tcp"):
            if link.status == psutil.CONN_LISTEN:
                print(link.laddr.ip)
    with ray_session(2) as same:
        pass
    print(same.is_initialized())
print(ray.is_initialized(), any(process.is_running() for process in family))
"""


def test_listens_on_loopback_only_and_leaves_nothing_behind():
    pytest.importorskip("ray")
    pytest.importorskip("psutil")
    result = subprocess.run(
        [sys.executable, "-c", SESSION], capture_output=True, text=True, timeout=180
    )
    assert result.returncode == 0, result.stderr
    n_workers, *addresses, is_kept, after = result.stdout.splitlines()
    assert n_workers == "2"
    assert addresses and {ip.removeprefix("::ffff:") for ip in addresses} == {"127.0.0.1"}
    assert is_kept == "True"
    assert after == "False False"


def test_an_address_where_nothing_runs():
    pytest.importorskip("ray")
    with pytest.raises(ValueError, match="E771"), ray_session(1, address="127.0.0.1:1"):
        pass


def test_an_address_for_the_client():
    pytest.importorskip("ray")
    with pytest.raises(ValueError, match=r"E773.*auto"), ray_session(1, address="ray://host:1"):
        pass


def test_without_the_package_the_extra_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "ray", None)
    with pytest.raises(ValueError, match=r"E770.*spacy-mtl\[ray\]"), ray_session(1):
        pass
