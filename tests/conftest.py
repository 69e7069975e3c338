"""What holds for every test: no network but loopback, no developer's settings, no waiting, repeatable examples.

The guards are installed when pytest imports this file, before any test module can open a connection.
"""

from __future__ import annotations

import ipaddress
import os
import socket
import threading
import time
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, settings

if TYPE_CHECKING:
    from collections.abc import Iterator

LONGEST_NAP = 0.2  # seconds; enough to poll a server that is starting, too short to wait for a retry


class OutsideWorldError(RuntimeError):
    """A test tried to leave this machine. Not an OSError, so that no retry policy takes it for a bad line."""


class RealWaitError(RuntimeError):
    """A test waits for the wall clock. Pass a clock or a sleep in, or mark the test `real_time`."""


def is_loopback(host: object) -> bool:
    """Whether a socket address or host name stays on this machine. An empty one means the local host."""
    if host in (None, "", b"", "localhost"):
        return True
    try:
        return ipaddress.ip_address(str(host).partition("%")[0]).is_loopback
    except ValueError:
        return False


def guarded(inside: Any) -> Any:
    """The same socket method, refusing internet addresses that are not loopback."""

    def call(self: socket.socket, address: Any, *rest: Any) -> Any:
        if self.family in (socket.AF_INET, socket.AF_INET6) and not is_loopback(address[0]):
            raise OutsideWorldError(f"tests reach loopback only, not {address[0]}")
        return inside(self, address, *rest)

    return call


def guarded_lookup(inside: Any) -> Any:
    """The same look-up of names, refusing to ask the network for one (addresses need no look-up)."""

    def look_up(host: Any, *rest: Any, **options: Any) -> Any:
        name = host.decode() if isinstance(host, bytes) else host
        if not is_loopback(name) and name != "0.0.0.0":  # noqa: S104 - recognised, not bound
            raise OutsideWorldError(f"tests reach loopback only and may not look up {name}")
        return inside(host, *rest, **options)

    return look_up


socket.socket.connect = guarded(socket.socket.connect)  # type: ignore[method-assign]
socket.socket.connect_ex = guarded(socket.socket.connect_ex)  # type: ignore[method-assign]
socket.getaddrinfo = guarded_lookup(socket.getaddrinfo)

for _name in [
    name for name in os.environ if name.startswith("BATON_") and not name.startswith("BATON_TEST_")
]:
    del os.environ[_name]  # a developer's real connection must not reach a test

settings.register_profile("dev", deadline=None)
settings.register_profile(
    "ci", deadline=None, derandomize=True, print_blob=True, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE") or ("ci" if os.environ.get("CI") else "dev"))


@pytest.fixture(autouse=True)
def no_waiting(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Refuse long sleeps in the test's own thread; servers in the background may poll as they like."""
    if request.node.get_closest_marker("real_time"):
        yield
        return
    real_sleep = time.sleep

    def sleep(seconds: float) -> None:
        if seconds > LONGEST_NAP and threading.current_thread() is threading.main_thread():
            raise RealWaitError(f"this test waits {seconds} s for the wall clock")
        real_sleep(seconds)

    monkeypatch.setattr(time, "sleep", sleep)
    yield
