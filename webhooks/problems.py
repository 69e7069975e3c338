"""Every error as an answer: a status, a code for machines, a sentence for people. Nothing of what was sent comes back."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

from apiflask import APIFlask
from flask import Response, jsonify, request
from pydantic import ValidationError
from werkzeug.exceptions import HTTPException

from connector import logs
from connector.sync.commands import UnknownLeadError
from webhooks.words import field_problems, sentence


class RefusedError(Exception):
    """A request that is not served. `code` is for machines; its sentence stands under `api.<code>`."""

    def __init__(self, status: int, code: str, **params: str | int) -> None:
        super().__init__(code)
        self.status = status
        self.code = code
        self.params = params


class InvalidBodyError(Exception):
    """A body that is JSON but not what is asked for. `error` lists every field."""

    def __init__(self, error: ValidationError) -> None:
        super().__init__("the body is not what is asked for")
        self.error = error


_HTTP = {
    400: "bad_request",
    404: "not_found",
    405: "method_not_allowed",
    413: "too_large",
    415: "not_json",
}


def register(app: APIFlask) -> None:
    """Let errors of this application be answered so."""
    app.register_error_handler(RefusedError, _refused)
    app.register_error_handler(InvalidBodyError, _invalid)
    app.register_error_handler(UnknownLeadError, _unknown)
    app.register_error_handler(HTTPException, _http)
    app.register_error_handler(Exception, _failed)


def problem(status: int, code: str, message: str, **more: Any) -> Response:
    """The one shape of every error."""
    answer = jsonify({"code": code, "message": message, **more})
    answer.status_code = status
    return answer


def _refused(error: RefusedError) -> Response:
    answer = problem(error.status, error.code, sentence(f"api.{error.code}", **error.params))
    if error.status == 401:
        answer.headers["WWW-Authenticate"] = 'Bearer realm="baton"'
    logs.log().info("request_refused", endpoint=request.endpoint, status=error.status, code=error.code)
    return answer


def _invalid(error: InvalidBodyError) -> Response:
    fields = field_problems(error.error)
    return problem(422, "invalid_body", sentence("api.invalid_body", count=len(fields)), fields=fields)


def _unknown(_error: UnknownLeadError) -> Response:
    return problem(404, "unknown_lead", sentence("api.unknown_lead"))


def _http(error: HTTPException) -> Response:
    status = error.code or 500
    code = _HTTP.get(status, "bad_request" if status < 500 else "failed")
    answer = problem(status, code, sentence(f"api.{code}"))
    allowed = getattr(error, "valid_methods", None)
    if allowed:
        answer.headers["Allow"] = ", ".join(allowed)
    return answer


def _failed(error: Exception) -> Response:
    """What nobody foresaw: an id to ask for, and nothing of the error itself, which may hold personal data."""
    id_ = uuid4().hex
    kind, at = type(error).__name__, logs.where(error)
    logs.log().error("request_failed", id=id_, endpoint=request.endpoint, error=kind, at=at)
    status, code = (503, "not_ready") if request.endpoint == "pages.ready" else (500, "failed")
    return problem(status, code, sentence(f"api.{code}"), id=id_)
