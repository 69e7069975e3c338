"""A desk in memory, as tests of whole rounds have it."""

from __future__ import annotations

from tests.sync.conftest import configured_database, desk, desks, kit

__all__ = ["configured_database", "desk", "desks", "kit"]
