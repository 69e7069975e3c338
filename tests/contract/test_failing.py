"""What every adapter promises when the other side fails: the right error class, and patience only where it helps."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
import requests
import urllib3

from connector.errors import (
    AccessDeniedError,
    AnswerLostError,
    QuotaSpentError,
    RateLimitedError,
    RecordRefusedError,
    RemoteError,
    TryLaterError,
)
from connector.ports import Window, Write
from connector.transport.repeat import RetryPolicy
from tests.contract.benches import SECOND, START, Bench

ONCE = RetryPolicy(attempts=1)
EVERY_CALL = 1_000

BURST = {"status": "error", "errorType": "RATE_LIMIT", "policyName": "TEN_SECONDLY_ROLLING"}
DAILY = {"status": "error", "errorType": "RATE_LIMIT", "policyName": "DAILY"}
SECONDLY = {"status": "error", "errorType": "RATE_LIMIT", "policyName": "SECONDLY"}
SCOPES = {"status": "error", "category": "MISSING_SCOPES", "message": "x"}

ANSWERS: dict[str, list[tuple[int, Any, type[RemoteError]]]] = {
    "hubspot": [
        (400, {"category": "VALIDATION_ERROR", "message": "x"}, RecordRefusedError),
        (401, {"category": "INVALID_AUTHENTICATION"}, AccessDeniedError),
        (403, SCOPES, AccessDeniedError),
        (423, {"category": "LOCKED"}, RateLimitedError),
        (429, BURST, RateLimitedError),
        (429, SECONDLY, RateLimitedError),
        (429, DAILY, QuotaSpentError),
        (477, {"category": "MIGRATION"}, RateLimitedError),
        (500, {"category": "INTERNAL"}, TryLaterError),
        (502, None, TryLaterError),
        (503, None, TryLaterError),
        (524, None, TryLaterError),
    ],
    "salesforce": [
        (400, [{"errorCode": "MALFORMED_QUERY", "message": "x"}], RecordRefusedError),
        (400, [{"errorCode": "INVALID_FIELD", "message": "x"}], RemoteError),
        (
            403,
            [{"errorCode": "REQUEST_LIMIT_EXCEEDED", "message": "TotalRequests Limit exceeded."}],
            QuotaSpentError,
        ),
        (
            403,
            [{"errorCode": "REQUEST_LIMIT_EXCEEDED", "message": "ConcurrentRequests Limit"}],
            TryLaterError,
        ),
        (403, [{"errorCode": "API_DISABLED_FOR_ORG", "message": "x"}], AccessDeniedError),
        (420, "setting up", TryLaterError),
        (406, None, TryLaterError),
        (429, None, TryLaterError),
        (500, [{"errorCode": "UNKNOWN_EXCEPTION", "message": "x"}], TryLaterError),
        (503, [{"errorCode": "SERVER_UNAVAILABLE", "message": "x"}], TryLaterError),
    ],
}


def count_often(system: Any, object: str) -> None:
    for _ in range(20):
        system.count(object)


def look(bench: Bench, system: Any = None) -> list[Any]:
    window = Window(START - SECOND, bench.world.clock.now() + SECOND)
    return list((system or bench.system).changed(bench.person, window, [bench.name]))


class TestErrorClasses:
    @pytest.mark.parametrize("number", range(12))
    def test_each_answer_says_what_to_do_next(self, wire: Bench, number: int) -> None:
        if number >= len(ANSWERS[wire.vendor]):
            pytest.skip("fewer kinds of answers in this system")
        status, body, expected = ANSWERS[wire.vendor][number]
        impatient = wire.connect(retry=ONCE)
        look(wire, impatient)
        wire.fault("answer", path=wire.read_path, status=status, body=body, times=EVERY_CALL)
        with pytest.raises(expected) as caught:
            look(wire, impatient)
        assert caught.value.status == status
        assert caught.value.connection == wire.system.connection

    def test_a_connection_that_breaks_is_a_lost_answer(self, wire: Bench) -> None:
        wire.fault("drop", path=wire.read_path, times=EVERY_CALL)
        with pytest.raises(AnswerLostError):
            look(wire, wire.connect(retry=ONCE))

    def test_a_maintenance_page_with_status_200_is_passing_trouble(self, wire: Bench) -> None:
        wire.fault("garbage", path=wire.read_path, times=EVERY_CALL)
        with pytest.raises(TryLaterError):
            look(wire, wire.connect(retry=ONCE))

    def test_nobody_listening_is_passing_trouble(self, wire: Bench) -> None:
        with pytest.raises(TryLaterError) as caught:
            look(wire, wire.connect(url="http://127.0.0.1:9", retry=ONCE))
        assert caught.value.code == "UNREACHABLE"

    def test_a_wrong_secret_is_access_denied_and_not_shown(self, wire: Bench) -> None:
        from pydantic import SecretStr

        secret = {"token" if wire.vendor == "hubspot" else "client_secret": SecretStr("wr0ng-s3cret")}
        system = wire.connect(**secret)
        with pytest.raises(AccessDeniedError) as caught:
            look(wire, system)
        assert "wr0ng-s3cret" not in f"{caught.value!r} {system!r} {system._settings!r}"

    def test_the_vendors_error_text_stays_behind(self, wire: Bench) -> None:
        person = "li.lei@example.com"
        bodies = {
            "hubspot": {"category": "CONFLICT", "message": f"Contact {person} exists. Existing ID: 77"},
            "salesforce": [{"errorCode": "DUPLICATE_VALUE", "message": f"{person} duplicates value"}],
        }
        wire.fault("answer", path=wire.read_path, status=409, body=bodies[wire.vendor])
        with pytest.raises(RemoteError) as caught:
            look(wire)
        assert person not in f"{caught.value} {caught.value!r}"


class TestRepetition:
    def test_a_read_is_repeated_until_it_works(self, wire: Bench) -> None:
        wire.add(["x"])
        wire.fault("answer", path=wire.read_path, status=503, times=2)
        wire.fault("drop", path=wire.read_path)
        assert [row.fields for page in look(wire) for row in page.rows] == [{wire.name: "x"}]
        assert len([wait for wait in wire.waits if wait > 0.24]) == 3

    def test_i18_too_fast_at_each_page_in_turn_loses_nothing(self, wire: Bench) -> None:
        made = wire.add(["x"] * 6_100)
        body = BURST if wire.vendor == "hubspot" else None
        for _ in range(4):
            wire.fault("answer", path=wire.read_path, status=429, body=body, after=1)
        found = [row.id for page in look(wire) for row in page.rows]
        assert sorted(found) == sorted(made)

    @pytest.mark.parametrize("form", ["seconds", "date"])
    def test_retry_after_is_honoured(self, wire: Bench, form: str) -> None:
        at = wire.world.clock.now() + timedelta(seconds=17)
        header = "17" if form == "seconds" else f"{at:%a, %d %b %Y %H:%M:%S} GMT"
        body = BURST if wire.vendor == "hubspot" else None
        wire.fault("answer", path=wire.read_path, status=429, body=body, headers={"Retry-After": header})
        look(wire)
        assert max(wire.waits) == pytest.approx(17, abs=1.3)

    def test_a_locked_record_is_given_two_seconds(self, wire: Bench) -> None:
        if wire.vendor != "hubspot":
            pytest.skip("no 423: Salesforce reports locks per row")
        made = wire.add(["x"])
        wire.fault("answer", path=wire.write_path, status=423, body={"category": "LOCKED"})
        result = wire.system.write(wire.person, [Write(made[0], {wire.name: "y"})])[0]
        assert result.error is None
        assert max(wire.waits) >= 2

    def test_a_wait_of_hours_is_left_to_the_next_round(self, wire: Bench) -> None:
        if wire.vendor != "hubspot":
            pytest.skip("no 477: only HubSpot announces migrations")
        wire.fault("answer", path=wire.read_path, status=477, headers={"Retry-After": "7200"})
        with pytest.raises(RateLimitedError) as caught:
            look(wire)
        assert caught.value.retry_after == timedelta(hours=2)
        assert sum(wire.waits) < 1

    def test_it_gives_up_in_the_end(self, wire: Bench) -> None:
        wire.fault("answer", path=wire.read_path, status=503, times=EVERY_CALL)
        before = wire.system.calls
        with pytest.raises(TryLaterError):
            look(wire)
        assert wire.system.calls - before <= 8

    def test_what_is_refused_for_good_is_asked_once(self, wire: Bench) -> None:
        look(wire)
        wire.fault(
            "answer", path=wire.read_path, status=403, body=[{"errorCode": "API_DISABLED_FOR_ORG"}], times=9
        )
        before = wire.system.calls
        with pytest.raises(AccessDeniedError):
            look(wire)
        assert wire.system.calls - before == 1
        assert wire.waits == [wait for wait in wire.waits if wait < 0.3]

    def test_i17_a_write_whose_answer_is_lost_is_made_again_without_harm(self, wire: Bench) -> None:
        made = wire.add(["x"])
        wire.fault("lose_answer", path=wire.write_path)
        result = wire.system.write(wire.person, [Write(made[0], {wire.name: "y"})])[0]
        assert result.error is None
        assert wire.stored(made[0]) == "y"

    def test_i34_a_query_that_runs_too_long_shrinks_its_window(self, wire: Bench) -> None:
        if wire.vendor != "salesforce":
            pytest.skip("no QUERY_TIMEOUT: HubSpot's search has none")
        made = [wire.add(["x"], stamp=START + timedelta(minutes=number))[0] for number in range(60)]
        wire.pass_time(hours=2)
        body = [{"errorCode": "QUERY_TIMEOUT", "message": "Your query request was running for too long."}]
        wire.fault("answer", path="/queryAll", status=400, body=body, times=3)
        found = [row.id for page in look(wire) for row in page.rows]
        assert found == made
        assert wire.waits == []

    def test_i34_a_query_that_never_ends_is_an_error_and_not_an_empty_answer(self, wire: Bench) -> None:
        if wire.vendor != "salesforce":
            pytest.skip("no QUERY_TIMEOUT: HubSpot's search has none")
        body = [{"errorCode": "QUERY_TIMEOUT", "message": "Your query request was running for too long."}]
        wire.fault("answer", path="/queryAll", status=400, body=body, times=EVERY_CALL)
        with pytest.raises(TryLaterError):
            look(wire)

    def test_a_lost_place_in_a_query_is_found_again(self, wire: Bench) -> None:
        if wire.vendor != "salesforce":
            pytest.skip("no query locators: HubSpot pages by id")
        made = wire.add(["x"] * 4_500)
        body = [{"errorCode": "INVALID_QUERY_LOCATOR", "message": "invalid query locator"}]
        wire.fault("answer", path=r"/query/0r8", status=400, body=body)
        found = [row.id for page in look(wire) for row in page.rows]
        assert sorted(found) == sorted(made)


class TestSessions:
    def test_i35_a_token_that_expires_mid_read_is_renewed_and_nothing_doubled(self, wire: Bench) -> None:
        if wire.vendor != "salesforce":
            pytest.skip("no session: HubSpot's token is fixed")
        made = wire.add(["x"] * 4_500)
        wire.fault("expire_session", path=r"/query/0r8")
        found = [row.id for page in look(wire) for row in page.rows]
        assert sorted(found) == sorted(made)

    def test_i35_a_token_that_expires_in_a_bulk_job_is_renewed(self, wire: Bench) -> None:
        if wire.vendor != "salesforce":
            pytest.skip("no session: HubSpot's token is fixed")
        made = wire.add(["x"] * 2_500)
        wire.fault("expire_session", path=r"/results")
        assert sorted(row.id for row in wire.everything()) == sorted(made)

    def test_a_session_refused_for_ever_ends_after_one_renewal(self, wire: Bench) -> None:
        if wire.vendor != "salesforce":
            pytest.skip("no session: HubSpot's token is fixed")
        look(wire)
        body = [{"errorCode": "INVALID_SESSION_ID", "message": "Session expired or invalid"}]
        wire.fault("answer", path=wire.read_path, status=401, body=body, times=EVERY_CALL)
        before = wire.system.calls
        with pytest.raises(AccessDeniedError):
            look(wire)
        assert wire.system.calls - before == 3  # the call, one token, the call again

    def test_i28_assignment_rules_stay_out_also_after_a_401(self, wire: Bench) -> None:
        if wire.vendor != "salesforce":
            pytest.skip("no assignment rules in HubSpot")
        made = wire.add(["x"])[0]
        wire.org.assign_by_turns([wire.org.add_queue("Thieves")])  # type: ignore[attr-defined]
        owner = wire.org.get("Lead", made)["OwnerId"]  # type: ignore[attr-defined]
        wire.fault("expire_session", path="/composite/sobjects")
        assert wire.system.write("Lead", [Write(made, {"LastName": "y"})])[0].error is None
        writes = [call for call in wire.stage.app.log.calls if call.path.endswith("/composite/sobjects")]  # type: ignore[union-attr]
        assert [call.status for call in writes] == [401, 200]
        assert {call.headers["sforce-auto-assign"] for call in writes} == {"FALSE"}
        assert {call.headers["sforce-call-options"] for call in writes} == {"client=baton"}
        assert wire.org.get("Lead", made)["OwnerId"] == owner  # type: ignore[attr-defined]


class TestBudget:
    def test_i13_it_stops_before_it_takes_more_than_its_share(self, wire: Bench) -> None:
        system = wire.connect(daily_share=0.5, daily_calls=20)
        # The sandbox tells a far larger allowance; a smaller one is enforced by asking for a smaller share.
        look(wire, system)
        assert system.budget is None or system.budget[1] > 1_000
        share = 10 / system.capabilities.daily_calls
        careful = wire.connect(daily_share=share, daily_calls=system.capabilities.daily_calls)
        with pytest.raises(QuotaSpentError):
            count_often(careful, wire.person)
        assert careful.calls <= 10

    def test_the_share_is_of_the_last_day(self, wire: Bench) -> None:
        known = wire.connect()
        known.count(wire.person)
        limit = known.capabilities.daily_calls or 100_000
        careful = wire.connect(daily_share=5 / limit, daily_calls=limit)
        with pytest.raises(QuotaSpentError):
            count_often(careful, wire.person)
        wire.pass_time(hours=25)
        assert careful.count(wire.person) == 0

    def test_every_request_is_counted(self, wire: Bench) -> None:
        before = len(wire.paths())
        look(wire)
        wire.system.count(wire.person)
        list(wire.system.owners())
        assert wire.system.calls == len(wire.paths()) - before

    def test_the_accounts_own_figures_are_kept(self, wire: Bench) -> None:
        list(wire.system.owners())
        used, limit = wire.system.budget  # type: ignore[attr-defined]
        assert 0 < used < limit

    def test_a_quota_that_others_spent_stops_at_once(self, wire: Bench) -> None:
        bodies = {
            "hubspot": (429, DAILY),
            "salesforce": (
                403,
                [{"errorCode": "REQUEST_LIMIT_EXCEEDED", "message": "TotalRequests Limit exceeded."}],
            ),
        }
        status, body = bodies[wire.vendor]
        look(wire)
        wire.fault("answer", path=wire.read_path, status=status, body=body, times=EVERY_CALL)
        before = wire.system.calls
        with pytest.raises(QuotaSpentError):
            look(wire)
        assert wire.system.calls - before == 1


class TestTimeLimits:
    def test_no_call_goes_out_without_a_time_limit(
        self, wire: Bench, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        limits: list[Any] = []
        real_pool, real_send = urllib3.PoolManager.request, requests.adapters.HTTPAdapter.send

        def pool(self: Any, method: str, url: str, **more: Any) -> Any:
            limits.append(more.get("timeout"))
            return real_pool(self, method, url, **more)

        def send(self: Any, request: Any, **more: Any) -> Any:
            limits.append(more.get("timeout"))
            return real_send(self, request, **more)

        monkeypatch.setattr(urllib3.PoolManager, "request", pool)
        monkeypatch.setattr(requests.adapters.HTTPAdapter, "send", send)
        made = wire.add(["x"] * 2_100)
        wire.everything()
        look(wire)
        wire.system.write(wire.person, [Write(made[0], {wire.name: "y"})])
        list(wire.system.fetch(wire.person, made[:3], [wire.name]))
        list(wire.system.check())
        assert len(limits) == wire.system.calls
        assert all(limit is not None for limit in limits)


class TestMemoryFails:
    @pytest.mark.parametrize(
        ("effect", "status", "expected"),
        [
            ("answer", 429, RateLimitedError),
            ("answer", 503, TryLaterError),
            ("answer", 401, AccessDeniedError),
            ("answer", 400, RecordRefusedError),
            ("drop", 0, TryLaterError),
            ("lose_answer", 0, AnswerLostError),
        ],
    )
    def test_it_can_be_told_to_fail(
        self, bench: Bench, effect: str, status: int, expected: type[RemoteError]
    ) -> None:
        if bench.wire:
            pytest.skip("the wire has its own faults")
        made = bench.add(["x"])
        bench.fault(effect, method="MEMORY", path="/write", status=status)
        with pytest.raises(expected):
            bench.system.write(bench.person, [Write(made[0], {bench.name: "y"})])
        assert bench.stored(made[0]) == ("y" if effect == "lose_answer" else "x")
