"""The composite route: up to 25 calls in one, later ones may use the answers of earlier ones."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import orjson
from werkzeug.test import EnvironBuilder
from werkzeug.wrappers import Request, Response

from connector.sandbox.http import json_response
from connector.sandbox.salesforce.app_parts import read_object
from connector.sandbox.salesforce.errors import OrgError, unreadable

if TYPE_CHECKING:
    from connector.sandbox.salesforce.app import SalesforceApp

MOST_CALLS = 25
MOST_QUERIES = 5
_REFERENCE = re.compile(r"@\{(\w+)\.([\w.\[\]]+)\}")
_HALTED = OrgError(
    "PROCESSING_HALTED",
    "The transaction was rolled back since another operation in the same transaction failed.",
)


class CompositeRoutes:
    """Registers its route on the app."""

    def __init__(self, app: SalesforceApp) -> None:
        self.app = app
        app.route("POST", "/services/data/v<version>/composite", self.composite)

    def composite(self, request: Request, *, version: str) -> Response:
        """Every call's answer in order; with allOrNone one failure takes back all."""
        body = read_object(request)
        calls = body.get("compositeRequest")
        if not isinstance(calls, list) or not calls:
            raise unreadable("compositeRequest is required")
        queries = [call for call in calls if "/query" in str(call.get("url"))]
        if len(calls) > MOST_CALLS or len(queries) > MOST_QUERIES:
            raise OrgError("LIMIT_EXCEEDED", f"the number of subrequests is limited to {MOST_CALLS}")
        return json_response({"compositeResponse": self._run(calls, all_or_none=bool(body.get("allOrNone")))})

    def _run(self, calls: list[dict[str, Any]], *, all_or_none: bool) -> list[dict[str, Any]]:
        answers: list[dict[str, Any]] = []
        if not all_or_none:
            for call in calls:
                answers.append(self._call(call, answers))
            return answers
        try:
            with self.app.org.transaction():
                for call in calls:
                    answers.append(self._call(call, answers))
                    if answers[-1]["httpStatusCode"] >= 300:
                        raise _HALTED
        except OrgError:
            return _halted(calls, answers)
        return answers

    def _call(self, call: dict[str, Any], answers: list[dict[str, Any]]) -> dict[str, Any]:
        known = {answer["referenceId"]: answer["body"] for answer in answers}
        url = _fill(str(call.get("url", "")), known)
        raw = _fill(orjson.dumps(call["body"]).decode(), known) if call.get("body") is not None else None
        path, _, query = url.partition("?")
        environ = EnvironBuilder(
            path=path,
            query_string=query,
            method=str(call.get("method", "GET")),
            headers=call.get("httpHeaders") or {},
            data=raw,
            content_type="application/json",
        ).get_environ()
        answer = self.app.answer(Request(environ))
        data = answer.get_data()
        return {
            "body": orjson.loads(data) if data else None,
            "httpHeaders": {"Location": answer.headers["Location"]} if "Location" in answer.headers else {},
            "httpStatusCode": answer.status_code,
            "referenceId": call.get("referenceId"),
        }


def _halted(calls: list[dict[str, Any]], answers: list[dict[str, Any]]) -> list[dict[str, Any]]:
    failed = len(answers) - 1
    return [
        answers[n]
        if n == failed
        else {
            "body": _HALTED.body(),
            "httpHeaders": {},
            "httpStatusCode": 400,
            "referenceId": c.get("referenceId"),
        }
        for n, c in enumerate(calls)
    ]


def _fill(text: str, known: dict[str, Any]) -> str:
    return _REFERENCE.sub(lambda found: _look_up(known, found.group(1), found.group(2)), text)


def _look_up(known: dict[str, Any], reference: str, path: str) -> str:
    value = known.get(reference)
    for step in re.findall(r"\w+", path):
        value = value[int(step)] if isinstance(value, list) else (value or {}).get(step)
    if value is None:
        raise OrgError("PROCESSING_HALTED", f"Invalid reference specified. No value for {reference}.{path}")
    return str(value)
