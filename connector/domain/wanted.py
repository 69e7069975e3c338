"""The wanted values of Baton's own fields, by our names: the same facts for every system, rendered at the edge.

No text here depends on the present moment except through what was decided.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType

from connector.domain.decision import CashValue, Deed, FieldValue, HandOffVerdict
from connector.domain.facts import Answer, Message, Step
from connector.domain.handoff import pending
from connector.domain.recycling import rejected, rule_of
from connector.domain.situation import Situation
from connector.domain.value import explanation, frozen_value, value_of

_BY_STEP = {Step.WON: "won", Step.LOST: "lost", Step.DISQUALIFIED: "disqualified"}


def wanted_fields(here: Situation, step: Step, handoff: HandOffVerdict) -> Mapping[str, FieldValue]:
    """Every field that Baton writes, `last_synced` left to whoever writes."""
    value, episode = _shown_value(here), here.episode
    fields: dict[str, FieldValue] = {
        "baton_id": here.known.lead_id,
        "cell": here.cell,
        "persona": here.persona.id,
        "buying_stage": here.stage.id,
        "stage_since": here.stage.since,
        "value_now": value.amount if value else None,
        "value_at_handoff": episode.value if episode else None,
        "value_explained": explanation(value) if value else None,
        "handoff_status": status_of(here, step, handoff),
        "why_not": listed(handoff.refusals),
        "eligible_from": handoff.eligible_from,
        "cooldown_until": here.blocking[0].ends if here.blocking else None,
        "rejection_count": here.standing.rejections,
        "next_action": next_action(here, step, handoff),
    }
    return MappingProxyType(fields)


def _shown_value(here: Situation) -> CashValue | None:
    """What sales has keeps the value of its hand-off: publishing a table writes only leads that were not handed off."""
    if here.standing.held and here.episode:
        return frozen_value(here.episode.explained)
    return value_of(here.rules.values, here.cell)


def listed(messages: Sequence[Message]) -> Message | None:
    """Several messages as one, a line each; None for none."""
    if len(messages) < 2:
        return messages[0] if messages else None
    return Message("list", {str(place): message for place, message in enumerate(messages, start=1)})


def status_of(here: Situation, step: Step, handoff: HandOffVerdict) -> str:
    """The hand-off status as a short stable code."""
    if step in _BY_STEP:
        return _BY_STEP[step]
    if here.standing.held:
        return _held_status(here, step)
    if handoff.deed is Deed.HAND_OFF:
        return "requested"
    if handoff.refusals and _asked_since(here):
        return "refused"
    if here.blocking:
        return "cooling_down"
    if handoff.deed is Deed.SUGGEST:
        return "suggested"
    if step is Step.RECYCLED:
        return "recycled"
    return "not_ready" if handoff.refusals else "ready"


def _held_status(here: Situation, step: Step) -> str:
    episode = here.episode
    if episode and episode.confirmed_at is None and episode.answer is Answer.OPEN:
        return "requested"
    return "accepted" if step in (Step.SAL, Step.SQL, Step.OPPORTUNITY) else "with_sales"


def _asked_since(here: Situation) -> bool:
    """Whether somebody asked after the last hand-off: the answer stays readable after the click was answered."""
    last = max((e.requested_at for e in here.standing.episodes), default=None)
    started = here.cycle.after
    asked = [request.at for request in here.known.requests if started is None or request.at > started]
    return bool(pending(here)) or any(last is None or at > last for at in asked)


def next_action(here: Situation, step: Step, handoff: HandOffVerdict) -> Message | None:
    """What the SDR should do next; None while sales has the lead or nothing is left to do."""
    if here.standing.held or step is Step.DISQUALIFIED:
        return None
    if handoff.deed is Deed.ASK_MANAGER:
        return Message("next.ask_manager")
    if here.blocking:
        return Message("next.wait", {"until": here.policies.when(here.blocking[0].ends)})
    if not handoff.refusals:
        return Message("next.hand_off") if handoff.deed is not Deed.HAND_OFF else None
    return _hinted(here) or _mend(handoff.refusals[0])


def _hinted(here: Situation) -> Message | None:
    """What the reason of the rejection itself suggests."""
    rejection = rejected(here.episode) if here.episode else None
    if rejection and rule_of(here.policies, rejection).hint == "another_contact":
        return Message("next.other_contact")
    return None


def _mend(refusal: Message) -> Message:
    """The first reason against a hand-off says what to do about it."""
    kind = refusal.id.partition(".")[0]
    if refusal.id in ("gate.missing", "gate.missing_all"):
        return Message("next.complete")
    if refusal.id in ("refusal.needs_recontact", "refusal.needs_new_channel"):
        return Message("next.recontact")
    if refusal.id == "refusal.needs_something_new":
        return Message("next.find_news")
    return Message("next.settle") if kind == "gate" else Message("next.nurture")
