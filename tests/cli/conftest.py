"""A sandbox, a Baton that has made its fields and one round there, and the command line on a copy of its database."""

from __future__ import annotations

import itertools
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import orjson
import pytest
from typer.testing import CliRunner

import baton.compose as compose_
from baton.cli import app
from baton.compose import compose
from connector.domain.signals import compile_signals
from connector.sandbox import acts
from connector.sandbox.running import Sandbox, SandboxPlan, start
from connector.settings import load_settings
from connector.store.engine import Store
from connector.sync import configuration, rulebook, sections
from connector.sync.engine import Engine
from connector.sync.provision import provision
from connector.sync.round import run_round

BEGIN = datetime(2026, 11, 2, 1, 0, tzinfo=UTC)
ANN, BEN = "ann@yunfan.example", "ben@yunfan.example"


@dataclass(frozen=True)
class Answer:
    """How a command ended and what it said where."""

    code: int
    out: str
    err: str

    def json(self) -> Any:
        """Standard output, which must be one JSON document on one line and nothing else."""
        assert self.out.count("\n") == 1, self.out
        return orjson.loads(self.out)


@dataclass
class Line:
    """The command line with its settings."""

    env: dict[str, str]
    leads: tuple[str, str]
    runner: CliRunner = field(default_factory=CliRunner)

    def __call__(self, *words: str, **changed: str) -> Answer:
        """Run `baton words...`; `changed` are settings without BATON_, in lower case."""
        env = self.env | {f"BATON_{name.upper()}": value for name, value in changed.items()}
        result = self.runner.invoke(app, list(words), env=env, catch_exceptions=False)
        return Answer(result.exit_code, result.stdout, result.stderr)

    @property
    def store(self) -> Store:
        """The database that the commands work on."""
        return Store(self.env["BATON_DATABASE_URL"])


@pytest.fixture(scope="session", autouse=True)
def documents_read_once() -> Iterator[None]:
    """Every command reads and compiles the shipped documents, which takes a second; here they are the same each time."""
    parsed, signals, mapping = sections.parsed, compile_signals, compose_.mapping_of
    kept: dict[object, Any] = {}

    def once(key: object, make: Callable[[], Any]) -> Any:
        if key not in kept:
            kept[key] = make()
        return kept[key]

    with pytest.MonkeyPatch.context() as patch:
        for user in (sections, configuration, rulebook):
            patch.setattr(
                user, "parsed", lambda texts: once(tuple(t for t, _ in texts.values()), lambda: parsed(texts))
            )
        patch.setattr(sections, "compile_signals", lambda *of: once(tuple(map(id, of)), lambda: signals(*of)))
        patch.setattr(compose_, "mapping_of", lambda given: once("mapping", lambda: mapping(given)))
        yield


@pytest.fixture(scope="session")
def standing(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Sandbox, Path, tuple[str, str]]]:
    """The sandbox, a database after its first round, and two leads of one company."""
    sandbox = start(SandboxPlan(start=BEGIN))
    path = tmp_path_factory.mktemp("cli") / "baton.db"
    try:
        engine = compose(load_settings(sandbox.env(f"sqlite:///{path}")))
        provision(engine)
        leads = _enter(sandbox, ANN), _enter(sandbox, BEN)
        acts.perform(sandbox.people, "request_demo", {"lead": ANN, "language": "zh"})
        _round(sandbox, engine)
        engine.store.close()
        yield sandbox, path, leads
    finally:
        sandbox.stop()


def _enter(sandbox: Sandbox, email: str) -> str:
    name = email.partition("@")[0].title()
    person = {"email": email, "firstname": name, "lastname": "Li", "jobtitle": "市场部经理"}
    contact = sandbox.portal.create("contacts", {**person, "company": "上海云帆精密制造有限公司"})
    sandbox.portal.calculate("contacts", contact.id, {"hs_analytics_source": "ORGANIC_SEARCH"})
    return f"marketing:contacts:{contact.id}"


def _round(sandbox: Sandbox, engine: Engine) -> None:
    sandbox.world.clock.advance(timedelta(minutes=2))
    run_round(engine)


@pytest.fixture
def baton(standing: tuple[Sandbox, Path, tuple[str, str]], tmp_path: Path, monkeypatch: Any) -> Line:
    """The command line on a database of its own, in an empty working directory."""
    sandbox, path, leads = standing
    monkeypatch.chdir(tmp_path)
    mine = tmp_path / f"baton{next(_NUMBERS)}.db"
    shutil.copy(path, mine)
    return Line({**sandbox.env(f"sqlite:///{mine}"), "COLUMNS": "100"}, leads)


_NUMBERS = itertools.count()
