"""`baton reps ...`: who of the CRM's users takes leads, how many a day, in which groups, and who is away."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Annotated

import typer

from baton.console import emit, fail, guarded, out, table
from baton.session import Json
from baton.session import engine as engine_of
from connector.store import owners
from connector.store.owners import Rep
from connector.sync.engine import Engine
from connector.sync.owners import pull_owners
from connector.sync.results import RoundResult
from connector.sync.view import plain

app = typer.Typer(help="Who takes leads: capacity, groups, absence.", no_args_is_help=True)


def _known(engine: Engine) -> list[Rep]:
    """Everybody the CRM lists, read once when nobody is known yet."""
    for attempt in range(2):
        with engine.store.read() as tx:
            found = owners.reps(tx, engine.crm.connection)
        if found or attempt:
            return found
        pull_owners(engine, RoundResult())
    return []


@app.command("list")
def show(*, as_json: Json = False) -> None:
    """Everybody who can own leads in the CRM, with the settings that routing uses."""
    found = guarded(lambda: _known(engine_of()))
    if as_json:
        emit([plain(rep) for rep in found])
        return
    columns = ("owner", "name", "active", "queue", "capacity", "weight", "groups", "away", "part")
    rows = [
        (
            rep.owner_id,
            rep.name,
            "yes" if rep.active else "no",
            "yes" if rep.is_queue else "",
            "default" if rep.capacity is None else rep.capacity,
            rep.weight,
            ", ".join(rep.groups),
            f"{rep.away_from} – {rep.away_to or ''}" if rep.away_from else "",
            "manager" if rep.is_manager else "sdr" if rep.is_sdr else "",
        )
        for rep in found
    ]
    out.print(table("Who can own leads", columns, rows))


@app.command("set")
def change(  # noqa: PLR0913 - each is an option of the command line
    owner: Annotated[str, typer.Argument(help="Owner id, e-mail or name, as `baton reps list` shows it.")],
    *,
    capacity: Annotated[int | None, typer.Option(min=0, help="New leads a day.")] = None,
    weight: Annotated[int | None, typer.Option(min=0, help="Share in the round robin.")] = None,
    group: Annotated[list[str] | None, typer.Option(help="Groups, replacing those before.")] = None,
    away: Annotated[str, typer.Option(help="FROM:TO as 2026-12-24:2026-12-31, or `back`.")] = "",
    manager: Annotated[bool | None, typer.Option(help="Whether this is the manager.")] = None,
    sdr: Annotated[
        bool | None, typer.Option(help="Whether this is an SDR, who never gets leads in turn.")
    ] = None,
) -> None:
    """Change what routing knows of one owner; what is not said stays."""

    def work() -> None:
        engine = engine_of()
        mine = [rep for rep in _known(engine) if owner in (rep.owner_id, rep.email, rep.name)]
        if len(mine) != 1:
            fail([f"{owner!r} names {len(mine)} owners: give the id that `baton reps list` shows"])
        rep = mine[0]
        since, until = _absence(away, rep)
        changed = replace(
            rep,
            capacity=rep.capacity if capacity is None else capacity,
            weight=rep.weight if weight is None else weight,
            groups=rep.groups if group is None else tuple(group),
            is_manager=rep.is_manager if manager is None else manager,
            is_sdr=rep.is_sdr if sdr is None else sdr,
            away_from=since,
            away_to=until,
        )
        with engine.store.begin() as tx:
            owners.save_rep(tx, changed)

    guarded(work)


def _absence(text: str, rep: Rep) -> tuple[date | None, date | None]:
    if text == "back":
        return None, None
    if not text:
        return rep.away_from, rep.away_to
    since, _, until = text.partition(":")
    try:
        return date.fromisoformat(since), date.fromisoformat(until) if until else None
    except ValueError as exc:
        raise typer.BadParameter("write FROM:TO as 2026-12-24:2026-12-31", param_hint="--away") from exc
