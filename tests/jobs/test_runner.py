"""Jobs: one at a time per lock, recorded, and an error that tells when to try again."""

from __future__ import annotations

import platform
import subprocess
import sys
import threading
from datetime import UTC, datetime, timedelta

import pytest

from connector.errors import AccessDeniedError, ConfigError, RateLimitedError, TryLaterError
from connector.sandbox.clock import SandboxClock
from connector.store import runs
from connector.store.claims import Claim
from connector.sync.engine import Engine
from jobs.runner import LEASE, RetryDecision, Runner, decide_retry, leased
from jobs.work import DELIVER_NOW, JOBS, NIGHTLY, RECONSIDER_DUE, SYNC_ROUND, Job, JobResult
from tests.sync.bench import Desk

NOW = datetime(2026, 11, 22, tzinfo=UTC)


@pytest.fixture
def clock() -> SandboxClock:
    return SandboxClock(NOW)


@pytest.fixture
def runner(desk: Desk, clock: SandboxClock) -> Runner:
    return Runner(desk.engine, clock)


def last(desk: Desk) -> runs.Run:
    with desk.store.read() as tx:
        return runs.runs(tx)[0]


def test_a_round_is_run_recorded_and_counted(desk: Desk, runner: Runner) -> None:
    contact = desk.hot()
    desk.wait(minutes=1)
    outcome = runner.run(SYNC_ROUND, why="test")
    assert (outcome.outcome, outcome.counts["handed_off"], outcome.retry) == ("done", 1, RetryDecision())
    run = last(desk)
    assert (run.job, run.why, run.outcome, run.counts["handed_off"]) == ("sync_round", "test", "done", 1)
    assert run.ended_at is not None
    assert desk.step(contact) == "handed_off"


def test_nothing_due_leaves_no_run_and_something_due_is_done(desk: Desk, runner: Runner) -> None:
    desk.ripe()
    desk.settle()
    assert runner.run(RECONSIDER_DUE, why="test").outcome == "idle"
    with desk.store.read() as tx:
        assert runs.runs(tx) == []
    desk.wait(days=400)
    assert runner.run(RECONSIDER_DUE, why="test").outcome == "done"


def test_a_click_is_delivered_without_reading(desk: Desk, runner: Runner) -> None:
    contact = desk.ripe()
    desk.settle()
    desk.hand_off(contact)
    outcome = runner.run(DELIVER_NOW, why="test")
    assert (outcome.counts["handed_off"], outcome.counts["read"]) == (1, 0)


def test_the_night_counts_estimates_and_tidies(desk: Desk, runner: Runner) -> None:
    desk.hot()
    desk.settle()
    outcome = runner.run(NIGHTLY, why="test")
    assert (outcome.outcome, outcome.trouble) == ("done", ())
    assert outcome.counts["objects_differing"] == 0
    assert outcome.counts["value_draft"] > 1


def test_an_error_is_told_and_recorded_without_its_text(
    desk: Desk, runner: Runner, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail(_: Engine) -> JobResult:
        raise ValueError("wang@firm.example")

    outcome = runner.run(Job("fails", fail), why="test")
    assert (outcome.outcome, outcome.error) == ("failed", "ValueError")
    assert outcome.retry.retry_at == NOW + timedelta(seconds=30)
    assert (last(desk).outcome, last(desk).error) == ("failed", "ValueError")
    assert "wang@" not in capsys.readouterr().err
    assert runner.run(Job("fails", fail), why="test").retry.retry_at == NOW + timedelta(seconds=60)


@pytest.mark.parametrize(
    ("error", "wait"),
    [
        (TryLaterError("crm", "down"), timedelta(seconds=30)),
        (RateLimitedError("crm", "slow", retry_after=timedelta(minutes=5)), timedelta(minutes=5)),
        (OSError("disk"), timedelta(seconds=30)),
        (AccessDeniedError("crm", "no"), None),
        (ConfigError(["no"]), None),
    ],
)
def test_only_what_passes_by_itself_is_tried_again(error: Exception, wait: timedelta | None) -> None:
    assert decide_retry(error, 0, NOW).retry_at == (NOW + wait if wait else None)


def test_waits_grow_up_to_an_hour() -> None:
    waits = [decide_retry(TryLaterError("crm", "down"), n, NOW).retry_at for n in range(12)]
    assert waits == sorted(w for w in waits if w)
    assert waits[-1] == NOW + timedelta(hours=1)


# Locks


def test_two_jobs_with_one_lock_never_run_at_once(desk: Desk, runner: Runner, clock: SandboxClock) -> None:
    with leased(desk.store, "round", clock=clock) as mine:
        assert mine
        outcome = runner.run(SYNC_ROUND, why="test")
        assert outcome.outcome == "busy"
        assert outcome.retry.retry_at is not None
    assert runner.run(SYNC_ROUND, why="test").outcome == "done"


def test_the_lease_of_a_process_that_died_here_is_taken_over_at_once(desk: Desk, clock: SandboxClock) -> None:
    died = subprocess.run(
        [sys.executable, "-c", "import os; print(os.getpid())"], capture_output=True, check=True
    )
    _hold(desk, f"{platform.node()}:{int(died.stdout)}:x")
    with leased(desk.store, "round", clock=clock) as mine:
        assert mine


def test_the_lease_of_another_machine_is_taken_over_when_its_time_is_up(
    desk: Desk, clock: SandboxClock
) -> None:
    _hold(desk, "elsewhere:1:x")
    with leased(desk.store, "round", clock=clock) as mine:
        assert not mine
    clock.advance(LEASE)
    with leased(desk.store, "round", clock=clock) as mine:
        assert mine


def test_a_lease_is_prolonged_while_its_job_runs(desk: Desk, clock: SandboxClock) -> None:
    with leased(desk.store, "round", clock=clock, beat=0.01) as mine:
        assert mine
        for _ in range(3):
            before = _until(desk)
            clock.advance(LEASE / 2)
            _wait_for(lambda before=before: _until(desk) > before)  # type: ignore[misc]
        with leased(desk.store, "round", clock=clock) as other:
            assert not other


def test_a_job_that_is_told_to_stop_stops_between_two_steps(desk: Desk, clock: SandboxClock) -> None:
    stop = threading.Event()
    runner = Runner(desk.engine, clock, stop=stop)

    def work(engine: Engine) -> JobResult:
        engine.progress.step("one")
        stop.set()
        engine.progress.advance(1)
        raise AssertionError("went on")

    assert runner.run(Job("long", work), why="test").outcome == "stopped"
    assert last(desk).outcome == "stopped"
    with leased(desk.store, "round", clock=clock) as mine:
        assert mine


def test_every_job_goes_by_its_name() -> None:
    assert set(JOBS) == {"sync_round", "deliver_now", "reconsider_due", "nightly"}


def _hold(desk: Desk, token: str) -> None:
    with desk.store.begin() as tx:
        assert runs.take_lease(tx, "round", claim=Claim(token, NOW, NOW + LEASE))


def _until(desk: Desk) -> str:
    ((until,),) = desk.rows("SELECT until FROM lease")
    return str(until)


def _wait_for(met: object) -> None:
    pause = threading.Event()
    for _ in range(300):
        if met():  # type: ignore[operator]
            return
        pause.wait(0.01)
    raise AssertionError("it did not come about")
