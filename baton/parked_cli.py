"""`baton parked ...`: what waits for a person, and having it tried again."""

from __future__ import annotations

from typing import Annotated

import typer

from baton import parking
from baton.console import emit, err, fail, guarded, out, say, table
from baton.parking import Left, Waiting
from baton.session import Json, engine
from connector.sync.view import plain

app = typer.Typer(help="What waits for a person: look, try again, call it done.", no_args_is_help=True)

Kind = Annotated[str, typer.Option(help="Only this kind, such as field, hand_off, outbox.")]
SHOWN = 100


@app.command("list")
def show(
    *,
    kind: Kind = "",
    limit: Annotated[int, typer.Option(min=1, help="The oldest so many.")] = SHOWN,
    as_json: Json = False,
) -> None:
    """Each thing that waits, why, and what to do."""

    def work() -> None:
        rows = parking.waiting(engine(), kind, limit=limit)
        if as_json:
            emit(plain(rows))
        elif rows:
            columns = tuple(say(f"parked.column.{name}") for name in ("id", "kind", "at", "why"))
            out.print(table(say("parked.title"), columns, [_row(one) for one in rows]))
        else:
            out.print(say("parked.nothing"))

    guarded(work)


def _row(one: Waiting) -> tuple[str, ...]:
    what = one.id if one.id == one.key else f"{one.id}\n{one.key}"
    why = " ".join(part for part in (one.text, f"({one.detail})" if one.detail else "") if part)
    return (
        what,
        one.kind,
        f"{one.at:%Y-%m-%d %H:%M}",
        f"{why}\n→\N{NO-BREAK SPACE}{one.to_do}" if one.to_do else why,
    )


@app.command()
def replay(
    id_: Annotated[str, typer.Argument(metavar="[ID]", help="As `baton parked list` shows it.")] = "",
    *,
    kind: Kind = "",
    everything: Annotated[bool, typer.Option("--all", help="Whatever can be tried again.")] = False,
    as_json: Json = False,
) -> None:
    """Have it tried again in the next round. Say an ID, --kind, or --all."""
    if sum(map(bool, (id_, kind, everything))) != 1:
        raise typer.BadParameter("say one of an ID, --kind or --all")

    def work() -> None:
        mine = engine()
        rows = parking.waiting(mine, kind)
        chosen = [_named(rows, id_)] if id_ else [one for one in rows if one.replay or kind]
        again, left = parking.replay(mine, chosen)
        _told(again, left, as_json=as_json)

    guarded(work)


def _told(again: list[str], left: list[Left], *, as_json: bool) -> None:
    if as_json:
        emit({"replayed": again, "left": plain(left)})
    else:
        err.print(say("parked.replayed", count=len(again)))
        for one in left:
            err.print(f"{one.id}: {one.text}", markup=False, soft_wrap=True)
    if left:
        raise typer.Exit(1)


@app.command()
def done(
    id_: Annotated[str, typer.Argument(metavar="ID", help="As `baton parked list` shows it.")],
    *,
    as_json: Json = False,
) -> None:
    """You have dealt with it, or give it up: it is listed no more. Of a refused record nothing is wanted any more."""

    def work() -> None:
        mine = engine()
        one = _named(parking.waiting(mine), id_)
        refusal = parking.settle(mine, one)
        if refusal:
            fail([say(refusal)])
        if as_json:
            emit({"done": one.id})
        else:
            err.print(say("parked.done"))

    guarded(work)


def _named(rows: list[Waiting], id_: str) -> Waiting:
    found = [one for one in rows if one.id == id_]
    if not found:
        fail([say("parked.unknown", id=id_)])
    return found[0]
