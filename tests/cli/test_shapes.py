"""What these commands print with `--json` is what docs/json.md says, key by key."""

from __future__ import annotations

from typing import Any

import orjson
import pytest

from connector.store import identities, parked
from connector.store.parked import Trouble
from tests.cli.conftest import BEGIN, Line
from tests.docs.test_json_shapes import SECTIONS, differences, shape_of


@pytest.fixture
def printed(baton: Line) -> dict[str, Any]:
    """One document of each command."""
    ids = [baton("lead", "show", one, "--json").json()["id"] for one in baton.leads]
    store = baton.store
    with store.begin() as tx:
        identities.suggest(tx, (ids[0], ids[1]), reason="company_and_name", score=0.5, at=BEGIN)
        for kind, key in (("vanished", "marketing:contacts:7"), ("record", baton.leads[0])):
            parked.park(tx, Trouble(kind, key, "not_found"), at=BEGIN)
    store.close()
    told = {"suggestions list": baton("suggestions", "list", "--json").json()}
    told["parked list"] = baton("parked", "list", "--json").json()
    gone = next(row["id"] for row in told["parked list"] if not row["replay"])
    told["parked replay"] = baton("parked", "replay", gone, "--json").json()
    told["parked done"] = baton("parked", "done", gone, "--json").json()
    told["sla list"] = baton("sla", "list", "--json").json()
    number = str(told["suggestions list"][0]["id"])
    told["suggestions same"] = baton("suggestions", "same", number, "--json").json()
    told["lead split"] = baton("lead", "split", baton.leads[1], "--json").json()
    return told


def test_the_keys_documented_are_those_printed(printed: dict[str, Any]) -> None:
    found = {name: sorted(set(differences(one, shape_of(SECTIONS[name])))) for name, one in printed.items()}
    assert {name: faults for name, faults in found.items() if faults} == {}


def test_the_examples_have_the_documented_keys(printed: dict[str, Any]) -> None:
    for name in printed:
        example = SECTIONS[name].split("```json\n")[1].split("```")[0]
        assert list(differences(orjson.loads(example), shape_of(SECTIONS[name]))) == []
