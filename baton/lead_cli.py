"""`baton lead ...`: one lead's story, and what an SDR, a rep or a manager asks for it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from typing import Annotated

import typer

from baton.console import emit, err, guarded, out
from baton.session import As, Json, actor
from baton.session import engine as engine_of
from baton.story import tell
from connector.domain.dispute import Settle
from connector.domain.facts import HandSet, Message
from connector.store.requests import Undone
from connector.sync import commands
from connector.sync.by_hand import WHAT, set_by_hand, take_back
from connector.sync.commands import Judged, NewContact, NewRejection, Reply
from connector.sync.engine import Engine
from connector.sync.merge_leads import UnknownRecordError
from connector.sync.merge_leads import split as split_record
from connector.sync.view import lead_view, plain
from mappings.records import Kind, RecordKey

app = typer.Typer(help="One lead: look, hand off, answer, re-contact.", no_args_is_help=True)

Lead = Annotated[str, typer.Argument(help="Baton id, or connection:object:id.")]


def speaking(engine: Engine) -> Callable[..., str]:
    """Renders a message id in the language of the settings."""

    def say(message: str, **params: str | int) -> str:
        return engine.render(Message(message, params), engine.locale)

    return say


def _answer(ask: Callable[[Engine], Reply], *, as_json: bool) -> None:
    """Print the reply; a refusal ends with 1."""
    engine = guarded(engine_of)
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
    engine = guarded(engine_of)
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
        return commands.hand_off(engine, lead, actor=actor(who), request_id=id_)

    _answer(ask, as_json=as_json)


@app.command()
def accept(lead: Lead, *, who: As = "rep", as_json: Json = False) -> None:
    """Sales takes the lead."""
    _answer(lambda engine: commands.accept(engine, lead, actor=actor(who)), as_json=as_json)


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
        lambda engine: commands.reject(engine, lead, actor=actor(who), rejection=rejection), as_json=as_json
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
            engine, lead, actor=actor(who), contact=NewContact(kind, text, moment or engine.now())
        ),
        as_json=as_json,
    )


@app.command()
def review(
    lead: Lead,
    *,
    accept: Annotated[
        bool | None, typer.Option("--accept/--decline", help="Whether it may pass to sales.")
    ] = None,
    note: Annotated[str, typer.Option(help="What was found; a decline needs it.")] = "",
    who: As = "sdr",
    as_json: Json = False,
) -> None:
    """Marketing accepts the lead for sales in its own system, where the policies ask for it, or declines it."""
    if accept is None:
        raise typer.BadParameter("say one of --accept and --decline")
    judged = Judged(accept, note)
    _answer(lambda engine: commands.review(engine, lead, actor=actor(who), judged=judged), as_json=as_json)


@app.command()
def qualify(  # noqa: PLR0913 - each is an option of the command line
    lead: Lead,
    *,
    need: Annotated[str, typer.Option(help="What they need.")] = "",
    process_fit: Annotated[str, typer.Option(help="How it fits the way they work.")] = "",
    timeline: Annotated[str, typer.Option(help="By when.")] = "",
    budget: Annotated[str, typer.Option(help="With what money.")] = "",
    key_role: Annotated[str, typer.Option(help="Why this contact decides, or has influence.")] = "",
    who: As = "rep",
    as_json: Json = False,
) -> None:
    """A rep says that the lead is sales qualified (SQL); what was stated before need not be said again."""
    criteria = {
        "need": need,
        "process_fit": process_fit,
        "timeline": timeline,
        "budget": budget,
        "key_role": key_role,
    }
    _answer(
        lambda engine: commands.qualify(engine, lead, actor=actor(who), criteria=criteria), as_json=as_json
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
    _answer(lambda engine: commands.override(engine, lead, actor=actor(who), reason=reason), as_json=as_json)


HandOffId = Annotated[str, typer.Option("--hand-off", help="Its rejection. Default: the latest one.")]


@app.command()
def contest(
    lead: Lead,
    *,
    note: Annotated[str, typer.Option(help="Why sales' no does not hold; it is recorded.")] = "",
    hand_off_id: HandOffId = "",
    who: As = "sdr",
    as_json: Json = False,
) -> None:
    """An SDR says that sales' no does not hold; a manager is to ask the customer."""
    _answer(
        lambda engine: commands.contest(engine, lead, actor=actor(who), note=note, handoff_id=hand_off_id),
        as_json=as_json,
    )


@app.command()
def finding(
    lead: Lead,
    *,
    cause: Annotated[
        str,
        typer.Option(
            "--finding", help="Where the cause lay: lead, sdr, rep (the no does not hold), unclear."
        ),
    ],
    note: Annotated[str, typer.Option(help="What the customer said; it is recorded.")] = "",
    hand_off_id: HandOffId = "",
    who: As = "manager",
    as_json: Json = False,
) -> None:
    """A manager who called the customer settles a rejection. `rep` annuls it: another rep gets the lead."""
    _answer(
        lambda engine: commands.settle(engine, lead, finding=Settle(actor(who), cause, note, hand_off_id)),
        as_json=as_json,
    )


@app.command("set")
def set_(  # noqa: PLR0913 - each is an option of the command line
    lead: Lead,
    *,
    persona: Annotated[str | None, typer.Option(help="Row of the matrix.")] = None,
    stage: Annotated[str | None, typer.Option(help="Column of the matrix.")] = None,
    role: Annotated[
        str | None, typer.Option(help="decision-maker, influencer, user, student, unknown.")
    ] = None,
    undo: Annotated[
        str, typer.Option(metavar="persona|stage|role", help="Let the computed one count again.")
    ] = "",
    reason: Annotated[str, typer.Option(help="Why you know better; it is recorded.")],
    who: As = "sdr",
    as_json: Json = False,
) -> None:
    """Set the lead's row, column or role by hand, or take that back; the computed one stays visible beside it."""
    given = {"persona": persona, "stage": stage, "role": role}
    chosen = [(what, value) for what in WHAT if (value := given[what]) is not None]
    taken_back = [what for what in WHAT if what == undo]
    if len(chosen) + bool(undo) != 1 or (undo and not taken_back):
        raise typer.BadParameter("say one of --persona, --stage, --role and --undo persona|stage|role")

    def ask(engine: Engine) -> Reply:
        if taken_back:
            return take_back(engine, lead, what=taken_back[0], end=Undone(engine.now(), actor(who), reason))
        what, value = chosen[0]
        return set_by_hand(engine, lead, what=what, choice=HandSet(value, reason, actor(who), engine.now()))

    _answer(ask, as_json=as_json)


@app.command()
def split(
    record: Annotated[str, typer.Argument(metavar="CONNECTION:OBJECT:ID", help="The record to part.")],
    *,
    moved: Annotated[
        bool, typer.Option("--moved", help="To a new employer: what happened so far stays with the old lead.")
    ] = False,
    who: As = "sdr",
    as_json: Json = False,
) -> None:
    """Part one record from its lead, for good: they are two people."""

    def work() -> None:
        try:
            key = RecordKey.parse(record)
        except ValueError as exc:
            raise UnknownRecordError(str(exc)) from exc
        engine, by = engine_of(), actor(who)
        lead_id = split_record(engine, key, by=f"{by.kind}:{by.id}", moved=moved)
        if as_json:
            emit({"lead_id": lead_id, "record": record})
        else:
            err.print(speaking(engine)("cli.split"), lead_id)

    guarded(work)


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
