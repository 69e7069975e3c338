"""The API's team: who takes leads, who is away, and what sales began past the hand-off. For machines with the token."""

from __future__ import annotations

from typing import Any

from apiflask import APIBlueprint
from flask import Response, jsonify, request

from connector.sync.bypass import bypasses
from connector.sync.reps import AbsenceError, Away, UnknownOwnerError, change_rep, known_reps
from connector.sync.view import plain
from webhooks.callers import identify, token_only
from webhooks.doors import DELIVER, doors
from webhooks.problems import RefusedError
from webhooks.team_shapes import BypassesShape, RepBody, RepShape, RepsShape

team = APIBlueprint("team", __name__, tag="Team", url_prefix="/api/v1")
team.before_request(identify)

MACHINES: dict[int, Any] = {403: "For machines only"}
LIMIT = 1000


@team.get("/reps")
@team.doc(security="token", responses=MACHINES, operation_id="listReps")
@team.output(RepsShape)
def reps() -> Response:
    """Everybody who can own leads in the CRM: capacity, share, groups, part, absence"""
    token_only()
    return jsonify({"reps": [plain(rep) for rep in known_reps(doors().engine)]})


@team.patch("/reps/<owner>")
@team.input(RepBody)
@team.doc(
    security="token",
    responses={
        **MACHINES,
        404: "The CRM lists nobody of that id",
        422: "An absence that ends before it begins",
    },
    operation_id="changeRep",
)
@team.output(RepShape)
def change(owner: str, json_data: RepBody) -> Response:
    """Change what routing knows of an owner; what is not given stays. `away_from` null: there again"""
    token_only()
    given = json_data.model_dump(exclude_unset=True)
    away = Away(given.pop("away_from"), given.pop("away_to", None)) if "away_from" in given else None
    if "groups" in given:
        given["groups"] = tuple(given["groups"])
    try:
        rep = change_rep(doors().engine, owner, away=away, **given)
    except UnknownOwnerError as exc:
        raise RefusedError(404, "unknown_owner") from exc
    except AbsenceError as exc:
        raise RefusedError(422, "absence_order") from exc
    doors().ring(DELIVER)
    return jsonify(plain(rep))


@team.get("/bypasses")
@team.doc(security="token", responses=MACHINES, operation_id="listBypasses")
@team.output(BypassesShape)
def past() -> Response:
    """What sales began past the hand-off, the latest first, as `baton bypass list --json` prints it; `limit` at most 1000"""
    token_only()
    limit = request.args.get("limit", 100, type=int)
    return jsonify({"bypasses": bypasses(doors().engine, limit=max(1, min(limit, LIMIT)))})
