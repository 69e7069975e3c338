"""The clock of jobs, its doorbell, and the process that serves web and jobs together."""

from __future__ import annotations

import http.client
import threading
from collections.abc import Callable
from typing import Any

import pytest

from connector.clock import SystemClock
from connector.store import runs
from jobs.doorbell import DELIVER, SYNC, Doorbell
from jobs.runner import Outcome, RetryDecision, Runner
from jobs.schedule import Schedule
from jobs.serve import serve
from jobs.work import Job
from tests.sync.bench import Desk
from tests.webhooks.door import TOKEN, address, settings
from webhooks.app import create_app

PATIENCE = 5.0


class Counting(Runner):
    """Runs nothing, and notes what it was asked to run."""

    def __init__(self, desk: Desk, outcome: Callable[[str], Outcome] | None = None) -> None:
        super().__init__(desk.engine)
        self.asked: list[tuple[str, str]] = []
        self.changed = threading.Condition()
        self.outcome = outcome or (lambda name: Outcome(name, "done"))

    def run(self, job: Job, *, why: str) -> Outcome:
        with self.changed:
            self.asked.append((job.name, why))
            self.changed.notify_all()
        return self.outcome(job.name)

    def until(self, met: Callable[[], bool]) -> None:
        with self.changed:
            assert self.changed.wait_for(met, PATIENCE), self.asked


def test_rings_for_one_job_become_one_and_keep_their_order() -> None:
    bell = Doorbell()
    for name in (DELIVER, SYNC, DELIVER):
        bell.ring(name)
    assert bell.wait(0) == [DELIVER, SYNC]
    assert bell.wait(0) == []


def test_a_schedule_begins_with_a_round_and_answers_the_bell(desk: Desk) -> None:
    bell, runner = Doorbell(), Counting(desk)
    schedule = Schedule(runner, poll_seconds=3600, bell=bell)
    schedule.start()
    try:
        runner.until(lambda: ("sync_round", "doorbell") in runner.asked)
        bell.ring(DELIVER)
        runner.until(lambda: ("deliver_now", "doorbell") in runner.asked)
    finally:
        schedule.stop()
    assert schedule.fire("sync_round", "late") is None


def test_what_failed_for_now_is_tried_again_at_its_time(desk: Desk) -> None:
    def fails(name: str) -> Outcome:
        return Outcome(name, "failed", retry=RetryDecision(SystemClock().now()))

    runner = Counting(desk, fails)
    schedule = Schedule(runner, poll_seconds=3600)
    schedule.start()
    try:
        runner.until(lambda: ("sync_round", "retry") in runner.asked)
    finally:
        schedule.stop()
    assert runner.asked.index(("sync_round", "retry")) > 0


def test_a_missed_tick_runs_once_and_no_job_runs_beside_itself(desk: Desk) -> None:
    schedule = Schedule(Counting(desk), poll_seconds=60)
    schedule._scheduler.start(paused=True)
    jobs = {job.id: job for job in schedule._scheduler.get_jobs()}
    assert set(jobs) == {"sync_round", "reconsider_due", "nightly"}
    assert all((job.coalesce, job.max_instances) == (True, 1) for job in jobs.values())
    assert all(job.misfire_grace_time for job in jobs.values())
    assert str(jobs["nightly"].trigger.timezone) == "Asia/Shanghai"
    schedule._scheduler.shutdown(wait=False)


def test_one_process_serves_hands_off_at_a_click_and_stops_when_told(desk: Desk) -> None:
    contact = desk.ripe()
    desk.settle()
    bell, stop, ready = Doorbell(), threading.Event(), threading.Event()
    where: list[str] = []

    def told(url: str) -> None:
        where.append(url)
        ready.set()

    web = create_app(desk.engine, settings(), bell.ring)
    given: dict[str, Any] = {"web": web, "bell": bell, "ready": told}
    here = settings(listen="127.0.0.1:0", poll_seconds=3600)
    thread = threading.Thread(target=serve, args=(desk.engine, here, stop), kwargs=given)
    thread.start()
    try:
        assert ready.wait(PATIENCE)
        host = where[0].removeprefix("http://")
        assert _ask(host, "GET", "/readyz")[0] == 200
        assert _ask(host, "POST", f"{address(contact)}/hand-off")[0] == 200
        pause = threading.Event()
        for _ in range(500):
            if desk.leads():
                break
            pause.wait(0.01)
        assert len(desk.leads()) == 1
        assert _ask(host, "POST", "/webhooks/hubspot/marketing", b" " * 5_000_000)[0] in (0, 413)
    finally:
        stop.set()
        thread.join(PATIENCE * 2)
    assert not thread.is_alive()
    with pytest.raises(OSError):  # noqa: PT011 - nobody listens any more, however the system says it
        _ask(host, "GET", "/healthz")
    with desk.store.read() as tx:
        assert {run.outcome for run in runs.runs(tx)} <= {"done", "stopped"}


def _ask(host: str, method: str, path: str, body: bytes = b"") -> tuple[int, bytes]:
    connection = http.client.HTTPConnection(host, timeout=PATIENCE)
    try:
        connection.request(method, path, body=body, headers={"Authorization": f"Bearer {TOKEN}"})
        answer = connection.getresponse()
        return answer.status, answer.read()
    except (BrokenPipeError, ConnectionResetError):
        return 0, b""  # refused before the body was read
    finally:
        connection.close()
