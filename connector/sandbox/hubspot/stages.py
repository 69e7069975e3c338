"""Pipelines and stages of deals and leads: which stage a write may name, and what HubSpot notes when it is entered. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from connector.sandbox.hubspot.catalog import Pipeline, Stage
from connector.sandbox.hubspot.errors import PortalError, invalid_properties

STAGED: Mapping[str, tuple[str, str]] = {
    "deals": ("pipeline", "dealstage"),
    "leads": ("hs_pipeline", "hs_pipeline_stage"),
}
"""The properties that name pipeline and stage, by object type."""


def fill_first_stage(kind: str, pipelines: Sequence[Pipeline], changes: dict[str, str]) -> None:
    """A new lead without a stage enters the first one of its pipeline; a deal stays without."""
    if kind != "leads":
        return
    pipeline_name, stage_name = STAGED[kind]
    changes.setdefault(pipeline_name, pipelines[0].id)
    chosen = next((one for one in pipelines if one.id == changes[pipeline_name]), pipelines[0])
    changes.setdefault(stage_name, chosen.stages[0].id)


def enter_stage(
    kind: str, pipelines: Sequence[Pipeline], stored: Mapping[str, str], changes: dict[str, str]
) -> Stage | None:
    """The stage that these changes enter, None when they enter none; PortalError 400 for an unknown one."""
    pipeline_name, stage_name = STAGED[kind]
    if pipeline_name not in changes and stage_name not in changes:
        return None
    name = changes.get(pipeline_name) or stored.get(pipeline_name) or pipelines[0].id
    pipeline = next((found for found in pipelines if found.id == name), None)
    if pipeline is None:
        raise _refusal(pipeline_name, f"{name} is not a valid pipeline ID.")
    changes.setdefault(pipeline_name, name)
    wanted = changes.get(stage_name) or stored.get(stage_name, "")
    if not wanted:
        return None
    stage = next((found for found in pipeline.stages if found.id == wanted), None)
    if stage is None:
        raise _refusal(stage_name, f"{wanted} is not a valid stage of pipeline {name}.")
    return None if stored.get(stage_name) == wanted else stage


def _refusal(name: str, message: str) -> PortalError:
    return invalid_properties([{"message": message, "error": "INVALID_OPTION", "name": name}])


def stage_facts(
    kind: str, stage: Stage, *, stored: Mapping[str, str], changes: Mapping[str, str], stamp: str
) -> dict[str, str]:
    """What HubSpot calculates when a stage is entered."""
    facts = {"hs_v2_date_entered_current_stage": stamp}
    if kind == "leads":
        return facts | {"hs_lead_is_open": "false" if stage.closed else "true"}
    won = stage.closed and stage.probability == 1.0
    facts |= {
        "hs_is_closed": "true" if stage.closed else "false",
        "hs_is_closed_won": "true" if won else "false",
        "hs_is_closed_lost": "true" if stage.closed and not won else "false",
        "hs_deal_stage_probability": f"{stage.probability:g}",
        f"hs_v2_date_entered_{stage.id}": stamp,
    }
    if stage.closed and not changes.get("closedate") and not stored.get("closedate"):
        facts["closedate"] = stamp
    return facts
