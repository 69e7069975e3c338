"""A worker's claim on rows of a queue: a token that fences off a worker which slept past its time."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Claim:
    """`token` is unique to one claiming, never reused; it holds from `at` until `until`, then others may take the rows."""

    token: str
    at: datetime
    until: datetime
