"""Calls are the scarce good: how many each kind of work may take, and not one more."""

from __future__ import annotations

from math import ceil

import pytest

from connector.ports import Window, Write
from tests.contract.benches import SECOND, Bench


@pytest.mark.parametrize("count", [1, 200, 401])
def test_writing_back_takes_one_call_per_full_batch(wire: Bench, count: int) -> None:
    ids = wire.add([f"name {number}" for number in range(count)])
    before = wire.system.calls
    if wire.vendor == "salesforce":
        wire.system.now()  # the token costs a call of its own, once
        before = wire.system.calls
    results = wire.system.write(wire.person, [Write(id_, {wire.name: "changed"}) for id_ in ids])
    assert [result.error for result in results] == [None] * count
    assert wire.system.calls - before == ceil(count / wire.system.capabilities.write_batch)


def test_the_batches_are_as_large_as_the_vendors_allow(wire: Bench) -> None:
    assert wire.system.capabilities.write_batch == {"hubspot": 100, "salesforce": 200}[wire.vendor]


def test_a_first_load_of_hubspot_takes_a_call_per_hundred(wire: Bench) -> None:
    if wire.vendor != "hubspot":
        pytest.skip("an org is listed by 2,000 rows or read in bulk: see its own tests")
    wire.add([f"name {number}" for number in range(250)])
    wire.system.now()
    before = wire.system.calls
    window = Window(None, wire.world.clock.now() + SECOND)
    assert sum(len(page.rows) for page in wire.system.changed(wire.person, window, [wire.name])) == 250
    assert wire.system.calls - before == 3
