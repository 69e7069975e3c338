"""Makes up leads with a history: who they are, what they did and when, and what sales made of it. Pure, by seed.

It knows no vendor; `seed.py` tells the two systems. The mix is meant to look like a real B2B funnel: most people read,
some ask for a demo, few ask for a price; the further they got, the more of them buy.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from connector.sandbox import words

STAGES = ("problem-education", "solution-research", "solution-selection")
OLDEST_DAYS = 560
"""No story begins longer ago."""


@dataclass(frozen=True, slots=True)
class Firm:
    """An invented company. `revenue` is yearly, in whole units of `currency`; None when nobody filled it in."""

    name: str
    domain: str
    size: str
    industry: str
    country: str
    currency: str
    revenue: int | None
    employees: int | None


@dataclass(frozen=True, slots=True)
class Deed:
    """One thing that a person or our side did. `form` names one of `words.FORMS`."""

    at: datetime
    kind: str
    inbound: bool = True
    text: str = ""
    page: str = ""
    form: str = ""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What sales made of it: `none`, `open`, `rejected`, `won` or `lost`, when handed over, when it ended, and how."""

    kind: str = "none"
    handed_at: datetime | None = None
    ended_at: datetime | None = None
    amount: int = 0
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Journey:
    """One lead's story so far."""

    number: int
    language: str
    first_name: str
    last_name: str
    email: str
    mobile: str
    title: str
    role: str
    source: str
    firm: Firm
    created_at: datetime
    stage: str
    deeds: tuple[Deed, ...] = ()
    outcome: Outcome = field(default_factory=Outcome)


def journeys(count: int, *, seed: int, now: datetime) -> Iterator[Journey]:
    """`count` stories that end at `now`, the same for the same seed. Several people share a firm, as in life."""
    rng = random.Random(seed)
    firms: list[Firm] = []
    for number in range(1, count + 1):
        if not firms or rng.random() < 0.92:
            firms.append(_firm(rng, len(firms) + 1))
        yield _journey(rng, number, rng.choice(firms[-6:]), now)


def _firm(rng: random.Random, number: int) -> Firm:
    chinese = rng.random() < 0.6
    industry = rng.choice(sorted(words.TRADES_ZH))
    size = rng.choices(("small", "mid-market", "enterprise"), (42, 34, 24))[0]
    if chinese:
        name = f"{rng.choice(words.PLACES_ZH)}{rng.choice(words.STEMS_ZH)}{words.TRADES_ZH[industry]}有限公司"
    else:
        name = f"{rng.choice(words.STEMS_EN)} {words.TRADES_EN[industry]} Inc."
    # In millions of CNY; a seventh of it in USD, so that either way the firm has the size that the story says.
    low, high = {"small": (7, 42), "mid-market": (63, 840), "enterprise": (1260, 18_000)}[size]
    people = {"small": (8, 95), "mid-market": (120, 900), "enterprise": (1200, 20000)}[size]
    return Firm(
        name=name,
        domain=f"firm{number:04d}.example",
        size=size,
        industry=industry,
        country="CN" if chinese else "US",
        currency="CNY" if chinese else "USD",
        revenue=rng.randint(low, high) * 1_000_000 // (1 if chinese else 7) if rng.random() < 0.75 else None,
        employees=rng.randint(*people) if rng.random() < 0.9 else None,
    )


def _journey(rng: random.Random, number: int, firm: Firm, now: datetime) -> Journey:
    language = "zh" if firm.country == "CN" else "en"
    first, last = _names(rng, language)
    role = rng.choices(("decision-maker", "influencer", "user", "student"), (3, 4, 4, 1))[0]
    stage = rng.choices((*STAGES, "none"), (34, 30, 24, 12))[0]
    # Values are measured on the older ones, the younger ones are what people work on today.
    days = rng.randint(60, OLDEST_DAYS) if rng.random() < 0.7 else rng.randint(2, 60)
    created = now - timedelta(days=days, minutes=rng.randint(0, 1439))
    deeds = tuple(sorted(_deeds(rng, stage, language, (created, now)), key=lambda deed: deed.at))
    return Journey(
        number=number,
        language=language,
        first_name=first,
        last_name=last,
        email=f"lead{number:05d}@{firm.domain}" if rng.random() < 0.93 else "",
        mobile=_mobile(rng, language, number),
        title=rng.choice(words.TITLES[language][role]),
        role=role,
        source=rng.choice(words.SOURCES),
        firm=firm,
        created_at=created,
        stage=stage,
        deeds=deeds,
        outcome=_outcome(rng, stage, firm, (created, now)),
    )


def _names(rng: random.Random, language: str) -> tuple[str, str]:
    if language == "zh":
        return rng.choice(words.GIVEN_ZH), rng.choice(words.SURNAMES_ZH)
    return rng.choice(words.FIRST_EN), rng.choice(words.LAST_EN)


def _mobile(rng: random.Random, language: str, number: int) -> str:
    if language == "zh":
        return f"+86 138{number % 10000:04d}{rng.randint(0, 9999):04d}"
    return f"+1 415 555 {number % 10000:04d}" if rng.random() < 0.5 else ""


def _deeds(rng: random.Random, stage: str, language: str, span: tuple[datetime, datetime]) -> Iterator[Deed]:
    created, now = span
    yield Deed(created, "form", form=rng.choice(("white-paper", "newsletter")))
    reached = STAGES.index(stage) if stage in STAGES else -1
    at = created
    for index in range(reached + 1):
        name = STAGES[index]
        for _ in range(rng.randint(2, 3)):
            at = min(at + timedelta(hours=rng.randint(3, 240)), now - timedelta(hours=1))
            yield _deed(rng, name, language, at)
    if rng.random() < 0.5:
        last = min(at + timedelta(hours=5), now - timedelta(minutes=20))
        yield Deed(last, "email_reply", text=rng.choice(words.CHATTER[language]))


def _deed(rng: random.Random, stage: str, language: str, at: datetime) -> Deed:
    text = rng.choice(words.SAYS[stage][language])
    kind = rng.choice(("page_view", "email_reply", "message", "call", "form"))
    if kind == "page_view":
        return Deed(at, kind, page=rng.choice(words.PAGES[stage]))
    if kind == "form" and stage != "problem-education":
        return Deed(at, kind, text=text, form="demo" if stage == "solution-research" else "contact-sales")
    return Deed(at, "email_reply" if kind == "form" else kind, text=text)


_WINS = {"problem-education": 0.12, "solution-research": 0.26, "solution-selection": 0.42}
_PRICES = {"small": (20_000, 60_000), "mid-market": (90_000, 300_000), "enterprise": (400_000, 1_500_000)}
_REASONS = ("no-budget", "bad-timing", "need-unclear", "unreachable", "not-a-fit")
_LOST, _REJECTED, _OPEN = 0.55, 0.68, 0.74
"""Up to where a draw between 0 and 1 means that end; above, sales never saw the lead."""


def _outcome(rng: random.Random, stage: str, firm: Firm, span: tuple[datetime, datetime]) -> Outcome:
    created, now = span
    draw = rng.random()
    if stage not in STAGES or now - created < timedelta(days=60) or draw >= _OPEN:
        return Outcome()
    handed = created + timedelta(days=rng.randint(10, 40))
    ended = handed + timedelta(days=rng.randint(12, 150))
    if _LOST <= draw < _REJECTED:
        at = handed + timedelta(days=rng.randint(1, 6))
        return Outcome("rejected", handed, at, reason=rng.choice(_REASONS))
    if draw >= _REJECTED or ended >= now:
        return Outcome("open", handed)
    if draw >= _WINS[stage]:
        return Outcome("lost", handed, ended)
    amount = rng.randint(*_PRICES[firm.size]) // 100 * 100
    return Outcome("won", handed, ended, amount if firm.currency == "CNY" else amount // 7)
