"""Who speaks with the customer: the SDR of record, and everybody who had a part in a lead until it was handed off."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from connector.domain.facts import Known
from connector.domain.policies import RecyclingPolicy
from connector.domain.recycling import is_two_way
from mappings.records import Activity, SystemRole


@dataclass(frozen=True, slots=True)
class Contributor:
    """One of marketing's people, with how many two-way contacts they had and when the last one was."""

    id: str
    contacts: int
    last_at: datetime


def contributors(known: Known, policy: RecyclingPolicy, now: datetime) -> tuple[Contributor, ...]:
    """Marketing's people who spoke with the customer in both directions, whoever did so last first. The first is the SDR of
    record; the others keep attribution only. `known` is as far back as the reader wants to look."""
    spoken: dict[str, list[datetime]] = {}
    for activity in _talks(known, policy, now):
        spoken.setdefault(activity.author_id, []).append(activity.occurred_at)
    found = [Contributor(id_, len(times), max(times)) for id_, times in spoken.items()]
    return tuple(sorted(found, key=lambda one: (one.last_at, one.id), reverse=True))


def sdr_of_record(known: Known, policy: RecyclingPolicy, now: datetime) -> str:
    """The SDR with the last two-way contact; empty while nobody of marketing spoke with the customer."""
    return next((one.id for one in contributors(known, policy, now)), "")


def _talks(known: Known, policy: RecyclingPolicy, now: datetime) -> Iterator[Activity]:
    """Conversations of marketing's people. In sales' system everybody is a rep who was not named an SDR."""
    sales = {record.key.connection for record in known.records if record.role is SystemRole.CRM}
    for activity in known.activities:
        ours = activity.key.connection not in sales or activity.author_id in known.sdrs
        if activity.author_id and ours and activity.occurred_at <= now and is_two_way(activity, policy):
            yield activity
