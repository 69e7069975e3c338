"""The jobs themselves: plain functions of an engine, called alike by the schedule, the command line and tests.

What they do is the round's affair; here it is only said which part of it runs when.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta

from connector.store import dirty, inbox, outbox
from connector.sync import values
from connector.sync.engine import Engine
from connector.sync.reconcile import reconcile
from connector.sync.results import RoundResult
from connector.sync.round import Choice, run_round
from connector.sync.streams import reread_recent

ROUND = "round"
"""What everything that reads or writes the two systems holds while it runs: no two at once."""

KEEP_DELIVERIES = timedelta(days=7)
"""How long webhook deliveries are kept after reading. HubSpot and Salesforce repeat one for 24 hours at most."""


@dataclass(frozen=True, slots=True)
class JobResult:
    """What a job did, in counts; `trouble` are sentences for an operator, without personal data."""

    counts: Mapping[str, int]
    trouble: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Job:
    """A job by name. `lock`: no two jobs with the same one run at once. `due` says cheaply whether there is anything to
    do; a job without work leaves no run behind."""

    name: str
    work: Callable[[Engine], JobResult]
    lock: str = ROUND
    due: Callable[[Engine], bool] | None = None


def sync_round(engine: Engine) -> JobResult:
    """A whole round."""
    return summary(run_round(engine))


def deliver_now(engine: Engine) -> JobResult:
    """What is due here, placed and delivered; nothing is read."""
    return summary(run_round(engine, Choice(read=False)))


def nightly(engine: Engine) -> JobResult:
    """Compare counts, read recent activities again for new associations, estimate values as a draft, publish it where the
    rule says so, tidy up."""
    result = RoundResult()
    differing = [row for row in reconcile(engine, result) if row.differs]
    reread_recent(engine, result)
    table = values.draft(engine)
    published = values.publish_by_rule(engine)
    with engine.store.begin() as tx:
        pruned = inbox.prune(tx, engine.now() - KEEP_DELIVERIES)
    told = summary(result)
    own = {"objects_differing": len(differing), "value_draft": table.version, "deliveries_pruned": pruned}
    own["cells_published"] = len(published.cells) if published else 0
    return JobResult({**told.counts, **own}, told.trouble)


def anything_due(engine: Engine) -> bool:
    """Whether a lead is due to be decided or a write due to be delivered."""
    now = engine.now()
    with engine.store.read() as tx:
        return bool(dirty.waiting(tx, now)) or any(lane.due for lane in outbox.lanes(tx, now))


def summary(result: RoundResult) -> JobResult:
    """A round in the totals that a run is remembered by."""
    names = ("read", "changed", "echoes", "planned", "written", "refused", "parked", "calls")
    totals = {name: sum(getattr(one, name) for one in result.objects.values()) for name in names}
    placed = {"leads_placed": result.leads_placed, "handed_off": result.handed_off}
    return JobResult({**totals, **placed, "trouble": len(result.trouble)}, tuple(result.trouble))


SYNC_ROUND = Job("sync_round", sync_round)
DELIVER_NOW = Job("deliver_now", deliver_now)
RECONSIDER_DUE = Job("reconsider_due", deliver_now, due=anything_due)
NIGHTLY = Job("nightly", nightly)
JOBS: Mapping[str, Job] = {job.name: job for job in (SYNC_ROUND, DELIVER_NOW, RECONSIDER_DUE, NIGHTLY)}
"""Every job by its name."""
