"""`baton reps ...`: who of the CRM's users takes leads, how many a day, in which groups, and who is away."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any

import typer

from baton.console import emit, fail, guarded, out, table
from baton.session import Json
from baton.session import engine as engine_of
from connector.store import owners
from connector.store.owners import Rep
from connector.sync.engine import Engine
from connector.sync.owners import pull_owners
from connector.sync.reps import Away, change_rep
from connector.sync.results import RoundResult
from connector.sync.view import plain

app = typer.Typer(help="Who takes leads: capacity, groups, absence.", no_args_is_help=True)


Owner = Annotated[str, typer.Argument(help="Owner id, e-mail or name, as `baton reps list` shows it.")]


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
    columns = ("owner", "name", "active", "queue", "capacity", "weight", "groups", "away", "part", "calendar")
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
            rep.calendar,
        )
        for rep in found
    ]
    out.print(table("Who can own leads", columns, rows))


@app.command("set")
def change(  # noqa: PLR0913 - each is an option of the command line
    owner: Owner,
    *,
    capacity: Annotated[int | None, typer.Option(min=0, help="New leads a working day.")] = None,
    default_capacity: Annotated[
        bool, typer.Option("--default-capacity", help="As many as the policies say.")
    ] = False,
    weight: Annotated[int | None, typer.Option(min=0, help="Share in the round robin.")] = None,
    group: Annotated[
        list[str] | None, typer.Option(help="Groups, replacing those before; `-` for none.")
    ] = None,
    calendar: Annotated[
        str | None, typer.Option(help="Working time by its name in the policies; `firm` for the firm's.")
    ] = None,
    away: Annotated[str, typer.Option(help="FROM:TO as 2026-12-24:2026-12-31, or `back`.")] = "",
    manager: Annotated[
        bool | None, typer.Option("--manager/--no-manager", help="Whether this is the manager.")
    ] = None,
    sdr: Annotated[
        bool | None,
        typer.Option("--sdr/--no-sdr", help="Whether this is an SDR, who never gets leads in turn."),
    ] = None,
    as_json: Json = False,
) -> None:
    """Change what routing knows of one owner; what is not said stays."""
    said = {
        "capacity": capacity,
        "weight": weight,
        "groups": None if group is None else tuple(one for one in group if one != "-"),
        "is_manager": manager,
        "is_sdr": sdr,
    }
    settings: dict[str, Any] = {name: value for name, value in said.items() if value is not None}
    if default_capacity:
        settings["capacity"] = None
    if calendar is not None:
        settings["calendar"] = guarded(lambda: _calendar(engine_of(), calendar))
    _change(owner, _absence(away), settings, as_json=as_json)


@app.command("away")
def away_(
    owner: Owner,
    *,
    since: Annotated[str, typer.Option("--from", help="The first day away, YYYY-MM-DD.")] = "",
    until: Annotated[
        str, typer.Option("--to", help="The last day away. Default: until further notice.")
    ] = "",
    back: Annotated[bool, typer.Option("--back", help="Is there again.")] = False,
    as_json: Json = False,
) -> None:
    """Somebody is away: gets no leads, and leads that they have not touched go to others from the next working day on."""
    if back == bool(since):
        raise typer.BadParameter("say one of --from and --back")
    absence = Away(None) if back else Away(_day(since, "--from"), _day(until, "--to") if until else None)
    _change(owner, absence, {}, as_json=as_json)


def _change(owner: str, absence: Away | None, settings: dict[str, Any], *, as_json: bool) -> None:
    def work() -> None:
        engine = engine_of()
        _known(engine)
        rep = change_rep(engine, owner, away=absence, **settings)
        if as_json:
            emit(plain(rep))

    guarded(work)


def _calendar(engine: Engine, name: str) -> str:
    """A calendar that the policies have; empty for the firm's."""
    with engine.store.read() as tx:
        known = sorted(engine.rules(tx).policies.working_time.calendars)
    if name not in ("firm", *known):
        fail(
            [f"{name!r} is no calendar of working_time.calendars: give one of {', '.join(('firm', *known))}"]
        )
    return "" if name == "firm" else name


def _absence(text: str) -> Away | None:
    if not text:
        return None
    if text == "back":
        return Away(None)
    since, _, until = text.partition(":")
    return Away(_day(since, "--away"), _day(until, "--away") if until else None)


def _day(text: str, option: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as exc:
        raise typer.BadParameter("write a day as YYYY-MM-DD", param_hint=option) from exc
