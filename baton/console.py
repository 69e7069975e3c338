"""How the command line speaks: machine output alone on standard output, everything for people on standard error."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, NoReturn, TypeVar

import orjson
import typer
from alembic.util import CommandError
from rich.console import Console
from rich.markup import escape
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    SpinnerColumn,
    TextColumn,
    TimeElapsedColumn,
)
from rich.table import Table
from sqlalchemy.exc import ArgumentError, DBAPIError, OperationalError

from connector.domain.facts import Message
from connector.errors import BatonError, ConfigError
from connector.settings import load_settings
from connector.texts import render

T = TypeVar("T")

err = Console(stderr=True, highlight=False)
out = Console(highlight=False)


def emit(document: Any) -> None:
    """One JSON document on one line of standard output."""
    sys.stdout.write(orjson.dumps(document).decode() + "\n")
    sys.stdout.flush()


def fail(problems: Sequence[str]) -> NoReturn:
    """Say what is wrong and end with 1."""
    for problem in problems:
        err.print(f"[red]✗[/red] {escape(problem)}", soft_wrap=True)
    raise typer.Exit(1)


def say(message: str, **params: str | int) -> str:
    """A message in the language of the settings; English when they cannot be read. For what has no engine yet."""
    return tell(Message(message, params))


def tell(message: Message) -> str:
    """The same for a message that is made already."""
    try:
        language = load_settings(os.environ, default_settings_file()).language
    except ConfigError:
        language = "en"
    return render(message, language)


def default_settings_file() -> Path | None:
    """`baton.yaml` in the working directory, when there is one."""
    path = Path("baton.yaml")
    return path if path.exists() else None


def guarded(work: Callable[[], T]) -> T:
    """Run a command; what Baton itself refuses, and what the machine or the database refuses, becomes a sentence and exit
    status 1. Nothing of a statement or its values is shown: they may name a person."""
    try:
        return work()
    except ConfigError as exc:
        fail(exc.problems)
    except BatonError as exc:
        fail([str(exc)])
    except (ArgumentError, CommandError) as exc:
        fail([say("cli.database", why=str(exc))])
    except DBAPIError as exc:
        if not isinstance(exc, OperationalError) and type(exc.orig).__name__ != "DatabaseError":
            raise  # a fault of ours, which a sentence would hide
        fail([say("cli.database", why=str(exc.orig))])
    except OSError as exc:
        fail([f"{exc.filename}: {exc.strerror}" if exc.filename else exc.strerror or str(exc)])


def table(title: str, columns: Sequence[str], rows: Sequence[Sequence[object]]) -> Table:
    """A plain table for people."""
    made = Table(title=title, title_justify="left", header_style="bold")
    for column in columns:
        made.add_column(column, overflow="fold")
    for row in rows:
        made.add_row(*(escape(str(cell)) for cell in row))
    return made


def facts(document: Mapping[str, object]) -> None:
    """Names and values, one line each."""
    width = max((len(name) for name in document), default=0)
    for name, value in document.items():
        out.print(f"[bold]{name:<{width}}[/bold]  {escape(str(value))}", soft_wrap=True)


class Bars:
    """Progress bars on standard error, one per step; silent where that is no terminal."""

    def __init__(self) -> None:
        self._bars = Progress(
            SpinnerColumn(),
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            console=err,
            transient=True,
            disable=not err.is_terminal,
        )
        self._task: Any = None

    def __enter__(self) -> Bars:
        self._bars.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._bars.stop()

    def step(self, name: str, total: int | None = None) -> None:
        """A step begins."""
        if self._task is not None:
            self._bars.remove_task(self._task)
        self._task = self._bars.add_task(name, total=total)

    def advance(self, count: int) -> None:
        """So many more units are done."""
        if self._task is not None:
            self._bars.advance(self._task, count)
