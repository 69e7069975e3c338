"""A door before a desk in memory."""

from __future__ import annotations

from typing import Any

import pytest

from tests.sync.bench import Desk
from tests.sync.conftest import configured_database, desk, desks, kit
from tests.webhooks.door import Door

__all__ = ["configured_database", "desk", "desks", "door", "kit"]


@pytest.fixture
def door(desk: Desk) -> Door:
    """Every door open."""
    return Door(desk)


@pytest.fixture
def ajar(desk: Desk) -> Any:
    """Makes doors with other settings."""
    return lambda **changes: Door(desk, **changes)
