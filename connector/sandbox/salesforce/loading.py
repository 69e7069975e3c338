"""Putting many finished rows into the org at once: the fast way in for files and benchmarks."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from connector.sandbox.salesforce.derive import DERIVED, derive
from connector.sandbox.salesforce.table import Row

if TYPE_CHECKING:
    from connector.sandbox.salesforce.org import Org

_TIMES = ("CreatedDate", "LastModifiedDate", "SystemModstamp")
_USERS = ("CreatedById", "LastModifiedById")


def load_rows(org: Org, object_name: str, rows: Iterable[Mapping[str, Any]], stamp: str) -> list[str]:
    """Add the rows; defaults, ids, stamps and worked-out fields fill what they leave open. Returns the ids in order."""
    definition = org.definition(object_name)
    fills: Row = {field.name: field.default for field in definition.fields.values() if field.default}
    fills |= {name: stamp for name in _TIMES if name in definition.fields}
    fills |= {name: org.api_user_id for name in (*_USERS, "OwnerId") if name in definition.fields}
    worked_out = object_name in DERIVED
    made: list[Row] = []
    for given in rows:
        known = {name: value for name, value in given.items() if value is not None}
        row = {**fills, **known}
        if "Id" not in row:
            row["Id"] = org.ids.next(definition.prefix)
        if worked_out:
            row.setdefault("LastModifiedDate", stamp)
            derive(org, object_name, None, row)
            row.update(known)
        made.append(row)
    org.tables[object_name].load(made)
    return [row["Id"] for row in made]
