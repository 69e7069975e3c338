"""What `baton config try` says of a person of a file is what a round decides of the same person in the portal."""

from __future__ import annotations

import itertools

import orjson
import pytest

from connector.domain.decide import decide
from connector.files.persons import read_person
from connector.store.known import known_of
from connector.sync.readers import readers_for
from connector.sync.round import Choice
from connector.sync.trial import place
from tests.sync.bench import DEMO, PRICE, Desk

SAID = (DEMO, PRICE, "不需要演示，谢谢", "What are your advantages?", "我在写毕业论文，求一份报价")
FIRMS = (("8000000", "12"), ("60000000", ""), ("", "1200"), ("", ""), ("990000000", "3"))
TITLES = ("总经理", "Intern", "采购经理", "")


@pytest.mark.parametrize("turn", range(4))
def test_a_person_is_placed_alike_in_a_file_and_through_the_store(desk: Desk, turn: int) -> None:
    told = []
    for nth, (said, (revenue, staff)) in enumerate(itertools.product(SAID, FIRMS)):
        title = TITLES[(nth + turn) % 4]
        firm = desk.company(f"公司{nth}", annualrevenue=revenue, numberofemployees=staff)
        contact = desk.contact(firm, company=f"公司{nth}", jobtitle=title)
        desk.writes(contact, said)
        written = desk.world.clock.now().isoformat()
        told.append((contact, said, revenue, staff, title, written))
        desk.wait(hours=1)
    desk.round(Choice(dry_run=True))
    now = desk.engine.now()
    for number, (contact, said, revenue, staff, title, written) in enumerate(told):
        lead_id = desk.lead_of(contact)
        with desk.store.read() as tx:
            rules = desk.engine.rules(tx)
            (known,) = known_of(tx, [lead_id], readers_for(desk.engine, tx), now=now)
        document = {
            "person": {
                "title": title, "email": known.person.email, "name": "王伟", "company": f"公司{number}",
                "source": "organic_search",
            },
            "account": {"revenue": int(revenue) if revenue else None, "employees": int(staff) if staff else None},
            "activities": [
                {"kind": "email_reply", "direction": "in", "subject": "咨询", "text": said, "at": written}
            ],
            "as_of": now.isoformat(),
        }  # fmt: skip
        read = read_person(orjson.dumps(document), number=number, now=now, zone=desk.engine.zone)
        alone, stored = place(read, rules), decide(known, rules, now)
        assert (alone["persona"], alone["role"], alone["stage"]) == (
            stored.persona.id,
            stored.role,
            stored.stage.id,
        )
        assert alone["lifecycle"] == stored.step
        assert alone["gate"] == [one.name for one in stored.gate if not one.passed]
        assert [(e["signal"], e["strength"]) for e in alone["evidence"]] == [
            (e.signal, e.strength) for e in stored.evidence
        ]
