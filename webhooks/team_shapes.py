"""What the routes about the team take and answer: who takes leads, and what sales began past the hand-off."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

from webhooks.shapes import Body, Id


class RepBody(Body):
    """What routing is to know of an owner; what is left out stays. `capacity` null: the policies' number; `away_from` null:
    there again; `away_to` null or left out: away until further notice."""

    capacity: Annotated[int, Field(ge=0, le=1000)] | None = None
    weight: Annotated[int, Field(ge=0, le=1000)] = 1
    groups: list[Id] = Field(default_factory=list)
    is_manager: bool = False
    is_sdr: bool = False
    away_from: date | None = None
    away_to: date | None = None


class RepShape(BaseModel):
    """One who can own records, as `baton reps list --json` prints them."""

    model_config = ConfigDict(extra="allow")

    owner_id: str
    name: str
    active: bool
    capacity: int | None
    weight: int
    groups: list[str]
    away_from: date | None
    away_to: date | None
    is_manager: bool
    is_sdr: bool


class RepsShape(BaseModel):
    """Everybody who can own records in the CRM."""

    reps: list[RepShape]


class BypassesShape(BaseModel):
    """What sales began past the hand-off, as `baton bypass list --json` prints it."""

    bypasses: list[dict[str, Any]]
