"""What every view is given: the engine, the settings, and the bell to ring when something was left in the tables."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from flask import current_app

from connector.settings import ConnectionSettings, Settings
from connector.sync.engine import Engine

SYNC, DELIVER = "sync_round", "deliver_now"
"""What to ring for: reading what was hinted at, delivering what a command caused."""

LARGEST_BODY = 1 << 20
"""Bytes of a body. A hundred webhook events are some 50 kB; HubSpot's own limit for `hubspot.fetch` is 1 MB."""

EXTENSION = "baton"
Ring = Callable[[str], object]


@dataclass(frozen=True, slots=True)
class Doors:
    """One application's surroundings."""

    engine: Engine
    settings: Settings
    ring: Ring

    def connections(self) -> Iterator[ConnectionSettings]:
        """Both connections."""
        yield self.settings.marketing
        yield self.settings.crm

    def connection(self, name: str, vendor: str) -> ConnectionSettings | None:
        """The connection of this name, None where there is none or it is another vendor's."""
        found = (one for one in self.connections() if one.name == name and one.vendor == vendor)
        return next(found, None)


def doors() -> Doors:
    """Those of the application that answers now."""
    found: Doors = current_app.extensions[EXTENSION]
    return found


def secrets_of(connection: ConnectionSettings) -> tuple[str, ...]:
    """The connection's webhook secrets: several, parted by commas, while one is being replaced."""
    text = connection.webhook_secret.get_secret_value()
    return tuple(part.strip() for part in text.split(",") if part.strip())
