"""When a failed call is made again: one policy for every vendor. Only passing trouble is repeated, and a call that is not
safe to repeat only where the vendor certainly did not carry it out."""

from __future__ import annotations

import random
from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import timedelta
from typing import TypeVar

from tenacity import RetryCallState, Retrying, retry_if_exception

from connector.errors import RateLimitedError, TryLaterError

T = TypeVar("T")
Sleep = Callable[[float], None]
"""Waits this many seconds. Tests pass the `append` of a list."""


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """How often and how long. Seconds. A vendor that asks for more than `patience` is left alone until the next round.
    Where nobody answers at the address, `knocks` are enough: each may last as long as connecting may take."""

    attempts: int = 5
    first_wait: float = 0.5
    longest_wait: float = 30.0
    patience: float = 120.0
    knocks: int = 2

    def wait(self, attempt: int, asked: timedelta | None, rng: random.Random) -> float:
        """Seconds before the next attempt, after `attempt` failed ones: what was asked, else exponential with jitter."""
        ceiling: float = min(self.longest_wait, self.first_wait * 2 ** (attempt - 1))
        if asked is not None:
            return asked.total_seconds() + rng.uniform(0, 0.25)
        return rng.uniform(ceiling / 2, ceiling)

    def tolerates(self, error: BaseException, *, safe: bool) -> bool:
        """Whether a call that ended in `error` may be made again in this round."""
        if not isinstance(error, TryLaterError):
            return False
        if not isinstance(error, RateLimitedError):
            return safe
        return error.retry_after is None or error.retry_after.total_seconds() <= self.patience


@dataclass(frozen=True, slots=True)
class Repeater:
    """The policy bound to its sleep and its randomness."""

    policy: RetryPolicy
    sleep: Sleep
    rng: random.Random

    def run(self, call: Callable[[], T], *, safe: bool, give_up: Collection[str] = ()) -> T:
        """Make the call; `safe` says that carrying it out twice does no harm. Raises the last error unchanged, and one
        whose code is in `give_up` at once."""
        try:
            return call()
        except TryLaterError as error:
            failed: list[TryLaterError] = [error]

        def again() -> T:
            # The first attempt is made before: nearly every call needs no other, and is spared the machinery.
            if failed:
                raise failed.pop()
            return call()

        return Retrying(
            sleep=self.sleep,
            stop=self._stop,
            wait=self._wait,
            retry=retry_if_exception(
                lambda error: (
                    getattr(error, "code", None) not in give_up and self.policy.tolerates(error, safe=safe)
                )
            ),
            reraise=True,
        )(again)

    def pause(self, attempt: int, asked: timedelta | None = None) -> None:
        """Wait as before the next attempt, for callers that repeat only part of a batch."""
        self.sleep(self.policy.wait(attempt, asked, self.rng))

    def _stop(self, state: RetryCallState) -> bool:
        error = state.outcome.exception() if state.outcome else None
        unreachable = getattr(error, "code", "") == "UNREACHABLE"
        most = min(self.policy.knocks, self.policy.attempts) if unreachable else self.policy.attempts
        return state.attempt_number >= most

    def _wait(self, state: RetryCallState) -> float:
        error = state.outcome.exception() if state.outcome else None
        asked = error.retry_after if isinstance(error, RateLimitedError) else None
        return self.policy.wait(state.attempt_number, asked, self.rng)
