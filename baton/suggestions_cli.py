"""`baton suggestions ...`: two leads that may be one person, for somebody who can judge."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from baton.console import emit, err, guarded, out, say, table
from baton.parking import first_said
from baton.session import As, Json, actor, engine
from connector.store import identities, links
from connector.store.identities import Suggestion
from connector.store.known import known_of
from connector.sync.engine import Engine
from connector.sync.merge_leads import answer_suggestion
from connector.sync.readers import readers_for
from connector.sync.view import plain

app = typer.Typer(help="Two leads that may be one person: look and judge.", no_args_is_help=True)

Id = Annotated[int, typer.Argument(metavar="ID", help="As `baton suggestions list` shows it.")]


@app.command("list")
def show(
    *,
    limit: Annotated[int, typer.Option(min=1, help="The likeliest so many.")] = 100,
    as_json: Json = False,
) -> None:
    """The pairs that wait for an answer, the likeliest first."""

    def work() -> None:
        rows = _documents(engine(), limit)
        if as_json:
            emit(rows)
        elif rows:
            columns = tuple(say(f"suggestion.column.{name}") for name in ("id", "first", "second", "why"))
            shown = [(row["id"], *(_side(one) for one in row["leads"]), row["text"]) for row in rows]
            out.print(table(say("suggestion.title"), columns, shown))
        else:
            out.print(say("suggestion.nothing"))

    guarded(work)


def _documents(mine: Engine, limit: int) -> list[dict[str, Any]]:
    with mine.store.read() as tx:
        found = identities.open_suggestions(tx, limit)
        ids = list(dict.fromkeys(lead for one in found for lead in (one.lead_a, one.lead_b)))
        people = {one.lead_id: one.person for one in known_of(tx, ids, readers_for(mine, tx), now=mine.now())}
        records = {lead: [str(link.key) for link in mine_] for lead, mine_ in links.links_of(tx, ids).items()}
    names = {lead: person.name for lead, person in people.items()}
    return [_document(mine, one, names, records) for one in found]


def _document(
    mine: Engine, one: Suggestion, names: dict[str, str], records: dict[str, list[str]]
) -> dict[str, Any]:
    leads = [
        {"lead": lead, "name": names.get(lead, ""), "records": records.get(lead, [])}
        for lead in (one.lead_a, one.lead_b)
    ]
    text = first_said(mine, f"suggestion.{one.reason}", otherwise=one.reason)
    told = {"id": one.id, "reason": one.reason, "text": text, "score": one.score, "at": plain(one.at)}
    return {**told, "leads": leads}


def _side(lead: dict[str, Any]) -> str:
    return "\n".join((lead["name"], *lead["records"]))


@app.command()
def same(id_: Id, *, who: As = "sdr", as_json: Json = False) -> None:
    """The two are one person: they become one lead at once."""
    _answer(id_, who, same=True, as_json=as_json)


@app.command()
def different(id_: Id, *, who: As = "sdr", as_json: Json = False) -> None:
    """The two are two people: this is never asked again."""
    _answer(id_, who, same=False, as_json=as_json)


def _answer(id_: int, who: str, *, same: bool, as_json: bool) -> None:
    def work() -> None:
        by = actor(who)
        lead = answer_suggestion(engine(), id_, same=same, by=f"{by.kind}:{by.id}")
        if as_json:
            emit({"suggestion": id_, "same": same, "lead_id": lead})
        else:
            err.print(say("suggestion.same" if same else "suggestion.different"), lead)

    guarded(work)
