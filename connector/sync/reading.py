"""What the mapping asks of each connection: which objects, which of their fields, of what type. Knows no field by name."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from connector.ports import System
from connector.sync.engine import Engine
from mappings.fields import remote_fields
from mappings.records import ObjectRole
from mappings.values import FieldType

RECORD_ROLES = (ObjectRole.ACCOUNT, ObjectRole.LEAD, ObjectRole.OPPORTUNITY)
"""What is read as records, in the order in which it is matched: whoever refers to another comes after it."""

HISTORY: Mapping[ObjectRole, tuple[str, ...]] = {
    ObjectRole.LEAD: ("status", "owner_id", "title", "account.revenue", "account.employees"),
    ObjectRole.ACCOUNT: ("revenue", "employees", "industry", "business_model", "kind", "owner_id"),
    ObjectRole.OPPORTUNITY: ("stage", "amount", "is_closed", "is_won", "owner_id"),
}
"""Facts whose every change is kept: personas, owners, statuses and amounts rest on them."""


def objects_of(engine: Engine, connection: str, role: ObjectRole) -> tuple[str, ...]:
    """The objects of this role that are mapped and that the connection offers, in the mapping's order."""
    offered = engine.system(connection).capabilities.objects.get(role, ())
    mapped = engine.mapping.objects(engine.side(connection), role)
    return tuple(name for name in mapped if name in offered)


def record_objects(engine: Engine, connection: str) -> tuple[str, ...]:
    """Every object that is read as records: accounts, people, opportunities."""
    return tuple(name for role in RECORD_ROLES for name in objects_of(engine, connection, role))


def fields_of(engine: Engine, connection: str, object: str) -> tuple[str, ...]:
    """What to ask for. Fields that a system lacks or hides are left out by its adapter, never told as empty."""
    return remote_fields(engine.mapping, engine.side(connection), object)


def types_of(engine: Engine, connection: str, object: str) -> Mapping[str, FieldType]:
    """The type of each mapped remote field, by which two values are compared."""
    side = engine.side(connection)
    types = {
        source: line.how.type if len(line.sources) == 1 else FieldType.TEXT
        for _, line in engine.mapping.object(side, object).lines()
        for source in line.sources
    }
    own = engine.mapping.own_fields
    types.update(
        (own[name].names[side], own[name].type) for name in own if object in engine.mapping.own_on(name, side)
    )
    return types


def history_fields(engine: Engine, connection: str, object: str) -> Sequence[str]:
    """The remote fields behind the facts whose changes are kept."""
    facts = engine.mapping.object(engine.side(connection), object)
    lines = [facts.line(word) for word in HISTORY.get(facts.role, ())]
    return tuple(dict.fromkeys(source for line in lines if line is not None for source in line.sources))


def tells_history(engine: Engine, system: System, object: str) -> bool:
    """Whether changes of this object are read from the system's own history: sales' side only, where two changes between
    two polls are two events. Elsewhere a change is noticed when two reads differ, at no call."""
    crm = engine.crm.connection == system.connection
    return (
        crm
        and object in system.capabilities.field_history
        and bool(history_fields(engine, system.connection, object))
    )
