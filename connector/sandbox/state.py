"""A whole sandbox to a file and back: both systems, the clock, the switches. Knows files, no servers."""

from __future__ import annotations

from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import orjson

from connector.sandbox.hubspot.portal import Portal
from connector.sandbox.salesforce.org import Org
from connector.sandbox.world import Switches, World

FORMAT = 1


class StateFileError(ValueError):
    """The file holds no state of a sandbox that this version can read; the message says which file and what to do."""


def snapshot(world: World, portal: Portal, org: Org) -> dict[str, Any]:
    """Everything that survives a restart, JSON-able. Chance starts anew from the seed; open sessions end."""
    with world.lock:
        return {
            "format": FORMAT,
            "now": world.clock.now().astimezone(UTC).isoformat(),
            "seed": world.seed,
            "switches": asdict(world.switches),
            "hubspot": portal.snapshot(),
            "salesforce": org.snapshot(),
        }


def write_state(path: Path, world: World, portal: Portal, org: Org) -> None:
    """Save to `path`, which holds either the former state or the whole new one, whatever happens meanwhile."""
    beside = path.with_name(f"{path.name}.new")
    with world.lock:
        # Encoded under the lock: the snapshot shares rows with the live state.
        raw = orjson.dumps(snapshot(world, portal, org), option=orjson.OPT_NON_STR_KEYS)
    beside.write_bytes(raw)
    beside.replace(path)


def read_state(path: Path) -> dict[str, Any]:
    """What `write_state` saved. Raises StateFileError when it is something else."""
    try:
        saved = orjson.loads(path.read_bytes())
    except orjson.JSONDecodeError as exc:
        raise StateFileError(f"{path} is no JSON: give another --state file, or delete this one") from exc
    if not isinstance(saved, dict) or saved.get("format") != FORMAT:
        raise StateFileError(
            f"{path} is no state of this version's sandbox: give another --state file, or delete this one"
        )
    return saved


def saved_time(saved: dict[str, Any]) -> datetime:
    """The sandbox time at which the state was saved."""
    return datetime.fromisoformat(saved["now"])


def saved_switches(saved: dict[str, Any]) -> Switches:
    """The switches as they stood; those that a later version added have their defaults."""
    known = set(Switches.__dataclass_fields__)
    return Switches(**{name: value for name, value in saved["switches"].items() if name in known})
