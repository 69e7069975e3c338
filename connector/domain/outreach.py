"""Who spoke with whom since when: what sales and SDRs logged of reaching the customer, and the customer's own requests.

Knows activities as they were logged; knows no deadline.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from connector.domain.facts import Episode
from connector.domain.recycling import is_two_way
from connector.domain.signals import match_activity
from connector.domain.situation import Situation
from connector.domain.speech import from_customer, reported_by
from mappings.records import Activity, Direction, Kind, Precision, SystemRole

_TALKS = frozenset({Kind.CALL, Kind.MEETING})
_SENT = frozenset({Kind.MESSAGE, Kind.CHAT})


@dataclass(frozen=True, slots=True)
class Outreach:
    """What one side logged of reaching the customer: `times` of calls, meetings and messages sent, in order;
    `conversation` the first time that both sides spoke."""

    times: tuple[datetime, ...] = ()
    conversation: datetime | None = None

    @property
    def first(self) -> datetime | None:
        """The first attempt."""
        return self.times[0] if self.times else None


def outreach_of(here: Situation, episode: Episode | None, *, since: datetime | None) -> Outreach:
    """What sales logged since it has the lead (with `episode`), or marketing (without). Sales' is what stands in the CRM,
    and what the lead's rep logged anywhere."""
    crm = {record.key.connection for record in here.known.records if record.role is SystemRole.CRM}
    rep = episode.owner_id if episode else ""
    mine = [
        (logged_at(one), one)
        for one in here.known.activities
        if (one.key.connection in crm or bool(rep and one.author_id == rep)) is (episode is not None)
    ]
    past = sorted(
        ((at, one) for at, one in mine if at <= here.now and (since is None or at >= since)),
        key=lambda pair: (pair[0], pair[1].key),
    )
    talks = (at for at, one in past if is_two_way(one, here.policies.recycling))
    return Outreach(tuple(at for at, one in past if is_attempt(one)), next(talks, None))


def is_attempt(activity: Activity) -> bool:
    """Whether our side tried to reach the customer: a call, a meeting, a message sent. A task or a plan is none."""
    if activity.planned:
        return False
    sent = activity.kind in _SENT and activity.direction is Direction.OUT
    return activity.kind in _TALKS or sent


def logged_at(activity: Activity) -> datetime:
    """When it happened; where the source knows the day alone, when it was written down."""
    exact = activity.precision is Precision.SECOND
    return activity.occurred_at if exact else activity.recorded_at


def raises(here: Situation, *, among: frozenset[str] | None = None) -> tuple[Activity, ...]:
    """The customer's own requests for contact, a demo or a price, oldest first; of these activities only, if given."""
    wanted = here.policies.sla.hand_raiser
    named = frozenset(wanted.signals)
    if among is None and named.isdisjoint(one.signal for one in here.evidence):
        named = frozenset()  # reading texts is dear: none is read where no such evidence stands
    return tuple(
        one
        for one in here.known.activities
        if (among is None or str(one.key) in among) and one.occurred_at <= here.now and _is_own(one)
        and (one.kind in wanted.kinds or (bool(named) and not named.isdisjoint(match_activity(here.rules.signals, one))))
    )  # fmt: skip


def _is_own(activity: Activity) -> bool:
    return not activity.planned and from_customer(activity) and not reported_by(activity)
