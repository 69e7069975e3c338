"""The API's lead: the panel's document, and the commands. A command commits here and is delivered by a job."""

from __future__ import annotations

from dataclasses import asdict
from hashlib import sha256
from typing import Any

from apiflask import APIBlueprint
from flask import Response, jsonify, request

from connector.domain.dispute import Settle
from connector.domain.facts import Actor, HandSet
from connector.store.requests import Undone
from connector.sync import commands
from connector.sync.by_hand import set_by_hand, take_back
from connector.sync.commands import Judged, NewContact, NewRejection, Reply
from connector.sync.view import lead_view, plain
from mappings.records import RecordKey
from webhooks.callers import caller, identify
from webhooks.doors import DELIVER, doors
from webhooks.problems import RefusedError
from webhooks.shapes import (
    AcceptBody,
    CommandBody,
    ContestBody,
    FindingBody,
    HandOffBody,
    LeadShape,
    OverrideBody,
    QualifyBody,
    RecontactBody,
    RejectBody,
    ReplyShape,
    ReviewBody,
    SetBody,
    UnsetBody,
)
from webhooks.words import language

leads = APIBlueprint("leads", __name__, tag="Leads", url_prefix="/api/v1/leads/<connection>/<object>/<id>")
leads.before_request(identify)

SECURITY: list[str | dict[str, list[str]]] = ["token", "hubspot"]
UNKNOWN = "No lead is linked to that record"
REPLY = {"application/json": {"schema": {"$ref": "#/components/schemas/ReplyShape"}}}
COMMAND: dict[int, Any] = {
    400: "The body is not JSON",
    403: "The API is closed: no token is set",
    404: UNKNOWN,
    409: {"description": "Refused, with every reason", "content": REPLY},
    413: "The body is larger than one megabyte",
}
LONGEST_KEY = 200


@leads.get("")
@leads.doc(security=SECURITY, responses={404: UNKNOWN}, operation_id="showLead")
@leads.output(LeadShape)
def show(connection: str, object: str, id: str) -> Response:
    """Everything about one lead: cell, evidence, value, gate, hand-offs, rejections, cooldown, playbook"""
    lead = _lead(connection, object, id)
    return jsonify(lead_view(doors().engine, lead, locale=language()))


@leads.post("/hand-off")
@leads.input(HandOffBody)
@leads.doc(security=SECURITY, responses=COMMAND, operation_id="handOffLead")
@leads.output(ReplyShape)
def hand_off(connection: str, object: str, id: str, json_data: HandOffBody) -> Response:
    """Ask that the lead passes to sales

    Repeating a request (same `Idempotency-Key` header or `request_id`) answers with the same hand-off. Without either,
    requests of one person for one lead within one minute are one request.
    """
    lead, actor = _lead(connection, object, id), _actor(json_data, "sdr")
    request_id = _request_id(lead, actor, json_data.request_id)
    return _answer(
        commands.hand_off(doors().engine, lead, actor=actor, request_id=request_id, locale=language())
    )


@leads.post("/accept")
@leads.input(AcceptBody)
@leads.doc(security=SECURITY, responses=COMMAND, operation_id="acceptLead")
@leads.output(ReplyShape)
def accept(connection: str, object: str, id: str, json_data: AcceptBody) -> Response:
    """Sales takes the lead"""
    lead, actor = _lead(connection, object, id), _actor(json_data, "rep")
    return _answer(commands.accept(doors().engine, lead, actor=actor, locale=language()))


@leads.post("/reject")
@leads.input(RejectBody)
@leads.doc(security=SECURITY, responses=COMMAND, operation_id="rejectLead")
@leads.output(ReplyShape)
def reject(connection: str, object: str, id: str, json_data: RejectBody) -> Response:
    """Sales says no, with a reason of the list"""
    lead, actor = _lead(connection, object, id), _actor(json_data, "rep")
    said = NewRejection(json_data.reason, json_data.note, json_data.until, json_data.return_to_me)
    return _answer(commands.reject(doors().engine, lead, actor=actor, rejection=said, locale=language()))


@leads.post("/recontact")
@leads.input(RecontactBody)
@leads.doc(security=SECURITY, responses=COMMAND, operation_id="recontactLead")
@leads.output(ReplyShape)
def recontact(connection: str, object: str, id: str, json_data: RecontactBody) -> Response:
    """Log a conversation with the customer"""
    lead, actor = _lead(connection, object, id), _actor(json_data, "sdr")
    contact = NewContact(json_data.kind, json_data.text, json_data.occurred_at)
    return _answer(commands.recontact(doors().engine, lead, actor=actor, contact=contact, locale=language()))


@leads.post("/override")
@leads.input(OverrideBody)
@leads.doc(security=SECURITY, responses=COMMAND, operation_id="overrideLead")
@leads.output(ReplyShape)
def override(connection: str, object: str, id: str, json_data: OverrideBody) -> Response:
    """A manager lets the lead pass its cooldown once"""
    lead, actor = _lead(connection, object, id), _actor(json_data, "sdr")
    return _answer(
        commands.override(doors().engine, lead, actor=actor, reason=json_data.reason, locale=language())
    )


@leads.post("/contest")
@leads.input(ContestBody)
@leads.doc(security=SECURITY, responses=COMMAND, operation_id="contestRejection")
@leads.output(ReplyShape)
def contest(connection: str, object: str, id: str, json_data: ContestBody) -> Response:
    """An SDR says that sales' no does not hold, and why"""
    lead, actor = _lead(connection, object, id), _actor(json_data, "sdr")
    note, handoff_id = json_data.note, json_data.hand_off
    return _answer(
        commands.contest(
            doors().engine, lead, actor=actor, note=note, handoff_id=handoff_id, locale=language()
        )
    )


@leads.post("/finding")
@leads.input(FindingBody)
@leads.doc(security=SECURITY, responses=COMMAND, operation_id="settleRejection")
@leads.output(ReplyShape)
def finding(connection: str, object: str, id: str, json_data: FindingBody) -> Response:
    """A manager who called the customer says where the cause lay; `rep` annuls the rejection"""
    lead, actor = _lead(connection, object, id), _actor(json_data, "sdr")
    found = Settle(actor, json_data.finding, json_data.note, json_data.hand_off)
    return _answer(commands.settle(doors().engine, lead, finding=found, locale=language()))


@leads.post("/review")
@leads.input(ReviewBody)
@leads.doc(security=SECURITY, responses=COMMAND, operation_id="reviewLead")
@leads.output(ReplyShape)
def review(connection: str, object: str, id: str, json_data: ReviewBody) -> Response:
    """Accept a lead for sales in marketing's own system, or decline it with a note"""
    lead, actor = _lead(connection, object, id), _actor(json_data, "sdr")
    said = Judged(json_data.accepted, json_data.note)
    return _answer(commands.review(doors().engine, lead, actor=actor, judged=said, locale=language()))


@leads.post("/qualify")
@leads.input(QualifyBody)
@leads.doc(security=SECURITY, responses=COMMAND, operation_id="qualifyLead")
@leads.output(ReplyShape)
def qualify(connection: str, object: str, id: str, json_data: QualifyBody) -> Response:
    """Say that a lead is sales qualified, and by what"""
    lead, actor = _lead(connection, object, id), _actor(json_data, "rep")
    criteria = json_data.model_dump(exclude={"actor"})
    return _answer(commands.qualify(doors().engine, lead, actor=actor, criteria=criteria, locale=language()))


@leads.post("/set")
@leads.input(SetBody)
@leads.doc(security=SECURITY, responses=COMMAND, operation_id="setByHand")
@leads.output(ReplyShape)
def set_(connection: str, object: str, id: str, json_data: SetBody) -> Response:
    """Set row, column or role by hand; the computed one stays visible beside it"""
    lead, actor, engine = _lead(connection, object, id), _actor(json_data, "sdr"), doors().engine
    choice = HandSet(json_data.value, json_data.reason, actor, engine.now())
    return _answer(set_by_hand(engine, lead, what=json_data.what, choice=choice, locale=language()))


@leads.post("/unset")
@leads.input(UnsetBody)
@leads.doc(security=SECURITY, responses=COMMAND, operation_id="takeBack")
@leads.output(ReplyShape)
def unset(connection: str, object: str, id: str, json_data: UnsetBody) -> Response:
    """What was set by hand ends; the computed one counts again"""
    lead, actor = _lead(connection, object, id), _actor(json_data, "sdr")
    engine, what = doors().engine, json_data.what
    end = Undone(engine.now(), actor, json_data.reason)
    return _answer(take_back(engine, lead, what=what, end=end, locale=language()))


def _lead(connection: str, object: str, id_: str) -> str:
    return str(RecordKey(connection, object, id_))


def _actor(body: CommandBody, usual: str) -> Actor:
    """Who asks: HubSpot's word before the body's, the body's before what usually gives this command."""
    person = caller().person
    if person is not None:
        return person.actor(usual)
    return body.actor.actor() if body.actor else Actor(usual)


def _request_id(lead: str, actor: Actor, given: str | None) -> str:
    """Keys are the caller's own: the same one for another lead is another request. `hubspot.fetch` can send no header and
    repeats a request once, so that without a key the minute stands in for it."""
    key = request.headers.get("Idempotency-Key", "") or given or ""
    if len(key) > LONGEST_KEY:
        raise RefusedError(422, "key_too_long", limit=LONGEST_KEY)
    if not key:
        key = f"{actor.kind} {actor.id} {doors().engine.now():%Y-%m-%dT%H:%M}"
    return f"api:{sha256(f'{lead} {key}'.encode()).hexdigest()[:40]}"


def _answer(reply: Reply) -> Response:
    if reply.accepted:
        doors().ring(DELIVER)
    answer = jsonify(plain(asdict(reply)))
    answer.status_code = 200 if reply.accepted else 409
    return answer
