"""Benches of the contract suite, one per vendor, on one loopback server."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from connector.sandbox.http import serve
from tests.contract.benches import HubSpotBench, SalesforceBench, Stage


@pytest.fixture(scope="session")
def stage() -> Iterator[tuple[str, Stage]]:
    """The server's address and what it shows."""
    app = Stage()
    server = serve(app)
    yield server.url, app
    server.stop()


@pytest.fixture
def hubspot(stage: tuple[str, Stage]) -> Iterator[HubSpotBench]:
    """A fresh portal."""
    made = HubSpotBench(*stage)
    yield made
    made.system.close()  # type: ignore[attr-defined]


@pytest.fixture
def salesforce(stage: tuple[str, Stage]) -> Iterator[SalesforceBench]:
    """A fresh org."""
    made = SalesforceBench(*stage)
    yield made
    made.system.close()  # type: ignore[attr-defined]
