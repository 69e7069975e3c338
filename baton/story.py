"""Tells one lead's story on a terminal, from the same document that `--json` prints."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

Say = Callable[..., str]
"""Renders a message id with its parameters in the reader's language."""


def tell(document: Mapping[str, Any], say: Say) -> RenderableType:
    """The story: who, where and why there, worth, what stands against a hand-off, what happened."""
    return Group(*_parts(document, say))


def _parts(document: Mapping[str, Any], say: Say) -> Iterator[RenderableType]:
    person, stage, persona = document["person"], document["stage"], document["persona"]
    yield Text(f"{person['name']} · {person['company']} · {person['title']}", style="bold")
    yield Text(
        f"{document['cell']} · {persona['label']} / {stage['label']}"
        f" · {say('role.' + document['role'])} · {say('step.' + document['lifecycle']['step'])}"
    )
    if persona["fallback"]:
        yield Text(say("story.fallback", fact=persona["fallback"]), style="dim")
    yield from _by_hand(document, say)
    value = document["value"]
    if value:
        yield Text(value["explained"], style="green")
    yield from _verdict(document, say)
    yield _evidence(document, say)
    yield _history(document, say)
    for title in ("hand_offs", "rejections", "overrides", "refusals", "links"):
        if document[title]:
            yield _rows(say(f"story.{title}"), document[title])
    if document["reconsider_at"]:
        yield Text(say("story.reconsider", at=document["reconsider_at"]), style="dim")


def _by_hand(document: Mapping[str, Any], say: Say) -> Iterator[RenderableType]:
    """What people set, beside what the rules say."""
    role = {"computed": document["role_computed"], "set_by_hand": document["role_set_by_hand"]}
    for what, verdict in (("persona", document["persona"]), ("stage", document["stage"]), ("role", role)):
        one = verdict["set_by_hand"]
        if one:
            said = {"value": one["value"], "computed": verdict["computed"], "reason": one["reason"]}
            yield Text(say("story.by_hand", what=what, **said), style="dim")


def _verdict(document: Mapping[str, Any], say: Say) -> Iterator[RenderableType]:
    verdict = document["hand_off"]
    deed, mode = say(f"deed.{verdict['deed']}"), say(f"mode.{verdict['mode']}")
    yield Text(say("story.verdict", deed=deed, mode=mode), style="bold")
    for refusal in verdict["refusals"]:
        yield Text(f"  • {refusal['text']}", style="yellow")
    if document["next_action"]:
        yield Text(say("story.next", action=document["next_action"]), style="cyan")


def _evidence(document: Mapping[str, Any], say: Say) -> Table:
    made = Table(title=say("story.evidence"), title_justify="left", header_style="bold")
    for column in ("at", "signal", "stage", "strength", "what", "said"):
        made.add_column(column)
    for one in document["evidence"]:
        style = "" if one["counts"] else "dim"
        said = one.get("said") or one.get("url") or ""
        made.add_row(
            one["at"][:16],
            one["signal"],
            one["stage"],
            one["strength"],
            one.get("kind", ""),
            said[:80],
            style=style,
        )
    return made


def _history(document: Mapping[str, Any], say: Say) -> Table:
    made = Table(title=say("story.lifecycle"), title_justify="left", header_style="bold")
    for column in ("occurred", "recorded", "from", "to", "who", "cause"):
        made.add_column(column)
    for step in document["lifecycle"]["history"]:
        cause = step["cause"] + (f" {say('story.implied')}" if step["implied"] else "")
        who = step["actor"]["kind"]
        made.add_row(step["occurred_at"][:16], step["recorded_at"][:16], step["from"], step["to"], who, cause)
    return made


def _rows(title: str, rows: list[Mapping[str, Any]]) -> Table:
    columns = [name for name in rows[0] if any(row[name] for row in rows)]
    made = Table(title=title, title_justify="left", header_style="bold")
    for column in columns:
        made.add_column(column.replace("_", " "))
    for row in rows:
        made.add_row(*(_short(row[column]) for column in columns))
    return made


def _short(value: Any) -> str:
    if isinstance(value, Mapping):
        return str(value.get("text") or value.get("kind") or "")
    if isinstance(value, list):
        return "\n".join(map(str, value))
    return "" if value is None else str(value)[:60]
