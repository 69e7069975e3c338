"""What every adapter promises a writer: a result for each row, no row's error lost, none in another's way."""

from __future__ import annotations

import pytest

from connector.errors import RecordGoneError, RecordRefusedError, RemoteError, TryLaterError
from connector.ports import Write
from tests.contract.benches import Bench


class TestWrite:
    def test_written_values_are_in_the_system(self, bench: Bench) -> None:
        made = bench.add(["a", "b"])
        results = bench.system.write(
            bench.person, [Write(id_, {bench.name: f"new {id_}"}, id_) for id_ in made]
        )
        assert [(result.id, result.ref, result.error) for result in results] == [
            (id_, id_, None) for id_ in made
        ]
        assert [bench.stored(id_) for id_ in made] == [f"new {id_}" for id_ in made]

    def test_i8_one_poison_row_leaves_the_others_alone(self, bench: Bench) -> None:
        size = bench.system.capabilities.write_batch
        made = bench.add(["old"] * size)
        poison = {made[17]: {"No_Such_Field__c": "x"}}
        writes = [Write(id_, poison.get(id_, {bench.name: "new"}), id_) for id_ in made]
        results = bench.system.write(bench.person, writes)
        refused = [result for result in results if result.error is not None]
        assert [result.id for result in refused] == [made[17]]
        assert isinstance(refused[0].error, RecordRefusedError)
        assert sum(bench.stored(id_) == "new" for id_ in made) == size - 1

    def test_a_row_that_is_gone_says_so(self, bench: Bench) -> None:
        kept, gone = bench.add(["kept", "gone"])
        bench.remove(gone)
        results = bench.system.write(bench.person, [Write(id_, {bench.name: "new"}) for id_ in (gone, kept)])
        assert isinstance(results[0].error, RecordGoneError)
        assert results[1].error is None

    def test_none_clears_a_field(self, bench: Bench) -> None:
        made = bench.add(["x"])[0]
        field = {"hubspot": "company", "salesforce": "FirstName"}[bench.vendor]
        bench.system.write(bench.person, [Write(made, {field: "full"})])
        bench.system.write(bench.person, [Write(made, {field: None})])
        rows = list(bench.system.fetch(bench.person, [made], [field]))
        assert rows[0].fields.get(field) is None

    def test_two_writes_of_one_record_are_both_made_in_order(self, bench: Bench) -> None:
        made = bench.add(["x"])[0]
        results = bench.system.write(
            bench.person, [Write(made, {bench.name: "1"}), Write(made, {bench.name: "2"})]
        )
        assert [result.error for result in results] == [None, None]
        assert bench.stored(made) == "2"

    def test_more_than_one_batch_is_written(self, bench: Bench) -> None:
        made = bench.add(["x"] * 450)
        results = bench.system.write(bench.person, [Write(id_, {bench.name: "y"}) for id_ in made])
        assert [result.id for result in results] == made
        assert all(bench.stored(id_) == "y" for id_ in made)

    def test_writing_nothing_calls_nothing(self, bench: Bench) -> None:
        before = bench.system.calls
        assert list(bench.system.write(bench.person, [])) == []
        assert bench.system.calls == before

    def test_no_message_holds_a_value_of_the_record(self, bench: Bench) -> None:
        made = bench.add(["x"])[0]
        email = {"hubspot": "email", "salesforce": "Email"}[bench.vendor]
        result = bench.system.write(bench.person, [Write(made, {email: "not an address 13800138000"})])[0]
        assert isinstance(result.error, RemoteError)
        assert "13800138000" not in str(result.error)
        assert "13800138000" not in repr(result.error)


class TestRowFaults:
    def test_a_row_that_fails_alone_is_told_alone(self, wire: Bench) -> None:
        made = wire.add(["old"] * 5)
        body = {
            "hubspot": {"status": "error", "category": "VALIDATION_ERROR", "message": "no"},
            "salesforce": {
                "statusCode": "FIELD_CUSTOM_VALIDATION_EXCEPTION",
                "message": "不行",
                "fields": ["LastName"],
            },
        }[wire.vendor]
        wire.fault("partial", path=wire.write_path, rows=(3,), status=400, body=body)
        results = wire.system.write(wire.person, [Write(id_, {wire.name: "new"}) for id_ in made])
        assert [type(result.error) for result in results] == [
            type(None),
            type(None),
            type(None),
            RecordRefusedError,
            type(None),
        ]

    def test_a_locked_row_is_written_again_alone(self, wire: Bench) -> None:
        if wire.vendor != "salesforce":
            pytest.skip("row locks per row: HubSpot locks whole calls (423)")
        made = wire.add(["old"] * 3)
        body = {"statusCode": "UNABLE_TO_LOCK_ROW", "message": "locked", "fields": []}
        wire.fault("partial", path=wire.write_path, rows=(1,), status=400, body=body)
        results = wire.system.write(wire.person, [Write(id_, {wire.name: "new"}) for id_ in made])
        assert [result.error for result in results] == [None, None, None]
        assert [wire.stored(id_) for id_ in made] == ["new"] * 3
        assert len(wire.waits) == 1

    def test_a_row_that_stays_locked_is_told_as_passing(self, wire: Bench) -> None:
        if wire.vendor != "salesforce":
            pytest.skip("row locks per row: HubSpot locks whole calls (423)")
        made = wire.add(["old"])
        body = {"statusCode": "UNABLE_TO_LOCK_ROW", "message": "locked", "fields": []}
        wire.fault("partial", path=wire.write_path, rows=(0,), status=400, body=body, times=99)
        result = wire.system.write(wire.person, [Write(made[0], {wire.name: "new"})])[0]
        assert isinstance(result.error, TryLaterError)

    def test_a_batch_refused_whole_is_halved_until_the_bad_row_is_alone(self, wire: Bench) -> None:
        if wire.vendor != "hubspot":
            pytest.skip("per-row results always: Salesforce collections refuse no batch for a row")
        wire.world.switches.batch_multi_status = False
        made = wire.add(["old"] * 100)
        writes = [Write(id_, {wire.name: "new"} if id_ != made[40] else {"nonsense": "x"}) for id_ in made]
        results = wire.system.write(wire.person, writes)
        assert [result.id for result in results if result.error is not None] == [made[40]]
        assert sum(wire.stored(id_) == "new" for id_ in made) == 99
        assert wire.system.calls < 20
