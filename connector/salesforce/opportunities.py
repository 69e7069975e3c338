"""What an opportunity's own row does not say: who its people are, and when it was really closed. Two queries per page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from connector.errors import RecordGoneError, RecordRefusedError
from connector.salesforce.reader import Reader
from connector.salesforce.translate import CLOSED_AT, PERSON_IDS, closed_at

Raw = Mapping[str, Any]


class Opportunities:
    """Reads contact roles and stage history of opportunities."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader

    def told(self, raws: Sequence[Raw], fields: Sequence[str]) -> dict[str, dict[str, str | None]]:
        """The pseudo-fields asked for, by opportunity id."""
        told: dict[str, dict[str, str | None]] = {str(raw["Id"]): {} for raw in raws}
        if PERSON_IDS in fields and raws:
            people = self._people(list(told))
            for id_, values in told.items():
                values[PERSON_IDS] = ";".join(people.get(id_, ())) or None
        if CLOSED_AT in fields and raws:
            self._add_close(raws, told)
        return told

    def _people(self, ids: Sequence[str]) -> dict[str, tuple[str, ...]]:
        found: dict[str, tuple[str, ...]] = {}
        columns = ("OpportunityId", "ContactId", "IsPrimary")
        rows = list(self._optional("OpportunityContactRole", ids, columns, where="IsDeleted = false"))
        for row in sorted(rows, key=lambda row: not row.get("IsPrimary")):
            id_ = str(row["OpportunityId"])
            found[id_] = tuple(dict.fromkeys((*found.get(id_, ()), str(row["ContactId"]))))
        return found

    def _add_close(self, raws: Sequence[Raw], told: dict[str, dict[str, str | None]]) -> None:
        stages = {
            str(raw["Id"]): str(raw["StageName"]) for raw in raws if raw.get("StageName") and _closed(raw)
        }
        history: dict[str, list[Raw]] = {}
        for row in self._optional(
            "OpportunityHistory", list(stages), ("OpportunityId", "StageName", "CreatedDate")
        ):
            history.setdefault(str(row["OpportunityId"]), []).append(row)
        for id_, values in told.items():
            moment = closed_at(history.get(id_, ()), stages[id_]) if id_ in stages else None
            values[CLOSED_AT] = moment.isoformat().replace("+00:00", "Z") if moment else None

    def _optional(
        self, object: str, ids: Sequence[str], columns: Sequence[str], *, where: str = ""
    ) -> list[Raw]:
        """Rows of an object that the user may not be allowed to see."""
        try:
            return list(self._reader.by_ids(object, ids, columns, key="OpportunityId", where=where))
        except (RecordGoneError, RecordRefusedError):
            return []


def needed(fields: Sequence[str]) -> Sequence[str]:
    """The fields to read so that those asked for can be told."""
    return (*fields, "StageName", "IsClosed") if CLOSED_AT in fields else fields


def _closed(raw: Raw) -> bool:
    return str(raw.get("IsClosed", True)).lower() == "true"
