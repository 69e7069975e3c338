"""What is told to both teams of rejections, and what is asked of managers and reps."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from baton.digest_text import told
from connector.domain.dispute import Settle
from connector.domain.facts import Actor, Message
from connector.reports.asks import asks, asks_document
from connector.reports.rejections import digest, period_of
from connector.reports.rejections_json import digest_document
from connector.store import parked
from connector.sync import commands
from connector.sync.knowing import knowing
from mappings.records import RecordKey
from tests.docs.test_json_shapes import SECTIONS, differences, shape_of
from tests.sync.bench import MANAGER, SDR, Desk

_FIRMS = itertools.count(1)


def saying(desk: Desk, locale: str = "en") -> Callable[[Message], str]:
    return lambda message: desk.engine.render(message, locale)


def digested(
    desk: Desk, *, length: Any = "day", locale: str = "en", day: date | None = None
) -> dict[str, Any]:
    """The digest of today, or of the week of today."""
    now = desk.engine.now()
    with desk.store.read() as tx:
        policies = desk.engine.rules(tx).policies
        period = period_of(length, day or now.date(), now=now, time_zone=policies.time_zone)
        found = digest(tx, period, policies, knowing=knowing(desk.engine, tx))
        return digest_document(found, saying(desk, locale))


def asked(desk: Desk, kind: str = "", locale: str = "en") -> list[dict[str, Any]]:
    with desk.store.read() as tx:
        return asks_document(asks(tx, kind), knowing(desk.engine, tx), saying(desk, locale))


def rejected(desk: Desk, reason: str = "no_budget", **more: Any) -> tuple[RecordKey, str]:
    """A lead that sales rejected in the CRM, with its record."""
    firm = f"第{next(_FIRMS)}机械有限公司"
    contact = desk.hot(company=firm, **more)
    desk.round()
    crm = desk.episodes(contact)[0].crm
    assert crm
    desk.rep_rejects(crm.id, reason, Baton_Rejection_Note__c="客户没有预算")
    desk.settle()
    return contact, crm.id


@pytest.mark.parametrize(
    ("length", "day", "start", "end"),
    [
        ("day", None, "2026-11-03T16:00", "2026-11-04T16:00"),
        ("day", date(2026, 11, 2), "2026-11-01T16:00", "2026-11-02T16:00"),
        ("week", None, "2026-10-25T16:00", "2026-11-01T16:00"),
        ("week", date(2026, 11, 8), "2026-11-01T16:00", "2026-11-08T16:00"),
    ],
)
def test_a_period_is_a_day_or_a_week_of_the_business_time_zone_the_last_one_over(
    length: Any, day: date | None, start: str, end: str
) -> None:
    now = datetime(2026, 11, 4, 17, tzinfo=UTC)  # the 5th, one in the morning in Shanghai: a Thursday
    period = period_of(length, day, now=now, time_zone="Asia/Shanghai")
    found = [moment.astimezone(UTC).isoformat()[:16] for moment in (period.start, period.end)]
    assert found == [start, end]


def test_a_rejection_is_told_with_what_was_said_and_counted_by_every_dimension(desk: Desk) -> None:
    contact, lead = rejected(desk)
    document = digested(desk)
    assert sorted(set(differences(document, shape_of(SECTIONS["digest"])))) == []
    (one,) = document["rejections"]
    rep = desk.org.get("Lead", lead)["OwnerId"]
    assert (one["person"], one["company"], one["record"]) == (
        "王伟",
        desk.property(contact, "company"),
        str(contact),
    )
    assert (one["reason"], one["note"], one["rep_id"], one["said_by"]) == (
        "no_budget",
        "客户没有预算",
        rep,
        rep,
    )
    assert "产品演示" in " ".join(line["said"] for line in one["timeline"])
    assert one["timeline"][0]["who"] == "customer"
    assert one["cooldown_until"]
    counts = document["counts"]
    assert [row["key"] for row in counts["reason"]] == ["no_budget"]
    assert [row["label"] for row in counts["reason"]] == ["No budget"]
    assert [row["key"] for row in counts["cell"]] == [one["cell"]]
    assert [(row["rep_id"], row["sdr_id"], row["count"]) for row in counts["pair"]] == [(rep, "", 1)]
    assert all(sum(row["count"] for row in rows) == 1 for rows in counts.values())
    assert digested(desk, length="week")["total"] == 1
    assert digested(desk, day=date(2026, 10, 1))["total"] == 0


def test_an_owed_reason_an_open_contest_and_a_finding_are_told(desk: Desk) -> None:
    owing, _ = rejected(desk, "")
    doubted, _ = rejected(desk)
    wronged, _ = rejected(desk)
    commands.contest(desk.engine, str(doubted), actor=SDR, note="预算已批")
    commands.contest(desk.engine, str(wronged), actor=SDR, note="预算已批")
    found = Settle(MANAGER, "rep", "客户说预算上周已批")
    commands.settle(desk.engine, str(wronged), finding=found)
    document = digested(desk)
    assert sorted(set(differences(document, shape_of(SECTIONS["digest"])))) == []
    assert (document["total"], document["annulled"]) == (3, 1)
    assert sum(row["count"] for row in document["counts"]["reason"]) == 2  # the annulled one was none
    assert [one["record"] for one in document["contests"]] == [str(doubted)]
    assert [(one["record"], one["finding"]) for one in document["findings"]] == [(str(wronged), "rep")]
    assert [one["record"] for rep in document["owed"] for one in rep["leads"]] == [str(owing)]
    listed = asked(desk)
    assert sorted(set(differences(listed, shape_of(SECTIONS["asks list"])))) == []
    assert [(one["kind"], one["record"]) for one in listed] == [
        ("reason_owed", str(owing)),
        ("contest", str(doubted)),
    ]
    for locale in ("en", "zh_CN"):
        text = "\n".join(told(digested(desk, locale=locale), saying(desk, locale)))
        assert "{" not in text
        assert "digest." not in text
        assert "客户没有预算" in text
        assert "预算已批" in text


def test_a_reason_given_at_last_is_owed_no_more(desk: Desk) -> None:
    _, lead = rejected(desk, "")
    assert [one["kind"] for one in asked(desk)] == ["reason_owed"]
    desk.rep_writes(lead, Baton_Rejection_Reason__c="no_budget")
    desk.settle()
    assert asked(desk) == []


def test_25_rejections_in_an_hour_in_the_crm_stand_and_the_manager_is_asked_to_look(desk: Desk) -> None:
    contacts = [desk.hot() for _ in range(25)]
    desk.settle()
    user = desk.org.add_user("Flow", "Automation", "flow@vendor.example")
    for lead in desk.leads():
        values = {"Status": "Closed - Not Converted", "Baton_Rejection_Reason__c": "no_budget"}
        desk.org.update("Lead", lead["Id"], values, as_user=user, auto_assign=False)
    desk.settle()
    assert {desk.step(contact) for contact in contacts} == {"recycled"}
    (flood,) = asked(desk, "flood")
    assert (flood["who_id"], flood["count"]) == (user, 25)
    document = digested(desk)
    assert document["total"] == 25
    assert [(one["by_id"], one["count"]) for one in document["floods"]] == [(user, 25)]
    assert sorted(set(differences(document, shape_of(SECTIONS["digest"])))) == []
    with desk.store.begin() as tx:
        parked.resolve_parked(tx, [flood["parked"]], at=desk.engine.now(), by="boss")
    desk.settle()
    assert asked(desk, "flood") == []  # looked at once


def test_a_rep_who_is_sent_to_the_manager_is_on_the_managers_list_until_the_lead_is_answered(
    desk: Desk,
) -> None:
    contacts = [desk.hot() for _ in range(21)]
    desk.round()
    rep = desk.leads()[0]["OwnerId"]
    replies = [desk.reject(contact, by=rep) for contact in contacts]
    assert replies[-1].code == "ask_manager"
    assert [(one["record"], one["who_id"]) for one in asked(desk, "rejection")] == [(str(contacts[-1]), rep)]
    commands.reject(
        desk.engine, str(contacts[-1]), actor=MANAGER, rejection=commands.NewRejection("no_budget")
    )
    assert asked(desk, "rejection") == []


def test_a_customer_who_comes_back_early_is_asked_about_once_until_somebody_answers(desk: Desk) -> None:
    contact, _ = rejected(desk)
    desk.wait(days=2)
    desk.writes(contact)
    desk.settle()
    (ask,) = asked(desk)
    assert (ask["kind"], ask["record"]) == ("override", str(contact))
    assert "baton lead override" in ask["to_do"]
    desk.wait(hours=5)
    desk.round()
    assert [one["at"] for one in asked(desk)] == [ask["at"]]
    with desk.store.begin() as tx:
        parked.resolve_parked(tx, [ask["parked"]], at=desk.engine.now(), by="boss")
    desk.settle()
    assert asked(desk) == []  # the manager said no; the same words are not asked about again
    desk.wait(days=1)
    desk.writes(contact, "请尽快给我们报价，也在对比几家供应商")
    desk.settle()
    assert [one["kind"] for one in asked(desk)] == ["override"]
    commands.override(desk.engine, str(contact), actor=Actor("manager", "boss"), reason="客户催")
    assert asked(desk) == []


def test_a_rejection_learned_late_is_in_the_digest_of_the_day_it_was_learned(desk: Desk) -> None:
    contact = desk.hot()
    desk.round()
    crm = desk.episodes(contact)[0].crm
    assert crm
    desk.rep_rejects(crm.id)
    said = desk.engine.now().date()
    desk.wait(days=2)
    desk.settle()
    assert digested(desk, day=said)["total"] == 0
    assert digested(desk, day=said + timedelta(days=2))["total"] == 1
