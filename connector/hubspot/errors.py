"""One table from what HubSpot answers to what Baton's callers should do next (HubSpot facts §3, the vendor's error page).
The vendor's message is read for codes and ids and never repeated: it quotes values of the record."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from connector.errors import (
    AccessDeniedError,
    AnswerLostError,
    DuplicateRecordError,
    QuotaSpentError,
    RateLimitedError,
    RecordGoneError,
    RecordRefusedError,
    RemoteError,
    TryLaterError,
)
from connector.transport.answer import Answer, retry_after

LOCKED_WAIT = timedelta(seconds=2)
"""HubSpot asks for at least this long after 423 Locked."""
SECOND_WAIT = timedelta(seconds=1)
BURST_WAIT = timedelta(seconds=10)
"""A rolling window of ten seconds is certainly free after ten; less would only collect more refusals."""
_EXISTING = re.compile(r"[Ee]xisting (?:object )?ID:?\s*(\d+)")
_PROPERTY = re.compile(r'"name"\s*:\s*"([A-Za-z0-9_]+)"')
_VALUE_CODE = re.compile(r'"error"\s*:\s*"([A-Z_]+)"')


def error_of(connection: str, answer: Answer, now: datetime) -> RemoteError:
    """The error that an answer outside 2xx means."""
    body = _envelope(answer)
    status = answer.status
    request_id = str(body.get("correlationId") or "")
    if status == 429:
        return _too_fast(connection, answer, body, now)
    if status in (423, 477):
        asked = retry_after(answer.headers.get("retry-after"), now) or LOCKED_WAIT
        message = "the record is locked" if status == 423 else "the account is being migrated"
        wait = max(asked, LOCKED_WAIT)
        return RateLimitedError(connection, message, _category(body), status, request_id, wait)
    if status >= 500:
        # 503 is refused at the door; after any other the write may have been made.
        error = TryLaterError if status == 503 else AnswerLostError
        return error(connection, f"HubSpot answered {status}", _category(body), status, request_id)
    return refusal(connection, status, body)


def refusal(connection: str, status: int | None, body: Mapping[str, Any]) -> RemoteError:
    """The error that HubSpot's envelope means: of a whole answer, or of one row of a 207."""
    category = _category(body)
    request_id = str(body.get("correlationId") or "")
    text = str(body.get("message") or "")
    if status in (401, 403) or category in ("INVALID_AUTHENTICATION", "MISSING_SCOPES"):
        message = "the token is not valid" if status == 401 else "the token lacks a permission"
        return AccessDeniedError(connection, message, category, status, request_id)
    if status == 404 or category == "OBJECT_NOT_FOUND":
        return RecordGoneError(connection, "no such record", category, status, request_id)
    if status == 409 or category == "CONFLICT":
        ids = tuple(_EXISTING.findall(text))
        return DuplicateRecordError(
            connection, "a record with this value exists", category, status, request_id, (), ids
        )
    fields = _fields(body, text)
    code = next(iter(_VALUE_CODE.findall(text)), category)
    return RecordRefusedError(connection, "HubSpot refuses the values", code, status, request_id, fields)


def unreadable(connection: str, answer: Answer) -> RemoteError:
    """The error for a success whose body is not JSON: a maintenance page, or a cut answer."""
    return AnswerLostError(connection, "the answer is not JSON", "UNREADABLE", answer.status)


def _too_fast(connection: str, answer: Answer, body: Mapping[str, Any], now: datetime) -> RemoteError:
    policy = str(body.get("policyName") or "")
    request_id = str(body.get("correlationId") or "")
    if policy == "DAILY":
        return QuotaSpentError(connection, "the account's daily calls are spent", policy, 429, request_id)
    asked = retry_after(answer.headers.get("retry-after"), now)
    if asked is None:
        asked = {"SECONDLY": SECOND_WAIT, "TEN_SECONDLY_ROLLING": BURST_WAIT}.get(policy)
    return RateLimitedError(connection, "too many calls", policy or "RATE_LIMITS", 429, request_id, asked)


def _envelope(answer: Answer) -> Mapping[str, Any]:
    try:
        body = answer.json()
    except ValueError:
        return {}
    return body if isinstance(body, dict) else {}


def _category(body: Mapping[str, Any]) -> str:
    return str(body.get("category") or body.get("errorType") or "")


def _fields(body: Mapping[str, Any], text: str) -> tuple[str, ...]:
    """The properties at fault: in the details of the envelope, else in the JSON that the message packs."""
    named: list[str] = []
    for detail in body.get("errors") or ():
        if isinstance(detail, dict):
            named += (detail.get("context") or {}).get("propertyName") or ()
            named += [detail["in"]] if isinstance(detail.get("in"), str) else []
    named += (body.get("context") or {}).get("propertyName") or ()
    return tuple(dict.fromkeys(named or _PROPERTY.findall(text)))
