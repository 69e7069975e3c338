"""`baton value ...`: what a lead is worth, and what the hand-offs of a period would be worth today."""

from __future__ import annotations

import getpass
from datetime import datetime
from typing import Annotated

import typer

from baton import estimate_cli
from baton.console import emit, err, fail, guarded, out, say, table
from baton.session import Json, engine
from baton.summary import amount, matrix_table
from connector.domain.value import ValueTable
from connector.reports import publication
from connector.reports.restatement import Period, restatement
from connector.store import values as values_
from connector.store.engine import Tx
from connector.sync import values
from connector.sync.rulebook import read_table
from mappings.records import Money

app = typer.Typer(
    help="What a lead is worth: the table in force, drafts, publishing, and an estimate from a file.",
    invoke_without_command=True,
)

app.command("estimate")(estimate_cli.estimate)
app.command("backtest")(estimate_cli.backtest)

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
            done = values.publish(mine, table_.version, by="command line")
            table_ = done.table if done else table_
        document = matrix_table(mine, table_)
        if as_json:
            emit(document.as_json())
        else:
            out.print(document.rendered())

    guarded(work)


Draft = Annotated[int | None, typer.Option("--draft", help="A draft's version. Default: the newest.")]


def _draft(tx: Tx, version: int | None) -> ValueTable:
    """That draft, or the newest. Ends with 1 when there is none."""
    stored = values_.value_table(tx, version) if version else values_.draft(tx)
    if stored is None or stored.published_at:
        fail([say("publish.no_draft")])
    return read_table(stored.document, stored.version)


@app.command()
def drafts(*, as_json: Json = False) -> None:
    """The drafts that are kept, the newest first."""

    def work() -> None:
        with engine().store.read() as tx:
            found = publication.drafts(tx)
        if as_json:
            emit(found)
            return
        rows = [(one["version"], one["as_of"], one["cells"], one["kappa"]) for one in found]
        out.print(
            table("", [say(f"publish.{name}") for name in ("version", "as_of", "cells", "kappa")], rows)
        )

    guarded(work)


@app.command()
def diff(*, draft: Draft = None, as_json: Json = False) -> None:
    """What publishing a draft would change, cell by cell, and why."""

    def work() -> None:
        mine = engine()
        with mine.store.read() as tx:
            over = mine.rules.documents(tx).value.publish_over_percent
            document = publication.difference(values.in_force(tx), _draft(tx, draft), over)
        if as_json:
            emit(document)
            return
        columns = ("cell", "before", "after", "percent", "why")
        rows = [
            (
                one["cell"],
                _text(one["published"]["value"]) if one["published"] else "–",
                _text(one["draft"]["value"]) if one["draft"] else "–",
                f"{one['percent']} %" if one["percent"] else "–",
                say(f"publish.why.{one['why']}"),
            )
            for one in document["cells"]
        ]
        versions = {"before": document["published_version"], "after": document["draft_version"]}
        title = say("publish.diff", **versions)
        out.print(table(title, [say(f"publish.{name}") for name in columns], rows))

    guarded(work)


@app.command("publish")
def publish_draft(
    *,
    draft: Draft = None,
    by: Annotated[str, typer.Option("--by", help="Who publishes. Default: the user of this machine.")] = "",
    as_json: Json = False,
) -> None:
    """Put a draft in force: cells that moved take its figures, the others keep theirs."""

    def work() -> None:
        mine = engine()
        with mine.store.read() as tx:
            version = _draft(tx, draft).version
        done = values.publish(mine, version, by=by or getpass.getuser())
        if done is None:
            fail([say("publish.later", version=version)])
        if as_json:
            emit(publication.published(version, done.cells, done.leads))
        else:
            err.print(say("publish.done", version=version, cells=len(done.cells), leads=done.leads))

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
