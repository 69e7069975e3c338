"""Between HTTP and the portal: reading parameters and bodies, writing records in HubSpot's JSON. Decides nothing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import orjson
from werkzeug.wrappers import Request

from connector.sandbox.hubspot.associations import Link
from connector.sandbox.hubspot.catalog import BY_NAME, Label, ObjectType
from connector.sandbox.hubspot.drafts import kind_of
from connector.sandbox.hubspot.errors import invalid
from connector.sandbox.hubspot.portal import Portal
from connector.sandbox.hubspot.records import Record, Version
from connector.sandbox.hubspot.search import Filter, Query

MAX_INPUTS = 100
MAX_LIST, MAX_LIST_WITH_HISTORY = 100, 50
MAX_SEARCH_BODY = 3_000


def json_body(request: Request) -> dict[str, Any]:
    """The body as an object; PortalError 400 when it is none."""
    raw = request.get_data()
    try:
        found = orjson.loads(raw) if raw else {}
    except orjson.JSONDecodeError as exc:
        raise invalid(f"Invalid input JSON on line {exc.lineno}, column {exc.colno}: {exc.msg}") from exc
    if not isinstance(found, dict):
        raise invalid("Invalid input JSON: an object was expected")
    return found


def inputs_of(body: Mapping[str, Any], *, limit: int = MAX_INPUTS) -> list[dict[str, Any]]:
    """The `inputs` of a batch; PortalError 400 when they are missing or more than `limit`."""
    found = body.get("inputs")
    if not isinstance(found, list) or not all(isinstance(one, dict) for one in found):
        raise invalid("Invalid input JSON: inputs must be a list of objects")
    if len(found) > limit:
        raise invalid(f"Too many inputs: {len(found)}. A batch takes at most {limit}")
    return found


def names(request: Request, key: str) -> list[str]:
    """A list parameter, given repeatedly or with commas."""
    found = [part.strip() for text in request.args.getlist(key) for part in text.split(",")]
    return [name for name in dict.fromkeys(found) if name]


def flag(request: Request, key: str) -> bool:
    """A boolean parameter, false by default."""
    return request.args.get(key, "false").lower() == "true"


def number(request: Request, key: str, default: int, *, top: int) -> int:
    """A whole number parameter from 1 to `top`; PortalError 400 outside."""
    text = request.args.get(key, str(default))
    if not text.isdigit() or not 1 <= int(text) <= top:
        raise invalid(f"{key} must be between 1 and {top}, not {text}")
    return int(text)


class Projection:
    """Which properties of a record an answer shows, worked out once per call."""

    def __init__(
        self, portal: Portal, kind: ObjectType, *, properties: Sequence[str], history: Sequence[str] = ()
    ) -> None:
        schema = portal.schemas[kind.name]
        wanted = properties or kind.shown
        self.names = tuple(dict.fromkeys([*(n for n in wanted if schema.known(n)), *kind.always]))
        self.history = tuple(name for name in history if schema.known(name))
        self._blank = portal.world.switches.hubspot_cleared_reads_blank

    def row(self, record: Record) -> dict[str, Any]:
        """One record as the objects API writes it. Unset properties are null."""
        read = record.properties.get
        found: dict[str, Any] = {
            "id": record.id,
            "properties": {name: read(name) for name in self.names},
            "createdAt": record.created_at,
            "updatedAt": record.updated_at,
            "archived": record.archived,
        }
        if self._blank and record.versions:
            cleared = {name: "" for name in self.names if name in record.versions and read(name) is None}
            found["properties"] |= cleared
        if record.archived_at:
            found["archivedAt"] = record.archived_at
        if self.history:
            found["propertiesWithHistory"] = {
                name: [version(one) for one in record.history(name)] for name in self.history
            }
        return found


def written(kind: ObjectType, record: Record, changes: Mapping[str, Any]) -> dict[str, Any]:
    """A record after a write: the properties given, the usual stamps."""
    read = record.properties.get
    return {
        "id": record.id,
        "properties": {name: read(name) for name in (*changes, *kind.always)},
        "createdAt": record.created_at,
        "updatedAt": record.updated_at,
        "archived": record.archived,
    }


def version(one: Version) -> dict[str, Any]:
    """One history entry."""
    found: dict[str, Any] = {
        "value": one.value,
        "timestamp": one.timestamp,
        "sourceType": one.source.kind,
        "sourceId": one.source.id,
    }
    if one.source.label is not None:
        found["sourceLabel"] = one.source.label
    if one.source.user_id is not None:
        found["updatedByUserId"] = one.source.user_id
    return found


def inline_associations(
    portal: Portal, kind: ObjectType, record: Record, targets: Sequence[str]
) -> dict[str, Any]:
    """The `associations` member of a record, one entry per label."""
    found: dict[str, Any] = {}
    for target in targets:
        other = kind_of(target)
        rows = [
            {"id": str(key), "type": f"{kind.singular}_to_{other.singular}{_suffix(label)}"}
            for key, labels in portal.associations.of(kind.name, record.key, other.name)
            for label in labels
        ]
        if rows:
            found[other.name] = {"results": rows}
    return found


def _suffix(label: Label) -> str:
    return f"_{label.label.lower()}" if label.label else ""


def label_row(label: Label) -> dict[str, Any]:
    """An association type as v4 writes it."""
    return {"category": label.category, "typeId": label.type_id, "label": label.label}


def links_of(portal: Portal, kind: ObjectType, found: Any) -> list[Link]:
    """Inline associations of a create: the target's type follows from the association type."""
    links: list[Link] = []
    for one in found or ():
        target = str(one["to"]["id"])
        for wanted in one["types"]:
            type_id = int(wanted["associationTypeId"])
            links.append(Link(portal.associations.target_of(kind.name, type_id), target, type_id))
    return links


def query_of(body: Mapping[str, Any]) -> Query:
    """The search request as the searcher takes it; PortalError 400 for more than one sort."""
    groups = body.get("filterGroups") or []
    if body.get("filters"):
        groups = [*groups, {"filters": body["filters"]}]
    sorts = body.get("sorts") or []
    if len(sorts) > 1:
        raise invalid("Only one sort is supported")
    return Query(
        tuple(tuple(_filter(one) for one in group.get("filters", ())) for group in groups),
        str(body.get("query") or ""),
        _sort(sorts[0]) if sorts else None,
    )


def _filter(one: Mapping[str, Any]) -> Filter:
    values = one.get("values") or ()
    if not isinstance(values, list | tuple):
        raise invalid("values must be a list")
    return Filter(
        str(one.get("propertyName", "")),
        str(one.get("operator", "")),
        None if one.get("value") is None else str(one["value"]),
        None if one.get("highValue") is None else str(one["highValue"]),
        tuple(str(value) for value in values),
    )


def _sort(one: Any) -> tuple[str, bool]:
    if isinstance(one, str):
        return one.removeprefix("-"), one.startswith("-")
    return str(one["propertyName"]), one.get("direction", "ASCENDING") == "DESCENDING"


def paging(after: str | int | None, path: str) -> dict[str, Any]:
    """The `paging` member, or nothing at the end."""
    return (
        {} if after is None else {"paging": {"next": {"after": str(after), "link": f"{path}?after={after}"}}}
    )


def scope_of(object_type: str, *, write: bool) -> tuple[str, ...]:
    """The granular scopes a call on this object type needs."""
    kind = BY_NAME.get(object_type)
    verb = "write" if write else "read"
    if kind is None or kind.name not in ("companies", "deals", "leads"):
        mail = kind is not None and kind.name == "emails" and not write
        return (
            (f"crm.objects.contacts.{verb}", "sales-email-read")
            if mail
            else (f"crm.objects.contacts.{verb}",)
        )
    return (f"crm.objects.{kind.name}.{verb}",)
