"""Typed links between records, kept in both directions. Changing one touches no stamp of either record."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from connector.sandbox.hubspot.catalog import Label, default_labels
from connector.sandbox.hubspot.errors import invalid

Direction = tuple[str, str]

FIRST_OWN_LABEL = 10_001
"""Far from HubSpot's own ids: with HubSpot the category tells the two apart, here the number does."""


@dataclass(frozen=True, slots=True)
class Link:
    """A wish to associate a new record: target type and id, and an association type (None: the default one)."""

    to_kind: str
    to_id: str
    type_id: int | None = None


class AssociationBook:
    """Who is linked with whom by which association types, for one portal."""

    def __init__(self) -> None:
        self.labels: dict[Direction, tuple[Label, ...]] = default_labels()
        self._links: dict[Direction, dict[int, dict[int, set[int]]]] = {}
        self._next_label = FIRST_OWN_LABEL

    def default(self, from_kind: str, to_kind: str) -> Label:
        """The unlabelled type of a direction; PortalError 400 when the two types cannot be linked."""
        found = self.labels.get((from_kind, to_kind))
        if not found:
            raise invalid(f"Objects of type {from_kind} cannot be associated with {to_kind}")
        return found[0]

    def label(self, from_kind: str, to_kind: str, type_id: int) -> Label:
        """One association type of a direction; PortalError 400 when it is none of it."""
        for found in self.labels.get((from_kind, to_kind), ()):
            if found.type_id == type_id:
                return found
        raise invalid(f"Association type {type_id} does not exist from {from_kind} to {to_kind}")

    def target_of(self, from_kind: str, type_id: int) -> str:
        """The object type that an association type leads to, seen from `from_kind`."""
        for (left, right), labels in self.labels.items():
            if left == from_kind and any(found.type_id == type_id for found in labels):
                return right
        raise invalid(f"Association type {type_id} does not start at {from_kind}")

    def add_label(self, from_kind: str, to_kind: str, label: str) -> tuple[Label, Label]:
        """Define a label of the portal's own, both directions."""
        there, back = self._next_label, self._next_label + 1
        self._next_label += 2
        forth = Label(there, back, label, "USER_DEFINED")
        reverse = Label(back, there, label, "USER_DEFINED")
        self.labels[from_kind, to_kind] = (*self.labels.get((from_kind, to_kind), ()), forth)
        self.labels[to_kind, from_kind] = (*self.labels.get((to_kind, from_kind), ()), reverse)
        return forth, reverse

    def join(self, left: tuple[str, int], right: tuple[str, int], type_ids: Iterable[int] = ()) -> list[int]:
        """Link two records by types seen from `left`; returns the type ids that are new. The default comes along."""
        wanted = [self.label(left[0], right[0], type_id) for type_id in type_ids]
        wanted.append(self.default(left[0], right[0]))
        there = self._side(left, right)
        back = self._side(right, left)
        new: list[int] = []
        for label in wanted:
            if label.type_id not in there:
                there.add(label.type_id)
                back.add(label.inverse)
                new.append(label.type_id)
        return new

    def _side(self, left: tuple[str, int], right: tuple[str, int]) -> set[int]:
        return (
            self._links.setdefault((left[0], right[0]), {})
            .setdefault(left[1], {})
            .setdefault(right[1], set())
        )

    def part(self, left: tuple[str, int], right: tuple[str, int], type_ids: Sequence[int] = ()) -> bool:
        """Remove the given types between two records, or (without any) the whole link; False if there was none."""
        there = self._links.get((left[0], right[0]), {}).get(left[1], {})
        if right[1] not in there:
            return False
        back = self._links[right[0], left[0]][right[1]]
        for type_id in type_ids:
            label = self.label(left[0], right[0], type_id)
            there[right[1]].discard(type_id)
            back[left[1]].discard(label.inverse)
        if not type_ids or not there[right[1]]:
            del there[right[1]]
            del back[left[1]]
        return True

    def of(self, kind: str, key: int, to_kind: str) -> list[tuple[int, list[Label]]]:
        """Linked records by ascending id, each with its association types."""
        known = {found.type_id: found for found in self.labels.get((kind, to_kind), ())}
        links = self._links.get((kind, to_kind), {}).get(key, {})
        return [(to, [known[type_id] for type_id in sorted(links[to])]) for to in sorted(links)]

    def ids(self, kind: str, key: int, to_kind: str) -> list[int]:
        """Ids of linked records, ascending."""
        return sorted(self._links.get((kind, to_kind), {}).get(key, ()))

    def partners(self, kind: str, key: int) -> list[tuple[str, int]]:
        """Every record linked with this one."""
        return [
            (to_kind, to)
            for (from_kind, to_kind), links in self._links.items()
            if from_kind == kind
            for to in sorted(links.get(key, ()))
        ]

    def drop(self, kind: str, key: int) -> None:
        """Forget every link of a record."""
        for to_kind, to in self.partners(kind, key):
            self.part((kind, key), (to_kind, to))

    def repoint(self, kind: str, old: int, new: int) -> None:
        """Move every link of one record to another, as a merge does."""
        for to_kind, to in self.partners(kind, old):
            types = list(self._links[kind, to_kind][old][to])
            self.part((kind, old), (to_kind, to))
            if (to_kind, to) != (kind, new):
                self.join((kind, new), (to_kind, to), types)

    def snapshot(self) -> dict[str, Any]:
        """All links and the portal's own labels, JSON-able."""
        links = [
            [*direction, key, to, sorted(types)]
            for direction, by_key in self._links.items()
            for key, targets in by_key.items()
            for to, types in targets.items()
        ]
        own = [
            [*direction, found.type_id, found.inverse, found.label]
            for direction, labels in self.labels.items()
            for found in labels
            if found.category == "USER_DEFINED"
        ]
        return {"links": links, "labels": own, "next_label": self._next_label}

    def restore(self, saved: dict[str, Any]) -> None:
        """Become what `snapshot` returned."""
        self.labels = default_labels()
        for left, right, type_id, inverse, label in saved["labels"]:
            mine = Label(type_id, inverse, label, "USER_DEFINED")
            self.labels[left, right] = (*self.labels.get((left, right), ()), mine)
        self._links = {}
        for left, right, key, to, types in saved["links"]:
            self._side((left, key), (right, to)).update(types)
        self._next_label = saved["next_label"]
