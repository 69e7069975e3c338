"""A migrated database file per test, copied from one that is made once."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from connector.store.engine import Store
from connector.store.migrations import upgrade


@pytest.fixture(scope="session")
def empty_database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("store") / "empty.db"
    upgrade(f"sqlite:///{path}")
    return path


@pytest.fixture
def url(empty_database: Path, tmp_path: Path) -> str:
    shutil.copy(empty_database, tmp_path / "baton.db")
    return f"sqlite:///{tmp_path / 'baton.db'}"


@pytest.fixture
def store(url: str) -> Iterator[Store]:
    store = Store(url)
    yield store
    store.close()


@pytest.fixture
def now() -> datetime:
    return datetime(2026, 3, 2, 9, 30, 0, 250, tzinfo=UTC)
