"""The API's team: reps with their settings, and what sales began past the hand-off."""

from __future__ import annotations

from typing import Any

import orjson

from tests.sync.bench import Desk
from tests.webhooks.door import TOKEN, Door


def change(door: Door, owner: str, **body: Any) -> Any:
    headers = {"Authorization": f"Bearer {TOKEN}"}
    return door.app.test_client().patch(f"/api/v1/reps/{owner}", data=orjson.dumps(body), headers=headers)


def test_a_rep_is_changed_field_by_field_and_shown(door: Door, desk: Desk) -> None:
    desk.round()
    (owner,) = [row["Id"] for row in desk.org.query("SELECT Id FROM User WHERE LastName = 'N0'")]
    told = change(door, owner, capacity=5, groups=["key-accounts"], away_from="2026-12-24").get_json()
    assert (told["capacity"], told["groups"], told["away_from"]) == (5, ["key-accounts"], "2026-12-24")
    told = change(door, owner, away_from=None).get_json()
    assert (told["capacity"], told["away_from"]) == (5, None)
    listed = door.get("/api/v1/reps").get_json()["reps"]
    assert [one["capacity"] for one in listed if one["owner_id"] == owner] == [5]


def test_what_cannot_be_is_refused(door: Door, desk: Desk) -> None:
    desk.round()
    (owner,) = [row["Id"] for row in desk.org.query("SELECT Id FROM User WHERE LastName = 'N0'")]
    assert change(door, "nobody", weight=2).get_json()["code"] == "unknown_owner"
    wrong = change(door, owner, away_from="2026-12-24", away_to="2026-12-23")
    assert (wrong.status_code, wrong.get_json()["code"]) == (422, "absence_order")
    assert change(door, owner, capacity=-1).status_code == 422


def test_bypasses_are_listed(door: Door) -> None:
    assert door.get("/api/v1/bypasses").get_json() == {"bypasses": []}
