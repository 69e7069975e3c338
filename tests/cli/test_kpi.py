"""`baton kpi`: what it prints for machines is documented, what it prints for people adds up, in both languages."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import orjson
import pytest

from connector.domain.decision import EpisodeAnswer
from connector.domain.facts import Actor, Answer, Rejection
from connector.store import handoffs, tables
from connector.store.claims import Claim
from connector.store.engine import Tx
from connector.store.handoffs import HandOff
from mappings.records import Money
from tests.cli.conftest import Line
from tests.docs.test_json_shapes import SECTIONS, differences, shape_of, unseen

AT = datetime(2026, 10, 13, 2, 0, tzinfo=UTC)
SDR = Actor("sdr", "s1")
RESEARCH = "mid-market/solution-research"
TARGETS = """
targets: [{from: 2026-01-01, monthly: 50000}]
invalid: {reasons: [duplicate]}
plan: {annual_revenue: 3000000, average_price: 200000, teams: {east: 3, south: 2}}
"""


@pytest.fixture
def handed(baton: Line, tmp_path: Any) -> Line:
    """One lead handed off, rejected for its budget; a colleague counted with it; one reversed; a purchase."""
    (tmp_path / "targets.yaml").write_text(TARGETS, encoding="utf-8")
    assert baton("config", "apply", "targets.yaml").code == 0
    store = baton.store
    first, second = (baton("lead", "show", one, "--json").json()["id"] for one in baton.leads)
    with store.begin() as tx:
        tx.execute(tables.account.insert().values(id="acme", created_at=AT))
        tx.execute(
            tables.lead.update().where(tables.lead.c.id.in_([first, second])).values(account_id="acme")
        )
        tx.execute(tables.lead.insert().values(id="alone", created_at=AT))
        _hand_off(tx, "h1", first, AT)
        _hand_off(tx, "h2", second, AT + timedelta(hours=1))
        _hand_off(tx, "h3", "alone", AT + timedelta(days=1))
        no = Rejection(AT + timedelta(days=5), "r1", "重复线索")
        handoffs.record_answer(tx, EpisodeAnswer("h3", Answer.REJECTED, no.at, SDR, no), learned_at=no.at)
        key = {"connection": "crm", "object": "Opportunity", "remote_id": "1", "learned_at": AT}
        won = {"won_at": AT + timedelta(days=9), "amount_minor": 20_000_000, "amount_currency": "CNY"}
        tx.execute(tables.opportunity_link.insert().values(**key, **won, account_id="acme"))
    store.close()
    return baton


def _hand_off(tx: Tx, id_: str, lead: str, at: datetime) -> None:
    frozen = {"cell": RESEARCH, "value": Money(1_000_000, "CNY"), "source": "event", "campaign": "spring"}
    assert handoffs.begin_handoff(tx, HandOff(id_, lead, 9, at, SDR, owner_id="r1", **frozen))
    (row,) = handoffs.claim_handoffs(tx, Claim(id_, at, at + timedelta(days=1)), limit=1)
    for point in ("confirmed_back", "done"):
        handoffs.advance(tx, row, point=point, at=at)


def test_the_month_adds_up(handed: Line) -> None:
    told = handed("kpi", "--date", "2026-10-20", "--by", "cell", "--json").json()
    assert (told["credits"], told["credited"]["minor"], told["counted_with"]) == (2, 2_000_000, 1)
    assert (told["reversals"], told["reversed"]["minor"]) == (1, 1_000_000)
    assert (told["value"]["minor"], told["leads"]) == (1_000_000, 1)
    assert told["target"]["minor"] == 5_000_000
    (correction,) = told["corrections"]
    assert (correction["kind"], correction["cause"]) == ("reversal", "duplicate")
    assert told["line"]["days"][12]["actual"] == 1_000_000
    assert told["line"]["days"][13]["actual"] == 2_000_000
    assert told["line"]["days"][17]["actual"] == 1_000_000
    assert told["mirror"]["won"] == {
        "wins": 1, "amount": {"minor": 20_000_000, "currency": "CNY", "text": "200000.00"}, "unpriced": 0, "ratio": "20",
    }  # fmt: skip
    (row,) = told["rows"]
    assert (row["key"], row["value"]) == (RESEARCH, told["value"])


def test_what_is_printed_for_machines_is_documented(handed: Line) -> None:
    for command, words in {"kpi": ("kpi", "--by", "owner"), "kpi plan": ("kpi", "plan")}.items():
        told = handed(*words, "--date", "2026-10-20", "--json").json()
        shape = shape_of(SECTIONS[command])
        assert sorted(set(differences(told, shape))) == []
        assert list(unseen(told, shape)) == []
        example = SECTIONS[command].split("```json\n")[1].split("```")[0]
        assert list(differences(orjson.loads(example), shape)) == []


@pytest.mark.parametrize(
    ("language", "said"),
    [
        (
            "en",
            [
                "20.0 % of the target of 50,000 CNY",
                "lead was none: − 10,000 CNY (1)",
                "Which leads make it",
            ],
        ),
        ("zh_CN", ["完成目标 50,000 CNY 的 20.0 %", "冲销 1 条无效线索，10,000 CNY", "线索组合"]),
    ],
)
def test_people_read_it_in_their_language(handed: Line, language: str, said: list[str]) -> None:
    shown = handed("kpi", "--date", "2026-10-20", "--by", "persona", language=language)
    assert shown.code == 0
    for part in (*said, "█", "─", "2026-10-31"):
        assert part in shown.out, shown.out
    assert "kpi." not in shown.out


def test_the_plan_is_shown_down_to_the_leads_of_a_month(handed: Line) -> None:
    shown = handed("kpi", "plan", "--date", "2026-10-20")
    assert "100,000 CNY" in shown.out
    assert "below what the plan asks" in shown.out
    for number in ("1,200,000 CNY", "east", "south"):
        assert number in shown.out, shown.out


def test_without_a_target_the_figures_are_shown_and_it_says_so(baton: Line) -> None:
    told = baton("kpi", "--period", "year", "--date", "2026-10-20", "--json").json()
    assert (told["target"], told["mix"], told["value"]["minor"]) == (None, None, 0)
    assert any("targets.yaml" in note for note in told["notes"])
    assert baton("kpi", "--period", "fortnight").code == 2
    assert baton("kpi", "plan").code == 0
