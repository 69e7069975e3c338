"""Hints, the nightly comparison, provisioning: the steps beside the poll."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import timedelta

import orjson
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from connector.errors import RecordRefusedError
from connector.hubspot.events import MalformedEventsError, hints_of
from connector.ports import FieldSpec, Page, ProvisionStep, Window
from connector.sandbox.memory import MemoryOrg, MemoryPortal
from connector.store import inbox, mirror
from connector.store.inbox import Delivery
from connector.sync.inbox import HUBSPOT_EVENTS, RECORDS, drain
from connector.sync.provision import check, provision
from connector.sync.reconcile import reconcile
from connector.sync.results import RoundResult
from mappings.problems import Severity
from mappings.records import RecordKey
from tests.sync.reading.bench import Bench


def deliver(bench: Bench, body: object, *, kind: str = HUBSPOT_EVENTS, connection: str = "marketing") -> None:
    """A delivery comes in."""
    raw = body if isinstance(body, bytes) else orjson.dumps(body)
    with bench.store.begin() as tx:
        inbox.receive(tx, Delivery(connection, kind, f"{kind}{raw!r}", raw), at=bench.engine.now())


def event(key: RecordKey, what: str = "contact.propertyChange", **more: object) -> dict[str, object]:
    return {"subscriptionType": what, "objectId": int(key.id), **more}


def test_a_hint_is_read_at_once_before_the_search_index_knows(bench: Bench) -> None:
    key = bench.contact(email="a@acme.com", jobtitle="Clerk")
    bench.round()
    bench.portal.update("contacts", key.id, {"jobtitle": "CEO"})
    deliver(bench, [event(key)])
    result = RoundResult()
    drain(bench.engine, result)
    assert bench.mirrored(key).fields["jobtitle"] == "CEO"
    assert result.of("marketing", "contacts").changed == 1
    assert bench.rows("SELECT count(*) FROM hint") == [(0,)]


def test_a_hint_at_a_record_that_is_gone_closes_it(bench: Bench) -> None:
    key = bench.contact(email="a@acme.com")
    bench.round()
    bench.portal.archive("contacts", key.id)
    deliver(bench, [event(key, "contact.deletion")])
    bench.round()
    assert bench.state_of(key) == "gone"


def test_a_hint_at_a_record_nobody_has_is_dropped(bench: Bench) -> None:
    deliver(bench, [{"object": "Lead", "id": "00Q000000000000"}], kind=RECORDS, connection="crm")
    bench.round()
    assert bench.leads() == 0
    assert bench.rows("SELECT count(*) FROM hint") == [(0,)]


def test_a_hint_that_cannot_be_followed_now_waits(bench: Bench) -> None:
    key = bench.contact(email="a@acme.com")
    deliver(bench, [event(key)])

    class Deaf(MemoryPortal):
        def fetch(self, object: str, ids: Sequence[str], fields: Sequence[str]) -> Iterator[object]:  # type: ignore[override]
            raise RecordRefusedError("marketing", "no")

    bench.swap(marketing=Deaf(bench.portal, "marketing"))
    result = RoundResult()
    drain(bench.engine, result)
    assert result.trouble == ["marketing contacts: no"]
    assert bench.rows("SELECT count(*) FROM hint") == [(1,)]


@pytest.mark.parametrize("body", [b"{}", b"[1]", b"<xml/>", b""])
def test_a_delivery_that_cannot_be_understood_is_kept_with_the_reason(bench: Bench, body: bytes) -> None:
    deliver(bench, body)
    deliver(bench, [], kind="unheard_of")
    drain(bench.engine, RoundResult())
    told = bench.rows("SELECT error FROM inbox WHERE done_at IS NOT NULL ORDER BY id")
    assert told == [("MalformedEventsError",), ("KeyError",)]


def test_a_privacy_deletion_waits_for_a_person(bench: Bench) -> None:
    key = bench.contact(email="a@acme.com")
    deliver(bench, [event(key, "contact.privacyDeletion")])
    bench.round()
    assert bench.rows("SELECT kind, key FROM parked") == [("privacy", str(key))]


def test_events_name_their_records_in_every_form() -> None:
    body = [
        {"subscriptionType": "object.propertyChange", "objectTypeId": "0-136", "objectId": 1},
        {"subscriptionType": "contact.merge", "primaryObjectId": 2, "mergedObjectIds": [3], "newObjectId": 4},
        {"subscriptionType": "contact.associationChange", "associationType": "CONTACT_TO_COMPANY",
         "fromObjectId": 5, "toObjectId": 6},
        {"subscriptionType": "object.associationChange", "fromObjectTypeId": "0-3", "fromObjectId": 7,
         "toObjectTypeId": "0-1", "toObjectId": 8},
        {"subscriptionType": "object.creation", "objectTypeId": "0-46", "objectId": 9},
    ]  # fmt: skip
    named = [(hint.object, hint.id) for hint in hints_of(orjson.dumps(body))]
    contacts = [("contacts", "2"), ("contacts", "4"), ("contacts", "3"), ("contacts", "5")]
    assert named == [("leads", "1"), *contacts, ("companies", "6"), ("deals", "7"), ("contacts", "8")]
    with pytest.raises(MalformedEventsError):
        hints_of(b'{"objectId": 1}')


ACTS = st.lists(
    st.tuples(st.sampled_from(["make", "edit", "hint", "round", "archive"]), st.integers(0, 4)), max_size=14
)


class Crowd:
    """Contacts by number, and what each was last called by a person."""

    def __init__(self, bench: Bench) -> None:
        self._bench = bench
        self._keys: dict[int, RecordKey] = {}
        self.names: dict[RecordKey, str] = {}
        self.gone: set[RecordKey] = set()

    def act(self, what: str, who: int, mark: str) -> None:
        """Somebody does something with a contact; nothing where there is none."""
        key = self._keys.get(who)
        if what == "round":
            self._bench.round(wait=30)
        elif key is None:
            if what == "make":
                self._keys[who] = key = self._bench.contact(email=f"p{mark}@acme.com", lastname=mark)
                self.names[key] = mark
        elif what == "hint":
            deliver(self._bench, [event(key), event(key)] * 2)
        elif key in self.names:
            self._change(what, key, mark)

    def _change(self, what: str, key: RecordKey, mark: str) -> None:
        if what == "edit":
            self.names[key] = mark
            self._bench.portal.update("contacts", key.id, {"lastname": mark})
        elif what == "archive":
            self._bench.portal.archive("contacts", key.id)
            del self.names[key]
            self.gone.add(key)


@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(acts=ACTS)
def test_i5_whatever_is_done_and_hinted_in_whatever_order_each_record_keeps_its_own_values(
    bench: Bench, acts: list[tuple[str, int]]
) -> None:
    crowd = Crowd(bench)
    for number, (what, who) in enumerate(acts):
        crowd.act(what, who, f"{bench.world.clock.now().timestamp()}-{number}")
    bench.round(wait=3700)
    for key, name in crowd.names.items():
        assert bench.mirrored(key).fields["lastname"] == name
        assert bench.state_of(key) == "active"
    assert len({bench.lead_of(key) for key in crowd.names}) == len(crowd.names)
    for key in crowd.gone:
        found = bench.rows("SELECT state FROM link WHERE remote_id = :id", id=key.id)
        assert found in ([], [("gone",)])


def test_i9_equal_counts_cost_one_call_an_object_and_say_nothing(bench: Bench) -> None:
    bench.contact(email="a@acme.com")
    bench.org.convert(bench.lead(Email="b@acme.com").id)
    bench.round()
    bench.wait(hours=1)
    result = RoundResult()
    rows = reconcile(bench.engine, result)
    assert result.trouble == []
    assert not any(row.differs for row in rows)
    assert result.of("marketing", "contacts").calls == 1


def test_i9_what_was_missed_is_shown_and_read(bench: Bench) -> None:
    key = bench.contact(email="a@acme.com")
    bench.round()
    with bench.store.begin() as tx:
        mirror.forget(tx, key)
    bench.wait(minutes=5)
    result = RoundResult()
    reconcile(bench.engine, result)
    assert "the system has 1, Baton knew 0" in result.trouble[0]
    assert bench.mirrored(key).fields["email"] == "a@acme.com"


def test_a_vanished_record_waits_for_a_person_and_its_link_is_closed(bench: Bench) -> None:
    key = bench.contact(email="a@acme.com")
    bench.portal.load("contacts", [{"email": f"p{n}@acme.com"} for n in range(5)])
    bench.round()
    bench.portal.gdpr_delete(key.id)
    bench.wait(hours=2)
    rows = reconcile(bench.engine, RoundResult())
    bench.round()
    assert [row.vanished for row in rows if row.object == "contacts"] == [1]
    assert bench.state_of(key) == "gone"
    assert bench.rows("SELECT kind, key FROM parked") == [("vanished", str(key))]
    assert not any(row.differs for row in reconcile(bench.engine, RoundResult()))


def test_a_flood_of_vanished_records_is_not_believed(bench: Bench) -> None:
    bench.portal.load("contacts", [{"email": f"p{n}@acme.com"} for n in range(40)])
    bench.round()

    class Narrow(MemoryPortal):
        def changed(self, object: str, window: Window, fields: Sequence[str]) -> Iterator[Page]:
            for page in super().changed(object, window, fields):
                yield Page(page.rows[:20], page.after)

        def count(self, object: str) -> int:
            return 20 if object == "contacts" else super().count(object)

    bench.swap(marketing=Narrow(bench.portal, "marketing"))
    result = RoundResult()
    reconcile(bench.engine, result)
    assert "20 of 40 contacts are not listed any more" in result.trouble[0]
    assert bench.rows("SELECT count(*) FROM mirror WHERE state = 'active'") == [(40,)]


def test_provisioning_twice_creates_nothing_the_second_time(bench: Bench) -> None:
    again = provision(bench.engine)
    assert {finding.code for finding in again if finding.name.lower().startswith("baton_cell")} == {"present"}
    assert not [finding for finding in again if finding.code == "created"]


def test_without_apply_it_says_what_it_would_make_and_makes_nothing(bench: Bench) -> None:
    del bench.portal.schemas["contacts"].properties["baton_cell"]
    planned = provision(bench.engine, apply=False)
    assert [(f.object, f.name) for f in planned if f.code == "missing"] == [("contacts", "baton_cell")]
    assert "baton_cell" not in bench.portal.schemas["contacts"].properties


def test_an_object_that_refuses_is_told_beside_the_others(bench: Bench) -> None:
    class Refusing(MemoryOrg):
        def provision(self, object: str, wanted: Sequence[FieldSpec]) -> Iterator[ProvisionStep]:
            if object == "Lead":
                raise RecordRefusedError("crm", "no right to make fields", "INSUFFICIENT_ACCESS")
            yield from super().provision(object, wanted)

    bench.swap(crm=Refusing(bench.org, "crm"))
    found = provision(bench.engine)
    refused = [f for f in found if f.severity is Severity.ERROR]
    assert [(f.connection, f.object) for f in refused] == [("crm", "Lead")]
    assert any(f.object == "Contact" for f in found)


def test_check_names_connection_object_and_field_of_what_is_missing(bench: Bench) -> None:
    del bench.portal.schemas["contacts"].properties["baton_cell"]
    found = {(f.connection, f.object, f.name, f.code) for f in check(bench.engine)}
    assert ("marketing", "connection", "token", "granted") in found
    assert ("marketing", "contacts", "baton_cell", "own_field_missing") in found


def test_an_hour_later_nothing_is_gone_that_was_never_heard_of(bench: Bench) -> None:
    key = bench.contact(email="a@acme.com")
    bench.portal.archive("contacts", key.id)
    for _ in range(2):
        bench.round(wait=timedelta(hours=1).total_seconds())
    assert bench.rows("SELECT count(*) FROM mirror") == [(0,)]
