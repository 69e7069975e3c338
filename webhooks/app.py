"""Puts the web application together: receivers, JSON API, pages, headers, errors. No view makes a remote call."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import orjson
from apiflask import APIFlask
from flask import Request, Response
from flask.json.provider import JSONProvider

from connector.domain.facts import Message
from connector.settings import Settings
from connector.sync.engine import Engine
from webhooks import problems
from webhooks.configuration import configuration
from webhooks.doors import EXTENSION, LARGEST_BODY, Doors, Ring
from webhooks.kpi import kpi
from webhooks.leads import LONGEST_KEY, leads
from webhooks.pages import pages
from webhooks.receivers import receivers
from webhooks.rest import rest
from webhooks.shapes import Problem
from webhooks.team import team

HEADERS = {
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
    "Cross-Origin-Resource-Policy": "same-origin",
}
HTTPS_ONLY = {"Strict-Transport-Security": "max-age=31536000"}

TITLE, VERSION = "Baton", "1"
"""The API's own version, which is in its address; not that of the program."""

SCHEMES = {
    "token": {
        "type": "http",
        "scheme": "bearer",
        "description": "BATON_API_TOKEN, for machines. The caller vouches for `actor`.",
    },
    "hubspot": {
        "type": "apiKey",
        "in": "header",
        "name": "X-HubSpot-Signature-v3",
        "description": "A request of `hubspot.fetch`, signed by HubSpot with the app's secret; the user is the one whom"
        " the signed address names.",
    },
}


LOCALE = {
    "name": "locale",
    "in": "query",
    "description": "The language of what is said: en or zh_CN. Comes before Accept-Language.",
    "schema": {"type": "string"},
}
KEY = {
    "name": "Idempotency-Key",
    "in": "header",
    "description": "The same for the same click, however often it is sent. Comes before `request_id`.",
    "schema": {"type": "string", "maxLength": LONGEST_KEY},
}


class Json(JSONProvider):
    """JSON by orjson: quick, and deep nesting or half a surrogate is an error, not a crash."""

    def dumps(self, obj: Any, **kwargs: Any) -> str:
        return orjson.dumps(obj).decode()

    def loads(self, s: str | bytes, **kwargs: Any) -> Any:
        return orjson.loads(s)


class Asked(Request):
    """A request whose empty body is an empty object: a command may have nothing to add."""

    def on_json_loading_failed(self, e: ValueError | None) -> Any:
        if e is not None and not self.get_data():
            return {}
        raise problems.RefusedError(400, "broken_json")


def create_app(engine: Engine, settings: Settings, ring: Ring | None = None) -> APIFlask:
    """The WSGI application. `ring` is told the name of a job (`sync_round`, `deliver_now`) after something was left in the
    tables; without it, jobs find it by their schedule."""
    app = APIFlask(__name__, title=TITLE, version=VERSION, docs_path=None, spec_path="/openapi.json")
    app.json = Json(app)
    app.request_class = Asked
    app.config.update(
        MAX_CONTENT_LENGTH=LARGEST_BODY,
        SECURITY_SCHEMES=SCHEMES,
        AUTO_SERVERS=False,
        AUTO_404_RESPONSE=False,
        HTTP_ERROR_SCHEMA=Problem.model_json_schema(),
        VALIDATION_ERROR_SCHEMA=Problem.model_json_schema(),
        VALIDATION_ERROR_DESCRIPTION="The body is not what is asked for; every field is named",
        AUTH_ERROR_DESCRIPTION="Nobody whom Baton knows asks",
    )
    app.extensions[EXTENSION] = Doors(engine, settings, ring or _nobody)
    for blueprint in (receivers, leads, configuration, rest, kpi, team, pages):
        app.register_blueprint(blueprint)
    problems.register(app)
    app.spec_processor(_told_of_every_address)
    app.after_request(_secured(settings))
    app.jinja_env.globals["told"] = lambda id_, locale: engine.render(Message(id_), locale)
    return app


def _told_of_every_address(spec: dict[Any, Any] | str) -> dict[Any, Any] | str:
    """The document with what no shape of a body says. APIFlask gives text only where YAML is asked for."""
    if isinstance(spec, str):
        return spec
    for path, operations in spec["paths"].items():
        for operation in operations.values():
            more = [LOCALE, KEY] if path.endswith("/hand-off") else [LOCALE]
            operation["parameters"] = [*operation["parameters"], *more]
    return spec


def _nobody(_job: str) -> None:
    """Nobody listens: the schedule finds what waits."""


def _secured(settings: Settings) -> Callable[[Response], Response]:
    headers = HEADERS | (HTTPS_ONLY if settings.public_url.startswith("https://") else {})

    def secure(answer: Response) -> Response:
        for name, value in headers.items():
            answer.headers.setdefault(name, value)
        return answer

    return secure
