"""One round: hear, read, match, place, write, hand off. The order of the steps; what each does is its own affair.

Every step can be stopped and run again. A dry run reads and plans, and keeps nothing of the plan.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from connector.store import dirty
from connector.sync import reassign
from connector.sync.deliver import deliver_all
from connector.sync.engine import Engine
from connector.sync.handoff import walk_due
from connector.sync.inbox import drain
from connector.sync.match import match_pending
from connector.sync.owners import pull_owners
from connector.sync.place import place_due, rehearse
from connector.sync.pull import pull
from connector.sync.results import RoundResult, timed
from connector.sync.streams import pull_streams
from connector.sync.told import tie_told
from connector.sync.values import ensure_published, has_table

SETTLING = 4
"""How often placing and delivering may follow each other in one round: a hand-off makes a record, whose values are
written, after which nothing is left; anything beyond is left to the next round."""


@dataclass(frozen=True, slots=True)
class Choice:
    """What to do of a round. `dry_run` plans without writing; `read` False only works off what is due here; `force` writes
    also what the brake would hold back."""

    dry_run: bool = False
    read: bool = True
    force: bool = False


def run_round(engine: Engine, choice: Choice | None = None) -> RoundResult:
    """One round with its counts. Trouble with a system is in the result, not an exception."""
    chosen = choice or Choice()
    result = RoundResult(dry_run=chosen.dry_run)
    if chosen.read:
        _read(engine, result)
    if chosen.dry_run:
        _step(engine, result, "place", lambda: rehearse(engine, result), total=_waiting(engine))
        return result
    _step(engine, result, "place", lambda: _place(engine, result), total=_waiting(engine))
    _write(engine, result, force=chosen.force)
    return result


def _read(engine: Engine, result: RoundResult) -> None:
    steps: tuple[tuple[str, Callable[[Engine, RoundResult], object]], ...] = (
        ("owners", pull_owners),
        ("inbox", drain),
        ("pull", pull),
        ("activities", pull_streams),
        ("match", match_pending),
        ("told", tie_told),
    )
    for name, work in steps:
        _step(engine, result, name, lambda work=work: work(engine, result))  # type: ignore[misc]
    with engine.store.read() as tx:
        engine.render.learn(tx, engine.rules(tx))


def _place(engine: Engine, result: RoundResult) -> None:
    if not has_table(engine):
        # Figures need history, and a hand-off needs a figure: the past is placed first, then valued, then acted upon.
        place_due(engine, result, hold=True)
        ensure_published(engine)
    place_due(engine, result)


def _write(engine: Engine, result: RoundResult, *, force: bool) -> None:
    for _ in range(SETTLING):
        if engine.crm.connection not in result.stopped:
            _step(engine, result, "hand_off", lambda: walk_due(engine, result))
        if engine.crm.connection not in result.stopped:
            _step(engine, result, "reassign", lambda: reassign.walk_due(engine, result))
        _step(engine, result, "place", lambda: place_due(engine, result))
        _step(engine, result, "deliver", lambda: deliver_all(engine, result, force=force))
        with engine.store.read() as tx:
            if not dirty.waiting(tx, engine.now()):
                return


def _waiting(engine: Engine) -> int:
    """How many leads are to be decided: what the bar counts up to, all of them where rules changed."""
    with engine.store.read() as tx:
        return dirty.waiting(tx, engine.now())


def _step(
    engine: Engine, result: RoundResult, name: str, work: Callable[[], object], *, total: int | None = None
) -> None:
    engine.progress.step(name, total)
    with timed(result, name, engine.stopwatch):
        work()
