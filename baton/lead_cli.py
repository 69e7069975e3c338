"""`baton lead ...`: one lead's story, and what an SDR, a rep or a manager asks for it."""

from __future__ import annotations

import getpass
import os
from collections.abc import Callable
from datetime import date, datetime
from typing import Annotated

import typer

from baton.compose import compose, default_settings_file
from baton.console import emit, err, guarded, out
from baton.story import tell
from connector.domain.facts import Actor, Message
from connector.settings import load_settings
from connector.sync import commands
from connector.sync.commands import NewContact, NewRejection, Reply
from connector.sync.engine import Engine
from connector.sync.view import lead_view, plain
from mappings.records import Kind

app = typer.Typer(help="One lead: look, hand off, answer, re-contact.", no_args_is_help=True)

Lead = Annotated[str, typer.Argument(help="Baton id, or connection:object:id.")]
As = Annotated[
    str, typer.Option("--as", help="Who asks: sdr, rep, manager; with an owner id as in rep:005...")
]
Json = Annotated[bool, typer.Option("--json", help="One JSON document on standard output.")]


def _engine() -> Engine:
    return compose(load_settings(os.environ, default_settings_file()))


def speaking(engine: Engine) -> Callable[..., str]:
    """Renders a message id in the language of the settings."""

    def say(message: str, **params: str | int) -> str:
        return engine.render(Message(message, params), engine.locale)

    return say


def _actor(text: str) -> Actor:
    kind, _, owner = text.partition(":")
    return Actor(kind, owner or getpass.getuser())


def _answer(ask: Callable[[Engine], Reply], *, as_json: bool) -> None:
    """Print the reply; a refusal ends with 1."""
    engine = guarded(_engine)
    say = speaking(engine)
    reply = guarded(lambda: ask(engine))
    if as_json:
        emit(plain(reply))
    else:
        for message in reply.messages:
            err.print(f"[yellow]•[/yellow] {message}", soft_wrap=True)
        verdict = (
            f"[green]{say('reply.done')}[/green]" if reply.accepted else f"[red]{say('reply.refused')}[/red]"
        )
        err.print(verdict, reply.handoff_id)
        if reply.eligible_from:
            err.print(say("reply.eligible", at=reply.eligible_from.isoformat()))
    if not reply.accepted:
        raise typer.Exit(1)


@app.command()
def show(lead: Lead, *, as_json: Json = False) -> None:
    """Where the lead stands and why: cell, evidence, gate, value with its arithmetic, history, links, fields."""
    engine = guarded(_engine)
    document = guarded(lambda: lead_view(engine, lead))
    if as_json:
        emit(document)
    else:
        out.print(tell(document, speaking(engine)))


@app.command("hand-off")
def hand_off(
    lead: Lead,
    *,
    who: As = "sdr",
    request: Annotated[str, typer.Option(help="The same request counts once. Default: a new one.")] = "",
    as_json: Json = False,
) -> None:
    """Ask that the lead passes to sales now."""

    def ask(engine: Engine) -> Reply:
        id_ = request or engine.new_id()
        return commands.hand_off(engine, lead, actor=_actor(who), request_id=id_)

    _answer(ask, as_json=as_json)


@app.command()
def accept(lead: Lead, *, who: As = "rep", as_json: Json = False) -> None:
    """Sales takes the lead."""
    _answer(lambda engine: commands.accept(engine, lead, actor=_actor(who)), as_json=as_json)


@app.command()
def reject(  # noqa: PLR0913 - each is an option of the command line
    lead: Lead,
    *,
    reason: Annotated[str, typer.Option(help="A reason of the list, such as no_budget.")] = "",
    note: Annotated[str, typer.Option(help="What the customer said.")] = "",
    until: Annotated[str, typer.Option(help="For bad timing: the day to come back, YYYY-MM-DD.")] = "",
    return_to_me: Annotated[
        bool, typer.Option("--return-to-me", help="Give it back to the same rep.")
    ] = False,
    who: As = "rep",
    as_json: Json = False,
) -> None:
    """Sales gives the lead back, with a reason."""
    rejection = NewRejection(reason, note, _day(until), return_to_me)
    _answer(
        lambda engine: commands.reject(engine, lead, actor=_actor(who), rejection=rejection), as_json=as_json
    )


@app.command()
def recontact(
    lead: Lead,
    *,
    text: Annotated[str, typer.Option(help="What the customer said.")],
    kind: Annotated[Kind, typer.Option(help="How: call, meeting, message, email_reply...")] = Kind.CALL,
    at: Annotated[str, typer.Option(help="When, ISO 8601 with offset. Default: now.")] = "",
    who: As = "sdr",
    as_json: Json = False,
) -> None:
    """Log that somebody spoke with the customer again."""
    moment = _moment(at)
    _answer(
        lambda engine: commands.recontact(
            engine, lead, actor=_actor(who), contact=NewContact(kind, text, moment or engine.now())
        ),
        as_json=as_json,
    )


@app.command()
def override(
    lead: Lead,
    *,
    reason: Annotated[str, typer.Option(help="Why the cooldown is lifted; it is recorded.")],
    who: As = "manager",
    as_json: Json = False,
) -> None:
    """A manager lets the lead pass its cooldown once."""
    _answer(lambda engine: commands.override(engine, lead, actor=_actor(who), reason=reason), as_json=as_json)


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError as exc:
        raise typer.BadParameter("write a day as YYYY-MM-DD", param_hint="--until") from exc


def _moment(text: str) -> datetime | None:
    try:
        moment = datetime.fromisoformat(text) if text else None
    except ValueError as exc:
        raise typer.BadParameter("write a time as 2026-11-22T14:00+08:00", param_hint="--at") from exc
    if moment is not None and moment.tzinfo is None:
        raise typer.BadParameter("say which time zone: add an offset such as +08:00", param_hint="--at")
    return moment
