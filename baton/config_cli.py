"""`baton config ...`: the rules as documents in versions - look, compare, apply, take back, try on persons of a file."""

from __future__ import annotations

import typer

from baton.try_cli import try_

app = typer.Typer(
    help="Matrix, signals, policies and the other documents, in versions.", no_args_is_help=True
)
app.command("try")(try_)
