"""`baton kpi ...`: the value handed off against its target, sales' mirror of it, and what a target asks for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from fractions import Fraction
from typing import Annotated, Any
from zoneinfo import ZoneInfo

import typer
from rich.markup import escape
from rich.table import Table

from baton.console import emit, guarded, out
from baton.kpi_picture import picture
from baton.session import Json, engine
from baton.summary import amount
from connector.domain.facts import Message
from connector.domain.kpi import Dimension
from connector.domain.periods import PeriodKind, period_of
from connector.reports.kpi import Basis, KpiReport, kpi_report
from connector.reports.kpi_document import kpi_document
from connector.reports.kpi_plan import plan_document, plan_report
from connector.store.engine import Tx
from connector.sync.engine import Engine
from mappings.records import Money

app = typer.Typer(
    help="The value handed off against its target, and what a target asks for.", invoke_without_command=True
)

Day = Annotated[
    datetime | None, typer.Option("--date", formats=["%Y-%m-%d"], help="A day of the period; default: today.")
]
LATEST = 20
"""Corrections shown to people; `--json` has all."""


@app.callback()
def kpi(
    context: typer.Context,
    *,
    period: Annotated[PeriodKind, typer.Option(help="How long.")] = PeriodKind.MONTH,
    day: Day = None,
    by: Annotated[Dimension | None, typer.Option(help="Break the figures down.")] = None,
    as_json: Json = False,
) -> None:
    """The value of a period's hand-offs: against the ideal line, restated, by mix, and what sales made of it."""
    if context.invoked_subcommand:
        return

    def work() -> None:
        mine = engine()
        with mine.store.read() as tx:
            basis, now = _basis(mine, tx), mine.now()
            chosen = period_of(period, day.date() if day else _today(basis, now))
            report = kpi_report(tx, basis, chosen, by=by, now=now)
        document = kpi_document(report, _speaker(mine))
        if as_json:
            emit(document)
        else:
            _show(_Page(mine), report, document)

    guarded(work)


@app.command()
def plan(*, day: Day = None, as_json: Json = False) -> None:
    """What a month's target asks for: leads by cell, and a year's revenue taken apart down to the leads of a month."""

    def work() -> None:
        mine = engine()
        with mine.store.read() as tx:
            basis, now = _basis(mine, tx), mine.now()
            report = plan_report(tx, basis, day.date() if day else _today(basis, now), now)
        document = plan_document(report, _speaker(mine))
        if as_json:
            emit(document)
        else:
            _show_plan(_Page(mine), document)

    guarded(work)


def _basis(mine: Engine, tx: Tx) -> Basis:
    rules, documents = mine.rules(tx), mine.rules.documents(tx)
    mine.render.learn(tx, rules)
    return Basis(documents.policies, documents.value, documents.targets, rules.values)


def _today(basis: Basis, now: datetime) -> date:
    return now.astimezone(basis.zone).date()


def _speaker(mine: Engine) -> Any:
    return lambda message: mine.render(message, mine.locale)


class _Page:
    """Prints in the language of the settings."""

    def __init__(self, mine: Engine) -> None:
        self._say = _speaker(mine)

    def say(self, name: str, **params: str | int) -> str:
        """The text `kpi.<name>`."""
        return str(self._say(Message(f"kpi.{name}", params)))

    def line(self, name: str, **params: str | int) -> None:
        """One line of text."""
        out.print(escape(self.say(name, **params)), soft_wrap=True)

    def table(self, title: str, columns: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
        """A table; all but its first column are figures."""
        made = Table(title=self.say(title), title_justify="left", header_style="bold")
        for number, column in enumerate(columns):
            made.add_column(
                self.say(f"column.{column}") if column else "",
                justify="right" if number else "left",
                overflow="fold",
            )
        for row in rows:
            made.add_row(*(escape(str(cell)) for cell in row))
        out.print(made)


def _show(page: _Page, report: KpiReport, document: Mapping[str, Any]) -> None:
    period, line = document["period"], document["line"]
    page.line("title", first=period["first"], last=period["last"], zone=period["zone"])
    page.line("value", value=_text(document["value"]), leads=document["leads"])
    if document["target"]:
        share = _percent(Fraction(document["value"]["minor"], document["target"]["minor"]))
        page.line("target", target=_text(document["target"]), percent=share)
    page.line(
        "booked",
        credits=document["credits"],
        credited=_text(document["credited"]),
        others=document["counted_with"],
    )
    for kind, booked in (("reversals", "reversed"), ("reinstatements", "reinstated")):
        if document[kind]:
            page.line(
                kind,
                count=document[kind],
                amount=_text(document[booked]),
            )
    if document["restated"]:
        page.line(
            "restated",
            value=_text(document["restated"]["value"]),
            version=document["restated"]["table_version"],
        )
    _show_line(page, report, line)
    _show_mirror(page, document["mirror"])
    if document["rows"]:
        _show_rows(page, document)
    _show_mix(page, document["remaining"] or document["mix"], "remaining" if document["remaining"] else "mix")
    _show_corrections(page, document)
    for note in document["notes"]:
        out.print(f"[yellow]![/yellow] {escape(note)}", soft_wrap=True)


def _show_line(page: _Page, report: KpiReport, line: Mapping[str, Any]) -> None:
    out.print()
    for row in picture(report.course.points):
        out.print(row)
    if line["due"]:
        gone, days = line["working_days_gone"], line["working_days"]
        deviation = _text(line["deviation"], sign=True)
        page.line("due", due=_text(line["due"]), deviation=deviation, gone=gone, days=days)
    for way in ("over", "under"):
        if line[way]:
            page.line(way, day=line[way]["day"], amount=_text(line[way]["deviation"], sign=True))
    out.print()


def _show_mirror(page: _Page, mirror: Mapping[str, Any]) -> None:
    for name in ("won", "won_of_received"):
        won = mirror[name]
        ratio = _percent(Fraction(won["ratio"])) if won["ratio"] else "–"
        page.line(
            name,
            wins=won["wins"],
            amount=_text(won["amount"]),
            received=_text(mirror["received"]),
            ratio=ratio,
        )


def _show_rows(page: _Page, document: Mapping[str, Any]) -> None:
    columns = (document["by"], "leads", "credited", "reversed", "value", "restated", "won")
    rows = [
        (
            row["label"],
            row["leads"],
            _text(row["credited"]),
            _text(row["reversed"]),
            _text(row["value"]),
            _text(row["restated"]),
            _text(row["mirror"]["won"]["amount"]),
        )
        for row in document["rows"]
    ]
    page.table("rows", columns, rows)


def _show_mix(page: _Page, mix: Mapping[str, Any] | None, name: str) -> None:
    if mix is None:
        return
    rows = [
        (
            row["label"],
            _text(row["value"]),
            row["recent"],
            row["leads"],
            _text(row["worth"]),
            row["alone"] or "–",
        )
        for row in mix["rows"]
        if row["recent"] or row["alone"]
    ]
    page.line(f"{name}.amount", amount=_text(mix["amount"]))
    page.table(name, ("cell", "each", "recent", "mixed", "worth", "alone"), rows)


def _show_corrections(page: _Page, document: Mapping[str, Any]) -> None:
    zone = ZoneInfo(document["period"]["zone"])
    rows = [
        (
            _day(one["at"], zone),
            page.say(f"kind.{one['kind']}"),
            one["lead"],
            _text(one["amount"]),
            page.say("cause", cause_id=one["cause"]),
            _day(one["credited_at"], zone),
        )
        for one in document["corrections"][-LATEST:]
    ]
    if rows:
        page.table("corrections", ("at", "kind", "lead", "amount", "cause", "credited_at"), rows)


def _show_plan(page: _Page, document: Mapping[str, Any]) -> None:
    if document["monthly"]:
        page.line("plan.monthly", amount=_text(document["monthly"]), day=document["day"])
    needed = document["plan"]
    if needed:
        share = _percent(Fraction(needed["marketing_share"]))
        page.line(
            "plan.year",
            revenue=_text(needed["annual_revenue"]),
            share=share,
            price=_text(needed["average_price"]),
        )
        columns = ("", "revenue", "won", "opportunities", "sqls", "mqls", "leads_needed")
        named = [(page.say("plan.of_year"), needed["year"]), (page.say("plan.of_month"), needed["month"])]
        named += [(one["team"], one) for one in needed["teams"]]
        keys = ("won", "opportunities", "sqls", "mqls", "leads")
        page.table(
            "plan",
            columns,
            [(name, _text(one["revenue"]), *(one[key] for key in keys)) for name, one in named],
        )
    _show_mix(page, document["mix"], "mix")
    for note in document["notes"]:
        out.print(f"[yellow]![/yellow] {escape(note)}", soft_wrap=True)


def _day(instant: str, zone: ZoneInfo) -> date:
    return datetime.fromisoformat(instant).astimezone(zone).date()


def _text(money: Mapping[str, Any] | None, *, sign: bool = False) -> str:
    if money is None:
        return "–"
    shown = amount(Money(money["minor"], money["currency"]))
    return f"+{shown}" if sign and money["minor"] > 0 else shown


def _percent(share: Fraction) -> str:
    return f"{float(share) * 100:.1f} %"
