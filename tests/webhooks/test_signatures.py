"""The published vectors of HubSpot's documentation and client tests, and every way in which a signature fails."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from webhooks.signatures import Verdict, decode_uri, sign_v1, sign_v2, sign_v3, verify_v3

SECRET = "y" * 8 + "-yyyy-yyyy-yyyy-" + "y" * 12
URI = "https://www.example.com/webhook_uri"
BODY = b"{'example_field':'example_value'}"
STAMP = "1693657560000"
SENT = datetime.fromtimestamp(1693657560, tz=UTC)
GOOD = "K36dawei4A+QBNolUOqo7s91KQDWQ5MXZ/QufNYuk/Y="


def verify(**change: object) -> Verdict:
    given = {"signature": GOOD, "timestamp": STAMP, "signed": ("POST", URI, BODY), "now": SENT} | change
    return verify_v3([SECRET], **given)  # type: ignore[arg-type]


def test_the_published_vectors_are_met() -> None:
    event = (
        b'[{"eventId":1,"subscriptionId":12345,"portalId":62515,"occurredAt":1564113600000,'
        b'"subscriptionType":"contact.creation","attemptNumber":0,"objectId":123,"changeSource":"CRM",'
        b'"changeFlag":"NEW","appId":54321}]'
    )
    assert sign_v1(SECRET, body=event) == "232db2615f3d666fe21a8ec971ac7b5402d33b9a925784df3ca654d05f4817de"
    assert (
        sign_v2(SECRET, method="GET", uri=URI, body=b"")
        == "eee2dddcc73c94d699f5e395f4b9d454a069a6855fbfa152e91e88823087200e"
    )
    assert (
        sign_v2(SECRET, method="POST", uri=URI, body=BODY)
        == "4fe4e3a7d3cf09db53be39d0a58130e2aaba074ec123a9e355b876a689a1c383"
    )
    assert sign_v3(SECRET, method="POST", uri=URI, body=BODY, timestamp=STAMP) == GOOD


def test_a_good_signature_is_valid_within_five_minutes_either_way() -> None:
    assert verify() is Verdict.VALID
    assert verify(now=SENT + timedelta(minutes=5)) is Verdict.VALID
    assert verify(now=SENT - timedelta(minutes=5)) is Verdict.VALID


@pytest.mark.parametrize(
    ("change", "verdict"),
    [
        ({"now": SENT + timedelta(minutes=5, seconds=1)}, Verdict.STALE),
        ({"now": SENT - timedelta(minutes=5, seconds=1)}, Verdict.FUTURE),
        ({"signature": ""}, Verdict.MISSING),
        ({"timestamp": ""}, Verdict.MISSING),
        ({"timestamp": "soon"}, Verdict.MISMATCH),
        ({"timestamp": "١٢٣"}, Verdict.MISMATCH),
        ({"timestamp": "9" * 40}, Verdict.MISMATCH),
        ({"signature": "ü" + GOOD[1:]}, Verdict.MISMATCH),
        ({"signed": ("PUT", URI, BODY)}, Verdict.MISMATCH),
        ({"signed": ("POST", URI + "?a=1", BODY)}, Verdict.MISMATCH),
        ({"signed": ("POST", URI, BODY + b" ")}, Verdict.MISMATCH),
    ],
)
def test_anything_else_is_refused_with_its_reason(change: dict[str, object], verdict: Verdict) -> None:
    assert verify(**change) is verdict


def test_an_empty_secret_signs_nothing_in() -> None:
    forged = sign_v3("", method="POST", uri=URI, body=BODY, timestamp=STAMP)
    assert (
        verify_v3([""], signature=forged, timestamp=STAMP, signed=("POST", URI, BODY), now=SENT)
        is Verdict.MISMATCH
    )


def test_only_the_listed_escapes_are_undone() -> None:
    assert decode_uri("https://x/a%3Ab%2fc?d=%20%26%3D%2B%25") == "https://x/a:b/c?d=%20%26%3D%2B%25"
