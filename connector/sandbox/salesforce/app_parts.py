"""What the route modules share: reading bodies and headers, the caller of a request, faults of single rows."""

from __future__ import annotations

from typing import Any

import orjson
from werkzeug.wrappers import Request

from connector.sandbox.faults import Fault
from connector.sandbox.salesforce.caller import Caller
from connector.sandbox.salesforce.errors import OrgError, row_locked, unreadable
from connector.sandbox.salesforce.org import Org


def read_object(request: Request) -> dict[str, Any]:
    """The JSON object in the body; JSON_PARSER_ERROR when it holds none."""
    try:
        body = orjson.loads(request.get_data())
    except orjson.JSONDecodeError:
        raise unreadable("Unexpected character in the request body at [line:1, column:1]") from None
    if not isinstance(body, dict):
        raise unreadable("The HTTP entity body is required to be an object")
    return body


def caller_of(org: Org, request: Request) -> Caller:
    """The integration user with what the request's headers ask for; without a header, assignment rules run."""
    duplicates = request.headers.get("Sforce-Duplicate-Rule-Header", "").replace(" ", "").lower()
    return Caller(
        org.api_user_id,
        api=True,
        auto_assign=request.headers.get("Sforce-Auto-Assign", "TRUE").upper() != "FALSE",
        save_duplicates="allowsave=true" in duplicates,
    )


def row_fault(request: Request, index: int) -> OrgError | None:
    """The error that an injected fault wants for this row of a batch; a locked row unless it says otherwise."""
    fault: Fault | None = request.environ.get("sandbox.fault")
    if fault is None or fault.effect != "partial" or index not in fault.rows:
        return None
    wanted = fault.body[0] if isinstance(fault.body, list) and fault.body else fault.body
    if not isinstance(wanted, dict):
        return row_locked("0" * 15)
    code = wanted.get("statusCode") or wanted.get("errorCode") or "UNKNOWN_EXCEPTION"
    return OrgError(code, str(wanted.get("message", code)), fields=wanted.get("fields", []))
