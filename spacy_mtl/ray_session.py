"""Ray, on this machine or on a cluster."""

import os
import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from .errors import Errors
from .extras import import_extra

#: The address that a Ray started here listens on.
LOOPBACK = "127.0.0.1"
#: Memory for what processes hand to each other, in bytes.
STORE_BYTES = 512 << 20
#: Seconds in which a cluster has to answer. Ray itself tries for minutes.
PATIENCE = 10.0
#: Ray listens on all addresses of a machine unless it is told that there will never be a second one, and
#: reports its use to its makers unless it is told not to.
ENVIRONMENT = {"RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER": "0", "RAY_USAGE_STATS_ENABLED": "0"}


@contextmanager
def ray_session(n_workers: int, *, address: str | None = None) -> Iterator[Any]:
    """Use Ray in a block. One that runs already in this process is used as it is, and stays.

    n_workers (int): How many workers are going to run at once, if Ray is started here.
    address (Optional[str]): The cluster, "auto" for one that runs on this machine. None to start Ray
        on this machine, listening on loopback only, and to stop it after the block.
    YIELDS (ModuleType): The module ray.
    RAISES (ValueError): If Ray is not installed, does not start or cannot be reached.
    """
    if "ray" not in sys.modules and (address is None or _is_loopback(address)):
        os.environ.update(ENVIRONMENT)
    ray = import_extra("ray", Errors.E770)
    if ray.is_initialized():
        yield ray
        return
    options: dict[str, Any] = {"log_to_driver": False, "logging_level": "warning"}
    if address is None:
        options.update(
            address="local",
            num_cpus=n_workers,
            include_dashboard=False,
            object_store_memory=STORE_BYTES,
            _node_ip_address=LOOPBACK,
        )
    else:
        options.update(address=address)
        _check_reachable(address)
    try:
        ray.init(**options)
    except (OSError, RuntimeError, ValueError, TypeError) as error:
        reason = str(error).strip() or type(error).__name__
        if address is None:
            raise ValueError(Errors.E772.format(reason=reason)) from error
        raise ValueError(Errors.E771.format(address=address, reason=reason)) from error
    try:
        yield ray
    finally:
        ray.shutdown()


def _is_loopback(address: str) -> bool:
    host = _split(address)[0]
    return host == "localhost" or host.startswith("127.")


def _split(address: str) -> tuple[str, str]:
    host, _, port = address.rpartition(":")
    return host.strip("[]"), port


def _check_reachable(address: str) -> None:
    if address.startswith("ray://"):
        raise ValueError(Errors.E773.format(address=address))
    host, port = _split(address)
    if not port.isdigit():
        return
    try:
        socket.create_connection((host, int(port)), timeout=PATIENCE).close()
    except (OSError, OverflowError) as error:
        raise ValueError(Errors.E771.format(address=address, reason=error)) from error
