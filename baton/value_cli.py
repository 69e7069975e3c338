"""`baton value ...`: what a lead is worth, and what the hand-offs of a period would be worth today."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

import typer

from baton import estimate_cli
from baton.console import emit, guarded, out, say, table
from baton.session import Json, engine
from baton.summary import amount, matrix_table
from connector.reports.restatement import Period, restatement
from connector.sync import values
from mappings.records import Money

app = typer.Typer(
    help="What a lead is worth: the table in force, drafts, publishing, and an estimate from a file.",
    invoke_without_command=True,
)

app.command("estimate")(estimate_cli.estimate)

Day = Annotated[datetime | None, typer.Option(formats=["%Y-%m-%d"])]


@app.callback()
def value(
    context: typer.Context,
    *,
    estimate: Annotated[bool, typer.Option("--estimate", help="Estimate a draft now.")] = False,
    publish: Annotated[bool, typer.Option("--publish", help="Estimate and put the draft in force.")] = False,
    as_json: Json = False,
) -> None:
    """The matrix: leads, conversion, price and lead cash value per cell, as published or as a new draft."""
    if context.invoked_subcommand:
        return

    def work() -> None:
        mine = engine()
        table_ = None
        if estimate or publish:
            table_ = values.draft(mine)
        if publish and table_ is not None:
            values.publish(mine, table_.version, by="command line")
        document = matrix_table(mine, table_)
        if as_json:
            emit(document.as_json())
        else:
            out.print(document.rendered())

    guarded(work)


@app.command()
def restate(*, since: Day = None, until: Day = None, as_json: Json = False) -> None:
    """Hand-offs of a period (default: this month) at the value frozen then, beside their value under today's table."""

    def work() -> None:
        mine = engine()
        today = mine.now().astimezone(mine.zone).date()
        period = Period(
            since.date() if since else today.replace(day=1), until.date() if until else today, mine.zone
        )
        with mine.store.read() as tx:
            rates = mine.rules.documents(tx).value.rates()
            document = restatement(tx, period, mine.rules(tx).values, rates)
        if as_json:
            emit(document)
            return
        columns = ("restate.cell", "restate.hand_offs", "restate.frozen", "restate.today")
        rows = [
            (one["cell"], one["hand_offs"], _text(one["frozen"]), _text(one["restated"]))
            for one in (*document["cells"], {**document, "cell": say("restate.sum")})
        ]
        title = say("restate.title", since=document["since"], until=document["until"])
        out.print(table(title, [say(one) for one in columns], rows))

    guarded(work)


def _text(document: dict[str, int | str]) -> str:
    return amount(Money(int(document["minor"]), str(document["currency"])))
