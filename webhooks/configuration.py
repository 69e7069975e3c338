"""The API's configuration: which versions there are, what they say, and new documents in force. For machines only."""

from __future__ import annotations

from typing import Any

from apiflask import APIBlueprint
from flask import Response, jsonify, request

from connector.domain.facts import Actor
from connector.errors import ConfigError
from connector.sync.configuration import UnknownVersionError, put_in_force, rehearse
from connector.sync.results import NoProgress
from connector.sync.sections import SECTIONS
from connector.sync.versions import applied_document, listed, text_at, waiting
from connector.sync.view import plain
from webhooks.callers import identify, token_only
from webhooks.configuration_shapes import AppliedShape, ApplyBody, DocumentShape, VersionsShape
from webhooks.doors import DELIVER, doors
from webhooks.problems import RefusedError, problem
from webhooks.words import sentence

configuration = APIBlueprint("configuration", __name__, tag="Configuration", url_prefix="/api/v1/config")
configuration.before_request(identify)
configuration.before_request(token_only)

MACHINES = {403: "For machines only"}
REFUSED: dict[int, Any] = {
    403: "For machines only, and only in an admin's name",
    404: "No such section",
    422: "The documents are wrong: `problems` names each with line, column and path; nothing has changed",
}


@configuration.get("")
@configuration.doc(security="token", responses=MACHINES, operation_id="listVersions")
@configuration.output(VersionsShape)
def versions() -> Response:
    """Every version of every section, and how many leads still wait to be decided again"""
    engine = doors().engine
    found, left = listed(engine.store), waiting(engine.store, engine.now())
    return jsonify(plain({"versions": found, "waiting": left}))


@configuration.get("/<section>")
@configuration.doc(
    security="token", responses={**MACHINES, 404: "No such section or version"}, operation_id="exportSection"
)
@configuration.output(DocumentShape)
def document(section: str) -> Response:
    """A document as it was applied: the one in force, or that of `?version=` (a number, or `shipped`)"""
    try:
        text, _ = text_at(doors().engine.store, section, request.args.get("version", "")[:20])
    except UnknownVersionError as unknown:
        raise RefusedError(404, "unknown_version") from unknown
    return jsonify({"section": section, "document": text})


@configuration.post("/apply")
@configuration.input(ApplyBody)
@configuration.doc(security="token", responses=REFUSED, operation_id="applyDocuments")
@configuration.output(AppliedShape)
def apply(json_data: ApplyBody) -> Response:
    """Check all sections together and put these documents in force; `dry_run` only says what would change"""
    engine, actor = doors().engine, json_data.actor.actor() if json_data.actor else Actor("admin", "api")
    if actor.kind != "admin":
        raise RefusedError(403, "admin_only")
    if strange := set(json_data.documents) - set(SECTIONS):
        raise RefusedError(404, "unknown_section", section=sorted(strange)[0][:64])
    texts = {name: (text, f"{name}.yaml") for name, text in json_data.documents.items()}
    before = {name: text_at(engine.store, name) for name in texts}
    try:
        if json_data.dry_run:
            applied = rehearse(engine.store, texts, at=engine.now(), progress=NoProgress())
        else:
            applied = put_in_force(engine.store, texts, at=engine.now(), by=f"{actor.kind}:{actor.id}")
    except ConfigError as wrong:
        return problem(422, "wrong_documents", sentence("api.wrong_documents"), problems=wrong.problems)
    if applied.leads and not json_data.dry_run:
        doors().ring(DELIVER)
    return jsonify(plain(applied_document(applied, before, texts, dry_run=json_data.dry_run)))
