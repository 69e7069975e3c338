"""Whether a lead passes to sales now, and every reason against it, whether or not anybody asked.

Commands and automatic mode meet the same refusals. Knows no CRM; who gets the lead is decided in routing.py.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from connector.domain.decision import Deed, Evidence, GateResult, HandOffVerdict, Preferred
from connector.domain.facts import Message, Rejection, Request
from connector.domain.matrix import UNKNOWN
from connector.domain.policies import HandOffPoint, Mode, Outcome, Pool
from connector.domain.recycling import Now, rejected, resubmission, rule_of
from connector.domain.roles import Role
from connector.domain.situation import Situation

_SOFT = frozenset(
    {
        "gate.cooldown",
        "gate.cooldown_account",
        "gate.cooldown_reason_owed",
        "refusal.needs_recontact",
        "refusal.needs_new_channel",
        "refusal.needs_something_new",
    }
)
"""Refusals that a manager may be asked about when the customer comes back during the cooldown."""


def verdict(here: Situation, gate: Sequence[GateResult]) -> HandOffVerdict:
    """The hand-off verdict for the situation."""
    mode, asked = mode_of(here), pending(here)
    request = asked[-1] if asked else None
    reasons = tuple(refusals(here, gate))
    if request is None and mode is not Mode.ON_CLICK and not here.standing.held:
        reasons = (*reasons, *_unasked(here))
    deed, cause = _deed(here, mode, request=request, reasons=reasons)
    not_to = _not_to(here)
    return HandOffVerdict(
        deed=deed,
        mode=str(mode),
        refusals=reasons,
        eligible_from=here.blocking[0].ends if here.blocking else None,
        not_to=not_to,
        prefer=_prefer(here, not_to),
        pool=pool_name(here),
        request=request,
        cause=cause,
        settles=tuple(r.id for r in asked),
    )


def pending(here: Situation) -> list[Request]:
    """Clicks that nobody answered yet, the latest last."""
    answered = here.known.memory.answered_requests
    return sorted((r for r in here.known.requests if r.id not in answered), key=lambda r: (r.at, r.id))


def mode_of(here: Situation) -> Mode:
    """Who starts a hand-off in the lead's cell: its own mode, its group's, else the default."""
    policy = here.policies.handoff
    _, _, stage = here.cell.partition("/")
    cells = [f"{name}/{stage}" for name in here.rules.matrix.names(here.cell.partition("/")[0])]
    return next((policy.modes[cell] for cell in cells if cell in policy.modes), policy.default_mode)


def refusals(here: Situation, gate: Sequence[GateResult]) -> Iterator[Message]:
    """Every reason against handing off that holds for clicks and automatic mode alike."""
    if here.standing.held:
        yield _held_message(here)
        return
    yield from (result.why for result in gate if result.why)
    if not at_point(here):
        yield _point_message(here)
    if mode_of(here) is Mode.NEVER:
        yield Message("refusal.never", {"persona_id": here.persona.id, "stage_id": here.stage.id})
    yield from closed(here)
    yield from resubmission(here.policies, here.known, here.episode, compared(here))


def compared(here: Situation) -> Now:
    """Where the lead stands, for the comparison with its rejected hand-off."""
    return Now(here.persona, here.stage, here.counting, here.rules.matrix.stages, here.now)


def _held_message(here: Situation) -> Message:
    episode = here.episode
    if episode and episode.confirmed_at is None:
        return Message("refusal.under_way")
    if episode is None:
        return Message("refusal.with_sales_bypass")
    return Message("refusal.with_sales", {"rep_id": episode.owner_id})


def closed(here: Situation) -> Iterator[Message]:
    """Why no hand-off of this person is possible any more, in this cycle or at all."""
    limit = here.policies.recycling.max_rejections
    if here.standing.rejections >= limit:
        yield Message("refusal.max_rejections", {"count": here.standing.rejections})
    outcomes = {rule_of(here.policies, r).outcome for e in here.episodes if (r := rejected(e))}
    if Outcome.CLOSE_PERSON in outcomes:
        yield Message("refusal.person_closed")
    if Outcome.DISQUALIFY in outcomes or "disqualified" in here.standing.flags:
        yield Message("refusal.disqualified")
    apart = [r for e in here.episodes if (r := rejected(e)) and r.merged_at is None]
    if any(rule_of(here.policies, no).outcome is Outcome.MERGE for no in apart):
        yield Message("refusal.duplicate")


def at_point(here: Situation) -> bool:
    """Whether the lead has reached its persona's hand-off point. A row without a point has none to reach."""
    point = point_of(here)
    if point is None:
        return False
    stages = (*here.rules.matrix.stages, *here.rules.matrix.sales_stages)
    if here.stage.id not in stages or point.stage not in stages:
        return False
    ahead = stages.index(here.stage.id) - stages.index(point.stage)
    return ahead > 0 or (ahead == 0 and _inside(here, point))


def point_of(here: Situation) -> HandOffPoint | None:
    """The hand-off point of the lead's row, or of its group."""
    points = here.policies.handoff.points
    return next((points[name] for name in here.rules.matrix.names(here.persona.id) if name in points), None)


def _inside(here: Situation, point: HandOffPoint) -> bool:
    """A point may lie inside its column: so many points of evidence, one of these signals, one piece of the next."""
    if not (point.points or point.signals or point.next_stage):
        return True
    enough = bool(point.points) and here.stage.points.get(point.stage, 0) >= point.points
    return enough or any(_named(e, point) for e in here.counting)


def _named(evidence: Evidence, point: HandOffPoint) -> bool:
    return evidence.signal in point.signals or (bool(point.next_stage) and evidence.stage == point.next_stage)


def _point_message(here: Situation) -> Message:
    point = point_of(here)
    if point is None:
        return Message("refusal.no_point", {"persona_id": here.persona.id})
    ids = {"persona_id": here.persona.id, "stage_id": here.stage.id, "point_stage_id": point.stage}
    return Message("refusal.inside_column" if here.stage.id == point.stage else "refusal.not_at_point", ids)


def _unasked(here: Situation) -> Iterator[Message]:
    """Reasons against Baton handing off of its own accord; a person may still ask for it."""
    if here.persona.id == UNKNOWN:
        yield Message("refusal.unknown_persona")
    if here.role == Role.STUDENT:
        yield Message("refusal.student")


def _deed(
    here: Situation, mode: Mode, *, request: Request | None, reasons: tuple[Message, ...]
) -> tuple[Deed, str]:
    if reasons:
        return _refused(here, request, reasons)
    if request:
        return Deed.HAND_OFF, "request"
    if again := _passed_on(here):
        return Deed.HAND_OFF, again
    deeds = {Mode.AUTOMATIC: (Deed.HAND_OFF, "automatic"), Mode.SUGGEST: (Deed.SUGGEST, "suggest")}
    return deeds.get(mode, (Deed.NOTHING, ""))


def _refused(here: Situation, request: Request | None, reasons: tuple[Message, ...]) -> tuple[Deed, str]:
    if request:
        return Deed.REFUSE, "request"
    asking = strong_in_cooldown(here)
    if asking and all(reason.id in _SOFT for reason in reasons):
        return Deed.ASK_MANAGER, asking.activity_id
    return Deed.NOTHING, ""


def strong_in_cooldown(here: Situation) -> Evidence | None:
    """The customer's own latest strong evidence since the rejection that the lead rests for."""
    if not here.blocking:
        return None
    since = max(cooldown.rejection.at for cooldown in here.blocking)
    strong = [e for e in here.counting if e.strength == "strong" and e.at > since and not e.reported_by]
    return max(strong, key=lambda e: (e.at, e.activity_id), default=None)


def _passed_on(here: Situation) -> str:
    """A rejection that says nothing against the lead - wrong territory, annulled - sends it on without a new click."""
    rejection = here.episode.rejection if here.episode else None
    if rejection is None:
        return ""
    if rejection.annulled:
        return "annulled"
    return "reroute" if rule_of(here.policies, rejection).outcome is Outcome.REROUTE else ""


def _said_no(here: Situation) -> list[Rejection]:
    """Every no to this lead, in this cycle or an earlier one, the latest last."""
    said = [e.rejection for e in here.episodes if e.rejection]
    return sorted(said, key=lambda rejection: rejection.at)


def _not_to(here: Situation) -> tuple[str, ...]:
    """Every rep who said no, unless that rep asked for the lead back with their last one."""
    last = {rejection.rep_id: rejection for rejection in _said_no(here)}
    return tuple(rep_id for rep_id, rejection in last.items() if rep_id and not rejection.return_to_me)


def _prefer(here: Situation, not_to: tuple[str, ...]) -> tuple[Preferred, ...]:
    """Who comes before the turn of the others: the rep who rejected it last and asked for it back, who works on the account,
    whose account it is."""
    account, said = here.known.account, _said_no(here)
    asked_back = said[-1].rep_id if said and said[-1].return_to_me else ""
    wanted = (
        Preferred(asked_back, "return_to_me"),
        Preferred(account.active_owner_id, "open_with_sales"),
        Preferred(account.owner_id, "account_owner"),
    )
    first = {one.owner_id: one for one in reversed(wanted) if one.owner_id and one.owner_id not in not_to}
    return tuple(one for one in wanted if first.get(one.owner_id) is one)


def pool_of(here: Situation) -> Pool | None:
    """Where the cell's leads go: the cell's own pool, else its row's or group's."""
    pools = here.policies.routing.pools
    persona, _, stage = here.cell.partition("/")
    names = here.rules.matrix.names(persona)
    keys = [*(f"{name}/{stage}" for name in names), *names]
    return next((pools[key] for key in keys if key in pools), None)


def pool_name(here: Situation) -> str:
    """The pool as the verdict names it: a group of reps by name, a queue as `queue:<id>`."""
    pool = pool_of(here)
    if pool is None:
        return ""
    return pool.group or f"queue:{pool.queue}"
