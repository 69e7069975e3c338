"""`baton serve`: web, webhooks and jobs in one process. The one place where web and jobs meet: through a doorbell."""

from __future__ import annotations

import threading

from rich.console import Console

from baton.compose import compose
from connector import logs
from connector.settings import Settings
from jobs.doorbell import Doorbell
from jobs.serve import serve, stop_on_signals
from webhooks.app import create_app


def serve_forever(settings: Settings, err: Console) -> None:
    """Serve until SIGTERM or Ctrl-C. Raises ConfigError, and OSError when the address is taken."""
    logs.configure(settings.log_level)
    engine = compose(settings)
    bell = Doorbell()
    web = create_app(engine, settings, ring=bell.ring)
    stop = threading.Event()
    stop_on_signals(stop)
    serve(engine, settings, stop, web=web, bell=bell, ready=lambda url: err.print(f"Baton answers at {url}"))
    engine.store.close()
