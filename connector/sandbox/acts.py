"""Every act there is, by name: for the control API, the command line and tests."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from connector.sandbox import acts_customers, acts_records, acts_sales, acts_sdr
from connector.sandbox.people import Act, ActError, Cast, Done

ACTS: dict[str, type[Act]] = {
    **acts_sdr.ACTS,
    **acts_sales.ACTS,
    **acts_customers.ACTS,
    **acts_records.ACTS,
}


def perform(cast: Cast, what: str, parameters: Mapping[str, Any]) -> list[Done]:
    """Do the act of that name. Raises ActError for an unknown one and pydantic's ValidationError for wrong parameters."""
    kind = ACTS.get(what)
    if kind is None:
        raise ActError(f"nobody knows how to {what or '(nothing said)'}; acts: {', '.join(ACTS)}")
    with cast.portal.world.lock:
        return kind.model_validate(parameters).perform(cast)


def catalogue() -> list[dict[str, Any]]:
    """What `GET /acts` tells: name, meaning and parameters of every act."""
    found = []
    for name, kind in ACTS.items():
        schema = kind.model_json_schema()
        required = set(schema.get("required", ()))
        parameters = {
            field: {
                "type": shape.get("type") or [one.get("type") for one in shape.get("anyOf", ())],
                "required": field in required,
                **({"meaning": shape["description"]} if "description" in shape else {}),
            }
            for field, shape in schema["properties"].items()
        }
        found.append({"what": name, "meaning": (kind.__doc__ or "").strip(), "parameters": parameters})
    return found
