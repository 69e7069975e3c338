"""What people judge of a lead: marketing's review before it passes, and what makes it sales qualified.

What a CRM says is recorded whatever is missing; what is asked of Baton is refused until it is complete.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType
from typing import TYPE_CHECKING

from connector.domain.assessment_config import QualificationPolicy, Shape
from connector.domain.roles import Role, meets

if TYPE_CHECKING:
    from connector.domain.facts import Actor
    from connector.domain.policies import HandOffPolicy


@dataclass(frozen=True, slots=True)
class Review:
    """Marketing's own judgement of a lead: accepted, or not, with what it said."""

    at: datetime
    by: Actor
    accepted: bool
    note: str = ""


@dataclass(frozen=True, slots=True)
class Qualification:
    """What a rep stated of a lead that sales has: a text per criterion."""

    handoff_id: str
    at: datetime
    by: Actor
    criteria: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))


def shape_of(policy: HandOffPolicy, cell: str, names: Sequence[str]) -> Shape:
    """The shape of a cell's hand-offs: its own, its group's, else the default."""
    stage = cell.partition("/")[2]
    cells = [f"{name}/{stage}" for name in names]
    return next((policy.shapes[one] for one in cells if one in policy.shapes), policy.default_shape)


def missing_criteria(policy: QualificationPolicy, criteria: Mapping[str, str], role: str) -> Iterator[str]:
    """The criteria of SQL that nobody stated."""
    for name in policy.required:
        if name == "key_role" and meets(role, Role.INFLUENCER):
            continue
        if not criteria.get(name, "").strip():
            yield name
