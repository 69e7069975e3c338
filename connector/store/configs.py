"""Configuration in versions, one counter per section. The text is kept as applied; what it means is not known here."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, select

from connector.store import tables
from connector.store.engine import Tx


@dataclass(frozen=True, slots=True)
class ConfigVersion:
    """One version of a section (matrix, signals, playbook, policies, mapping, value, ...)."""

    section: str
    version: int
    document: str
    applied_at: datetime
    by: str


def apply_config(tx: Tx, section: str, *, document: str, at: datetime, by: str) -> int:
    """Put a document in force under the next version of its section. Gives the version in force; applying what is in
    force already makes no new one. Rolling back is applying an old text again."""
    t = tables.config_version
    current = current_config(tx, section)
    if current is not None and current.document == document:
        return current.version
    version = 1 if current is None else current.version + 1
    tx.execute(t.insert().values(section=section, version=version, document=document, applied_at=at, by=by))
    return version


def _version(row: Any) -> ConfigVersion:
    return ConfigVersion(row.section, row.version, row.document, row.applied_at, row.by)


def current_config(tx: Tx, section: str) -> ConfigVersion | None:
    """The version of a section in force, None before the first."""
    t = tables.config_version
    row = tx.execute(select(t).where(t.c.section == section).order_by(t.c.version.desc()).limit(1)).first()
    return None if row is None else _version(row)


def current_configs(tx: Tx) -> dict[str, ConfigVersion]:
    """Every section's version in force."""
    t = tables.config_version
    newest = select(t.c.section, func.max(t.c.version).label("version")).group_by(t.c.section).subquery()
    query = select(t).join(newest, (newest.c.section == t.c.section) & (newest.c.version == t.c.version))
    return {row.section: _version(row) for row in tx.execute(query)}


def config_version(tx: Tx, section: str, *, version: int) -> ConfigVersion | None:
    """One version of a section."""
    t = tables.config_version
    row = tx.execute(select(t).where(t.c.section == section, t.c.version == version)).first()
    return None if row is None else _version(row)


def config_history(tx: Tx, section: str) -> list[ConfigVersion]:
    """Every version of a section, the newest first."""
    t = tables.config_version
    return [
        _version(row)
        for row in tx.execute(select(t).where(t.c.section == section).order_by(t.c.version.desc()))
    ]
