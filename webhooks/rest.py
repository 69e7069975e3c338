"""The API beside the lead: activities told by sources that are no connected system, the value table, the playbook, how
Baton fares."""

from __future__ import annotations

from dataclasses import asdict

from apiflask import APIBlueprint
from flask import Response, jsonify

from connector.domain.playbook import playbook_for
from connector.reports.asks import asks, asks_document
from connector.reports.health import health
from connector.reports.matrix import matrix_report
from connector.reports.rejections import digest, period_of
from connector.reports.rejections_json import digest_document
from connector.store import values
from connector.sync.deadline_lists import deadline_lists
from connector.sync.knowing import knowing
from connector.sync.told import NewActivity, Told, add_activities
from mappings.records import Scalar
from webhooks.callers import identify, token_only
from webhooks.doors import DELIVER, doors
from webhooks.problems import RefusedError
from webhooks.shapes import (
    ActivitiesBody,
    ActivityShape,
    AskList,
    DigestQuery,
    DigestShape,
    MatrixShape,
    PlayShape,
    SlaQuery,
    SlaShape,
    StatusShape,
    ToldList,
    Value,
)
from webhooks.words import language, say

rest = APIBlueprint("rest", __name__, tag="Baton", url_prefix="/api/v1")
rest.before_request(identify)


@rest.post("/activities")
@rest.input(ActivitiesBody)
@rest.doc(security="token", responses={403: "For machines only"}, operation_id="addActivities")
@rest.output(ToldList)
def activities(json_data: ActivitiesBody) -> Response:
    """Tell what people did, from a source that is no connected system

    Each activity is kept once by `source` and its id. One whose person Baton does not know waits until they appear. One
    that cannot be taken is answered as `refused`, and parked with its reason; the others are kept.
    """
    token_only()
    told = add_activities(doors().engine, json_data.source, [_new(one) for one in json_data.activities])
    if any(one.outcome == "kept" for one in told):
        doors().ring(DELIVER)
    return jsonify({"activities": [_told(one) for one in told]})


def _new(shape: ActivityShape) -> NewActivity:
    person = shape.person
    return NewActivity(
        id=shape.id,
        kind=shape.kind,
        at=shape.at,
        record=person.record,
        lead_id=person.lead_id,
        email=person.email,
        mobile=person.mobile,
        wecom_id=person.wecom_id,
        direction=shape.direction,
        subject=shape.subject,
        text=shape.text,
        url=shape.url,
        author_id=shape.author_id,
        two_way=shape.two_way,
        properties={name: _plain(told) for name, told in shape.properties.items()},
    )


def _plain(told: Value) -> Scalar:
    """Numbers with a fraction stay text: nobody rounds them on the way."""
    return repr(told) if isinstance(told, float) else told


def _told(one: Told) -> dict[str, str]:
    code = one.why.id.rpartition(".")[2] if one.why else ""
    message = say(one.why) if one.why else ""
    return {"id": one.id, "outcome": one.outcome, "lead_id": one.lead_id, "code": code, "message": message}


@rest.get("/value")
@rest.doc(security=["token", "hubspot"], operation_id="showValue")
@rest.output(MatrixShape)
def value() -> Response:
    """The matrix with what a lead of each cell is worth, as published"""
    engine = doors().engine
    with engine.store.read() as tx:
        rules = engine.rules(tx)
        stored = values.published(tx)
        published_at = stored.published_at if stored else None
        report = matrix_report(tx, rules, rules.values, published_at=published_at)
    return jsonify(report.as_json())


@rest.get("/sla")
@rest.input(SlaQuery, location="query")
@rest.doc(security="token", responses={403: "For machines only"}, operation_id="listDeadlines")
@rest.output(SlaShape)
def sla(query_data: SlaQuery) -> Response:
    """Missed deadlines, and accepted leads of which nothing is logged, per rep"""
    token_only()
    return jsonify(deadline_lists(doors().engine, rep=query_data.rep, kind=query_data.kind))


@rest.get("/playbook/<persona>/<stage>")
@rest.doc(
    security=["token", "hubspot"], responses={404: "No such row or column"}, operation_id="showPlaybook"
)
@rest.output(PlayShape)
def playbook(persona: str, stage: str) -> Response:
    """What to do in a cell: on the website, offline, and what sales should talk about"""
    engine = doors().engine
    with engine.store.read() as tx:
        rules = engine.rules(tx)
        matrix = engine.rules.documents(tx).matrix
    if persona not in matrix.speakable() or stage not in {one.id for one in matrix.stages}:
        raise RefusedError(404, "unknown_cell")
    cell = f"{persona}/{stage}"
    play = playbook_for(rules.playbook, cell, language(), names=rules.matrix.names(persona))
    return jsonify({"cell": cell, **asdict(play)})


@rest.get("/asks")
@rest.doc(security="token", responses={403: "For machines only"}, operation_id="listAsks")
@rest.output(AskList)
def list_asks() -> Response:
    """What managers and reps are asked just now: to lift a cooldown, to settle a contest, to give a reason that is owed"""
    token_only()
    engine = doors().engine
    with engine.store.read() as tx:
        rows = asks_document(asks(tx), knowing(engine, tx), say)
    return jsonify({"asks": rows})


@rest.get("/digest")
@rest.input(DigestQuery, location="query", arg_name="chosen")
@rest.doc(security="token", responses={403: "For machines only"}, operation_id="showDigest")
@rest.output(DigestShape)
def show_digest(chosen: DigestQuery) -> Response:
    """What sales rejected in a day or a week, with what was really said, counts, open contests and reasons owed"""
    token_only()
    engine = doors().engine
    with engine.store.read() as tx:
        policies = engine.rules(tx).policies
        period = period_of(chosen.period, chosen.date, now=engine.now(), time_zone=policies.time_zone)
        found = digest(tx, period, policies, knowing=knowing(engine, tx))
        return jsonify(digest_document(found, say))


@rest.get("/status")
@rest.doc(security="token", responses={403: "For machines only"}, operation_id="showStatus")
@rest.output(StatusShape)
def status() -> Response:
    """How far each object is read, what waits, what is parked, how the last runs went"""
    token_only()
    engine = doors().engine
    with engine.store.read() as tx:
        return jsonify(health(tx, engine.now()))
