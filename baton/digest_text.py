"""Tells the digest of rejections as plain text, from the same document that `--json` prints. Fit for an e-mail."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from connector.domain.facts import Message
from connector.reports.rejections_json import Say


def told(document: Mapping[str, Any], say: Say) -> Iterator[str]:
    """The digest, line by line: the figures, each rejection with what was really said, and what is open."""
    yield from _Telling(document, say).lines()


class _Telling:
    """One digest in one language."""

    def __init__(self, document: Mapping[str, Any], say: Say) -> None:
        self.document = document
        self.say = say
        self.zone = ZoneInfo(document["time_zone"])

    def lines(self) -> Iterator[str]:
        """Every line."""
        document = self.document
        yield self._say(f"title.{document['period']}", day=self._day(document["from"]))
        yield self._say("total", count=document["total"], annulled=document["annulled"])
        yield from self._floods()
        yield from self._counts()
        yield from self._part("rejections", self._rejection)
        yield from self._part("contests", self._contest)
        yield from self._part("findings", self._finding)
        yield from self._part("owed", self._owed)

    def _say(self, name: str, **params: str | int) -> str:
        return self.say(Message(f"digest.{name}", params))

    def _when(self, text: str) -> str:
        return f"{datetime.fromisoformat(text).astimezone(self.zone):%Y-%m-%d %H:%M}"

    def _day(self, text: str) -> str:
        return self._when(text)[:10]

    def _floods(self) -> Iterator[str]:
        for one in self.document["floods"]:
            span = {"start": self._when(one["from"]), "end": self._when(one["to"])}
            yield "! " + self._say("flood", who=one["by"], count=one["count"], **span)

    def _counts(self) -> Iterator[str]:
        for name, rows in self.document["counts"].items():
            if rows:
                yield ""
                yield self._say(f"by.{name}")
            for row in rows:
                label = f"{row['rep']} × {row['sdr']}" if name == "pair" else row["label"]
                yield f"  {row['count']:>4}  {label}"

    def _part(self, name: str, tell: Any) -> Iterator[str]:
        rows = self.document[name]
        if rows:
            yield ""
            yield f"{self._say(f'part.{name}')} ({len(rows)})"
        for row in rows:
            yield from tell(row)

    def _whose(self, row: Mapping[str, Any]) -> str:
        return " · ".join(part for part in (row["person"], row["company"], row["lead_id"]) if part)

    def _rejection(self, row: Mapping[str, Any]) -> Iterator[str]:
        yield f"- {self._whose(row)}"
        yield "  " + self._say(
            "said_no", at=self._when(row["at"]), rep=row["rep"], reason=row["reason_text"], sdr=row["sdr"],
            cell=row["cell_label"],
        )  # fmt: skip
        if row["note"]:
            yield f"  “{row['note']}”"
        if row["annulled"]:
            yield "  " + self._say("is_annulled")
        if row["cooldown_until"]:
            yield "  " + self._say("rests", until=self._when(row["cooldown_until"]))
        for line in row["timeline"]:
            words = {"who": line["who"], "what": line["kind_text"], "said": line["said"]}
            yield "    " + self._say("line", at=self._when(line["at"]), **words)

    def _contest(self, row: Mapping[str, Any]) -> Iterator[str]:
        yield f"- {self._whose(row)}: {row['reason_text']}, {row['rep']}"
        yield "  " + self._say(
            "contested", at=self._when(row["contested_at"]), who=row["contested_by"], note=row["contest_note"]
        )

    def _finding(self, row: Mapping[str, Any]) -> Iterator[str]:
        yield f"- {self._whose(row)}: {row['reason_text']}, {row['rep']}"
        found = self._say(f"finding.{row['finding']}")
        yield "  " + self._say("found", finding=found, who=row["found_by"], note=row["found_note"])

    def _owed(self, row: Mapping[str, Any]) -> Iterator[str]:
        leads = ", ".join(self._whose(one) for one in row["leads"])
        yield f"- {row['rep']} ({row['count']}): {leads}"
