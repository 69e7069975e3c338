"""What can go wrong with a remote system, named by what the caller should do next.

Messages never carry a response body, a token or personal data: an SDK's own error text does, so it stays behind
as `__cause__` and is never logged.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta


class BatonError(Exception):
    """Everything that Baton itself raises on purpose."""


class ConfigError(BatonError):
    """Settings or a configuration document cannot be used. `problems` lists every one, not the first."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("; ".join(problems))
        self.problems = problems


@dataclass(eq=False)
class RemoteError(BatonError):
    """A call to a remote system failed. `code` is the vendor's own error code, `request_id` what its support asks for."""

    connection: str
    message: str
    code: str = ""
    status: int | None = None
    request_id: str = ""

    def __str__(self) -> str:
        return f"{self.connection}: {self.message}" + (f" ({self.code})" if self.code else "")


@dataclass(eq=False)
class TryLaterError(RemoteError):
    """Passing trouble: repeat the same call later."""


@dataclass(eq=False)
class RateLimitedError(TryLaterError):
    """Too fast: wait `retry_after` (None: the caller's own back-off), then repeat."""

    retry_after: timedelta | None = None


@dataclass(eq=False)
class AnswerLostError(TryLaterError):
    """The connection broke after the request was sent: it may have been carried out. Look before repeating a create."""


@dataclass(eq=False)
class AccessDeniedError(RemoteError):
    """Token or permission: stop this connection and tell its administrator."""


@dataclass(eq=False)
class QuotaSpentError(RemoteError):
    """The daily allowance is gone: stop this connection until it resets."""


@dataclass(eq=False)
class RecordRefusedError(RemoteError):
    """The system refuses this record for good: park it with its reason, go on with the run."""

    fields: tuple[str, ...] = ()


@dataclass(eq=False)
class DuplicateRecordError(RecordRefusedError):
    """The system says that the record exists already; `existing_ids` as far as it tells them."""

    existing_ids: tuple[str, ...] = field(default=())


@dataclass(eq=False)
class RecordGoneError(RemoteError):
    """The record was deleted or merged away: resolve the link again."""


@dataclass(eq=False)
class RecordConvertedError(RecordRefusedError):
    """The record became another one (a converted lead) and takes no more writes."""


@dataclass(eq=False)
class RecordChangedError(RemoteError):
    """The record is not what we last read: read it again, then decide."""
