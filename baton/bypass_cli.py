"""`baton bypass ...`: what sales began past the hand-off."""

from __future__ import annotations

from datetime import date
from typing import Annotated

import typer

from baton.console import emit, guarded, out, say, table
from baton.session import Json, engine
from connector.sync.bypass import bypasses

app = typer.Typer(help="What sales began past the hand-off.", no_args_is_help=True)


@app.command("list")
def show(
    *,
    since: Annotated[str, typer.Option(help="Only what became known from this day on, YYYY-MM-DD.")] = "",
    limit: Annotated[int, typer.Option(min=1, help="The latest so many.")] = 100,
    as_json: Json = False,
) -> None:
    """Leads of marketing's pool for which a rep made a record or an opportunity; they earn no hand-off value."""

    def work() -> None:
        mine = engine()
        with mine.store.read() as tx:
            policies = mine.rules(tx).policies
        rows = bypasses(mine, since=policies.midnight(_day(since)) if since else None, limit=limit)
        if as_json:
            emit(rows)
        elif rows:
            columns = tuple(say(f"bypass.column.{name}") for name in ("lead", "at", "by", "step", "records"))
            out.print(table(say("bypass.title"), columns, [_row(row) for row in rows]))
        else:
            out.print(say("bypass.nothing"))

    guarded(work)


def _row(row: dict[str, object]) -> tuple[object, ...]:
    by, records = row["by"], row["records"]
    name = by["name"] or by["id"] if isinstance(by, dict) else ""
    made = [*records, *row["opportunities"]] if isinstance(records, list) else []  # type: ignore[misc]
    return f"{row['name']}\n{row['company']}", str(row["at"])[:16], name, row["step"], "\n".join(made)


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as exc:
        raise typer.BadParameter("write a day as YYYY-MM-DD", param_hint="--since") from exc
