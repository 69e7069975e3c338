"""Web and jobs in one process, until told to stop: the embedded way to run Baton."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable
from typing import Any

from waitress.server import create_server

from connector import logs
from connector.settings import Settings
from connector.sync.engine import Engine
from jobs.doorbell import Doorbell
from jobs.runner import Runner
from jobs.schedule import Schedule

THREADS = 8
LARGEST_BODY = 1 << 21
"""Bytes that the server reads of a body before it refuses; the application refuses less, in words."""

LAST_LOOK = 2.0
"""Seconds; the server looks at its sockets once a second."""

Ready = Callable[[str], object]
"""Told the address once the server listens."""


def serve(
    engine: Engine,
    settings: Settings,
    stop: threading.Event,
    *,
    web: Any,
    bell: Doorbell,
    ready: Ready | None = None,
) -> None:
    """Serve the WSGI application `web` at `settings.listen` and run the jobs, until `stop` is set; then let requests and
    the running job come to their end. Raises OSError when the address cannot be had."""
    host, _, port = settings.listen.rpartition(":")
    server = create_server(
        web,
        host=host.strip("[]") or "127.0.0.1",
        port=int(port),
        threads=THREADS,
        max_request_body_size=LARGEST_BODY,
        ident="baton",
        clear_untrusted_proxy_headers=True,
    )
    schedule = Schedule(Runner(engine), poll_seconds=settings.poll_seconds, bell=bell)
    thread = threading.Thread(target=server.run, name="web", daemon=True)
    thread.start()
    schedule.start()
    address = _address(server)
    logs.log().info("serving", url=address)
    if ready is not None:
        ready(address)
    stop.wait()
    logs.log().info("stopping")
    schedule.stop()
    server.close()
    server.task_dispatcher.shutdown(timeout=10)
    thread.join(LAST_LOOK)  # its loop lets go of the socket when it looks the next time


def _address(server: Any) -> str:
    """Where the server listens; the first place, when a name such as localhost stands for several."""
    several = getattr(server, "effective_listen", None)
    host, port = several[0] if several else (server.effective_host, server.effective_port)
    return f"http://[{host}]:{port}" if ":" in str(host) else f"http://{host}:{port}"


def stop_on_signals(stop: threading.Event) -> None:
    """Set `stop` on SIGTERM and SIGINT. Call it from the main thread."""
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
