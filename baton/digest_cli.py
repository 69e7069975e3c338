"""`baton digest` and `baton asks`: what sales rejected, what was really said, and what people are asked just now."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any

import typer

from baton.console import emit, guarded, out, table
from baton.digest_text import told
from baton.session import Json
from baton.session import engine as engine_of
from connector.domain.facts import Message
from connector.reports.asks import AskKind, asks, asks_document
from connector.reports.rejections import Length, digest, period_of
from connector.reports.rejections_json import Say, digest_document
from connector.sync.engine import Engine
from connector.sync.knowing import knowing
from connector.texts import shipped

app = typer.Typer(help="What managers and reps are asked just now.", no_args_is_help=True)

Language = Annotated[str, typer.Option(help="en or zh_CN. Default: the language of the settings.")]


def show_digest(
    *,
    period: Annotated[Length, typer.Option(help="A day, or a week from Monday.")] = "day",
    day: Annotated[
        str,
        typer.Option("--date", help="A day of the period, YYYY-MM-DD. Default: the last one that is over."),
    ] = "",
    language: Language = "",
    as_json: Json = False,
) -> None:
    """What sales rejected in a day or a week: each lead with what was really said, counts, open contests, reasons owed."""
    chosen = _day(day)

    def work() -> None:
        engine = engine_of()
        say = _saying(engine, language)
        document = _digest(engine, period, chosen, say=say)
        if as_json:
            emit(document)
        else:
            for line in told(document, say):
                out.print(line, markup=False, soft_wrap=True)

    guarded(work)


def _digest(engine: Engine, length: Length, day: date | None, *, say: Say) -> dict[str, Any]:
    with engine.store.read() as tx:
        policies = engine.rules(tx).policies
        period = period_of(length, day, now=engine.now(), time_zone=policies.time_zone)
        found = digest(tx, period, policies, knowing=knowing(engine, tx))
        return digest_document(found, say)


def _saying(engine: Engine, language: str) -> Say:
    locale = shipped(language) if language else engine.locale
    return lambda message: engine.render(message, locale)


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError as exc:
        raise typer.BadParameter("write a day as YYYY-MM-DD", param_hint="--date") from exc


@app.command("list")
def show_asks(
    *,
    kind: Annotated[AskKind | None, typer.Option(help="Only this kind.")] = None,
    language: Language = "",
    as_json: Json = False,
) -> None:
    """Each open question, the oldest first: what it is, whom it is about, what to do."""

    def work() -> None:
        engine = engine_of()
        say = _saying(engine, language)
        with engine.store.read() as tx:
            rows = asks_document(asks(tx, kind or ""), knowing(engine, tx), say)
        if as_json:
            emit(rows)
        elif rows:
            columns = tuple(say(Message(f"ask.column.{name}")) for name in ("at", "lead", "who", "what"))
            out.print(table(say(Message("ask.title")), columns, [_row(one) for one in rows]))
        else:
            out.print(say(Message("ask.nothing")))

    guarded(work)


def _row(one: dict[str, Any]) -> tuple[str, ...]:
    lead = " · ".join(part for part in (one["person"], one["company"]) if part)
    what = "\n".join(
        part for part in (one["text"], one["note"], f"→\N{NO-BREAK SPACE}{one['to_do']}") if part
    )
    return (one["at"][:16].replace("T", " "), lead, one["who"], what)
