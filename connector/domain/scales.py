"""Weighing what is said: each scale adds points for the phrase lists, words and pairs found, and tells what it weighed.

The heaviest scale holds if it ends above zero; of equals, the first in the document. Sums of whole numbers, so every result
can be added up by hand.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Set
from dataclasses import dataclass

from connector.domain.scales_config import ScaleConfig
from connector.domain.text import fold

Row = tuple[int, ...]
"""Points by scale, in the document's order."""


@dataclass(frozen=True, slots=True)
class Weighed:
    """What one scale made of a text: its sum, and each finding with its points; `@name` is a phrase list."""

    scale: str
    points: int
    holds: bool
    findings: tuple[tuple[str, int], ...]


class Scales:
    """The document's scales, compiled."""

    def __init__(self, scales: Iterable[ScaleConfig], lists: Mapping[str, Iterable[str]]) -> None:
        declared = tuple(scales)
        self.ids = tuple(scale.id for scale in declared)
        self._start: Row = tuple(scale.start for scale in declared)
        self._by_list = {name: tuple(s.lists.get(name, 0) for s in declared) for name in _named(declared)}
        self._by_word = _by_word(declared)
        self._lists_of: dict[str, tuple[str, ...]] = {}
        for name in self._by_list:
            for phrase in lists.get(name, ()):
                self._lists_of[phrase] = (*self._lists_of.get(phrase, ()), name)

    def holding(self, said: Iterable[str], words: Set[str]) -> str:
        """The scale that holds where these phrases were said with these words; empty where none does, or nothing is said."""
        if not self.ids or not words:
            return ""
        return self._heaviest([sum(column) for column in zip(*self._rows(said, words).values(), strict=True)])

    def weighed(self, said: Iterable[str], words: Set[str]) -> tuple[Weighed, ...]:
        """Each scale with all it weighed, the heaviest finding first; what it starts from is the finding without a name."""
        rows = self._rows(said, words)
        sums = [sum(column) for column in zip(*rows.values(), strict=True)]
        holds = self._heaviest(sums) if words else ""
        return tuple(
            Weighed(name, sums[nth], name == holds, _findings(rows, nth)) for nth, name in enumerate(self.ids)
        )

    def _heaviest(self, sums: list[int]) -> str:
        most = max(sums, default=0)
        return self.ids[sums.index(most)] if most > 0 else ""

    def _rows(self, said: Iterable[str], words: Set[str]) -> dict[str, Row]:
        rows = {"": self._start}
        for phrase in said:
            for name in self._lists_of.get(phrase, ()):
                rows["@" + name] = self._by_list[name]
        by_word = self._by_word
        for word in words & by_word.keys():
            rows[word] = by_word[word]
        return rows


def _named(scales: Iterable[ScaleConfig]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(name for scale in scales for name in scale.lists))


def _by_word(scales: tuple[ScaleConfig, ...]) -> dict[str, Row]:
    points: dict[str, list[int]] = {}
    for nth, scale in enumerate(scales):
        for given, words in scale.words.items():
            for word in words:
                points.setdefault(fold(word), [0] * len(scales))[nth] = given
    return {word: tuple(row) for word, row in points.items()}


def _findings(rows: Mapping[str, Row], nth: int) -> tuple[tuple[str, int], ...]:
    found = [(name, row[nth]) for name, row in rows.items() if row[nth]]
    return tuple(sorted(found, key=lambda one: (-abs(one[1]), one[0])))
