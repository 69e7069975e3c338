"""Who speaks with the customer: one SDR of record, the others keep attribution."""

from __future__ import annotations

from dataclasses import replace

from connector.domain.conversation import contributors, sdr_of_record
from mappings.records import Direction, Kind, RecordKey
from tests.domain.deciding.tale import DAY, START, Tale, handed_off


def called(tale: Tale, who: str, *, reached: bool = True) -> None:
    tale.now += DAY
    tale.heard(
        "Spoke about the plant.", kind=Kind.CALL, direction=Direction.OUT, two_way=reached, author_id=who
    )


def record(tale: Tale) -> str:
    return sdr_of_record(tale.known, tale.rules.policies.recycling, tale.now)


def test_the_sdr_of_record_had_the_last_two_way_contact() -> None:
    tale = Tale()
    assert record(tale) == ""
    called(tale, "s1")
    called(tale, "s2")
    called(tale, "s1")
    called(tale, "s3", reached=False)
    assert record(tale) == "s1"
    found = contributors(tale.known, tale.rules.policies.recycling, tale.now)
    assert [(one.id, one.contacts, one.last_at) for one in found] == [
        ("s1", 2, START + 3 * DAY),
        ("s2", 1, START + 2 * DAY),
    ]


def test_a_rep_who_speaks_with_the_customer_in_sales_system_is_no_sdr_unless_named_one() -> None:
    tale = handed_off()
    called(tale, "s1")
    tale.crm("accepted")
    called(tale, "r1")
    last = tale.known.activities[-1]
    moved = replace(last, key=RecordKey("sf", "Task", "1"))
    tale.known = replace(tale.known, activities=(*tale.known.activities[:-1], moved))
    assert record(tale) == "s1"
    tale.known = replace(tale.known, sdrs=frozenset({"r1"}))
    assert record(tale) == "r1"
