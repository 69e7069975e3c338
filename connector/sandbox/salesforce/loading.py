"""Putting many finished rows into the org at once: the fast way in for files and benchmarks."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from connector.sandbox.salesforce.table import Row

if TYPE_CHECKING:
    from connector.sandbox.salesforce.org import Org

_TIMES = ("CreatedDate", "LastModifiedDate", "SystemModstamp")
_USERS = ("CreatedById", "LastModifiedById")


def load_rows(org: Org, object_name: str, rows: Iterable[Mapping[str, Any]], stamp: str) -> list[str]:
    """Add the rows with defaults, ids and stamps filled in where they give none; returns the ids in order."""
    definition = org.definition(object_name)
    fills: Row = {field.name: field.default for field in definition.fields.values() if field.default}
    fills |= {name: stamp for name in _TIMES if name in definition.fields}
    fills |= {name: org.api_user_id for name in (*_USERS, "OwnerId") if name in definition.fields}
    named = "LastName" in definition.fields
    made: list[Row] = []
    for given in rows:
        row = {**fills, **{name: value for name, value in given.items() if value is not None}}
        if "Id" not in row:
            row["Id"] = org.ids.next(definition.prefix)
        if named:
            row["Name"] = " ".join(part for part in (row.get("FirstName"), row.get("LastName")) if part)
        made.append(row)
    org.tables[object_name].load(made)
    return [row["Id"] for row in made]
