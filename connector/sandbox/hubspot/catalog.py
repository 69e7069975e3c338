"""The object types a portal has, how they are named on the wire, and which association types join them by default.

Type ids and association type ids are those of HubSpot's object and association reference pages. No state here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class ObjectType:
    """One kind of record. `modified` names its cursor property, `created` the property with its creation stamp."""

    name: str
    type_id: str
    singular: str
    first_id: int
    created: str = "createdate"
    modified: str = "hs_lastmodifieddate"
    history_cap: int = 20
    shown: tuple[str, ...] = ()
    required: tuple[str, ...] = ()
    event_prefix: str = "object"
    unique_key: str | None = None

    @property
    def always(self) -> tuple[str, ...]:
        """Properties that every answer carries, asked for or not."""
        return (self.created, self.modified, "hs_object_id")


def _activity(name: str, type_id: str, singular: str, first_id: int, *required: str) -> ObjectType:
    return ObjectType(name, type_id, singular, first_id, created="hs_createdate", required=required)


OBJECT_TYPES: tuple[ObjectType, ...] = (
    ObjectType(
        "contacts",
        "0-1",
        "contact",
        50_000_001,
        modified="lastmodifieddate",
        history_cap=45,
        shown=("email", "firstname", "lastname"),
        event_prefix="contact",
        unique_key="email",
    ),
    ObjectType("companies", "0-2", "company", 70_000_001, shown=("domain", "name"), event_prefix="company"),
    ObjectType(
        "deals",
        "0-3",
        "deal",
        90_000_001,
        shown=("amount", "closedate", "dealname", "dealstage", "pipeline"),
        event_prefix="deal",
    ),
    ObjectType("leads", "0-136", "lead", 110_000_001, created="hs_createdate", required=("hs_lead_name",)),
    _activity("notes", "0-46", "note", 130_000_001, "hs_timestamp"),
    _activity("calls", "0-48", "call", 150_000_001, "hs_timestamp"),
    _activity("emails", "0-49", "email", 170_000_001, "hs_timestamp"),
    _activity("meetings", "0-47", "meeting", 190_000_001, "hs_timestamp"),
    _activity("tasks", "0-27", "task", 210_000_001, "hs_timestamp"),
    _activity("communications", "0-18", "communication", 230_000_001, "hs_timestamp"),
)

ACTIVITIES = ("notes", "calls", "emails", "meetings", "tasks", "communications")

BY_NAME: Mapping[str, ObjectType] = {
    alias: kind for kind in OBJECT_TYPES for alias in (kind.name, kind.type_id, kind.singular)
}


@dataclass(frozen=True, slots=True)
class Label:
    """One association type in one direction, with the type id that stands on the other side."""

    type_id: int
    inverse: int
    label: str | None = None
    category: str = "HUBSPOT_DEFINED"


def _pair(to: int, back: int) -> tuple[tuple[Label, ...], tuple[Label, ...]]:
    return (Label(to, back),), (Label(back, to),)


def _primary(plain: tuple[int, int], primary: tuple[int, int]) -> tuple[tuple[Label, ...], tuple[Label, ...]]:
    to, back = plain
    first, first_back = primary
    return (
        (Label(to, back), Label(first, first_back, "Primary")),
        (Label(back, to), Label(first_back, first, "Primary")),
    )


_ACTIVITY_PAIRS: Mapping[str, tuple[tuple[int, int], tuple[int, int], tuple[int, int]]] = {
    "notes": ((202, 201), (190, 189), (214, 213)),
    "calls": ((194, 193), (182, 181), (206, 205)),
    "emails": ((198, 197), (186, 185), (210, 209)),
    "meetings": ((200, 199), (188, 187), (212, 211)),
    "tasks": ((204, 203), (192, 191), (216, 215)),
    "communications": ((81, 82), (87, 88), (85, 86)),
}


def default_labels() -> dict[tuple[str, str], tuple[Label, ...]]:
    """Association types by (from, to), the unlabelled default first."""
    found: dict[tuple[str, str], tuple[Label, ...]] = {}

    def join(left: str, right: str, both: tuple[tuple[Label, ...], tuple[Label, ...]]) -> None:
        found[left, right], found[right, left] = both

    join("contacts", "companies", _primary((279, 280), (1, 2)))
    join("deals", "contacts", _pair(3, 4))
    join("deals", "companies", _primary((341, 342), (5, 6)))
    join("leads", "contacts", _primary((608, 607), (578, 579)))
    join("leads", "companies", _primary((610, 609), (580, 581)))
    found["contacts", "contacts"] = (Label(449, 449),)
    found["companies", "companies"] = (Label(450, 450),)
    for name, (contact, company, deal) in _ACTIVITY_PAIRS.items():
        join(name, "contacts", _pair(*contact))
        join(name, "companies", _pair(*company))
        join(name, "deals", _pair(*deal))
    return found


@dataclass(slots=True)
class Stage:
    """One step of a pipeline. `probability` is 0.0 to 1.0; closed stages have 0.0 (lost) or 1.0 (won)."""

    id: str
    label: str
    order: int
    probability: float = 0.0
    closed: bool = False


@dataclass(slots=True)
class Pipeline:
    """An ordered list of stages for deals or leads."""

    id: str
    label: str
    order: int = 0
    stages: list[Stage] = field(default_factory=list)


def default_pipelines() -> dict[str, list[Pipeline]]:
    """The sales pipeline every portal starts with, and a lead pipeline whose stage ids are this portal's own."""
    deals = [
        ("appointmentscheduled", "Appointment Scheduled", 0.2, False),
        ("qualifiedtobuy", "Qualified To Buy", 0.4, False),
        ("presentationscheduled", "Presentation Scheduled", 0.6, False),
        ("decisionmakerboughtin", "Decision Maker Bought-In", 0.8, False),
        ("contractsent", "Contract Sent", 0.9, False),
        ("closedwon", "Closed Won", 1.0, True),
        ("closedlost", "Closed Lost", 0.0, True),
    ]
    leads = [
        ("new-stage-id", "New", False),
        ("attempting-stage-id", "Attempting", False),
        ("connected-stage-id", "Connected", False),
        ("qualified-stage-id", "Qualified", True),
        ("unqualified-stage-id", "Disqualified", True),
    ]
    return {
        "deals": [
            Pipeline(
                "default",
                "Sales Pipeline",
                stages=[Stage(id_, label, i, p, closed) for i, (id_, label, p, closed) in enumerate(deals)],
            )
        ],
        "leads": [
            Pipeline(
                "lead-pipeline-id",
                "Lead pipeline",
                stages=[Stage(id_, label, i, 0.0, closed) for i, (id_, label, closed) in enumerate(leads)],
            )
        ],
    }
