"""Rules that change: who is decided again, what a past hand-off keeps, and that a rollback leads back to where one was."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from connector.domain.decide import decide
from connector.errors import ConfigError
from connector.store.known import known_of
from connector.store.meta import remember
from connector.store.types import digest
from connector.sync.configuration import put_in_force, roll_back, take_up
from connector.sync.readers import readers_for
from connector.sync.sections import default_text
from mappings.records import RecordKey
from tests.sync.bench import DEMO, PRICE, Desk

QUIET = "谢谢，收到了"


def signals(old: str, new: str) -> dict[str, tuple[str, str]]:
    """The shipped signals with one passage changed."""
    text = default_text("signals")
    assert old in text
    return {"signals": (text.replace(old, new, 1), "signals.yaml")}


def choosy(row: str) -> dict[str, tuple[str, str]]:
    """The shipped signals, with more asked of a row than anybody says."""
    needs = "".join(
        f"  - {{row: {row}, stage: {stage}, strong: 9, supporting: 9}}\n"
        for stage in ("solution-research", "solution-selection")
    )
    return signals("\nneeds:\n", f"\nneeds:\n{needs}")


def moved(desk: Desk) -> set[str]:
    """The leads that wait because rules changed."""
    return {
        row[0] for row in desk.rows("SELECT lead_id FROM dirty WHERE due_at IS NOT NULL AND reason = 'rules'")
    }


def apply(desk: Desk, texts: dict[str, tuple[str, str]]) -> Any:
    """Put documents in force a minute later."""
    desk.wait(minutes=30)
    return put_in_force(desk.store, texts, at=desk.engine.now(), by="test")


def decisions(desk: Desk, *contacts: RecordKey) -> list[Any]:
    """What is true of these leads now, whatever the versions are called."""
    found = []
    with desk.store.read() as tx:
        rules = desk.engine.rules(tx)
        for contact in contacts:
            known = known_of(
                tx, [desk.lead_of(contact)], readers_for(desk.engine, tx), now=desk.engine.now()
            )[0]
            decision = decide(known, rules, desk.engine.now())
            found.append(
                {
                    name: getattr(decision, name)
                    for name in ("persona", "role", "stage", "cell", "evidence", "step")
                }
            )
    return found


def test_other_words_of_a_signal_concern_only_those_who_used_them(desk: Desk) -> None:
    quiet, asks = desk.small(), desk.small()
    desk.writes(quiet, QUIET)
    desk.writes(asks, "盒子几何")
    desk.settle()
    assert desk.view(asks)["stage"]["id"] == "none"
    applied = apply(desk, signals("  price:\n    - price\n", "  price:\n    - 盒子几何\n    - price\n"))
    assert (applied.leads, applied.everyone) == (1, False)
    assert moved(desk) == {desk.lead_of(asks)}
    desk.round()
    assert desk.view(asks)["stage"]["id"] == "solution-selection"
    assert [one["signal"] for one in desk.view(asks)["evidence"]] == ["price-asked"]
    assert desk.view(quiet)["stage"]["id"] == "none"


def test_a_signal_changed_rewrites_nothing_of_a_past_hand_off(desk: Desk) -> None:
    contact = desk.hot()
    desk.settle()
    desk.rep_accepts(desk.only_lead()["Id"])
    desk.settle()
    (before,) = desk.episodes(contact)
    rows = desk.rows("SELECT cell, entered_at, left_at, evidence_ids, versions FROM cell_entry ORDER BY id")
    shown = desk.only_lead()
    assert before.cell == "enterprise/solution-research"
    apply(desk, choosy("enterprise"))
    assert moved(desk) == {desk.lead_of(contact)}
    desk.settle()
    assert desk.episodes(contact) == [before]
    assert (
        desk.rows("SELECT cell, entered_at, left_at, evidence_ids, versions FROM cell_entry ORDER BY id")
        == rows
    )
    view = desk.view(contact)
    assert view["cell"] == before.cell
    assert view["stage"]["computed"] != "solution-research"
    assert desk.only_lead() == shown


def test_applying_and_rolling_back_leaves_everybody_where_they_were(desk: Desk) -> None:
    contacts = [desk.small(), desk.small(), desk.contact()]
    for contact, said in zip(contacts, (PRICE, DEMO, QUIET), strict=True):
        desk.writes(contact, said)
    desk.settle()
    before = decisions(desk, *contacts)
    matrix = default_text("matrix").replace("CNY: [50000000, 1000000000]", "CNY: [5000000, 1000000000]")
    applied = apply(desk, {"matrix": (matrix, "matrix.yaml"), **choosy("mid-market")})
    assert applied.everyone
    desk.settle()
    assert [one["cell"] for one in decisions(desk, *contacts)] == [
        "mid-market/solution-research", "mid-market/problem-education", "enterprise/none",
    ]  # fmt: skip
    at = desk.engine.now()
    for section in ("signals", "matrix"):
        back = roll_back(desk.store, section, 1, at=at, by="test")
        assert back.changed == {section: (2, 3)}
    desk.settle()
    assert [one["persona"].id for one in decisions(desk, *contacts)] == [one["persona"].id for one in before]
    assert [one["cell"] for one in decisions(desk, *contacts)] == [one["cell"] for one in before]
    assert [one["evidence"] for one in decisions(desk, *contacts)] == [one["evidence"] for one in before]


def test_who_is_decided_while_activities_are_read_again_is_decided_once_more(desk: Desk) -> None:
    """Their decision may rest on an activity that came after the reading."""
    contact = desk.small()
    desk.writes(contact, QUIET)
    desk.round()
    texts = signals("  price:\n    - price\n", "  price:\n    - 从没说过的话\n    - price\n")
    at = desk.engine.now()
    assert put_in_force(desk.store, texts, at=at, by="test").leads == 1
    desk.settle()
    assert apply(desk, {"signals": (default_text("signals"), "s")}).leads == 0


def test_a_new_target_decides_nobody_anew(desk: Desk) -> None:
    desk.small()
    desk.settle()
    text = default_text("targets").replace("targets: []", "targets: [{from: 2026-01-01, monthly: 10000000}]")
    applied = apply(desk, {"targets": (text, "targets.yaml")})
    assert (applied.changed, applied.leads) == ({"targets": (1, 2)}, 0)


def test_documents_are_checked_together_and_refused_together(desk: Desk) -> None:
    matrix = default_text("matrix").replace("solution-selection", "choosing")
    with pytest.raises(ConfigError) as caught:
        apply(desk, {"matrix": (matrix, "matrix.yaml")})
    told = "\n".join(caught.value.problems)
    assert "matrix.yaml, line" in told
    assert "stages[2]: no signal speaks for 'choosing'" in told
    assert "signals version 1, line" in told
    assert "playbook version 1, line" in told
    assert desk.rows("SELECT max(version) FROM config_version") == [(1,)]


def test_an_upgrade_that_does_not_fit_the_firms_own_documents_stops_nothing(
    desk: Desk, tmp_path: Path
) -> None:
    """A new release's signals speak of a column that the firm renamed: the firm's documents stay."""
    renamed = {
        name: (default_text(name).replace("solution-selection", "choosing"), f"{name}.yaml")
        for name in ("matrix", "signals", "playbook", "policies", "value")
    }
    apply(desk, renamed)
    with desk.store.begin() as tx:
        remember(tx, "config:shipped:signals", value=digest(renamed["signals"][0]))
    (note,) = take_up(desk.store, None, at=desk.engine.now())
    assert (note.id, note.params["section"]) == ("config.shipped_ignored", "signals")
    assert desk.rows("SELECT max(version) FROM config_version") == [(2,)]


def test_versions_of_a_decision_name_what_it_was_taken_under(desk: Desk) -> None:
    contact = desk.small()
    desk.writes(contact, PRICE)
    desk.settle()
    apply(
        desk, {"policies": (default_text("policies").replace("max_rejections: 3", "max_rejections: 2"), "p")}
    )
    desk.settle()
    assert desk.view(contact)["versions"]["policies"] == 2


class Listener:
    """Notes how far each step is said to be."""

    def __init__(self) -> None:
        self.steps: list[tuple[str, int | None]] = []
        self.done = 0

    def step(self, name: str, total: int | None = None) -> None:
        self.steps.append((name, total))
        self.done = 0

    def advance(self, count: int) -> None:
        self.done += count


def test_how_far_history_is_read_again_and_decided_again_is_told(desk: Desk) -> None:
    for _ in range(3):
        desk.writes(desk.small(), QUIET)
    desk.settle()
    listener = Listener()
    wrote = "{id: wrote, label: {en: Wrote}, stage: problem-education, strength: supporting, kinds: [email_reply]}"
    texts = signals("\nsignals:\n", f"\nsignals:\n  - {wrote}\n")
    desk.wait(minutes=30)
    applied = put_in_force(desk.store, texts, at=desk.engine.now(), by="test", progress=listener)
    assert (listener.steps, listener.done, applied.leads) == ([("read again", 3)], 3, 3)
    desk.swap(progress=listener)
    desk.round()
    assert ("place", 3) in listener.steps
