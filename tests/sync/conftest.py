"""A portal and an org as provisioning leaves them, a migrated store, and the engine between them."""

from __future__ import annotations

import itertools
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from connector.documents import read_yaml
from connector.sandbox.http import serve
from connector.store.engine import Store
from connector.store.migrations import upgrade
from connector.sync.rulebook import RuleBook, apply_texts, texts_from
from mappings.document import MappingDocument
from tests.contract.benches import Stage
from tests.sync.bench import START, Desk, Kit, provisioned
from tests.sync.reading.bench import DEFAULTS


@pytest.fixture(scope="session")
def configured_database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database with the shipped documents in force."""
    path = tmp_path_factory.mktemp("round") / "configured.db"
    upgrade(f"sqlite:///{path}")
    store = Store(f"sqlite:///{path}")
    apply_texts(store, texts_from(None), at=START, by="test")
    store.close()
    return path


@pytest.fixture(scope="session")
def kit(configured_database: Path) -> Iterator[Kit]:
    """Everything that costs seconds to make, made once."""
    mapping = MappingDocument.model_validate(read_yaml(DEFAULTS))
    stages = Stage(), Stage()
    running = [serve(stage) for stage in stages]
    servers = (running[0].url, stages[0]), (running[1].url, stages[1])
    store, rules = Store(f"sqlite:///{configured_database}"), RuleBook(code="test")
    with store.read() as tx:
        rules(tx)
    portal, org = provisioned(mapping, store, servers)
    store.close()
    yield Kit(mapping, rules, portal, org, servers)
    for server in running:
        server.stop()


@pytest.fixture
def desks(configured_database: Path, kit: Kit, tmp_path: Path) -> Iterator[Callable[..., Desk]]:
    """Makes desks, each with systems and a database of its own."""
    stores: list[Store] = []

    def make(*, wire: bool = False) -> Desk:
        path = tmp_path / f"baton{next(_NUMBERS)}.db"
        shutil.copy(configured_database, path)
        stores.append(Store(f"sqlite:///{path}"))
        return Desk(stores[-1], kit, wire=wire)

    yield make
    for store in stores:
        store.close()


@pytest.fixture
def desk(desks: Callable[..., Desk]) -> Desk:
    """A desk in memory."""
    return desks()


@pytest.fixture
def wired(desks: Callable[..., Desk]) -> Desk:
    """A desk that works over HTTP."""
    return desks(wire=True)


_NUMBERS = itertools.count()
