"""When jobs run: APScheduler is the clock and knows only their names; a doorbell wakes them in between.

Jobs of one process run one after the other. What was missed while the machine slept runs once, not once per tick.
"""

from __future__ import annotations

import threading
from datetime import datetime
from zoneinfo import ZoneInfo

from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.schedulers.background import BackgroundScheduler
from apscheduler.triggers.cron import CronTrigger
from apscheduler.triggers.interval import IntervalTrigger

from jobs.doorbell import Doorbell
from jobs.runner import Outcome, Runner
from jobs.work import JOBS, NIGHTLY, RECONSIDER_DUE, SYNC_ROUND

RECONSIDER_SECONDS = 15
"""How late a lead may be decided again after the moment at which its decision can change."""

NIGHT = {"hour": 2, "minute": 30}
"""When nobody works, in the business time zone."""

MISSED = 3600
"""Seconds after which a missed run is not made up for."""

WAIT = 1.0


class Schedule:
    """Starts and stops the clock. Rings are answered between ticks."""

    def __init__(self, runner: Runner, *, poll_seconds: int, bell: Doorbell | None = None) -> None:
        self._runner = runner
        self._bell = bell or Doorbell()
        self._one = threading.Lock()
        self._stopped = threading.Event()
        self._scheduler = _clock(runner.engine.zone)
        self._listener = threading.Thread(target=self._listen, name="doorbell", daemon=True)
        every = {
            SYNC_ROUND.name: IntervalTrigger(seconds=poll_seconds),
            RECONSIDER_DUE.name: IntervalTrigger(seconds=RECONSIDER_SECONDS),
            NIGHTLY.name: CronTrigger(**NIGHT, timezone=runner.engine.zone),
        }
        for name, trigger in every.items():
            self._scheduler.add_job(self.fire, trigger, args=[name, "schedule"], id=name)

    def start(self) -> None:
        """Begin: a first round at once."""
        self._bell.ring(SYNC_ROUND.name)
        self._listener.start()
        self._scheduler.start()

    def stop(self) -> None:
        """Let the job that runs stop at its next step, start no other."""
        self._stopped.set()
        self._runner.stop.set()
        # Without its jobs gone first, APScheduler fails on a run that comes due while it shuts down; and waiting itself,
        # it would hold the lock that a job needs to ask for another try.
        self._scheduler.pause()
        self._scheduler.remove_all_jobs()
        self._scheduler.shutdown(wait=False)
        with self._one:
            pass  # the job that ran has ended, and no other begins
        self._listener.join()

    def fire(self, name: str, why: str) -> Outcome | None:
        """Run a job by name, after the one that runs. None when the schedule was stopped meanwhile."""
        with self._one:
            if self._stopped.is_set():
                return None
            outcome = self._runner.run(JOBS[name], why=why)
        if outcome.retry.retry_at is not None and not self._stopped.is_set():
            self._again(name, outcome.retry.retry_at)
        return outcome

    def _again(self, name: str, at: datetime) -> None:
        self._scheduler.add_job(
            self.fire, "date", run_date=at, args=[name, "retry"], id=f"{name}-retry", replace_existing=True
        )

    def _listen(self) -> None:
        while not self._stopped.is_set():
            for name in self._bell.wait(WAIT):
                self.fire(name, "doorbell")


def _clock(zone: ZoneInfo) -> BackgroundScheduler:
    return BackgroundScheduler(
        executors={"default": ThreadPoolExecutor(4)},
        job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": MISSED},
        timezone=zone,
    )
