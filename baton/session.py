"""What every command begins with: the settings of this process, one Baton by them, and the options that many share."""

from __future__ import annotations

import getpass
import os
from typing import Annotated

import typer
from rich.markup import escape

from baton.compose import compose
from baton.console import default_settings_file, err, say
from connector.domain.facts import Actor, Message
from connector.settings import Settings, load_settings
from connector.sync.engine import Engine
from connector.sync.results import Progress

Json = Annotated[bool, typer.Option("--json", help="One JSON document on standard output.")]
As = Annotated[
    str, typer.Option("--as", help="Who asks: sdr, rep, manager; with an owner id as in rep:005...")
]


def settings() -> Settings:
    """The settings of this process: environment over file. Raises ConfigError."""
    return load_settings(os.environ, default_settings_file())


def engine(progress: Progress | None = None) -> Engine:
    """One Baton by the settings of this process. Raises ConfigError."""
    return compose(settings(), progress, _tell)


def _tell(message: Message) -> None:
    told = {name: value for name, value in message.params.items() if isinstance(value, str | int)}
    err.print(f"[yellow]•[/yellow] {escape(say(message.id, **told))}", soft_wrap=True)


def actor(text: str) -> Actor:
    """Who `--as` names; without an owner id the user of this machine."""
    kind, _, owner = text.partition(":")
    return Actor(kind, owner or getpass.getuser())
