"""One loopback server for the run; every test has a bench with a fresh system behind it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from connector.sandbox.http import serve
from tests.contract.benches import BENCHES, Bench, Stage


@pytest.fixture(scope="session")
def stage() -> Iterator[tuple[str, Stage]]:
    """The server's address and what it shows."""
    app = Stage()
    server = serve(app)
    yield server.url, app
    server.stop()


@pytest.fixture(params=list(BENCHES))
def bench(request: pytest.FixtureRequest, stage: tuple[str, Stage]) -> Iterator[Bench]:
    """A fresh system of each kind."""
    made = BENCHES[request.param](*stage)
    yield made
    made.system.close()  # type: ignore[attr-defined]


@pytest.fixture(params=["hubspot", "salesforce"])
def wire(request: pytest.FixtureRequest, stage: tuple[str, Stage]) -> Iterator[Bench]:
    """A fresh system of each kind that speaks HTTP."""
    made = BENCHES[request.param](*stage)
    yield made
    made.system.close()  # type: ignore[attr-defined]
