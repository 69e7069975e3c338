"""How the command line speaks: machine output alone on standard output, everything for people on standard error."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NoReturn, TypeVar

import orjson
import typer
from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    SpinnerColumn,
    TextColumn,
    TimeElapsedColumn,
)
from rich.table import Table

from connector.errors import BatonError, ConfigError

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
        err.print(f"[red]✗[/red] {problem}", soft_wrap=True)
    raise typer.Exit(1)


def guarded(work: Callable[[], T]) -> T:
    """Run a command; what Baton itself refuses becomes a sentence and exit status 1."""
    try:
        return work()
    except ConfigError as exc:
        fail(exc.problems)
    except BatonError as exc:
        fail([str(exc)])


def table(title: str, columns: Sequence[str], rows: Sequence[Sequence[object]]) -> Table:
    """A plain table for people."""
    made = Table(title=title, title_justify="left", header_style="bold")
    for column in columns:
        made.add_column(column)
    for row in rows:
        made.add_row(*(str(cell) for cell in row))
    return made


def facts(document: Mapping[str, object]) -> None:
    """Names and values, one line each."""
    width = max((len(name) for name in document), default=0)
    for name, value in document.items():
        out.print(f"[bold]{name:<{width}}[/bold]  {value}", soft_wrap=True)


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
