"""Says what `baton check` and `baton provision` found: what is wrong first, in sentences, and who can mend it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from baton.parking import first_said
from connector.sync.engine import Engine
from connector.sync.provision import Finding
from mappings.problems import Severity

WIDTH = 100
STYLES = {Severity.ERROR: "red", Severity.WARNING: "yellow", Severity.NOTICE: "dim"}
STEPS = ("created", "granted", "present", "missing")


def sentence(engine: Engine, one: Finding) -> str:
    """What it is and what to do, in the language of the settings."""
    params = dict(one.params or {})
    if one.code == "refused":
        if one.name == "daily_calls":
            return first_said(engine, "finding.daily_calls", otherwise="", params={"used": one.reason})
        otherwise = first_said(engine, "finding.refused", otherwise=one.reason, params={"reason": one.reason})
        return first_said(engine, f"finding.{one.reason}", otherwise=otherwise)
    return first_said(engine, f"problem.{one.code}", f"finding.{one.code}", otherwise=one.code, params=params)


def findings(engine: Engine, found: Sequence[Finding]) -> Iterator[RenderableType]:
    """Problems, then what is worth knowing, then what is as it should be."""
    steps = [one for one in found if one.severity is Severity.NOTICE and one.code in STEPS]
    for severity in Severity.ERROR, Severity.WARNING, Severity.NOTICE:
        mine = [one for one in found if one.severity is severity and one not in steps]
        if mine:
            yield _problems(engine, severity, mine)
    if steps:
        yield _steps(engine, steps)
    if all(one.severity is Severity.NOTICE for one in found):
        yield Text(_say(engine, "finding.fine"), style="green")


def _problems(engine: Engine, severity: Severity, found: Sequence[Finding]) -> Table:
    made = _table(_say(engine, f"finding.severity.{severity.value}"), STYLES[severity])
    made.add_column(_say(engine, "finding.column.where"), overflow="fold", max_width=38)
    made.add_column(_say(engine, "finding.column.what"), overflow="fold")
    for one in found:
        where = " ".join(part for part in (one.connection, one.object, one.name) if part)
        made.add_row(Text(where), Text(sentence(engine, one)))
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
    return Table(title=title, title_justify="left", title_style=style, header_style="bold", width=WIDTH)


def _say(engine: Engine, message: str) -> str:
    return first_said(engine, message, otherwise=message)
