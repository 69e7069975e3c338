"""One table from what Salesforce answers to what Baton's callers should do next (Salesforce facts §2 "Errors").
Codes decide, statuses only where no code came; the vendor's messages are read for ids and never repeated."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from connector.errors import (
    AccessDeniedError,
    AnswerLostError,
    DuplicateRecordError,
    QuotaSpentError,
    RateLimitedError,
    RecordConvertedError,
    RecordGoneError,
    RecordRefusedError,
    RemoteError,
    TryLaterError,
)
from connector.transport.answer import Answer, retry_after

_RECORD_ID = re.compile(r"\b([a-zA-Z0-9]{15}(?:[a-zA-Z0-9]{3})?)\b")
_URL_ID = re.compile(r"/([a-zA-Z0-9]{15,18})$")

_BY_CODE: Mapping[str, tuple[type[RemoteError], str]] = {
    "INVALID_SESSION_ID": (AccessDeniedError, "the session is not valid"),
    "INVALID_AUTH_HEADER": (AccessDeniedError, "the session is not valid"),
    "INSUFFICIENT_ACCESS": (AccessDeniedError, "the user lacks a permission"),
    "INSUFFICIENT_ACCESS_OR_READONLY": (RecordRefusedError, "the user may not write this record"),
    "INSUFFICIENT_ACCESS_ON_CROSS_REFERENCE_ENTITY": (
        RecordRefusedError,
        "the user may not use a referenced record",
    ),
    "API_DISABLED_FOR_ORG": (AccessDeniedError, "the edition has no API"),
    "API_CURRENTLY_DISABLED": (AccessDeniedError, "the user may not use the API"),
    "FUNCTIONALITY_NOT_ENABLED": (AccessDeniedError, "the org has not turned this on"),
    "invalid_client": (AccessDeniedError, "the client id or secret is wrong"),
    "invalid_client_id": (AccessDeniedError, "the client id is wrong"),
    "invalid_grant": (
        AccessDeniedError,
        "the app has no run-as user, or the address is not the My Domain one",
    ),
    "unsupported_grant_type": (AccessDeniedError, "the app does not allow client credentials"),
    "REQUEST_LIMIT_EXCEEDED": (QuotaSpentError, "the org's calls are spent"),
    "UNABLE_TO_LOCK_ROW": (TryLaterError, "another transaction holds the record"),
    "QUERY_TIMEOUT": (TryLaterError, "the query ran too long"),
    "SERVER_UNAVAILABLE": (TryLaterError, "Salesforce is not available"),
    "INVALID_QUERY_LOCATOR": (TryLaterError, "the place in the query is lost"),
    "ENTITY_IS_DELETED": (RecordGoneError, "the record is deleted"),
    "NOT_FOUND": (RecordGoneError, "no such record"),
    "INVALID_CROSS_REFERENCE_KEY": (RecordGoneError, "no such record"),
    "CANNOT_UPDATE_CONVERTED_LEAD": (RecordConvertedError, "the lead is converted"),
    "DUPLICATES_DETECTED": (DuplicateRecordError, "a duplicate rule refuses the record"),
    "DUPLICATE_VALUE": (DuplicateRecordError, "a record with this value exists"),
    "DUPLICATE_EXTERNAL_ID": (DuplicateRecordError, "several records have this external id"),
}
"""Every code that is not here refuses the record: INVALID_FIELD, STRING_TOO_LONG, REQUIRED_FIELD_MISSING and their kin."""

_TRANSIENT = frozenset({406, 420, 429, 502, 503, 504})
"""Statuses of Salesforce's edge while it sets things up; the call did not reach the org, or must be made again."""


def error_of(connection: str, answer: Answer, now: datetime) -> RemoteError:
    """The error that an answer outside 2xx means."""
    if answer.status == 300:
        return DuplicateRecordError(
            connection, "several records have this external id", "MULTIPLE", 300, "", (), _listed(answer)
        )
    body = _first(answer)
    if body is not None:
        return refusal(connection, body, answer.status)
    if answer.status in _TRANSIENT:
        asked = retry_after(answer.headers.get("retry-after"), now)
        if asked is not None:
            return RateLimitedError(connection, "Salesforce asks to wait", "", answer.status, "", asked)
        return TryLaterError(connection, f"Salesforce answered {answer.status}", "", answer.status)
    if answer.status >= 500:
        return AnswerLostError(connection, f"Salesforce answered {answer.status}", "", answer.status)
    if answer.status in (401, 403):
        return AccessDeniedError(connection, "the session is not valid", "", answer.status)
    if answer.status == 404:
        return RecordGoneError(connection, "no such record", "", answer.status)
    return RecordRefusedError(connection, f"Salesforce answered {answer.status}", "", answer.status)


def refusal(connection: str, body: Mapping[str, Any], status: int | None = None) -> RemoteError:
    """The error that one error object means: of a whole answer (`errorCode`) or of one row (`statusCode`)."""
    code = str(body.get("errorCode") or body.get("statusCode") or body.get("error") or "")
    fields = tuple(map(str, body.get("fields") or ()))
    make, message = _BY_CODE.get(code, (RecordRefusedError, "Salesforce refuses the values"))
    if code == "REQUEST_LIMIT_EXCEEDED" and "oncurrent" in str(body.get("message") or ""):
        # The same code says that too many long calls run at once, which passes by itself.
        return TryLaterError(connection, "too many long calls at once", code, status)
    if code not in _BY_CODE and status is not None and status >= 500:
        return AnswerLostError(connection, f"Salesforce answered {status}", code, status)
    if make is DuplicateRecordError:
        return DuplicateRecordError(connection, message, code, status, "", fields, existing_ids(body))
    if issubclass(make, RecordRefusedError):
        return make(connection, message, code, status, "", fields)
    return make(connection, message, code, status)


def row_error(connection: str, errors: Sequence[Mapping[str, Any]]) -> RemoteError:
    """The error of one failed row of a collections call: the first one decides."""
    return refusal(connection, errors[0] if errors else {})


def existing_ids(body: Mapping[str, Any]) -> tuple[str, ...]:
    """Ids of the records that stand in the way. Salesforce spells the key `duplicateResut`; both spellings are read."""
    result = body.get("duplicateResut") or body.get("duplicateResult") or {}
    found = [
        str((record.get("record") or {}).get("Id") or "")
        for match in result.get("matchResults") or ()
        for record in match.get("matchRecords") or ()
    ]
    if not any(found) and body.get("errorCode", body.get("statusCode")) == "DUPLICATE_VALUE":
        _, _, tail = str(body.get("message") or "").rpartition("record with id:")
        found = _RECORD_ID.findall(tail)
    return tuple(dict.fromkeys(filter(None, found)))


def unreadable(connection: str, answer: Answer) -> RemoteError:
    """The error for a success whose body is not what Salesforce sends: an HTML page of its edge, or a cut answer."""
    return AnswerLostError(connection, "the answer is not JSON", "UNREADABLE", answer.status)


def _first(answer: Answer) -> Mapping[str, Any] | None:
    """The first error object: a list from the API, one object from the token endpoint. None for HTML and the like."""
    try:
        body = answer.json()
    except ValueError:
        return None
    if isinstance(body, list):
        body = next((one for one in body if isinstance(one, dict)), None)
    return body if isinstance(body, dict) else None


def _listed(answer: Answer) -> tuple[str, ...]:
    try:
        urls = answer.json()
    except ValueError:
        return ()
    return tuple(found.group(1) for url in urls or () if (found := _URL_ID.search(str(url))))
