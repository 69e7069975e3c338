"""Says what `baton check` and `baton provision` found: what is wrong first, in sentences, and who can mend it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from baton.parking import first_said
from connector.sync.engine import Engine
from connector.sync.provision import MISSING, Finding
from mappings.problems import Severity

WIDTH = 100
"""Columns; a wider terminal makes no sentence easier to read."""
STYLES = {Severity.ERROR: "red", Severity.WARNING: "yellow", Severity.NOTICE: "dim"}
STEPS = ("created", "granted", "present", MISSING)


def sentence(engine: Engine, one: Finding) -> str:
    """What it is and what to do, in the language of the settings."""
    if one.code == "refused":
        return _refusal(engine, one)
    messages: tuple[str, ...] = (f"problem.{one.code}", f"finding.{one.code}")
    if one.code == "field_missing" and one.severity is Severity.NOTICE:
        messages = ("finding.optional_missing", *messages)
    elif one.code == "field_missing" and one.name in _own_names(engine):
        messages = ("problem.own_field_missing", *messages)
    return first_said(engine, *messages, otherwise=one.code, params=one.params)


def _refusal(engine: Engine, one: Finding) -> str:
    if one.name == "daily_calls":
        return first_said(engine, "finding.daily_calls", otherwise="", params={"used": one.reason})
    messages = (f"finding.{one.reason}", "finding.refused")
    return first_said(engine, *messages, otherwise=one.reason, params={"reason": one.reason})


def _own_names(engine: Engine) -> set[str]:
    """What Baton's fields are called in either system: they come by provisioning, not by another name."""
    return {name for own in engine.mapping.own_fields.values() for name in own.names.values()}


def findings(engine: Engine, found: Sequence[Finding]) -> Iterator[RenderableType]:
    """Problems, then what is worth knowing, then what is as it should be."""
    steps = [one for one in found if one.severity is Severity.NOTICE and one.code in STEPS]
    for severity in Severity.ERROR, Severity.WARNING, Severity.NOTICE:
        mine = [one for one in found if one.severity is severity and one not in steps]
        if mine:
            yield _problems(engine, severity, mine)
    if steps:
        yield _steps(engine, steps)
    if all(one.severity is Severity.NOTICE and one.code != MISSING for one in found):
        yield Text(_say(engine, "finding.fine"), style="green")


def _problems(engine: Engine, severity: Severity, found: Sequence[Finding]) -> Table:
    made = _table(_say(engine, f"finding.severity.{severity.value}"), STYLES[severity])
    made.add_column(_say(engine, "finding.column.where"), overflow="fold", max_width=38)
    made.add_column(_say(engine, "finding.column.what"), overflow="fold")
    rows: dict[tuple[str, str], list[str]] = {}
    for one in found:
        place = " ".join(part for part in (one.connection, one.object) if part)
        rows.setdefault((place, sentence(engine, one)), []).append(one.name)
    for (place, said), names in rows.items():
        made.add_row(Text("\n".join((place, *dict.fromkeys(filter(None, names))))), Text(said))
    return made


def _steps(engine: Engine, found: Sequence[Finding]) -> Table:
    """One line per object and outcome, with the names."""
    lines: dict[tuple[str, str], list[str]] = {}
    for one in found:
        named = one.object if one.name == "read" else one.name.removeprefix(f"{one.object}.")
        place = one.connection if one.name == "read" else f"{one.connection} {one.object}"
        lines.setdefault((place, one.code), []).append(named)
    made = _table(_say(engine, "finding.steps"), "")
    made.add_column(_say(engine, "finding.column.where"), overflow="fold", max_width=30)
    made.add_column("")
    made.add_column("", overflow="fold")
    for (place, code), names in lines.items():
        what = f"{len(names)}: {', '.join(names)}" if len(names) > 1 else names[0]
        made.add_row(Text(place), Text(_say(engine, f"finding.{code}")), Text(what))
    return made


def _table(title: str, style: str) -> Table:
    return Table(title=title, title_justify="left", title_style=style, header_style="bold", show_lines=True)


def _say(engine: Engine, message: str) -> str:
    return first_said(engine, message, otherwise=message)
