"""What a mapping could not read, write or trust, as a value with an id: texts for people are made from it at the edge.

A problem never holds the value at fault, which may be somebody's name or address; it says where to look.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType


class Severity(StrEnum):
    """`error`: a mapping with it cannot be activated, or a value was left out. `warning`: it works, with a loss.
    `notice`: worth knowing."""

    ERROR = "error"
    WARNING = "warning"
    NOTICE = "notice"


@dataclasses.dataclass(frozen=True, slots=True)
class Problem:
    """One finding. `id` names the sentence that says what is wrong and what to do (see docs/field-mappings.md);
    `field` is the remote field, or our name where there is none."""

    id: str
    severity: Severity
    system: str = ""
    object: str = ""
    field: str = ""
    params: Mapping[str, str | int] = dataclasses.field(default_factory=lambda: MappingProxyType({}))


class UnreadableError(ValueError):
    """A value that its transform refuses; `id` is the problem's. The message never holds the value."""

    def __init__(self, id: str, **params: str | int) -> None:
        super().__init__(id)
        self.id = id
        self.params: Mapping[str, str | int] = MappingProxyType(params)
