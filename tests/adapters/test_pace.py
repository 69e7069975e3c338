"""Against a portal that enforces its limits, with a sleep that moves its clock: fast enough, and hardly ever refused."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

import connector.hubspot
from connector.ports import Window
from mappings.records import SystemRole
from tests.contract.benches import SECOND, START, HubSpotBench


def paced(bench: HubSpotBench, slept: list[float], **changes: Any) -> Any:
    def sleep(seconds: float) -> None:
        slept.append(seconds)
        bench.world.clock.advance(timedelta(seconds=seconds))

    settings = replace(bench.settings, daily_share=1.0, **changes)
    return connector.hubspot.connect(
        settings, clock=bench.world.clock, sleep=sleep, role=SystemRole.MARKETING, rng=random.Random(3)
    )


def refused(bench: HubSpotBench) -> int:
    assert bench.stage.app is not None
    return sum(call.status == 429 for call in bench.stage.app.log.calls)


def test_a_first_load_stays_under_the_ten_second_limit(hubspot: HubSpotBench) -> None:
    hubspot.world.switches.enforce_rate_limits = True
    made = hubspot.add(["x"] * 40_000)
    slept: list[float] = []
    system = paced(hubspot, slept)
    window = Window(None, hubspot.world.clock.now() + SECOND)
    found = [row.id for page in system.changed("contacts", window, ["lastname"]) for row in page.rows]
    system.close()
    assert len(set(found)) == len(made)
    assert refused(hubspot) <= system.calls * 0.05
    assert sum(slept) < 60


@pytest.mark.parametrize("rate", [4.5, 0])
def test_searches_stay_under_five_a_second(hubspot: HubSpotBench, rate: float) -> None:
    hubspot.world.switches.enforce_rate_limits = True
    made = hubspot.add(["x"] * 8_000)
    slept: list[float] = []
    system = paced(hubspot, slept, searches_per_second=rate)
    window = Window(START - SECOND, hubspot.world.clock.now() + SECOND)
    found = [row.id for page in system.changed("contacts", window, ["lastname"]) for row in page.rows]
    system.close()
    assert len(set(found)) == len(made)
    if rate:
        assert refused(hubspot) == 0
    else:
        assert refused(hubspot) > 0
