"""The gate before MQL: every condition by name, passed or not, with what to tell the SDR. All are judged, not the first."""

from __future__ import annotations

from collections.abc import Iterator

from connector.domain.assessment import shape_of
from connector.domain.assessment_config import Shape
from connector.domain.cycle import reopening
from connector.domain.decision import GateResult
from connector.domain.facts import Message
from connector.domain.policies import PartnerRule
from connector.domain.purchases import WON
from connector.domain.recycling import Cooldown
from connector.domain.roles import meets
from connector.domain.situation import Situation


def check_gate(here: Situation) -> tuple[GateResult, ...]:
    """Every condition of the gate: required fields, consent, competitor, cooldown, role, customer, partner."""
    return (
        *_required(here),
        _result("consent", _consent(here)),
        _result("competitor", _competitor(here)),
        _result("cooldown", cooldown_message(here)),
        _result("role", _role(here)),
        _result("customer", _customer(here)),
        _result("partner", _partner(here)),
        *_review(here),
    )


def _result(name: str, why: Message | None) -> GateResult:
    return GateResult(name, why is None, why)


def fact(here: Situation, name: str) -> str:
    """A fact of the person by its field name; the company's name may stand with the account."""
    own = str(getattr(here.known.person, name)).strip()
    account = here.known.account.account
    return account.name.strip() if name == "company" and not own and account else own


def _required(here: Situation) -> Iterator[GateResult]:
    for wanted in here.policies.gate.required:
        if isinstance(wanted, str):
            why = None if fact(here, wanted) else Message("gate.missing", {"field_id": wanted})
            yield _result(wanted, why)
        else:
            fields = {
                str(place): Message("gate.field", {"field_id": name}) for place, name in enumerate(wanted)
            }
            found = any(fact(here, name) for name in wanted)
            yield _result(
                "contact", None if found else Message("gate.missing_all", {"fields": Message("or", fields)})
            )


def _consent(here: Situation) -> Message | None:
    consent = here.known.person.consent
    if consent is False:
        return Message("gate.consent_refused")
    return (
        Message("gate.consent_missing") if consent is None and here.policies.gate.consent == "given" else None
    )


def _kind(here: Situation) -> str:
    account = here.known.account.account
    return account.kind.strip().casefold() if account else ""


def _competitor(here: Situation) -> Message | None:
    policy, account = here.policies.gate, here.known.account.account
    domains = {
        here.known.person.email.rpartition("@")[2].casefold(),
        account.domain.casefold() if account else "",
    }
    listed = {domain.casefold() for domain in policy.competitor_domains if domain}
    kinds = {kind.casefold() for kind in policy.competitor_kinds}
    return Message("gate.competitor") if _kind(here) in kinds or not listed.isdisjoint(domains) else None


def cooldown_message(here: Situation) -> Message | None:
    """Why the lead rests and until when; None when nothing holds it back."""
    return _resting(here, here.blocking[0]) if here.blocking else None


def _resting(here: Situation, cooldown: Cooldown) -> Message:
    until = here.policies.when(cooldown.ends)
    if not cooldown.rejection.reason:
        return Message("gate.cooldown_reason_owed", {"until": until})
    params = {"until": until, "reason_id": cooldown.rejection.reason}
    return Message("gate.cooldown", params) if cooldown.own else Message("gate.cooldown_account", params)


def _role(here: Situation) -> Message | None:
    minimum = here.rules.matrix.minimum_role(here.cell)
    if minimum is None or meets(here.role, minimum):
        return None
    return Message("gate.role", {"role_id": here.role, "minimum_role_id": minimum})


def _customer(here: Situation) -> Message | None:
    """A purchase that is over takes no further hand-off; the next one asks for evidence of its own."""
    if closed := here.cycle.closed:
        until = here.policies.when(reopening(closed, here.policies.cycle))
        return Message("gate.cycle_won" if closed.closed_by == WON else "gate.cycle_lost", {"until": until})
    kinds = {kind.casefold() for kind in here.policies.gate.customer_kinds}
    is_customer = _kind(here) in kinds or here.cycle.number > 1
    return Message("gate.customer") if is_customer and not here.counting else None


def _review(here: Situation) -> Iterator[GateResult]:
    """Where hand-offs are reviewed, marketing accepts the lead in its own system first, anew after a rejection."""
    policy = here.policies.handoff
    if shape_of(policy, here.cell, here.rules.matrix.names(here.persona.id)) is Shape.DIRECT:
        return
    since = [at for at in (here.cycle.after, *(e.requested_at for e in here.standing.episodes)) if at]
    said = [one for one in here.known.reviews if not since or one.at > max(since)]
    if not said:
        yield _result("review", Message("gate.review"))
    else:
        declined = Message("gate.review_declined", {"note": said[-1].note})
        yield _result("review", None if said[-1].accepted else declined)


def _partner(here: Situation) -> Message | None:
    policy = here.policies.gate
    is_partner = _kind(here) in {kind.casefold() for kind in policy.partner_kinds}
    return Message("gate.partner") if is_partner and policy.partner is PartnerRule.END_CUSTOMER else None
