"""Runs a job: takes its lock, times it, logs it, records it, and says when to try again. The only place that does.

A lock is a lease in the database, told by this machine's clock whatever time the engine lives in, and prolonged while
the job runs; a process that died leaves it to the next one on the same machine at once, to others within a minute.
"""

from __future__ import annotations

import os
import platform
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from time import perf_counter
from uuid import uuid4

from connector import logs
from connector.clock import SystemClock
from connector.errors import BatonError, ConfigError, RateLimitedError, TryLaterError
from connector.ports import Clock
from connector.store import runs
from connector.store.claims import Claim
from connector.store.engine import Store
from connector.store.runs import RunEnd
from connector.sync.engine import Engine
from connector.sync.results import Progress
from jobs.work import Job, JobResult

LEASE = timedelta(seconds=60)
BEAT = 15.0
"""Seconds between two prolongations of a lease."""

FIRST_WAIT, LONGEST_WAIT = timedelta(seconds=30), timedelta(hours=1)
BUSY_WAIT = timedelta(seconds=5)


class StoppedError(Exception):
    """The process was asked to end: the job stops between two steps, what it did stands. No BatonError, so that no step
    takes it for trouble of its own."""


@dataclass(frozen=True, slots=True)
class RetryDecision:
    """When to run the job again before its time; None: wait for its schedule."""

    retry_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a run ended: `done`, `idle` (nothing to do), `busy` (another holds the lock), `stopped` or
    `failed`."""

    job: str
    outcome: str
    counts: Mapping[str, int] = field(default_factory=dict)
    trouble: tuple[str, ...] = ()
    error: str = ""
    retry: RetryDecision = RetryDecision()


def decide_retry(error: Exception, attempt: int, now: datetime) -> RetryDecision:
    """When to try again after an error. Passing trouble waits longer each time, as long as the system asked where it did;
    what a person has to mend waits for the schedule."""
    if isinstance(error, ConfigError) or (
        isinstance(error, BatonError) and not isinstance(error, TryLaterError)
    ):
        return RetryDecision()
    wait = min(FIRST_WAIT * 2 ** min(attempt, 10), LONGEST_WAIT)
    if isinstance(error, RateLimitedError) and error.retry_after is not None:
        wait = max(wait, error.retry_after)
    return RetryDecision(now + wait)


@dataclass(slots=True)
class Runner:
    """Runs jobs for one engine. `clock` tells the leases' time, `beat` the seconds between prolonging one; once `stop` is
    set, the job that runs ends at its next step."""

    engine: Engine
    clock: Clock = field(default_factory=SystemClock)
    beat: float = BEAT
    stop: threading.Event = field(default_factory=threading.Event)
    _failures: dict[str, int] = field(default_factory=dict)

    def run(self, job: Job, *, why: str) -> Outcome:
        """Run it once, unless there is nothing to do or another holds its lock. No job's error gets out."""
        try:
            if job.due is not None and not job.due(self.engine):
                return Outcome(job.name, "idle")
            with leased(self.engine.store, job.lock, clock=self.clock, beat=self.beat) as mine:
                if not mine:
                    return Outcome(job.name, "busy", retry=RetryDecision(self.clock.now() + BUSY_WAIT))
                return self._recorded(job, why=why)
        except Exception as error:  # noqa: BLE001 - the last one who can: a schedule must outlive its jobs
            return self._failed(job, error)

    def _recorded(self, job: Job, *, why: str) -> Outcome:
        with self.engine.store.begin() as tx:
            run_id = runs.start_run(tx, job.name, why=why, at=self.engine.now())
        with logs.bound(run=run_id, job=job.name):
            begun = perf_counter()
            try:
                result = job.work(self._stoppable())
            except StoppedError:
                self._end(run_id, RunEnd("stopped"))
                logs.log().info("job_stopped")
                return Outcome(job.name, "stopped")
            except Exception as error:  # noqa: BLE001 - recorded and logged, then told as an outcome
                self._end(run_id, RunEnd("failed", error=type(error).__name__))
                return self._failed(job, error)
            self._end(run_id, RunEnd("done", result.counts, "; ".join(result.trouble)[:500]))
            return self._done(job, result, perf_counter() - begun)

    def _stoppable(self) -> Engine:
        return replace(self.engine, progress=_Stoppable(self.engine.progress, self.stop))

    def _end(self, run_id: int, end: RunEnd) -> None:
        with self.engine.store.begin() as tx:
            runs.end_run(tx, run_id, at=self.engine.now(), end=end)

    def _done(self, job: Job, result: JobResult, seconds: float) -> Outcome:
        self._failures.pop(job.name, None)
        counts = {name: count for name, count in result.counts.items() if count}
        logs.log().info("job_done", seconds=round(seconds, 3), **counts)
        for sentence in result.trouble:
            logs.log().warning("job_met_trouble", said=sentence)
        return Outcome(job.name, "done", result.counts, result.trouble)

    def _failed(self, job: Job, error: Exception) -> Outcome:
        attempt = self._failures.get(job.name, 0)
        self._failures[job.name] = attempt + 1
        retry = decide_retry(error, attempt, self.clock.now())
        said = str(error) if isinstance(error, BatonError) else ""
        kind = type(error).__name__
        logs.log().error("job_failed", job=job.name, error=kind, said=said, at=logs.where(error))
        return Outcome(job.name, "failed", error=said or kind, retry=retry)


@contextmanager
def leased(store: Store, lock: str, *, clock: Clock, beat: float = BEAT) -> Iterator[bool]:
    """Hold a lock for the block, prolonged meanwhile. False inside when another holds it."""
    lease = _Lease(store, lock, clock, f"{platform.node()}:{os.getpid()}:{uuid4().hex}")
    if not lease.take():
        yield False
        return
    stop = threading.Event()
    keeper = threading.Thread(target=lease.keep, args=(stop, beat), name=f"lease-{lock}", daemon=True)
    keeper.start()
    try:
        yield True
    finally:
        stop.set()
        keeper.join()
        lease.end()


@dataclass(frozen=True, slots=True)
class _Lease:
    """One process's hold on a lock. `token` names machine, process and taking."""

    store: Store
    lock: str
    clock: Clock
    token: str

    def take(self) -> bool:
        with self.store.begin() as tx:
            holder = runs.lease_holder(tx, self.lock)
            if holder is not None and _died(holder):
                runs.end_lease(tx, self.lock, claim=replace(self._claim(), token=holder))
            return runs.take_lease(tx, self.lock, claim=self._claim())

    def keep(self, stop: threading.Event, beat: float) -> None:
        while not stop.wait(beat):
            try:
                with self.store.begin() as tx:
                    runs.take_lease(tx, self.lock, claim=self._claim())
            except Exception as error:  # noqa: BLE001 - a database that is busy for once is asked again at the next beat
                logs.log().warning("lease_not_prolonged", lock=self.lock, error=type(error).__name__)

    def end(self) -> None:
        with self.store.begin() as tx:
            runs.end_lease(tx, self.lock, claim=self._claim())

    def _claim(self) -> Claim:
        now = self.clock.now()
        return Claim(self.token, now, now + LEASE)


def _died(holder: str) -> bool:
    """Whether the holder was a process of this machine that is no more. Elsewhere only time tells."""
    node, _, process = holder.rpartition(":")[0].rpartition(":")
    if node != platform.node() or not process.isdigit() or os.name != "posix":
        return False
    try:
        os.kill(int(process), 0)
    except ProcessLookupError:
        return True
    except OSError:
        return False
    return False


@dataclass(frozen=True, slots=True)
class _Stoppable:
    """Passes progress on, and stops the job at the next sign of it once it is told to."""

    inner: Progress
    stop: threading.Event

    def step(self, name: str, total: int | None = None) -> None:
        self._look()
        self.inner.step(name, total)

    def advance(self, count: int) -> None:
        self._look()
        self.inner.advance(count)

    def _look(self) -> None:
        if self.stop.is_set():
            raise StoppedError
