"""`baton value estimate FILE`: what leads are worth by a history in a file. Needs neither database nor settings."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape

from baton.console import emit, err, fail, guarded, out, say, table, tell
from baton.summary import amount, percent
from connector.documents import read_yaml, validated
from connector.domain.estimate import Method
from connector.domain.money import RateConfig
from connector.domain.value import ValueConfig, value_of
from connector.files.history import FileHistory, read_history
from connector.reports.file_estimate import (
    FileEstimate,
    backtest_file,
    document,
    estimate_file,
    flags,
    said,
    split,
)

SHOWN = 20
"""Faulty rows that are told to a person; `--json` tells all."""


class Order(StrEnum):
    """How days are written where the year comes last."""

    DMY = "dmy"
    MDY = "mdy"


def horizon_of(text: str) -> int:
    """Days in `90d` or `90`."""
    found = re.fullmatch(r"(\d{1,4})\s*d?", text.strip())
    if found is None or not 1 <= int(found[1]) <= 3650:
        raise typer.BadParameter(f"{text!r}: write days from 1d to 3650d")
    return int(found[1])


def rate_of(text: str) -> RateConfig:
    """A rate in `USD=7.1` or, from a day on, `USD=7.1@2026-01-01`."""
    found = re.fullmatch(r"([A-Za-z]{3})=([0-9.]+)(?:@(\d{4}-\d{2}-\d{2}))?", text.strip())
    wrong = typer.BadParameter(f"{text!r}: write USD=7.1 or USD=7.1@2026-01-01")
    if found is None:
        raise wrong
    try:
        since = date.fromisoformat(found[3]) if found[3] else date.min
        return RateConfig(currency=found[1].upper(), rate=Decimal(found[2]), since=since)
    except (ValueError, InvalidOperation) as exc:
        raise wrong from exc


Day = Annotated[datetime | None, typer.Option(formats=["%Y-%m-%d"])]


def estimate(  # noqa: PLR0913 - each is an option of the command
    file: Annotated[Path, typer.Argument(help="CSV or XLSX with one row per lead and cell.")],
    *,
    horizon: Annotated[
        str, typer.Option(help="Days in which a win counts, as 90d. Default: 180d, or the document's.")
    ] = "",
    as_of: Day = None,
    recording_start: Day = None,
    method: Annotated[
        Method, typer.Option(help="raw: exact fractions k/n, nothing estimated.")
    ] = Method.SHRUNK,
    rate: Annotated[
        list[str] | None, typer.Option(help="USD=7.1: worth in the reporting currency; @DAY from a day on.")
    ] = None,
    currency: Annotated[str, typer.Option(help="Reporting currency. Default: that of all amounts.")] = "",
    value_document: Annotated[
        Path | None, typer.Option("--value", help="A value.yaml: horizons, rates, assumed figures.")
    ] = None,
    encoding: Annotated[str, typer.Option(help="Of a CSV, where it is not detected rightly.")] = "",
    dates: Annotated[Order | None, typer.Option(help="How 03/04/2018 is to be read.")] = None,
    strict: Annotated[bool, typer.Option("--strict", help="End with 1 when a row is left out.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON document on standard output.")] = False,
) -> None:
    """What leads are worth by a history in a file: CSV or XLSX with the columns lead_id, account_id, persona, stage,
    entered_at, won_at, lost_at, amount, currency. Needs neither database nor settings."""
    changes: dict[str, object] = {}
    if horizon:
        changes |= {"horizon_days": {}, "default_horizon_days": horizon_of(horizon)}
    if recording_start:
        changes["recording_start"] = {"file": recording_start.date()}
    rates = tuple(rate_of(one) for one in rate or ())
    if currency and not re.fullmatch(r"[A-Za-z]{3}", currency):
        raise typer.BadParameter("--currency: write a code such as CNY")

    def work() -> None:
        history = read_history(file, encoding=encoding, order=dates.value if dates else "")
        config = _config(value_document, history, rates, currency.upper()).model_copy(update=changes)
        day = as_of.date() if as_of else datetime.now(UTC).date()
        found = estimate_file(history, config, day, method)
        if as_json and (found.usable or history.faults):
            emit(document(found, tell))
        elif found.usable:
            _show(found)
        _end(found, strict=strict, told=as_json)

    guarded(work)


def backtest(  # noqa: PLR0913 - each is an option of the command
    file: Annotated[Path, typer.Argument(help="CSV or XLSX as for `baton value estimate`.")],
    *,
    cut_off: Annotated[
        datetime, typer.Option(formats=["%Y-%m-%d"], help="What happened later is not known.")
    ],
    until: Annotated[
        datetime | None,
        typer.Option(formats=["%Y-%m-%d"], help="The last day of the cohort. Default: the file's."),
    ] = None,
    as_of: Annotated[
        datetime | None,
        typer.Option(formats=["%Y-%m-%d"], help="Wins count until then. Default: the file's last day."),
    ] = None,
    horizon: Annotated[str, typer.Option(help="Days in which a win counts.")] = "180d",
    recording_start: Day = None,
    encoding: Annotated[str, typer.Option(help="Of a CSV, where it is not detected rightly.")] = "",
    dates: Annotated[Order | None, typer.Option(help="How 03/04/2018 is to be read.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON document on standard output.")] = False,
) -> None:
    """Wins predicted for those who entered after a day, from what was known by then, beside the wins that came."""
    start = {"file": recording_start.date()} if recording_start else {}
    config = ValueConfig(horizon_days={}, default_horizon_days=horizon_of(horizon), recording_start=start)

    def work() -> None:
        history = read_history(file, encoding=encoding, order=dates.value if dates else "")
        last = as_of.date() if as_of else history.last_day
        if last is None:
            fail([say("row.nothing")])
        found = backtest_file(history, config, last, (cut_off.date(), until.date() if until else last))
        if found is None:
            fail([say("estimate.no_cohort")])
        if as_json:
            emit(found)
        else:
            days = {name: str(found[name]) for name in ("cut_off", "until", "predicted")}
            out.print(say("value.backtest", leads=found["leads"], actual=found["actual"], **days))

    guarded(work)


def _config(
    given: Path | None, history: FileHistory, rates: tuple[RateConfig, ...], currency: str
) -> ValueConfig:
    """The value document, with what the command line adds. Without either, horizons of 180 days and no assumptions; the
    reporting currency is the only one of the amounts, else the only one that needs no rate."""
    if given is not None:
        config = validated(ValueConfig, read_yaml(given), source=str(given))
    else:
        config = ValueConfig(horizon_days={}, default_horizon_days=180)
    lacking = [code for code in history.currencies if code not in {one.currency for one in rates}]
    chosen = currency or (given is None and len(lacking) == 1 and lacking[0]) or config.reporting_currency
    return config.model_copy(
        update={"reporting_currency": chosen, "budget_rates": (*config.budget_rates, *rates)}
    )


def _end(found: FileEstimate, *, strict: bool, told: bool) -> None:
    faulty = [fault for fault in found.history.faults if fault.row is not None]
    if not told:
        for fault in faulty[:SHOWN]:
            err.print(f"[yellow]•[/yellow] {escape(said(fault, tell))}", soft_wrap=True)
        if len(faulty) > SHOWN:
            err.print(say("row.more", count=len(faulty) - SHOWN))
    if not found.usable:
        fail([say("row.nothing")])
    if strict and faulty:
        fail([say("row.strict", count=len(faulty))])


def _show(found: FileEstimate) -> None:
    said_ = found.table
    rows = []
    for figures in said_.cells.values():
        persona, stage = split(figures.cell)
        value = value_of(said_, figures.cell)
        rows.append(
            (
                persona,
                stage,
                say("estimate.won", wins=figures.wins, leads=figures.leads, matured=figures.matured),
                f"{percent(figures.rate)} ({percent(figures.low)} – {percent(figures.high)})",
                amount(said_.prices.get(persona)),
                amount(value.amount) if value else "–",
                " ".join(flags(figures, priced=value is not None)),
            )
        )
    names = ("persona", "stage", "won_of", "rate", "price", "value", "flags")
    title = say(
        "estimate.title", day=found.seen.as_of.isoformat(), kappa=str(said_.kappa), currency=said_.currency
    )
    out.print(table(title, [say(f"estimate.{name}") for name in names], rows))
    for note in document(found, tell)["warnings"]:
        if note["row"] is None:
            err.print(f"[yellow]•[/yellow] {escape(note['text'])}", soft_wrap=True)
