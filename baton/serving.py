"""`baton serve`: web, webhooks and jobs in one process. The one place where web and jobs meet: through a doorbell."""

from __future__ import annotations

import threading

from rich.console import Console

from baton.compose import compose
from baton.console import say
from connector import logs
from connector.errors import BatonError
from connector.settings import Settings
from jobs.doorbell import Doorbell
from jobs.serve import serve, stop_on_signals
from webhooks.app import create_app


class AddressTakenError(BatonError):
    """Nobody can listen at that address."""


def serve_forever(settings: Settings, err: Console) -> None:
    """Serve until SIGTERM or Ctrl-C. Raises ConfigError, and AddressTakenError when nobody can listen there."""
    logs.configure(settings.log_level)
    engine = compose(settings)
    bell = Doorbell()
    web = create_app(engine, settings, ring=bell.ring)
    stop = threading.Event()
    stop_on_signals(stop)
    try:
        serve(
            engine, settings, stop, web=web, bell=bell, ready=lambda url: err.print(f"Baton answers at {url}")
        )
    except (OSError, ValueError, OverflowError) as exc:
        if stop.is_set():
            raise
        why = getattr(exc, "strerror", None) or str(exc)
        raise AddressTakenError(say("cli.listen", address=settings.listen, why=why)) from exc
    finally:
        engine.store.close()
