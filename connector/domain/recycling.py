"""After a rejection: how long the lead rests, and what a resubmission needs once it has rested.

Time alone is never enough; dates come from the rejection, never from a timer. Knows no CRM.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from connector.domain.decision import Evidence, PersonaVerdict, StageVerdict
from connector.domain.facts import Answer, Episode, HandSet, Known, Message, Override, Rejection
from connector.domain.policies import Demand, Outcome, PoliciesConfig, Reason, RecyclingPolicy, Scope
from mappings.records import Activity, Direction, Kind, Precision


@dataclass(frozen=True, slots=True)
class Cooldown:
    """One running cooldown. `own`: the lead's own rejection, else that of a colleague at its account."""

    ends: datetime
    rejection: Rejection
    reason: Reason
    own: bool


def rule_of(policies: PoliciesConfig, rejection: Rejection) -> Reason:
    """What the rejection's reason entails; one that is missing or unknown entails the longest cooldown."""
    return policies.reason(rejection.reason) or policies.longest()


def cooldown_end(policies: PoliciesConfig, rejection: Rejection) -> datetime | None:
    """When the lead has rested: whole days from the rejection, or the rep's own date where it wins. None: no rest."""
    if rejection.annulled:
        return None
    reason = rule_of(policies, rejection)
    if reason.rep_date_wins and rejection.until:
        given = policies.midnight(rejection.until)
        if given > rejection.at:
            return given
    return rejection.at + timedelta(days=reason.cooldown_days) if reason.cooldown_days else None


def rejected(episode: Episode) -> Rejection | None:
    """The rejection that stands on an episode."""
    standing = episode.answer is Answer.REJECTED and episode.rejection and not episode.rejection.annulled
    return episode.rejection if standing else None


def cooldowns(
    policies: PoliciesConfig, own: Sequence[Episode], others: Sequence[Episode], now: datetime
) -> tuple[Cooldown, ...]:
    """Every cooldown that runs at `now`, the one that ends last first."""
    found = []
    for episodes, mine in ((own, True), (others, False)):
        for rejection in filter(None, map(rejected, episodes)):
            reason, ends = rule_of(policies, rejection), cooldown_end(policies, rejection)
            if ends and ends > now and (mine or reason.scope is Scope.ACCOUNT):
                found.append(Cooldown(ends, rejection, reason, mine))
    return tuple(sorted(found, key=lambda c: (c.ends, c.own), reverse=True))


def not_lifted(running: Sequence[Cooldown], overrides: Sequence[Override]) -> tuple[Cooldown, ...]:
    """The cooldowns that no manager's unused override lifts."""
    lifts = [override.at for override in overrides if not override.used]
    return tuple(c for c in running if not any(at >= c.rejection.at for at in lifts))


def rests_at(policies: PoliciesConfig, known: Known, at: datetime) -> bool:
    """Whether the lead rested at `at`, for a recorded rejection of its own or of a colleague, and no override lifted it."""
    running = cooldowns(policies, known.episodes, known.account.other_episodes, at)
    begun = [cooldown for cooldown in running if cooldown.rejection.at <= at]
    return bool(not_lifted(begun, known.overrides))


@dataclass(frozen=True, slots=True)
class Now:
    """Where the lead stands now, to be compared with where it stood at the rejected hand-off."""

    persona: PersonaVerdict
    stage: StageVerdict
    evidence: tuple[Evidence, ...]
    stages: tuple[str, ...]
    at: datetime


def resubmission(
    policies: PoliciesConfig, known: Known, episode: Episode | None, here: Now
) -> tuple[Message, ...]:
    """What is still missing before a rejected lead may be handed off again; nothing for one that was never rejected."""
    rejection = rejected(episode) if episode else None
    if not episode or not rejection or rule_of(policies, rejection).outcome is not Outcome.RECYCLE:
        return ()
    demands = {*policies.recycling.demands, *rule_of(policies, rejection).demands}
    talks = [
        a for a in known.activities if is_two_way(a, policies.recycling) and _after(a, rejection.at, here.at)
    ]
    missing = []
    if Demand.RECONTACT in demands and not talks:
        missing.append(Message("refusal.needs_recontact", {"since": policies.when(rejection.at)}))
    if Demand.NEW_CHANNEL in demands and {a.kind for a in talks} <= _channels_tried(
        known, episode, rejection
    ):
        missing.append(Message("refusal.needs_new_channel", {"since": policies.when(rejection.at)}))
    if Demand.SOMETHING_NEW in demands and not something_new(episode, rejection, known, here):
        missing.append(Message("refusal.needs_something_new", {"since": policies.when(rejection.at)}))
    return tuple(missing)


def is_two_way(activity: Activity, policy: RecyclingPolicy) -> bool:
    """Whether both sides spoke: an inbound reply or chat, an answered call, a held meeting. An attempt is none."""
    if activity.planned:
        return False
    if activity.two_way:
        return True
    if activity.kind in (Kind.CALL, Kind.MEETING) and str(activity.properties.get("outcome") or ""):
        return str(activity.properties["outcome"]).casefold() in policy.held
    return activity.direction is Direction.IN and activity.kind in policy.two_way_when_inbound


def _after(activity: Activity, instant: datetime, now: datetime) -> bool:
    """A source that knows the day alone states its first minute: then the day counts, and when it was written down."""
    if activity.precision is Precision.DAY and activity.occurred_at.date() == instant.date():
        return instant < activity.recorded_at <= now
    return instant < activity.occurred_at <= now


def _channels_tried(known: Known, episode: Episode, rejection: Rejection) -> set[Kind]:
    start = episode.requested_at
    return {a.kind for a in known.activities if start <= a.occurred_at <= rejection.at and not a.planned}


def something_new(episode: Episode, rejection: Rejection, known: Known, here: Now) -> bool:
    """Whether there is evidence, a stage or a fact that sales had not seen when it said no."""
    seen = frozenset(episode.evidence_ids)
    fresh = any(e.counts and e.at > rejection.at and e.activity_id not in seen for e in here.evidence)
    further = _place(here.stages, here.stage.id) > _place(
        here.stages, episode.stage_at or _half(episode.cell, 1)
    )
    moved = bool(episode.cell) and here.persona.id != _half(episode.cell, 0)
    by_hand = any(_set_after(s, rejection.at) for s in (known.stage_set, known.persona_set))
    return fresh or further or moved or by_hand


def _set_after(hand_set: HandSet | None, instant: datetime) -> bool:
    return hand_set is not None and hand_set.at > instant


def _place(stages: Sequence[str], stage: str) -> int:
    return stages.index(stage) if stage in stages else -1


def _half(cell: str, part: int) -> str:
    return cell.split("/", 1)[part] if "/" in cell else ""
