"""The control API moves time, injects faults, turns switches, counts calls and looks inside."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import orjson
import pytest

from connector.sandbox.world import Switches
from tests.sandbox.shell.conftest import NOW, Shell


def now(shell: Shell) -> datetime:
    return datetime.fromisoformat(shell.control("GET", "/clock")[1]["now"])


def test_time_stands_still_until_it_is_moved(shell: Shell) -> None:
    before = now(shell)
    assert before >= NOW
    assert now(shell) == before
    status, answer = shell.control(
        "POST", "/clock/advance", {"days": 1, "hours": 2, "minutes": 3, "seconds": 4}
    )
    assert status == 200
    moved = timedelta(days=1, hours=2, minutes=3, seconds=4)
    assert datetime.fromisoformat(answer["now"]) == before + moved == now(shell)


@pytest.mark.parametrize(
    "asked", [{}, {"weeks": 1}, {"days": "1"}, {"days": -1}, {"days": 10**12}, [1], {"hours": None}]
)
def test_time_is_moved_by_sensible_steps_only(shell: Shell, asked: Any) -> None:
    before = now(shell)
    status, answer = shell.control("POST", "/clock/advance", asked)
    assert (status, bool(answer["error"])) == (400, True)
    assert now(shell) == before


def test_a_fault_hits_the_next_call_and_is_then_spent(shell: Shell) -> None:
    fault = {"system": "salesforce", "effect": "answer", "path": "oauth2", "status": 503, "body": {"x": 1}}
    assert shell.control("POST", "/faults", [fault])[0] == 200
    assert len(shell.control("GET", "/faults")[1]["faults"]) == 1
    url = f"{shell.sandbox.salesforce_url}/services/oauth2/token"
    assert shell._call(url, "POST", None, {}) == (503, {"x": 1})
    assert shell.control("GET", "/faults")[1] == {"faults": []}


def test_faults_can_be_forgotten_and_unknown_ones_are_refused(shell: Shell) -> None:
    shell.control("POST", "/faults", {"system": "*", "effect": "drop"})
    assert shell.control("DELETE", "/faults")[1] == {"faults": []}
    shell.hubspot("/crm/v3/objects/contacts?limit=1")
    assert shell.control("POST", "/faults", {"system": "*", "effect": "explode"})[0] == 400
    status, answer = shell.control("POST", "/faults", {"system": "*", "effect": "drop", "often": 3})
    assert (status, "often" in answer["error"]) == (400, True)


def test_switches_turn_one_by_one(shell: Shell) -> None:
    assert set(shell.control("GET", "/switches")[1]) == set(Switches.__dataclass_fields__)
    try:
        status, answer = shell.control(
            "POST", "/switches", {"search_lag_seconds": 5, "batch_multi_status": False}
        )
        assert (status, answer["search_lag_seconds"], answer["batch_multi_status"]) == (200, 5.0, False)
        assert answer["old_id_resolves"] is True
        assert shell.control("POST", "/switches", {"gravity": False})[0] == 400
        assert shell.control("POST", "/switches", {"search_lag_seconds": "slow"})[0] == 400
    finally:
        shell.control("POST", "/switches", {"search_lag_seconds": 0, "batch_multi_status": True})


def test_calls_are_counted_per_system_and_from_zero_again(shell: Shell) -> None:
    shell.control("DELETE", "/calls")
    for _ in range(3):
        shell.hubspot("/crm/v3/objects/contacts?limit=1")
    counted = shell.control("GET", "/calls")[1]
    assert counted["hubspot"] == {"total": 3, "by_path": {"GET /crm/v3/objects/contacts": 3}}
    assert counted["salesforce"]["total"] == 0


def test_the_state_counts_what_the_apis_show(shell: Shell) -> None:
    state = shell.control("GET", "/state")[1]
    assert state["salesforce"]["Lead"] == len(shell.query("SELECT Id FROM Lead"))
    listed = shell.hubspot("/crm/v3/objects/contacts?limit=100")["results"]
    assert state["hubspot"]["contacts"] == len(listed)
    assert state["hubspot"]["form_submissions"] > 0


def test_a_person_is_found_in_both_systems_and_each_record_can_be_read(shell: Shell) -> None:
    values = {"LastName": "Both", "Company": "Both Ltd", "Email": "both@control.example"}
    lead = shell.act("create_lead", values=values)[0]["id"]
    contact = shell.act("create_contact", values={"email": "both@control.example"})[0]["id"]
    found = shell.control("GET", "/find?email=both@control.example")[1]["found"]
    assert {(one["system"], one["id"]) for one in found} == {("hubspot", contact), ("salesforce", lead)}
    kept = shell.control("GET", f"/records/hubspot/contacts/{contact}")[1]
    assert kept["properties"]["email"] == "both@control.example"
    assert shell.control("GET", f"/records/salesforce/Lead/{lead}")[1]["Company"] == "Both Ltd"
    assert shell.control("GET", f"/records/sugar/Lead/{lead}")[0] == 404
    assert shell.control("GET", "/find")[0] == 400


def test_what_there_is_is_listed_and_the_rest_is_refused(shell: Shell) -> None:
    calls = shell.control("GET", "/")[1]["calls"]
    assert "POST /act" in calls
    status, answer = shell.control("GET", "/nothing")
    assert (status, "GET /" in answer["error"]) == (404, True)
    url = f"{shell.sandbox.control_url}/act"
    answer = shell._pool.request("POST", url, body=b"{broken", retries=False)
    assert (answer.status, "JSON" in orjson.loads(answer.data)["error"]) == (400, True)


@pytest.fixture
def receiver() -> Iterator[tuple[str, list[tuple[str, bytes]], threading.Event]]:
    """Something that listens for webhooks and outbound messages."""
    heard: list[tuple[str, bytes]] = []
    both = threading.Event()
    ack = b"<notificationsResponse><Ack>true</Ack></notificationsResponse>"

    class Ear(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            heard.append((self.path, self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(200)
            self.send_header("Content-Length", str(len(ack)))
            self.end_headers()
            self.wfile.write(ack)
            if {path for path, _ in heard} == {"/hubspot", "/salesforce"}:
                both.set()

        def log_message(self, *args: Any) -> None:
            """Say nothing."""

    server = HTTPServer(("127.0.0.1", 0), Ear)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}", heard, both
    server.shutdown()
    server.server_close()
    thread.join()


def test_changes_are_told_to_receivers_by_themselves(
    shell: Shell, receiver: tuple[str, list[tuple[str, bytes]], threading.Event]
) -> None:
    url, heard, both = receiver
    asked = {"hubspot": f"{url}/hubspot", "salesforce": f"{url}/salesforce"}
    assert shell.control("POST", "/webhooks", asked)[0] == 200
    try:
        contact = shell.act("create_contact", values={"email": "told@control.example"})[0]["id"]
        lead = shell.act("create_lead", values={"LastName": "Told", "Company": "Told"})[0]["id"]
        assert both.wait(5)
    finally:
        shell.control("POST", "/webhooks", {"hubspot": "", "salesforce": ""})
    events = [event for path, body in heard if path == "/hubspot" for event in orjson.loads(body)]
    created = [event for event in events if event["subscriptionType"] == "contact.creation"]
    assert [str(event["objectId"]) for event in created] == [contact]
    assert created[0]["changeSource"] == "CRM_UI"
    assert lead in b"".join(body for path, body in heard if path == "/salesforce").decode()
    assert shell.control("POST", "/webhooks", {"sugar": url})[0] == 400
