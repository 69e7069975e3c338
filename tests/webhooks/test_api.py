"""The JSON API: who may ask, what is answered, and that nothing sent to it makes it fail."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import pytest
from pydantic import SecretStr
from werkzeug.test import TestResponse

from connector.store.owners import Rep, save_rep
from connector.sync.commands import UnknownLeadError
from mappings.records import RecordKey
from tests.sync.bench import DEMO, Desk
from tests.webhooks.door import Door, address
from webhooks import leads

NOBODY = RecordKey("marketing", "contacts", "999")
REJECTED = {"reason": "need_unclear", "note": "不清楚 🙂"}


@pytest.fixture
def ripe(desk: Desk) -> RecordKey:
    """A lead at its hand-off point, which waits for a click."""
    contact = desk.ripe()
    desk.settle()
    return contact


def codes(answer: TestResponse) -> tuple[int, str]:
    return answer.status_code, answer.get_json()["code"]


def fields(answer: TestResponse) -> Mapping[str, str]:
    assert answer.status_code == 422, answer.text
    return {one["field"]: one["message"] for one in answer.get_json()["fields"]}


# Who may ask


def test_nobody_asks_without_saying_who(door: Door, ripe: RecordKey) -> None:
    answer = door.app.test_client().get(address(ripe))
    assert codes(answer) == (401, "missing_token")
    assert answer.headers["WWW-Authenticate"].startswith("Bearer")
    assert codes(door.get(address(ripe), token="wrong")) == (401, "wrong_token")
    assert codes(door.get(address(ripe), Authorization="Basic eDp5")) == (401, "wrong_token")
    assert codes(door.get(address(ripe), Authorization="Bearer 令牌".encode().decode("latin-1")))[0] == 401


def test_without_a_token_in_the_settings_the_api_is_closed(ajar: Any) -> None:
    door = ajar(api_token=SecretStr(""))
    answer = door.get(address(NOBODY), token="")
    assert codes(answer) == (403, "closed")
    assert "BATON_API_TOKEN" in answer.get_json()["message"]


def test_a_person_in_hubspot_asks_as_the_one_whom_the_signed_address_names(
    door: Door, ripe: RecordKey
) -> None:
    who = "?userId=77&portalId=62515&userEmail=rep0%40vendor.example&appId=1"
    body = b'{"actor": {"kind": "manager", "id": "me"}}'
    answer = door.as_hubspot(body, path=f"{address(ripe)}/hand-off{who}")
    assert answer.status_code == 200, answer.text
    (asked,) = door.desk.episodes(ripe)
    owner = door.desk.org.query("SELECT Id FROM User WHERE Email = 'rep0@vendor.example'")[0]["Id"]
    assert (asked.requested_by.kind, asked.requested_by.id) == ("sdr", owner)


def test_an_owner_who_is_a_manager_may_lift_a_cooldown_from_hubspot(door: Door, ripe: RecordKey) -> None:
    door.command(ripe, "hand-off")
    door.desk.settle()
    door.command(ripe, "reject", REJECTED)
    who = "?userId=77&userEmail=rep1%40vendor.example"
    refused = door.as_hubspot(b'{"reason": "asked again"}', path=f"{address(ripe)}/override{who}")
    assert codes(refused) == (409, "refused")
    owner = door.desk.org.query("SELECT Id FROM User WHERE Email = 'rep1@vendor.example'")[0]["Id"]
    with door.desk.store.begin() as tx:
        save_rep(tx, Rep("crm", owner, "", "", is_manager=True))
    granted = door.as_hubspot(b'{"reason": "asked again"}', path=f"{address(ripe)}/override{who}")
    assert granted.status_code == 200, granted.text


@pytest.mark.parametrize("who", ["", "?userId=1&userId=2", "?userEmail=a%40b.c&userEmail=boss%40b.c"])
def test_a_signed_request_must_name_one_user(door: Door, who: str) -> None:
    assert codes(door.as_hubspot(b"", path=address(NOBODY) + who, method="GET")) == (401, "unknown_user")


def test_people_in_hubspot_may_not_do_what_is_for_machines(door: Door) -> None:
    for path, method in (("/api/v1/activities", "POST"), ("/api/v1/status", "GET")):
        body = b'{"source": "x", "activities": [{"id": "1", "kind": "call", "at": "", "person": {}}]}'
        answer = door.as_hubspot(body, path=f"{path}?userId=1", method=method)
        assert codes(answer) == (403, "token_only")


# The lead


def test_the_panel_shows_the_lead_in_the_reader_s_language(door: Door, ripe: RecordKey) -> None:
    english, chinese = door.get(address(ripe)), door.get(address(ripe), Accept_Language="zh-CN,zh;q=0.9")
    assert english.get_json()["cell"] == "small/solution-selection"
    assert chinese.get_json()["value"]["explained"] != english.get_json()["value"]["explained"]
    assert door.get(f"{address(ripe)}?locale=zh_CN").get_json() == chinese.get_json()


@pytest.mark.parametrize(
    "lead", [NOBODY, RecordKey("no-such", "x", "y"), RecordKey("marketing", "contacts", "王:伟")]
)
def test_an_unknown_lead_is_not_found(door: Door, lead: RecordKey) -> None:
    assert codes(door.get(address(lead))) == (404, "unknown_lead")
    assert codes(door.command(lead, "hand-off")) == (404, "unknown_lead")


def test_a_click_hands_off_and_the_same_request_says_the_same_again(door: Door, ripe: RecordKey) -> None:
    first = door.command(ripe, "hand-off", {"actor": {"kind": "sdr", "id": "s1"}}, Idempotency_Key="k1")
    again = door.command(ripe, "hand-off", {"actor": {"kind": "sdr", "id": "s1"}}, Idempotency_Key="k1")
    assert (first.status_code, first.get_json()["code"]) == (200, "done")
    assert first.get_json()["handoff_id"] == again.get_json()["handoff_id"] != ""
    assert door.rung == ["deliver_now"] * 2
    assert len(door.desk.episodes(ripe)) == 1


def test_what_hubspot_repeats_within_the_minute_is_the_same_request(door: Door, ripe: RecordKey) -> None:
    path = f"{address(ripe)}/hand-off?userId=77"
    first = door.as_hubspot(b"", path=path)
    door.desk.wait(seconds=20)
    again = door.as_hubspot(b"", path=path)
    assert (first.status_code, again.status_code) == (200, 200)
    assert first.get_json()["handoff_id"] == again.get_json()["handoff_id"]


@pytest.mark.parametrize("keys", [("one",) * 5, ("a", "b", "c", "d", "e")])
def test_five_clicks_at_once_are_one_hand_off(door: Door, ripe: RecordKey, keys: tuple[str, ...]) -> None:
    answers: list[TestResponse] = []
    start = threading.Barrier(5)

    def click(key: str) -> None:
        start.wait()
        answers.append(door.command(ripe, "hand-off", Idempotency_Key=key))

    clicks = [threading.Thread(target=click, args=(key,)) for key in keys]
    for one in clicks:
        one.start()
    for one in clicks:
        one.join()
    assert {answer.status_code for answer in answers} <= {200, 409}
    ids = {answer.get_json()["handoff_id"] for answer in answers if answer.status_code == 200}
    assert (len(ids), len(door.desk.episodes(ripe))) == (1, 1)
    door.desk.settle()
    assert len(door.desk.leads()) == 1


def test_an_early_resubmission_is_refused_with_its_reason_in_both_languages(
    door: Door, ripe: RecordKey
) -> None:
    door.command(ripe, "hand-off")
    door.desk.settle()
    assert codes(door.command(ripe, "accept")) == (200, "done")
    assert codes(door.command(ripe, "reject", REJECTED)) == (200, "done")
    door.desk.wait(hours=16)
    english = door.command(ripe, "hand-off", Idempotency_Key="next morning")
    chinese = door.command(ripe, "hand-off", Idempotency_Key="again", Accept_Language="zh-CN")
    assert codes(english) == (409, "refused")
    told = english.get_json()
    assert told["eligible_from"] is not None
    assert any("rests until" in said for said in told["messages"]), told
    assert any("\u4e00" <= letter <= "\u9fff" for letter in "".join(chinese.get_json()["messages"]))
    assert chinese.get_json()["messages"] != told["messages"]


def test_a_recontact_is_logged_and_an_attempt_is_not(door: Door, ripe: RecordKey) -> None:
    now = door.desk.world.clock.now()
    said = {"kind": "call", "text": "客户说预算批了 🎉", "occurred_at": now.isoformat()}
    assert codes(door.command(ripe, "recontact", said)) == (200, "done")
    ahead = said | {"occurred_at": (now + timedelta(days=1)).isoformat()}
    assert codes(door.command(ripe, "recontact", ahead)) == (409, "refused")
    assert codes(door.command(ripe, "recontact", said | {"text": " "})) == (409, "refused")


# Bad input


def test_a_rejection_without_a_reason_is_refused_in_words(door: Door, ripe: RecordKey) -> None:
    assert fields(door.command(ripe, "reject", {}))["reason"] == "Missing."
    assert fields(door.command(ripe, "reject", {}, Accept_Language="zh"))["reason"] == "缺少。"
    door.command(ripe, "hand-off")
    door.desk.settle()
    empty = door.command(ripe, "reject", {"reason": " "})
    assert (empty.status_code, empty.get_json()["messages"]) == (409, ["A reason is needed."])


def test_a_rejection_is_contested_and_a_manager_settles_it(door: Door, ripe: RecordKey) -> None:
    assert codes(door.command(ripe, "contest", {"note": "why"})) == (409, "refused")  # never rejected
    door.command(ripe, "hand-off")
    door.desk.settle()
    door.command(ripe, "reject", REJECTED)
    assert codes(door.command(ripe, "contest", {"note": " "})) == (409, "refused")
    assert codes(door.command(ripe, "contest", {"note": "they have a date"})) == (200, "done")
    found = {"finding": "rep", "note": "the customer was never called"}
    refused = door.command(ripe, "finding", found)
    assert codes(refused) == (409, "refused")
    assert refused.get_json()["messages"] == ["Only a manager may settle a rejection."]
    assert codes(door.command(ripe, "finding", {**found, "finding": "nobody"}))[0] == 422
    settled = door.command(ripe, "finding", {**found, "actor": {"kind": "manager", "id": "m1"}})
    assert codes(settled) == (200, "done")
    assert settled.get_json()["handoff_id"] == door.desk.episodes(ripe)[1].id  # another rep gets it at once


def test_machines_read_the_digest_and_the_open_questions(door: Door, ripe: RecordKey) -> None:
    door.command(ripe, "hand-off")
    door.desk.settle()
    door.command(ripe, "reject", REJECTED)
    door.command(ripe, "contest", {"note": "they have a date"})
    today = door.desk.engine.now().date().isoformat()
    told = door.get(f"/api/v1/digest?period=week&date={today}&locale=zh_CN").get_json()
    assert (told["period"], told["total"], len(told["contests"])) == ("week", 1, 1)
    asked = door.get("/api/v1/asks").get_json()["asks"]
    assert [(one["kind"], one["record"]) for one in asked] == [("contest", str(ripe))]
    assert codes(door.get("/api/v1/digest?period=month"))[0] == 422
    assert codes(door.get("/api/v1/digest?date=soon"))[0] == 422
    assert codes(door.as_hubspot(b"", path="/api/v1/asks?userId=1", method="GET")) == (403, "token_only")


def test_a_role_is_set_and_taken_back(door: Door, ripe: RecordKey) -> None:
    before = door.get(address(ripe)).get_json()
    boss = {
        "what": "role",
        "value": "influencer",
        "reason": "only advises",
        "actor": {"kind": "sdr", "id": "7"},
    }
    assert door.command(ripe, "set", boss).status_code == 200
    found = door.get(address(ripe)).get_json()
    assert (found["role"], found["role_computed"]) == ("influencer", before["role"])
    assert found["role_set_by_hand"]["reason"] == "only advises"
    assert door.command(ripe, "unset", {"what": "role", "reason": "a mistake"}).status_code == 200
    assert door.get(address(ripe)).get_json()["role"] == before["role"]
    assert codes(door.command(ripe, "unset", {"what": "role", "reason": "again"})) == (409, "refused")
    assert codes(door.command(ripe, "set", {**boss, "value": "king"})) == (409, "refused")


def test_a_naive_time_is_refused_in_words(door: Door, ripe: RecordKey) -> None:
    said = {"text": "spoke", "occurred_at": "2026-11-02T09:00:00"}
    assert "offset" in fields(door.command(ripe, "recontact", said))["occurred_at"]


@pytest.mark.parametrize(
    ("body", "wrong"),
    [
        ({"reason": 5}, {"reason"}),
        ({"reason": "x", "return_to_me": "yes"}, {"return_to_me"}),
        ({"reason": "x", "until": "soon"}, {"until"}),
        ({"reason": "x", "until": 20261122}, {"until"}),
        ({"reason": "x\x00"}, {"reason"}),
        ({"reason": "x", "note": "长" * 100_001}, {"note"}),
        ({"reason": "x", "mood": "bad", "actor": {"kind": "king"}}, {"mood", "actor.kind"}),
        ([], {"-"}), ("text", {"-"}), (7, {"-"}),
    ],
)  # fmt: skip
def test_every_wrong_field_is_named_and_its_value_is_not(door: Door, body: Any, wrong: set[str]) -> None:
    answer = door.command(NOBODY, "reject", body)
    assert set(fields(answer)) == wrong
    assert "king" not in answer.text
    assert all(fields(answer).values())


@pytest.mark.parametrize("body", [b"{", b"\xff", b"[" * 100_000, b'{"a": NaN}', b'{"a": "\\ud800"}'])
def test_what_is_no_json_is_refused(door: Door, body: bytes) -> None:
    assert codes(door.command(NOBODY, "reject", body)) == (400, "broken_json")


def test_long_texts_emoji_and_full_width_letters_are_kept_whole(door: Door, ripe: RecordKey) -> None:
    text = "ＡＢＣ王🙂" * 4000
    now = door.desk.world.clock.now().isoformat()
    said = {"kind": "meeting", "text": text, "occurred_at": now}
    assert len(text) == 20_000
    assert codes(door.command(ripe, "recontact", said)) == (200, "done")
    assert door.desk.rows("SELECT text FROM activity WHERE kind = 'meeting'") == [(text,)]


def test_odd_requests_get_an_answer_that_says_what_is_wrong(door: Door) -> None:
    assert codes(door.get("/api/v1/nowhere")) == (404, "not_found")
    assert codes(door.get(f"{address(NOBODY)}/hand-off")) == (405, "method_not_allowed")
    assert codes(door.command(NOBODY, "hand-off", b" " * 5_000_000)) == (413, "too_large")
    assert codes(door.command(NOBODY, "hand-off", Idempotency_Key="k" * 201)) == (422, "key_too_long")


def test_what_nobody_foresaw_gets_an_id_and_tells_nothing(
    door: Door, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail(*_: object, **__: object) -> Any:
        raise ValueError("secret@example.com")

    monkeypatch.setattr(leads, "lead_view", fail)
    answer = door.get(address(NOBODY))
    assert codes(answer) == (500, "failed")
    told = capsys.readouterr()
    assert answer.get_json()["id"] in told.err
    assert "ValueError" in told.err
    assert "secret@example.com" not in answer.text + told.err + told.out


def test_an_unknown_lead_is_an_answer_not_a_failure(door: Door) -> None:
    with pytest.raises(UnknownLeadError):
        door.desk.view(NOBODY)
    assert door.get(address(NOBODY)).status_code == 404


# Beside the lead


def test_the_value_table_the_playbook_and_the_status_are_told(door: Door, ripe: RecordKey) -> None:
    value = door.get("/api/v1/value").get_json()
    assert len(value["cells"]) >= 9
    assert value["published_at"]
    play = door.get("/api/v1/playbook/mid-market/problem-education?locale=zh").get_json()
    assert play["cell"] == "mid-market/problem-education"
    assert any("\u4e00" <= letter <= "\u9fff" for letter in play["talk"])
    assert codes(door.get("/api/v1/playbook/huge/problem-education")) == (404, "unknown_cell")
    assert door.get("/api/v1/status").get_json()["leads"] == 1


def test_activities_that_are_told_move_the_lead_at_the_next_round(door: Door, desk: Desk) -> None:
    contact = desk.contact(email="boss@big.example.com")
    desk.settle()
    at = desk.world.clock.now().isoformat()
    wanted = {"id": "m1", "kind": "message", "at": at, "direction": "in", "text": DEMO}
    body = {"source": "wecom", "activities": [wanted | {"person": {"email": "BOSS@big.example.com"}}]}
    (told,) = door.post("/api/v1/activities", body).get_json()["activities"]
    assert (told["outcome"], told["lead_id"]) == ("kept", desk.lead_of(contact))
    (again,) = door.post("/api/v1/activities", body).get_json()["activities"]
    assert (again["outcome"], door.rung) == ("known", ["deliver_now"])
    desk.settle()
    assert desk.step(contact) == "handed_off"


def test_one_bad_activity_is_refused_in_words_and_the_others_are_kept(door: Door) -> None:
    good = {
        "kind": "call",
        "at": "2026-11-01T08:00:00Z",
        "person": {"wecom_id": "wm1"},
        "properties": {"rate": 0.5},
    }
    bad = {
        "n": good | {"at": "2026-11-01T08:00:00"},
        "k": good | {"kind": "dance"},
        "p": good | {"person": {}},
    }
    items = [{"id": "g", **good}, *({"id": id_, **one} for id_, one in bad.items())]
    told = door.post("/api/v1/activities", {"source": "wecom", "activities": items}).get_json()["activities"]
    assert [(one["outcome"], one["code"]) for one in told] == [
        ("waiting", ""), ("refused", "time_naive"), ("refused", "kind_unknown"), ("refused", "nobody_named"),
    ]  # fmt: skip
    assert "offset" in told[1]["message"]
    assert door.desk.rows("SELECT key, reason FROM parked WHERE kind = 'activity' ORDER BY id") == [
        ("wecom:n", "time_naive"), ("wecom:k", "kind_unknown"), ("wecom:p", "nobody_named"),
    ]  # fmt: skip


def test_a_source_with_a_colon_and_an_empty_list_are_refused(door: Door) -> None:
    assert set(fields(door.post("/api/v1/activities", {"source": "a:b", "activities": []}))) == {
        "source",
        "activities",
    }


# Configuration


def test_documents_are_exported_applied_and_listed(door: Door, ripe: RecordKey) -> None:
    shown = door.get("/api/v1/config/policies").get_json()["document"]
    new = {"policies": shown.replace("max_rejections: 3", "max_rejections: 2")}
    body = {"documents": new, "actor": {"kind": "admin", "id": "ann"}}
    rehearsed = door.post("/api/v1/config/apply", {**body, "dry_run": True}).get_json()
    assert (rehearsed["dry_run"], rehearsed["everyone"]) == (True, True)
    applied = door.post("/api/v1/config/apply", body).get_json()
    assert applied["versions"]["policies"] == 2
    assert applied["changed"][0]["differences"][0]["path"] == "recycling.max_rejections"
    found = door.get("/api/v1/config").get_json()
    newest = next(one for one in found["versions"] if one["section"] == "policies")
    assert (newest["version"], newest["by"], newest["in_force"]) == (2, "admin:ann", True)
    assert found["waiting"] == applied["leads"] == 1
    assert door.get("/api/v1/config/policies?version=1").get_json()["document"] == shown


def test_wrong_documents_are_refused_with_their_places_and_others_without(door: Door) -> None:
    body = {"documents": {"policies": "reasons: []\nnonsense: 1\n"}}
    refused = door.post("/api/v1/config/apply", body)
    assert codes(refused) == (422, "wrong_documents")
    assert any("policies.yaml, line 2, column 1: nonsense" in one for one in refused.get_json()["problems"])
    rep = {**body, "actor": {"kind": "rep", "id": "1"}}
    assert codes(door.post("/api/v1/config/apply", rep)) == (403, "admin_only")
    assert codes(door.post("/api/v1/config/apply", {"documents": {"x": "y"}})) == (404, "unknown_section")
    for path in ("nothing", "policies?version=9", "policies?version=x"):
        assert codes(door.get(f"/api/v1/config/{path}")) == (404, "unknown_version")
    answer = door.as_hubspot(b"", path="/api/v1/config?userId=1", method="GET")
    assert codes(answer) == (403, "token_only")
