"""How the portal refuses: one error type that carries what HubSpot would say. It knows nothing of HTTP requests."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import orjson


class PortalError(Exception):
    """A refusal: the status, category and message of HubSpot's error envelope, and what its `errors` list holds."""

    def __init__(
        self,
        status: int,
        category: str,
        message: str,
        *,
        context: Mapping[str, Any] | None = None,
        errors: Sequence[Mapping[str, Any]] = (),
    ) -> None:
        super().__init__(f"{status} {category}")
        self.status = status
        self.category = category
        self.message = message
        self.context = dict(context or {})
        self.errors = [dict(error) for error in errors]


def invalid(message: str, *, context: Mapping[str, Any] | None = None) -> PortalError:
    """400 VALIDATION_ERROR: the request as a whole makes no sense."""
    return PortalError(400, "VALIDATION_ERROR", message, context=context)


def invalid_properties(problems: Sequence[Mapping[str, Any]]) -> PortalError:
    """400 for a record whose values are refused: HubSpot packs the list as JSON inside the message text."""
    packed = orjson.dumps([{"isValid": False, **problem} for problem in problems]).decode()
    details = [
        {
            "message": problem["message"],
            "code": problem["error"],
            "context": {"propertyName": [problem["name"]]},
        }
        for problem in problems
    ]
    return PortalError(400, "VALIDATION_ERROR", f"Property values were not valid: {packed}", errors=details)


def missing(kind: str, key: str) -> PortalError:
    """404 OBJECT_NOT_FOUND: nothing of this kind has that key."""
    return PortalError(
        404, "OBJECT_NOT_FOUND", f"Object not found.  objectId are usually numeric. {kind}: {key}"
    )


def conflict(message: str, *, context: Mapping[str, Any] | None = None) -> PortalError:
    """409 CONFLICT: the value is taken. The id of the holder stands only in the text."""
    return PortalError(409, "CONFLICT", message, context=context)
