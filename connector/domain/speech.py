"""Who speaks in an activity and what of it is theirs: the customer's words, our report of them, our own titles.

Knows activity kinds and directions; knows no phrases and no signals.
"""

from __future__ import annotations

from connector.domain.text import own_words, subject_words
from mappings.records import Activity, Direction, Kind

REPORTED = frozenset({Kind.CALL, Kind.MEETING, Kind.NOTE})
"""Kinds written by our side: their words count as reported by their author."""
_TYPED = frozenset({Kind.FORM, Kind.DEMO_REQUEST, Kind.EMAIL_REPLY, Kind.CHAT, Kind.MESSAGE})
_INBOUND_BY_NATURE = frozenset(Kind) - REPORTED - {Kind.CHAT, Kind.MESSAGE, Kind.TASK}
_SUBJECT_IS_SAID = frozenset({Kind.EMAIL_REPLY, Kind.CHAT, Kind.MESSAGE, Kind.CALL, Kind.NOTE})
_TITLES = ("title", "name", "form", "form_name", "page", "page_title", "asset", "campaign")


def reported_by(activity: Activity) -> str:
    """The author on whose word the activity's evidence rests; empty where the customer spoke for themselves."""
    return activity.author_id if activity.kind in REPORTED else ""


def words_of(activity: Activity) -> str:
    """The customer's own words in it, or what our side reports of them; empty for what we sent or published."""
    if activity.kind not in REPORTED and (activity.kind not in _TYPED or not from_customer(activity)):
        return ""
    subject = subject_words(activity.subject) if activity.kind in _SUBJECT_IS_SAID else ""
    said = own_words(activity.text)
    return f"{subject}\n\n{said}" if subject else said


def title_of(activity: Activity) -> str:
    """What the thing is called: its subject and the names among its properties."""
    if not activity.properties:
        return activity.subject
    names = (str(activity.properties.get(name) or "") for name in _TITLES)
    return " . ".join(filter(None, (activity.subject, *names)))


def from_customer(activity: Activity) -> bool:
    """Our own words are no evidence; of a chat that does not say who spoke, nobody knows whose they are."""
    if activity.kind in REPORTED:
        return True
    if activity.direction is None:
        return activity.kind in _INBOUND_BY_NATURE
    return activity.direction is Direction.IN
