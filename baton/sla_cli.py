"""`baton sla ...`: who is late, and who accepted leads and did nothing."""

from __future__ import annotations

from typing import Annotated, Literal

import typer

from baton.console import emit, err, guarded, out, say, table
from baton.session import Json, engine
from connector.sync.deadline_lists import Kind, deadline_lists

app = typer.Typer(help="Deadlines: who is late, and who did nothing.", no_args_is_help=True)

_KINDS: dict[str, Kind] = {"breaches": "breach", "no-activity": "no_activity"}


@app.command("list")
def show(
    *,
    rep: Annotated[str, typer.Option(help="Only this rep: the owner id that `baton reps list` shows.")] = "",
    kind: Annotated[Literal["breaches", "no-activity", "all"], typer.Option(help="Which list.")] = "all",
    as_json: Json = False,
) -> None:
    """Deadlines that were missed, and accepted leads of which no call, meeting or message is logged."""

    def work() -> None:
        found = deadline_lists(engine(), rep=rep, kind=_KINDS.get(kind))
        if as_json:
            emit(found)
            return
        columns = tuple(
            say(f"sla.column.{name}") for name in ("list", "rep", "lead", "cell", "deadline", "due")
        )
        if found["rows"]:
            out.print(table(say("sla.title"), columns, [_row(row) for row in found["rows"]]))
        else:
            out.print(say("sla.nothing"))
        if found["calendar_known_until"] and found["calendar_known_until"] < found["as_of"][:10]:
            err.print(say("sla.calendar", until=found["calendar_known_until"]))

    guarded(work)


def _row(row: dict[str, object]) -> tuple[object, ...]:
    rep = row["rep"]
    who = rep["name"] or rep["id"] if isinstance(rep, dict) else ""
    return (
        say(f"sla.kind.{row['kind']}"),
        who,
        f"{row['name']}\n{row['company']}",
        row["cell"],
        say(f"deadline.{row['deadline']}"),
        str(row["due_at"])[:16],
    )
