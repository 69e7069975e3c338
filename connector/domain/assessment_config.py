"""What is judged by people before a lead goes on: the two shapes of a hand-off, and what SQL asks for."""

from __future__ import annotations

from enum import StrEnum
from typing import Literal

from connector.domain.document import Section

Criterion = Literal["need", "process_fit", "timeline", "budget", "key_role"]


class Shape(StrEnum):
    """How a lead passes. `direct`: an MQL goes straight into the CRM. `review`: marketing accepts it in its own system
    first."""

    DIRECT = "direct"
    REVIEW = "review"


class QualificationPolicy(Section):
    """What a rep states to make a lead SQL. `key_role` is met by itself where the contact's title says that they decide or
    have influence."""

    required: tuple[Criterion, ...] = ("need", "process_fit", "timeline", "budget", "key_role")
