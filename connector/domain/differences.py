"""What differs between two documents, by path, as people compare them: parts that have an id are found by it, lists of words
are compared as sets, and an order is said where it alone changed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any


class How(StrEnum):
    """What happened to a place."""

    ADDED = "added"
    REMOVED = "removed"
    CHANGED = "changed"
    MOVED = "moved"


@dataclass(frozen=True, slots=True)
class Difference:
    """One place. `path` as in `signals[price-asked].strength`; `old` is None where it was added, `new` where it was removed.
    Of what was moved both are the ids in order."""

    path: str
    how: How
    old: Any = None
    new: Any = None


def differences(old: Any, new: Any, path: str = "") -> Iterator[Difference]:
    """Every difference between two plain documents (see connector.documents.plain), in the order of the new one."""
    if isinstance(old, Mapping) and isinstance(new, Mapping):
        yield from _mappings(old, new, f"{path}." if path else "")
    elif isinstance(old, list) and isinstance(new, list):
        yield from _lists(old, new, path)
    elif old != new or type(old) is not type(new):
        yield Difference(path, How.CHANGED, old, new)


def _mappings(old: Mapping[str, Any], new: Mapping[str, Any], path: str) -> Iterator[Difference]:
    for key in (*new, *(key for key in old if key not in new)):
        place = f"{path}{key}"
        if key not in old:
            yield Difference(place, How.ADDED, None, new[key])
        elif key not in new:
            yield Difference(place, How.REMOVED, old[key], None)
        else:
            yield from differences(old[key], new[key], place)


def _lists(old: list[Any], new: list[Any], path: str) -> Iterator[Difference]:
    by_id = _by_id(old), _by_id(new)
    if by_id[0] is not None and by_id[1] is not None:
        yield from _named(by_id[0], by_id[1], path)
    elif _words(old) and _words(new):
        yield from _word_lists(old, new, path)
    else:
        longer = range(max(len(old), len(new)))
        yield from _mappings(
            {f"[{n}]": old[n] for n in longer if n < len(old)},
            {f"[{n}]": new[n] for n in longer if n < len(new)},
            path,
        )


def _by_id(items: Sequence[Any]) -> dict[str, Any] | None:
    """The items by their id; None where they have none, or one has two."""
    if not all(isinstance(item, Mapping) and "id" in item for item in items):
        return None
    found = {str(item["id"]): item for item in items}
    return found if len(found) == len(items) else None


def _named(old: dict[str, Any], new: dict[str, Any], path: str) -> Iterator[Difference]:
    yield from _mappings(
        {f"[{id_}]": one for id_, one in old.items()}, {f"[{id_}]": one for id_, one in new.items()}, path
    )
    kept = [id_ for id_ in old if id_ in new], [id_ for id_ in new if id_ in old]
    if kept[0] != kept[1]:
        yield Difference(path, How.MOVED, *kept)


def _words(items: Sequence[Any]) -> bool:
    return all(not isinstance(item, Mapping | list) for item in items) and len(set(map(repr, items))) == len(
        items
    )


def _word_lists(old: list[Any], new: list[Any], path: str) -> Iterator[Difference]:
    # By their spelling: `1` and `true` are equal to Python, and two things to a reader.
    before, after = [repr(item) for item in old], [repr(item) for item in new]
    yield from (Difference(path, How.ADDED, None, item) for item in new if repr(item) not in before)
    yield from (Difference(path, How.REMOVED, item, None) for item in old if repr(item) not in after)
    if before != after and sorted(before) == sorted(after):
        yield Difference(path, How.MOVED, old, new)
