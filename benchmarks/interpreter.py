"""The peer that `benchmarks.rules` measures: an evaluator that walks the YAML of matrix and signals for every lead.

No straw man: lists of phrases are at hand, patterns are compiled once, a text is folded once for all signals, limits are
numbers already, signals are tried only on activities of their kinds, and whether a phrase is refused is asked of the same
function as Baton asks. What it does not do is turn the tree into anything else.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from functools import cache
from re import Pattern
from typing import Any

from connector.domain.facts import Known
from connector.domain.negation import refused
from connector.domain.phrases import pattern_of
from connector.domain.speech import from_customer, title_of, words_of
from connector.domain.text import fold
from mappings.currencies import to_major
from mappings.records import Activity, Money

Node = Mapping[str, Any]


@cache
def _pattern(phrase: str) -> Pattern[str]:
    return pattern_of(phrase)


class Tree:
    """The two documents, and the day on which everybody is placed."""

    def __init__(self, matrix: Node, signals: Node, now: datetime) -> None:
        self.matrix, self.signals, self.now = matrix, signals, now
        self.bands = {band["id"]: band for band in matrix["bands"]}
        self.columns = [
            stage["id"] for stage in matrix["stages"] if stage.get("owner", "marketing") == "marketing"
        ]
        self.phrases = signals["phrases"]

    def place(self, known: Known) -> tuple[str, str, frozenset[str]]:
        """Row, column, and the signals inside their windows."""
        row = next((row for row in self.matrix["rows"] if self._holds(row["when"], known)), None)
        found = self._found(known, row)
        return row["id"] if row else "unknown", self._column(found, row), frozenset(found)

    # rows

    def _holds(self, node: Node, known: Known) -> bool:
        if "all" in node:
            return all(self._holds(child, known) for child in node["all"])
        if "any" in node:
            return any(self._holds(child, known) for child in node["any"])
        if "not" in node:
            return not self._holds(node["not"], known)
        if "band" in node:
            return self._band(self.bands[node["band"]], known) == node["is"]
        value = self._fact(node["fact"], known)
        return value is not None and fold(str(value)) in [fold(str(choice)) for choice in node["in"]]

    def _fact(self, name: str, known: Known) -> Any:
        owner, field = name.split(".", 1)
        record = known.person if owner == "person" else known.account.account
        if field.startswith("properties."):
            return record.properties.get(field.removeprefix("properties.")) if record else None
        value = getattr(record, field)
        return None if value == "" else value

    def _band(self, band: Node, known: Known) -> str | None:
        for fact in band["facts"]:
            value, limits = self._fact(fact["fact"], known), fact["limits"]
            if value is None:
                continue
            if isinstance(value, Money):
                amount, limits = to_major(value), limits[value.currency]
            else:
                amount = Decimal(value)
            place = 0
            while place < len(limits) and amount >= limits[place]:
                place += 1
            found: str = band["names"][place]
            return found
        return None

    # signals

    def _found(self, known: Known, row: Node | None) -> dict[str, tuple[Node, bool]]:
        """The signals whose newest finding is inside its window, each with whether it counts."""
        windows = {**self.matrix["windows"], **(row.get("windows", {}) if row else {})}
        names = (row["id"], row["group"]) if row else ("unknown",)
        times: dict[str, list[datetime]] = {}
        for activity in known.activities:
            for signal in self._given(activity):
                times.setdefault(signal["id"], []).append(activity.occurred_at)
        by_id = {signal["id"]: signal for signal in self.signals["signals"]}
        negative = [
            at
            for id_, all_ in times.items()
            if self._strength(by_id[id_], names) == "negative"
            for at in all_
        ]
        found = {}
        for id_, all_ in times.items():
            stage = by_id[id_].get("stage")
            window = timedelta(days=windows[stage] if stage else max(windows[one] for one in self.columns))
            if max(all_) + window <= self.now:
                continue
            supporting = self._strength(by_id[id_], names) == "supporting"
            live = [at for at in all_ if at + window > self.now]
            counts = any(not supporting or not any(at < cut <= self.now for cut in negative) for at in live)
            found[id_] = by_id[id_], counts
        return found

    def _given(self, activity: Activity) -> Sequence[Node]:
        candidates = [one for one in self.signals["signals"] if activity.kind in one["kinds"]]
        if not candidates or not from_customer(activity):
            return []
        said, titled = fold(words_of(activity)), fold(title_of(activity))
        return [
            one for one in candidates if "when" not in one or self._says(one["when"], activity, said, titled)
        ]

    def _says(self, node: Node, activity: Activity, said: str, titled: str) -> bool:
        if "all" in node:
            return all(self._says(child, activity, said, titled) for child in node["all"])
        if "any" in node:
            return any(self._says(child, activity, said, titled) for child in node["any"])
        if "not" in node:
            return not self._says(node["not"], activity, said, titled)
        if "text" in node:
            return self._words(node["text"], said, meant=True)
        if "title" in node:
            return self._words(node["title"], titled, meant=False)
        if "url" in node:
            return any(fold(part) in fold(activity.url) for part in node["url"])
        raise ValueError(f"the benchmark's documents have no {list(node)}")

    def _words(self, test: Node, text: str, *, meant: bool) -> bool:
        if "any_of" in test and not self._any(test["any_of"], text, meant=meant):
            return False
        if "none_of" in test and self._any(test["none_of"], text, meant=meant):
            return False
        return all(self._any([item], text, meant=meant) for item in test.get("all_of", ()))

    def _any(self, wanted: Sequence[str], text: str, *, meant: bool) -> bool:
        for item in wanted:
            for phrase in self.phrases[item[1:]] if item.startswith("@") else (item,):
                for match in _pattern(phrase).finditer(text):
                    if not meant or not refused(text, match.start(), match.end()):
                        return True
        return False

    def _strength(self, signal: Node, names: Sequence[str]) -> str:
        by_row = signal.get("by_row", {})
        return next((by_row[name] for name in names if name in by_row), signal["strength"])

    def _column(self, found: Mapping[str, tuple[Node, bool]], row: Node | None) -> str:
        names = (row["id"], row["group"]) if row else ("unknown",)
        for stage in reversed(self.columns):
            own = [
                self._strength(signal, names)
                for signal, counts in found.values()
                if counts and signal.get("stage") == stage and self._strength(signal, names) != "negative"
            ]
            if "strong" in own or len(own) > 1:
                return stage
        return "none"
