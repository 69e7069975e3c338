"""What is said to whoever asks, in their language. Texts stand in the catalogues under `api.` and `web.`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from flask import has_request_context, request
from pydantic import ValidationError

from connector.domain.facts import Message
from connector.texts import shipped
from webhooks.doors import doors

READABLE = ("en", "zh", "zh-CN", "zh-Hans", "zh-Hans-CN", "zh-TW")
"""What browsers call the languages that Baton has."""


def language() -> str:
    """`?locale=` before Accept-Language before the firm's own."""
    own = doors().engine.locale
    if not has_request_context():
        return own
    asked = request.args.get("locale", "")[:20]
    best = asked or request.accept_languages.best_match(READABLE)
    return shipped(best) if best else own


def say(message: Message) -> str:
    """The sentence in the reader's language."""
    return doors().engine.render(message, language())


def sentence(id_: str, **params: str | int) -> str:
    """The sentence of an id."""
    return say(Message(id_, params))


_BY_TYPE: Mapping[str, str] = {
    "missing": "api.field.missing",
    "extra_forbidden": "api.field.unknown",
    "string_too_long": "api.field.too_long",
    "string_too_short": "api.field.empty",
    "too_long": "api.field.too_many",
    "too_short": "api.field.empty",
    "timezone_aware": "api.field.time_naive",
    "literal_error": "api.field.choice",
    "enum": "api.field.choice",
    "string_pattern_mismatch": "api.field.form",
    "string_type": "api.field.text",
    "bool_type": "api.field.yes_or_no",
    "model_type": "api.field.object",
    "dict_type": "api.field.object",
    "list_type": "api.field.list",
    "nul": "api.field.nul",
}
"""pydantic's types of errors; what is not here begins with one of the next."""

_BY_START: Mapping[str, str] = {"datetime": "api.field.time", "date": "api.field.date"}


def field_problems(error: ValidationError) -> list[dict[str, str]]:
    """Every wrong field of a body with what is wrong, in words. Never repeats what was sent."""
    return list(_problems(error))


def _problems(error: ValidationError) -> Iterator[dict[str, str]]:
    for one in error.errors(include_url=False, include_input=False):
        kind, context = one["type"], one.get("ctx", {})
        begins = (word for start, word in _BY_START.items() if kind.startswith(start))
        id_ = _BY_TYPE.get(kind) or next(begins, "api.field.wrong")
        field = ".".join(str(part) for part in one["loc"]) or "-"
        yield {"field": field, "message": sentence(id_, **_params(context))}


def _params(context: Mapping[str, Any]) -> dict[str, str | int]:
    params: dict[str, str | int] = {}
    if "max_length" in context:
        params["limit"] = int(context["max_length"])
    if "expected" in context:
        params["known"] = str(context["expected"])
    if "pattern" in context:
        params["form"] = str(context["pattern"])
    return params
