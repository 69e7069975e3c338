"""Looks at the versions of the configuration: which there are, what they say, how two of them differ."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from connector.documents import parse_yaml, plain
from connector.domain.differences import Difference, differences
from connector.store import configs, dirty
from connector.store.engine import Store
from connector.sync.configuration import Applied, UnknownVersionError, text_of
from connector.sync.sections import SECTIONS, Text, shipped

SHIPPED = "shipped"
"""Stands for Baton's own document wherever a version is asked for."""


@dataclass(frozen=True, slots=True)
class Listed:
    """One version of a section, without its text. `by` is who applied it, or where a start took it."""

    section: str
    version: int
    applied_at: datetime
    by: str
    in_force: bool


def listed(store: Store, section: str = "") -> list[Listed]:
    """Every version, section by section, the newest first. Raises UnknownVersionError for a section that there is not."""
    if section and section not in SECTIONS:
        raise UnknownVersionError(f"there is no section {section!r}; known are {', '.join(SECTIONS)}")
    found: list[Listed] = []
    with store.read() as tx:
        for name in [section] if section else SECTIONS:
            history = configs.config_history(tx, name)
            found += [
                Listed(one.section, one.version, one.applied_at, one.by, nth == 0)
                for nth, one in enumerate(history)
            ]
    return found


def waiting(store: Store, at: datetime) -> int:
    """How many leads are still to be decided again, for whatever cause."""
    with store.read() as tx:
        return dirty.waiting(tx, at)


def text_at(store: Store, section: str, version: str = "") -> Text:
    """A section's document: the one in force, a version by its number, or the `shipped` one. Raises UnknownVersionError."""
    if version == SHIPPED and section in SECTIONS:
        return shipped(section)
    if version and not version.isdecimal():
        raise UnknownVersionError(f"{version!r} is no version: write a number, or {SHIPPED}")
    return text_of(store, section, int(version) if version else None)


def compare(old: Text, new: Text) -> list[Difference]:
    """What the second says differently, by path. Raises ConfigError for a text that is no YAML."""
    return list(differences(_plain(old), _plain(new)))


def applied_document(
    applied: Applied, before: Mapping[str, Text], after: Mapping[str, Text], *, dry_run: bool = False
) -> dict[str, Any]:
    """What came of applying, as `baton config apply --json` prints it. The shape is public (docs/json.md)."""
    changed = [
        {
            "section": name,
            "before": old,
            "version": new,
            "differences": [asdict(one) for one in compare(before[name], after[name])],
        }
        for name, (old, new) in applied.changed.items()
    ]
    return {
        "changed": changed,
        "versions": dict(applied.versions),
        "leads": applied.leads,
        "everyone": applied.everyone,
        "warnings": list(applied.warnings),
        "dry_run": dry_run,
    }


def _plain(text: Text) -> Any:
    return plain(parse_yaml(text[0], source=text[1]))
