"""The org's state to JSON and back, so that a sandbox survives a restart."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from connector.sandbox.salesforce.fields import FieldDef
from connector.sandbox.salesforce.query import condition
from connector.sandbox.salesforce.rules import AssignmentRule, DuplicateRule, Rules, ValidationRule
from connector.sandbox.salesforce.schema import build_schema
from connector.sandbox.salesforce.table import Table

if TYPE_CHECKING:
    from connector.sandbox.salesforce.org import Org

_RULE_FIELDS = ("object_name", "message", "field_name", "when", "active")


def snapshot(org: Org) -> dict[str, Any]:
    """Everything but open cursors, sessions, bulk jobs and rules that are Python code."""
    custom = [(name, field) for name in org.custom_field_ids for field in [_custom(org, name)]]
    return {
        "ids": dict(org.ids.counts),
        "org_id": org.org_id,
        "api_user_id": org.api_user_id,
        "tables": {name: list(table.seen.values()) for name, table in org.tables.items()},
        "late": {name: late for name, table in org.tables.items() if (late := table.pending())},
        "custom_fields": {name: asdict(field) for name, field in custom},
        "custom_field_ids": dict(org.custom_field_ids),
        "managed": sorted(org.access.managed),
        "lead_status": [
            org.schema["Lead"].fields["Status"].picklist,
            org.schema["Lead"].fields["Status"].default,
        ],
        "rules": _rules(org.rules),
        "tracked": {name: sorted(fields) for name, fields in org.tracked.items()},
        "conversion_map": org.conversion_map,
        "edit_converted": sorted(org.edit_converted),
        "outbound": org.outbound.snapshot(),
    }


def restore(org: Org, saved: Mapping[str, Any]) -> None:
    """Replace the org's state by a snapshot's."""
    org.schema = build_schema(multi_currency=org.world.switches.multi_currency)
    for full_name, values in saved["custom_fields"].items():
        lists = {name: tuple(values[name]) for name in ("picklist", "reference_to")}
        org.schema[full_name.partition(".")[0]].add(FieldDef(**{**values, **lists}))
    status = org.schema["Lead"].fields["Status"]
    status.picklist, status.default = tuple(saved["lead_status"][0]), saved["lead_status"][1]
    org.tables.clear()
    for name in org.schema:
        org.tables[name] = _table(name, saved)
    org.ids.counts.clear()
    org.ids.counts.update(saved["ids"])
    org.org_id, org.api_user_id = saved["org_id"], saved["api_user_id"]
    org.custom_field_ids = dict(saved["custom_field_ids"])
    org.access.managed = {(entry[0], entry[1]) for entry in saved["managed"]}
    org.access.forget()
    org.tracked = {name: set(fields) for name, fields in saved["tracked"].items()}
    org.conversion_map = {name: (entry[0], entry[1]) for name, entry in saved["conversion_map"].items()}
    org.edit_converted = set(saved["edit_converted"])
    org.outbound.restore(saved["outbound"])
    _restore_rules(org, saved["rules"])


def _table(name: str, saved: Mapping[str, Any]) -> Table:
    table = Table(name)
    table.load(list(saved["tables"].get(name, [])))
    for visible_at, row in saved["late"].get(name, []):
        table.put(row, visible_at)
    return table


def _custom(org: Org, full_name: str) -> FieldDef:
    object_name, _, field_name = full_name.partition(".")
    return org.schema[object_name].fields[field_name]


def _rules(rules: Rules) -> dict[str, Any]:
    return {
        "validation": [
            {name: getattr(rule, name) for name in _RULE_FIELDS}
            for rule in rules.validation
            if rule.when is not None
        ],
        "duplicate": [asdict(rule) for rule in rules.duplicate],
        "assignment": {name: asdict(rule) for name, rule in rules.assignment.items()},
    }


def _restore_rules(org: Org, saved: Mapping[str, Any]) -> None:
    org.rules.validation = [
        ValidationRule(**entry, broken=condition(org, entry["object_name"], entry["when"]))
        for entry in saved["validation"]
    ]
    org.rules.duplicate = [DuplicateRule(**{**e, "fields": tuple(e["fields"])}) for e in saved["duplicate"]]
    org.rules.assignment = {name: AssignmentRule(**entry) for name, entry in saved["assignment"].items()}
