"""`baton config try`: persons of a file placed by the rules, without settings, systems or a database."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Annotated, Any
from zoneinfo import ZoneInfo

import typer
from rich.markup import escape

from baton.console import emit, err, guarded, out, say, table
from baton.session import Json
from connector.clock import SystemClock
from connector.domain.rules import Rules
from connector.files.persons import LineError, Told, read_person
from connector.sync.sections import rules_of, texts_from
from connector.sync.trial import place

PAGE = 200
"""Persons of one printed table: what is held in memory, however long the file."""

MOST_TOLD = 100
"""Lines whose mistakes are told one by one; of more, only how many."""

_COLUMNS = ("id", "persona", "role", "stage", "lifecycle", "gate", "evidence")


def try_(
    file: Annotated[
        str, typer.Argument(metavar="FILE.jsonl", help="One person per line; - for standard input.")
    ],
    *,
    config_dir: Annotated[
        Path | None,
        typer.Option(
            envvar="BATON_CONFIG_DIR", help="Documents in place of the shipped ones, as for BATON_CONFIG_DIR."
        ),
    ] = None,
    as_json: Json = False,
) -> None:
    """Place the persons of a file by the rules: no system, no database, no settings needed.

    One JSON document per line: person, account, activities, as_of. See docs/matrix-and-signals.md.
    """
    rules = guarded(lambda: rules_of(texts_from(config_dir)))
    trial = _Trial(rules)
    with _opened(file) as lines:
        found = trial.documents(lines)
        if as_json:
            for document in found:
                emit(document)
        else:
            _print(found)
    trial.end()


@contextmanager
def _opened(file: str) -> Iterator[IO[bytes]]:
    if file == "-":
        yield sys.stdin.buffer
        return
    with guarded(lambda: Path(file).open("rb")) as lines:
        yield lines


class _Trial:
    """One file under way: what was placed, what could not be, what nobody reads."""

    def __init__(self, rules: Rules) -> None:
        self.rules = rules
        self.zone = ZoneInfo(rules.policies.time_zone)
        self.now = SystemClock().now()
        self.placed = self.refused = 0
        self.unread: Counter[str] = Counter()

    def documents(self, lines: Iterable[bytes]) -> Iterator[dict[str, Any]]:
        for number, line in enumerate(lines, start=1):
            if line.strip():
                told = self._told(line, number)
                if told is not None:
                    self.placed += 1
                    yield place(told, self.rules)

    def _told(self, line: bytes, number: int) -> Told | None:
        try:
            told = read_person(line, number=number, now=self.now, zone=self.zone)
        except LineError as wrong:
            self.refused += 1
            if self.refused <= MOST_TOLD:
                for message in wrong.messages:
                    text = say("try.line", line=number, why=say(message.id, **_plain(message.params)))
                    err.print(f"[red]✗[/red] {escape(text)}", soft_wrap=True)
            return None
        self.unread.update(told.unread)
        return told

    def end(self) -> None:
        """Say what came of it; lines that were refused end with 1."""
        for path, count in sorted(self.unread.items()):
            err.print(
                f"[yellow]•[/yellow] {escape(say('try.unread', path=path, count=count))}", soft_wrap=True
            )
        err.print(say("try.done", placed=self.placed, refused=self.refused))
        if self.refused:
            raise typer.Exit(1)


def _plain(params: Any) -> dict[str, str | int]:
    return {name: value for name, value in params.items() if isinstance(value, str | int)}


def _print(found: Iterable[dict[str, Any]]) -> None:
    rows: list[tuple[object, ...]] = []
    for document in found:
        rows.append(_row(document))
        if len(rows) == PAGE:
            out.print(table("", _COLUMNS, rows))
            rows = []
    if rows:
        out.print(table("", _COLUMNS, rows))


def _row(document: dict[str, Any]) -> tuple[object, ...]:
    evidence = [
        f"{one['signal']} ({one['strength']}, #{one['activity']})"
        for one in document["evidence"]
        if one["counts"]
    ]
    cells = {**document, "gate": ", ".join(document["gate"]), "evidence": "\n".join(evidence)}
    return tuple(cells[name] for name in _COLUMNS)
