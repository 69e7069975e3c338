"""What every hand-off desk promises: exactly one lead, however often it is asked and whatever gets lost."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from connector.errors import DuplicateRecordError, RecordRefusedError
from connector.ports import FieldSpec, NewLead, Write
from connector.sandbox.salesforce.rules import DuplicateRule
from mappings.records import RecordKey
from tests.contract.benches import Bench

FIELDS = {"LastName": "王伟", "Company": "示例公司", "Email": "wang@example.com"}


@pytest.fixture
def desk(bench: Bench) -> Bench:
    """A bench whose system opens leads."""
    if not bench.system.capabilities.owns_leads:
        pytest.skip("owns_leads: this connection opens no sales leads")
    return bench


def org(bench: Bench) -> Any:
    return bench.org  # type: ignore[attr-defined]


def leads(bench: Bench) -> list[Any]:
    return list(org(bench).query("SELECT Id, OwnerId, LastName, Baton_Id__c FROM Lead"))


def rep(bench: Bench) -> str:
    found = org(bench).query("SELECT Id FROM User WHERE FirstName = 'Rosa'")
    return str(found[0]["Id"])


class TestOpenLead:
    def test_it_makes_a_lead_with_its_fields_owner_and_baton_id(self, desk: Bench) -> None:
        key = desk.system.open_lead(NewLead("b-1", "h-1", FIELDS, rep(desk)))
        assert key == RecordKey("crm", "Lead", leads(desk)[0]["Id"])
        assert leads(desk)[0] | {"attributes": None} == {
            "attributes": None,
            "Id": key.id,
            "OwnerId": rep(desk),
            "LastName": "王伟",
            "Baton_Id__c": "b-1",
        }

    def test_asked_again_it_gives_the_same_lead(self, desk: Bench) -> None:
        new = NewLead("b-1", "h-1", FIELDS, rep(desk))
        assert desk.system.open_lead(new) == desk.system.open_lead(new) == desk.connect().open_lead(new)
        assert len(leads(desk)) == 1

    @pytest.mark.parametrize("owner", ["rep", ""])
    def test_i17_an_answer_that_is_lost_makes_no_second_lead(self, desk: Bench, owner: str) -> None:
        if not desk.wire:
            pytest.skip("no wire: the caller repeats in memory")
        desk.fault("lose_answer", method="PATCH", path="/sobjects/Lead/")
        new = NewLead("b-1", "h-1", FIELDS, rep(desk) if owner else "")
        key = desk.system.open_lead(new)
        assert [lead["Id"] for lead in leads(desk)] == [key.id]

    def test_without_an_owner_the_orgs_rule_finds_one_once(self, desk: Bench) -> None:
        first, second = org(desk).add_queue("First"), org(desk).add_queue("Second")
        org(desk).assign_by_turns([first, second])
        new = NewLead("b-1", "h-1", FIELDS)
        desk.system.open_lead(new)
        desk.system.open_lead(new)
        assert leads(desk)[0]["OwnerId"] == first

    def test_with_an_owner_no_rule_interferes(self, desk: Bench) -> None:
        org(desk).assign_by_turns([org(desk).add_queue("Thieves")])
        desk.system.open_lead(NewLead("b-1", "h-1", FIELDS, rep(desk)))
        assert leads(desk)[0]["OwnerId"] == rep(desk)

    def test_a_baton_id_with_awkward_letters_is_one_lead_too(self, desk: Bench) -> None:
        new = NewLead("a/b c?%&+#王", "h-1", FIELDS, rep(desk))
        assert desk.system.open_lead(new) == desk.system.open_lead(new)
        assert [lead["Baton_Id__c"] for lead in leads(desk)] == ["a/b c?%&+#王"]

    def test_a_lead_that_a_person_made_is_adopted_when_named(self, desk: Bench) -> None:
        made = desk.add(["王伟"])[0]
        new = NewLead("b-1", "h-1", FIELDS, rep(desk), RecordKey("crm", "Lead", made))
        assert desk.system.open_lead(new).id == made
        assert [(lead["Id"], lead["Baton_Id__c"]) for lead in leads(desk)] == [(made, "b-1")]

    def test_a_duplicate_rule_is_told_with_the_ids_that_stand_in_the_way(self, desk: Bench) -> None:
        org(desk).rules.duplicate.append(DuplicateRule("Lead", ("Email",)))
        there = org(desk).create("Lead", FIELDS, auto_assign=False)
        with pytest.raises(DuplicateRecordError) as caught:
            desk.system.open_lead(NewLead("b-1", "h-1", FIELDS, rep(desk)))
        assert caught.value.existing_ids == (there,)
        assert "wang@example.com" not in f"{caught.value!r}"

    def test_find_lead_gives_nothing_before_and_the_lead_after(self, desk: Bench) -> None:
        new = NewLead("b-1", "h-1", FIELDS, rep(desk))
        assert desk.system.find_lead(new) is None
        assert desk.system.open_lead(new) == desk.system.find_lead(new)

    def test_what_a_validation_rule_refuses_is_refused_for_good(self, desk: Bench) -> None:
        org(desk).forbid("Lead", "Company = '示例公司'", "不行")
        with pytest.raises(RecordRefusedError):
            desk.system.open_lead(NewLead("b-1", "h-1", FIELDS, rep(desk)))
        assert leads(desk) == []

    def test_two_holders_of_one_baton_id_are_told(self, desk: Bench) -> None:
        org(desk).load("Lead", [{"LastName": "x", "Company": "y", "Baton_Id__c": "b-1"}] * 2)
        with pytest.raises(DuplicateRecordError) as caught:
            desk.system.open_lead(NewLead("b-1", "h-1", FIELDS, rep(desk)))
        assert len(caught.value.existing_ids) == 2


class TestAssignAndNote:
    def test_a_user_and_a_queue_can_be_made_owner(self, desk: Bench) -> None:
        key = desk.system.open_lead(NewLead("b-1", "h-1", FIELDS, rep(desk)))
        for owner in (org(desk).add_queue("Queue"), rep(desk)):
            desk.system.assign(key, owner)
            assert leads(desk)[0]["OwnerId"] == owner

    def test_a_note_is_written_once_per_title(self, desk: Bench) -> None:
        key = desk.system.open_lead(NewLead("b-1", "h-1", FIELDS, rep(desk)))
        for title in ("Hand-off 'h-1'", "Hand-off 'h-1'", "Hand-off 'h-2'"):
            desk.system.note(key, title, "why it is ready")
        tasks = org(desk).query("SELECT WhoId, Subject, Description, IsClosed FROM Task ORDER BY Subject")
        assert [task["Subject"] for task in tasks] == ["Hand-off 'h-1'", "Hand-off 'h-2'"]
        assert {(task["WhoId"], task["Description"], task["IsClosed"]) for task in tasks} == {
            (key.id, "why it is ready", True)
        }

    def test_i17_a_note_whose_answer_is_lost_is_written_once(self, desk: Bench) -> None:
        if not desk.wire:
            pytest.skip("no wire: the caller repeats in memory")
        key = desk.system.open_lead(NewLead("b-1", "h-1", FIELDS, rep(desk)))
        desk.fault("lose_answer", method="POST", path="/sobjects/Task")
        desk.system.note(key, "Hand-off", "body")
        assert len(org(desk).query("SELECT Id FROM Task")) == 1

    def test_a_converted_lead_takes_no_write_and_names_its_contact(self, desk: Bench) -> None:
        key = desk.system.open_lead(NewLead("b-1", "h-1", FIELDS, rep(desk)))
        contact = org(desk).convert(key.id)["contactId"]
        result = desk.system.write("Lead", [Write(key.id, {"LastName": "x"})])[0]
        assert type(result.error).__name__ == "RecordConvertedError"
        row = next(iter(desk.system.fetch("Lead", [key.id], ["LastName"])))
        assert (row.state.value, row.merged_into) == ("converted", contact)


class TestNotOffered:
    def test_a_system_that_opens_no_leads_says_so(self, bench: Bench) -> None:
        if bench.system.capabilities.owns_leads:
            pytest.skip("owns_leads: this connection does")
        with pytest.raises(RecordRefusedError) as caught:
            bench.system.open_lead(NewLead("b-1", "h-1", {}))
        assert caught.value.code == "HANDOFF_NOT_OFFERED"


class TestFields:
    def wanted(self, bench: Bench) -> list[FieldSpec]:
        names = {"hubspot": "baton_{}", "salesforce": "Baton_{}__c"}[bench.vendor]
        return [
            FieldSpec(names.format("cell"), "Matrix cell", "text", length=80),
            FieldSpec(names.format("note"), "Why", "long_text"),
            FieldSpec(names.format("since"), "Stage since", "datetime"),
            FieldSpec(names.format("value"), "Value", "money"),
            FieldSpec(names.format("status"), "Hand-off", "choice", choices=("none", "requested")),
            FieldSpec(names.format("return"), "Return to me", "bool"),
        ]

    def test_provisioned_fields_are_there_seen_and_writable(self, bench: Bench) -> None:
        wanted = self.wanted(bench)
        steps = list(bench.system.provision(bench.person, wanted))
        refused = [
            (step.name, step.outcome, step.reason)
            for step in steps
            if step.outcome not in ("created", "granted")
        ]
        assert refused == []
        seen = bench.system.schema(bench.person).fields
        assert {spec.name for spec in wanted} <= set(seen)
        assert all(seen[spec.name].writable for spec in wanted)
        made = bench.add(["x"])[0]
        result = bench.system.write(bench.person, [Write(made, {wanted[0].name: "mid-market/negotiation"})])[
            0
        ]
        assert result.error is None
        row = next(iter(bench.system.fetch(bench.person, [made], [wanted[0].name])))
        assert row.fields == {wanted[0].name: "mid-market/negotiation"}

    def test_provisioning_again_changes_nothing(self, bench: Bench) -> None:
        list(bench.system.provision(bench.person, self.wanted(bench)))
        again = list(bench.connect().provision(bench.person, self.wanted(bench)))
        assert {step.outcome for step in again} == {"present"}

    def test_a_check_of_a_healthy_connection_refuses_nothing(self, bench: Bench) -> None:
        assert [step for step in bench.system.check() if step.outcome == "refused"] == []

    def test_a_check_with_a_wrong_address_says_so_and_stops(self, wire: Bench) -> None:
        steps = list(wire.connect(url="http://127.0.0.1:9").check())
        assert [(step.outcome, step.reason) for step in steps] == [("refused", "check_address")]

    def test_a_missing_permission_is_named_with_who_can_mend_it(self, wire: Bench) -> None:
        if wire.vendor != "hubspot":
            pytest.skip("scopes: Salesforce has object permissions, checked through describe")
        from pydantic import SecretStr

        scopes = [
            "crm.objects.contacts.read",
            "crm.objects.companies.read",
            "crm.objects.deals.read",
            "forms",
        ]
        wire.portal.add_token("pat-narrow", scopes=scopes)  # type: ignore[attr-defined]
        steps = {step.object: step for step in wire.connect(token=SecretStr("pat-narrow")).check()}
        assert steps["contacts"].outcome == "granted"
        assert (steps["email_events"].outcome, steps["email_events"].reason) == (
            "refused",
            "admin_grants_scope",
        )

    def test_i32_a_hidden_field_is_neither_selected_nor_emptied(self, wire: Bench) -> None:
        if wire.vendor != "salesforce":
            pytest.skip("field permissions: HubSpot tokens see every property")
        org(wire).add_field(
            "Lead.Secret__c", {"label": "Secret", "type": "Text", "length": 20}, visible=False
        )
        wire.add(["x"])
        fields = ["LastName", "Secret__c"]
        from connector.ports import Window

        window = Window(None, wire.world.clock.now() + timedelta(seconds=1))
        rows = [row for page in wire.system.changed("Lead", window, fields) for row in page.rows]
        assert [row.fields for row in rows] == [{"LastName": "x"}]
