"""What an admin sets up in the org and a connector trips over: validation, duplicate and assignment rules."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any, Literal

from connector.sandbox.salesforce.errors import OrgError
from connector.sandbox.salesforce.table import Row, Table

Predicate = Callable[[Row], bool]


@dataclass(slots=True)
class ValidationRule:
    """Refuses a record of `object_name` when `broken` holds for it, with the admin's own message.

    `when` is the condition as SOQL text where it was given so (it can then be stored), `field_name` the error's location.
    """

    object_name: str
    message: str
    broken: Predicate
    field_name: str | None = None
    when: str | None = None
    active: bool = True

    def check(self, row: Row) -> None:
        """Raise FIELD_CUSTOM_VALIDATION_EXCEPTION when the rule is broken."""
        if self.active and self.broken(row):
            fields = [self.field_name] if self.field_name else []
            raise OrgError("FIELD_CUSTOM_VALIDATION_EXCEPTION", self.message, fields=fields)


@dataclass(slots=True)
class DuplicateRule:
    """Finds records equal in every one of `fields`. `Alert` lets a caller save who asks to, `Block` nobody."""

    object_name: str
    fields: tuple[str, ...] = ("Email",)
    action: Literal["Alert", "Block"] = "Alert"
    on_update: bool = False
    name: str = ""
    message: str = "You're creating a duplicate record. We recommend you use an existing record instead."
    active: bool = True

    def matches(self, row: Row, table: Table) -> list[str]:
        """Ids of other live records that this row duplicates, in order."""
        found: set[str] | None = None
        for name in self.fields:
            if row.get(name) is None:
                return []
            held = table.holders(name, row[name])
            found = set(held) if found is None else found & held
        alive = table.rows
        return sorted(i for i in found or () if i != row.get("Id") and not alive[i].get("IsDeleted"))

    def error(self, ids: list[str]) -> OrgError:
        """The refusal as it is on the wire: its details stand under the misspelt key `duplicateResut`."""
        rule = self.name or f"Standard_{self.object_name}_Duplicate_Rule"
        matched = [self._match(record_id) for record_id in ids]
        result = {
            "allowSave": self.action == "Alert",
            "duplicateRule": rule,
            "duplicateRuleEntityType": self.object_name,
            "errorMessage": self.message,
            "matchResults": [
                {
                    "entityType": self.object_name,
                    "errors": [],
                    "matchEngine": "FuzzyMatchEngine",
                    "matchRecords": matched,
                    "rule": f"Standard_{self.object_name}_Match_Rule_v1_1",
                    "size": len(matched),
                    "success": True,
                }
            ],
        }
        return OrgError("DUPLICATES_DETECTED", self.message, extra={"duplicateResut": result})

    def _match(self, record_id: str) -> dict[str, Any]:
        url = f"/services/data/v67.0/sobjects/{self.object_name}/{record_id}"
        return {
            "additionalInformation": [],
            "fieldDiffs": [],
            "matchConfidence": 100.0,
            "record": {"attributes": {"type": self.object_name, "url": url}, "Id": record_id},
        }


@dataclass(slots=True)
class AssignmentRule:
    """Gives leads to users or queues in turn, on every write that does not say otherwise."""

    targets: list[str]
    active: bool = True
    turn: int = 0

    def next_owner(self) -> str | None:
        """Whose turn it is; None when the rule is off or has nobody."""
        if not self.active or not self.targets:
            return None
        owner = self.targets[self.turn % len(self.targets)]
        self.turn += 1
        return owner


@dataclass(slots=True)
class Rules:
    """All the rules of one org; assignment rules by object."""

    validation: list[ValidationRule] = field(default_factory=list)
    duplicate: list[DuplicateRule] = field(default_factory=list)
    assignment: dict[str, AssignmentRule] = field(default_factory=dict)

    def validate(self, object_name: str, row: Row) -> None:
        """Raise for the first validation rule that the row breaks."""
        for rule in self.validation:
            if rule.object_name == object_name:
                rule.check(row)

    def check_duplicates(self, row: Row, table: Table, *, creating: bool, save: bool) -> None:
        """Raise when an active duplicate rule finds the row's like."""
        for rule in self.duplicate:
            if not rule.active or rule.object_name != table.name or not (creating or rule.on_update):
                continue
            ids = rule.matches(row, table)
            if ids and not (save and rule.action == "Alert"):
                raise rule.error(ids)

    def drop(self, object_names: Iterable[str]) -> None:
        """Remove every rule of these objects."""
        gone = set(object_names)
        self.validation = [rule for rule in self.validation if rule.object_name not in gone]
        self.duplicate = [rule for rule in self.duplicate if rule.object_name not in gone]
        for name in gone:
            self.assignment.pop(name, None)
