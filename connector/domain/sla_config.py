"""The `sla` part of the policies: how long sales and marketing may take, and what follows when they take longer."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from connector.domain.document import Id, Section
from mappings.records import Kind

Minutes = Annotated[int, Field(ge=1, le=100_000)]
Count = Annotated[int, Field(ge=1, le=365)]
Place = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_-]*(/[a-z0-9][a-z0-9_-]*)?$")]
"""A row of the matrix, a group of rows, or a cell."""

HAND_RAISER, DEFAULT = "hand-raiser", "default"


class HandRaiser(Section):
    """What makes a lead a hand-raiser: the customer's own activity of such a kind, or one that gives such a signal."""

    kinds: tuple[Kind, ...] = (Kind.DEMO_REQUEST,)
    signals: tuple[Id, ...] = ()


class Terms(Section):
    """Sales' deadlines in one place of the matrix; what it does not say is as for all."""

    attempts: Count | None = None
    attempts_days: Count | None = None
    answer_days: Count | None = None
    sal_to_sql_days: Count | None = None


class Reclaim(Section):
    """Which breaches take the lead from its rep, and how many working days after the deadline."""

    first_contact: bool = True
    answer: bool = True
    after_days: Annotated[int, Field(ge=0, le=365)] = 1


class Sla(Section):
    """Sales' and marketing's deadlines, in working time. `first_contact_minutes` by `hand-raiser`, cell, row, group, and
    `default`; the first that is there holds. `places` hold other terms for a cell, row or group."""

    first_contact_minutes: dict[Place, Minutes] = Field(
        default_factory=lambda: {HAND_RAISER: 30, "enterprise": 240, "mid-market": 240, DEFAULT: 480}
    )
    attempts: Count = 6
    attempts_days: Count = 10
    answer_days: Count = 1
    sal_to_sql_days: Count = 20
    places: dict[Place, Terms] = Field(default_factory=dict)
    reclaim: Reclaim = Field(default_factory=Reclaim)
    hand_raiser: HandRaiser = Field(default_factory=HandRaiser)
    sdr_hand_raiser_minutes: Minutes = 15
    sdr_other_days: Count = 1
