"""A sandbox starts, stops, survives a restart by its state file, and serves as a process."""

from __future__ import annotations

import select
import signal
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import orjson
import pytest
import urllib3

from connector.sandbox.running import Ports, Sandbox, SandboxPlan, start
from connector.sandbox.state import StateFileError
from connector.settings import load_settings
from tests.sandbox.shell.conftest import NOW, Shell

MAIN = "import typer; from baton.sandbox_cli import app; a = typer.Typer(); a.add_typer(app, name='sandbox'); a()"


def inside(sandbox: Sandbox) -> tuple[Any, Any]:
    return sandbox.portal.snapshot(), sandbox.org.snapshot()


@pytest.mark.parametrize("leads", [0, 5])
def test_it_begins_at_the_very_time_asked_for(leads: int) -> None:
    sandbox = start(SandboxPlan(NOW, leads=leads))
    sandbox.stop()
    assert sandbox.world.clock.now() == NOW


def test_its_settings_are_all_that_baton_needs(shell: Shell) -> None:
    settings = load_settings(shell.sandbox.env())
    assert settings.clock_url == shell.sandbox.control_url
    assert settings.marketing.url == shell.sandbox.hubspot_url
    assert settings.crm.organization_id == shell.sandbox.org.org_id
    assert settings.database_url == "sqlite:///baton-sandbox.db"


def test_a_state_file_brings_everything_back(tmp_path: Path) -> None:
    file = tmp_path / "sandbox.json"
    first = start(SandboxPlan(NOW, leads=12, state_file=file))
    Shell(first).act("create_contact", values={"email": "kept@state.example"})
    Shell(first).control("POST", "/switches", {"merge_makes_new_id": True})
    Shell(first).control("POST", "/clock/advance", {"days": 3})
    first.stop()
    left = inside(first)

    again = start(SandboxPlan(NOW, leads=500, seed=9, state_file=file))
    try:
        assert orjson.dumps(inside(again), option=orjson.OPT_NON_STR_KEYS) == orjson.dumps(
            left, option=orjson.OPT_NON_STR_KEYS
        )
        assert again.world.clock.now() == first.world.clock.now()
        assert (again.world.seed, again.world.switches.merge_makes_new_id) == (1, True)
        assert Shell(again).control("GET", "/find?email=kept@state.example")[1]["found"]
        assert not again.save()
        Shell(again).act("create_contact", values={"email": "more@state.example"})
        assert again.save()
    finally:
        again.stop()


def test_time_goes_on_where_a_later_start_is_asked_for(tmp_path: Path) -> None:
    file = tmp_path / "sandbox.json"
    start(SandboxPlan(NOW, state_file=file)).stop()
    later = start(SandboxPlan(NOW + timedelta(days=9), state_file=file))
    later.stop()
    assert later.world.clock.now() == NOW + timedelta(days=9)


@pytest.mark.parametrize("text", ["", "{", "[]", '{"format": 99}'])
def test_a_file_that_is_no_state_is_refused_by_name(tmp_path: Path, text: str) -> None:
    file = tmp_path / "other.json"
    file.write_text(text)
    with pytest.raises(StateFileError, match=r"other\.json"):
        start(SandboxPlan(NOW, state_file=file))
    assert file.read_text() == text


def test_a_taken_port_is_said_and_leaves_nothing_running(shell: Shell) -> None:
    taken = int(shell.sandbox.control_url.rpartition(":")[2])
    with pytest.raises(OSError, match=str(taken)):
        start(SandboxPlan(NOW, ports=Ports(control=taken)))


def test_a_running_clock_passes_with_real_time() -> None:
    sandbox = start(SandboxPlan(NOW, running_clock=True))
    first = sandbox.world.clock.now()
    time.sleep(0.02)
    assert timedelta(0) < sandbox.world.clock.now() - first < timedelta(minutes=1)
    sandbox.stop()
    sandbox.stop()  # a second time changes nothing


def test_it_serves_as_a_process_says_one_line_and_stops_when_told(tmp_path: Path) -> None:
    file = tmp_path / "state.json"
    command = [sys.executable, "-c", MAIN, "sandbox", "serve", "--leads", "3", "--json"]
    command += ["--start", "2026-11-02T08:00:00Z", "--state", str(file)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        assert select.select([process.stdout], [], [], 30)[0]
        told = orjson.loads(process.stdout.readline())
        answer = urllib3.request("GET", f"{told['control_url']}/clock", retries=False)
        assert datetime.fromisoformat(orjson.loads(answer.data)["now"]) - NOW < timedelta(minutes=5)
        assert load_settings(told["env"]).clock_url == told["control_url"]
        process.send_signal(signal.SIGTERM)
        rest, errors = process.communicate(timeout=20)
    finally:
        process.kill()
    assert (process.returncode, rest) == (0, "")
    assert "stopped" in errors
    assert orjson.loads(file.read_bytes())["now"].startswith("2026-11-02T08:0")


def test_the_beginning_must_be_aware() -> None:
    with pytest.raises(ValueError, match="aware"):
        start(SandboxPlan(datetime(2026, 11, 2, tzinfo=UTC).replace(tzinfo=None)))
