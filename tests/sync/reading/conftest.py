"""A portal and an org without sockets, a migrated store, and the engine between them."""

from __future__ import annotations

import itertools
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from connector.documents import read_yaml
from connector.store.engine import Store
from connector.store.migrations import upgrade
from mappings.document import MappingDocument
from tests.sync.reading.bench import DEFAULTS, Bench


@pytest.fixture(scope="session")
def empty_database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("store") / "empty.db"
    upgrade(f"sqlite:///{path}")
    return path


@pytest.fixture(scope="session")
def mapping() -> MappingDocument:
    return MappingDocument.model_validate(read_yaml(DEFAULTS))


@pytest.fixture
def bench(empty_database: Path, mapping: MappingDocument, tmp_path: Path) -> Iterator[Bench]:
    path = tmp_path / f"baton{next(_NUMBERS)}.db"
    shutil.copy(empty_database, path)
    store = Store(f"sqlite:///{path}")
    yield Bench(store, mapping)
    store.close()


_NUMBERS = itertools.count()
