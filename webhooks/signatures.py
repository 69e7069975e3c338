"""Proves that a webhook comes from who it says, from the raw bytes, the address as the sender saw it, and the time.

Pure functions with `now` passed in. HubSpot's rules are those of its "Validating requests" page; its own library's
helper is not used because it takes a timestamp from the future and fails on a missing header.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from enum import StrEnum

MAX_AGE = timedelta(minutes=5)
"""HubSpot says to refuse what is older; the same bound ahead keeps a forged future time from living on."""

_DECODED = {
    "3A": ":", "2F": "/", "3F": "?", "40": "@", "21": "!", "24": "$", "27": "'",
    "28": "(", "29": ")", "2A": "*", "2C": ",", "3B": ";",
}  # fmt: skip
_ESCAPE = re.compile("%(" + "|".join(_DECODED) + ")", re.IGNORECASE)


class Verdict(StrEnum):
    """Why a signature counts or does not."""

    VALID = "valid"
    MISSING = "missing"
    STALE = "stale"
    FUTURE = "future"
    MISMATCH = "mismatch"


def decode_uri(uri: str) -> str:
    """The address with only those escapes undone that HubSpot undoes before it signs."""
    return _ESCAPE.sub(lambda match: _DECODED[match.group(1).upper()], uri)


def sign_v3(secret: str, *, method: str, uri: str, body: bytes, timestamp: str) -> str:
    """HubSpot's v3 signature: base64 of HMAC-SHA256 over method, address, body and timestamp."""
    message = method.upper().encode() + decode_uri(uri).encode() + body + timestamp.encode()
    return base64.b64encode(hmac.new(secret.encode(), message, hashlib.sha256).digest()).decode()


def sign_v2(secret: str, *, method: str, uri: str, body: bytes) -> str:
    """HubSpot's v2 signature (workflow actions): hex SHA-256 over secret, method, address and body."""
    return hashlib.sha256(secret.encode() + method.upper().encode() + uri.encode() + body).hexdigest()


def sign_v1(secret: str, *, body: bytes) -> str:
    """HubSpot's v1 signature: hex SHA-256 over secret and body."""
    return hashlib.sha256(secret.encode() + body).hexdigest()


def verify_v3(
    secrets: Iterable[str], *, signature: str, timestamp: str, signed: tuple[str, str, bytes], now: datetime
) -> Verdict:
    """Check a v3 signature. `signed` is (method, full address with query, raw body); several secrets are accepted
    while one is being replaced. `timestamp` is the header's text, milliseconds since 1970."""
    if not signature or not timestamp:
        return Verdict.MISSING
    if not timestamp.isascii() or not timestamp.isdigit() or len(timestamp) > 15:
        return Verdict.MISMATCH
    sent = datetime.fromtimestamp(int(timestamp) / 1000, tz=UTC)
    if sent < now - MAX_AGE:
        return Verdict.STALE
    if sent > now + MAX_AGE:
        return Verdict.FUTURE
    method, uri, body = signed
    given = signature.encode("utf-8", "replace")
    matches = [
        hmac.compare_digest(
            sign_v3(secret, method=method, uri=uri, body=body, timestamp=timestamp).encode(), given
        )
        for secret in secrets
        if secret
    ]
    return Verdict.VALID if any(matches) else Verdict.MISMATCH
