"""Keeps trouble where it belongs: one object's is recorded and the others go on; a connection's stops that connection."""

from __future__ import annotations

from collections.abc import Callable

from connector.errors import AccessDeniedError, BatonError, QuotaSpentError
from connector.sync.results import RoundResult


class EmptySourceError(BatonError):
    """A system that had records lists none. Reading on would take all of them for gone."""


class Guard:
    """Runs the reading of one object after the other. Make one per step."""

    def __init__(self, result: RoundResult) -> None:
        self._result = result
        self._stopped: set[str] = set()

    def run(self, connection: str, name: str, work: Callable[[], None]) -> bool:
        """Whether the work was done. What it could not do stands in `result.trouble`; its cursor did not move."""
        if connection in self._stopped:
            return False
        try:
            work()
        except (BatonError, ValueError, TypeError, KeyError) as error:
            # The built-in ones come from an adapter that met a shape nobody foresaw: this object waits, others do not.
            self._result.trouble.append(f"{connection} {name}: {_words(error)}")
            if _stops(error):
                self._stopped.add(connection)
            return False
        return True


def _words(error: Exception) -> str:
    """What to show. Only our own errors promise a message without personal data."""
    return str(error) if isinstance(error, BatonError) else type(error).__name__


def _stops(error: Exception) -> bool:
    """Whether the whole connection is out: its allowance is spent, or its token is refused (a 403 may be one object's)."""
    return isinstance(error, QuotaSpentError) or (
        isinstance(error, AccessDeniedError) and error.status == 401
    )
