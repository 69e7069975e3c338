"""Keeps trouble where it belongs: one object's is recorded and the others go on; a connection's stops that connection."""

from __future__ import annotations

from collections.abc import Callable

from connector.errors import AccessDeniedError, BatonError, QuotaSpentError, RemoteError, TryLaterError
from connector.sync.results import RoundResult

UNREACHABLE, LOST = "UNREACHABLE", "CONNECTION_LOST"
"""Codes of our own adapters: nobody answers at the address, or not to the end."""


class EmptySourceError(BatonError):
    """A system that had records lists none. Reading on would take all of them for gone."""


class Guard:
    """Runs the reading of one object after the other. Which connections are out is remembered in the result, for every
    step of the round."""

    def __init__(self, result: RoundResult) -> None:
        self._result = result

    def run(self, connection: str, name: str, work: Callable[[], None]) -> bool:
        """Whether the work was done. What it could not do stands in `result.trouble`; its cursor did not move."""
        if connection in self._result.stopped:
            return False
        try:
            work()
        except (BatonError, ValueError, TypeError, KeyError) as error:
            # The built-in ones come from an adapter that met a shape nobody foresaw: this object waits, others do not.
            note_trouble(self._result, connection, error, name=name)
            return False
        return True


def note_trouble(result: RoundResult, connection: str, error: Exception, *, name: str = "") -> None:
    """Say once what went wrong, and leave the connection alone for the rest of the round where that is no use."""
    if _code(error) == LOST and connection not in result.shaky:
        # Once it may be one call that is too long for something in between: then others are to be read all the same.
        result.shaky.add(connection)
        result.trouble.append(f"{connection} {name}".rstrip() + f": {_words(error)}")
        return
    if _unreachable(error):
        line = (
            f"{connection}: cannot be reached; nothing is lost, the next round goes on from here. If it lasts, see to its "
            f"address, the proxy and the network ({_code(error)})"
        )
    else:
        line = f"{connection} {name}".rstrip() + f": {_words(error)}"
    if line not in result.trouble:
        result.trouble.append(line)
    if _stops(error):
        result.stopped.add(connection)


def _words(error: Exception) -> str:
    """What to show. Only our own errors promise a message without personal data."""
    if isinstance(error, RemoteError):
        return error.message + (f" ({error.code})" if error.code else "")
    return str(error) if isinstance(error, BatonError) else type(error).__name__


def _unreachable(error: Exception) -> bool:
    return _code(error) in (UNREACHABLE, LOST)


def _code(error: Exception) -> str:
    return error.code if isinstance(error, TryLaterError) else ""


def _stops(error: Exception) -> bool:
    """Whether the whole connection is out: nobody answers there, its allowance is spent, or its token is refused (a 403
    may be one object's)."""
    if isinstance(error, AccessDeniedError):
        return error.status == 401
    return isinstance(error, QuotaSpentError) or _unreachable(error)
