"""`baton config`: documents come into force checked, in versions, and can be compared and taken back."""

from __future__ import annotations

import re
from pathlib import Path

import orjson
import pytest

from tests.cli.conftest import Line
from tests.docs.test_json_shapes import SECTIONS, differences, shape_of

POLICIES = (Path(__file__).parents[2] / "mappings/defaults/policies.yaml").read_text(encoding="utf-8")
STRICTER = POLICIES.replace("max_rejections: 3", "max_rejections: 2")
LATER = POLICIES.replace("unknown: {stage: solution-research}", "unknown: {stage: solution-selection}")
NEVER = LATER.replace("  points: ", "    unknown/solution-research: never\n  points: ")


def put(text: str, name: str = "policies.yaml") -> str:
    """A file in the working directory."""
    Path(name).parent.mkdir(exist_ok=True, parents=True)
    Path(name).write_text(text, encoding="utf-8")
    return name


def test_a_document_is_applied_compared_and_rolled_back(baton: Line) -> None:
    assert baton("config", "export", "policies").out == POLICIES
    applied = baton("config", "apply", put(STRICTER), "--as", "admin:ann", "--json").json()
    (changed,) = applied["changed"]
    assert (changed["section"], changed["before"], changed["version"]) == ("policies", 1, 2)
    assert changed["differences"] == [
        {"path": "recycling.max_rejections", "how": "changed", "old": 3, "new": 2}
    ]
    assert (applied["everyone"], applied["leads"]) == (True, 2)
    found = baton("config", "versions", "policies", "--json").json()
    assert [(one["version"], one["by"], one["in_force"]) for one in found["versions"]] == [
        (2, "admin:ann", True), (1, "shipped", False),
    ]  # fmt: skip
    assert found["waiting"] == 2
    assert (
        baton("config", "diff", "policies", "1", "2", "--json").json()["differences"]
        == changed["differences"]
    )
    assert "~ recycling.max_rejections: 3 → 2" in baton("config", "diff", "policies").out
    assert "~ recycling.max_rejections: 2 → 3" in baton("config", "diff", put(POLICIES)).out
    assert baton("config", "export", "policies", "--version", "1").out == POLICIES
    back = baton("config", "rollback", "policies", "1", "--json").json()
    assert back["versions"]["policies"] == 3
    assert baton("config", "export", "policies").out == POLICIES
    assert baton("config", "apply", put(POLICIES), "--json").json()["changed"] == []
    assert baton("config", "rollback", "policies", "9").code == 1


def test_only_the_leads_that_a_change_can_concern_are_decided_again(baton: Line) -> None:
    """Ann asked for a demonstration; of Ben nothing is known; nor is the size of their company."""
    view = baton("lead", "show", baton.leads[0], "--json").json()
    assert view["cell"] == "unknown/solution-research"
    for document, leads in (
        (POLICIES.replace("small: {stage: solution-selection}", "small: {stage: solution-research}"), 0),
        (LATER, 2),
        (NEVER, 1),
        (NEVER.replace("max_rejections: 3", "max_rejections: 4"), 2),
    ):
        applied = baton("config", "apply", put(document), "--json").json()
        assert applied["leads"] == leads
    playbook = baton("config", "export", "playbook").out.replace("Offer", "Show", 1)
    assert baton("config", "apply", put(playbook, "playbook.yaml"), "--json").json()["leads"] == 0


def test_a_wrong_document_is_refused_with_its_place_and_changes_nothing(baton: Line) -> None:
    wrong = POLICIES.replace("cooldown_days: 90", "cooldown_days: -1")
    answer = baton("config", "apply", put(wrong))
    assert answer.code == 1
    assert re.search(r"policies\.yaml, line \d+, column \d+: reasons\.0\.cooldown_days: ", answer.err)
    wrong = POLICIES.replace("enterprise/solution-selection: automatic", "enterprise/no-such: automatic")
    signals = baton("config", "export", "signals").out
    put(signals.replace("stage: solution-selection", "stage: nowhere", 1), "signals.yaml")
    answer = baton("config", "apply", put(wrong), "signals.yaml")
    assert answer.code == 1
    line = 1 + next(n for n, text in enumerate(wrong.splitlines()) if "no-such" in text)
    assert (
        f"policies.yaml, line {line}, column 5: handoff.modes.enterprise/no-such: no such cell" in answer.err
    )
    assert re.search(r"signals\.yaml, line \d+, column \d+: signals\[\d+\]\.stage: 'nowhere'", answer.err)
    found = baton("config", "versions", "--json").json()["versions"]
    assert {one["version"] for one in found} == {1}


def test_a_rehearsal_says_the_same_and_keeps_nothing(baton: Line) -> None:
    rehearsed = baton("config", "apply", put(LATER), "--dry-run", "--json").json()
    assert rehearsed["dry_run"]
    assert baton("config", "export", "policies").out == POLICIES
    applied = baton("config", "apply", put(LATER), "--json").json()
    assert [one["differences"] for one in applied["changed"]] == [
        one["differences"] for one in rehearsed["changed"]
    ]
    assert applied["leads"] == rehearsed["leads"]


def test_a_row_that_nobody_can_reach_is_warned_of(baton: Line) -> None:
    matrix = baton("config", "export", "matrix").out
    row = "  - {id: tiny, label: {en: Tiny}, when: {band: size, is: small}}\n\nstages:"
    answer = baton("config", "apply", put(matrix.replace("\nstages:", row), "matrix.yaml"))
    assert answer.code == 0
    assert "matrix.yaml, line 32, column 5: rows[3]: never reached" in answer.err


def test_everything_can_be_written_into_a_folder_and_applied_from_it(baton: Line) -> None:
    assert baton("config", "export", "--to", "mine").code == 0
    files = sorted(str(path) for path in Path("mine").iterdir())
    assert [Path(file).stem for file in files] == sorted(baton("config", "export", "--json").json())
    assert baton("config", "apply", *files, "--json").json()["changed"] == []
    put("changed: yes", "mine/value.yaml")
    assert baton("config", "export", "--to", "mine").code == 1


def test_files_must_say_which_section_they_are(baton: Line) -> None:
    assert baton("config", "apply", put(STRICTER, "new.yaml")).code == 2
    assert baton("config", "apply", "new.yaml", "--section", "policies").code == 0
    assert baton("config", "apply", "new.yaml", "new.yaml", "--section", "policies").code == 2
    assert baton("config", "apply", "policies.yaml").code == 1
    assert baton("config", "export", "nothing").code == 1
    assert baton("config", "export").code == 2


def test_the_folder_never_undoes_what_was_applied(baton: Line) -> None:
    put(STRICTER, "folder/policies.yaml")
    here = {"config_dir": "folder"}
    assert baton("config", "export", "policies", **here).out == STRICTER
    assert baton("config", "apply", put(LATER), **here).code == 0
    # The file did not change: it says nothing new.
    answer = baton("config", "export", "policies", **here)
    assert (answer.out, answer.err) == (LATER, "")
    # It changes beside what was applied: somebody has to choose.
    put(POLICIES.replace("attempts: 6", "attempts: 7"), "folder/policies.yaml")
    answer = baton("config", "export", "policies", **here)
    assert answer.out == LATER
    assert "folder/policies.yaml has changed" in answer.err
    # Chosen: the file is in force, and is followed again.
    assert baton("config", "apply", "folder/policies.yaml", **here).code == 0
    put(POLICIES.replace("attempts: 6", "attempts: 8"), "folder/policies.yaml")
    assert "attempts: 8" in baton("config", "export", "policies", **here).out
    # Gone: what is in force stays.
    answer = baton("config", "export", "policies")
    assert "attempts: 8" in answer.out
    found = baton("config", "versions", "policies", "--json").json()["versions"]
    assert [one["by"].partition(":")[0] for one in found] == ["folder", "admin", "admin", "folder", "shipped"]


@pytest.mark.parametrize("section", ["matrix", "signals", "playbook", "policies", "value", "targets"])
def test_a_schema_for_editors_is_printed(baton: Line, section: str) -> None:
    schema = orjson.loads(baton("config", "schema", section).out)
    assert schema["title"]
    assert schema["additionalProperties"] is False
    assert baton("config", "schema", "nothing").code == 2


def test_the_keys_documented_are_those_printed(baton: Line) -> None:
    printed = {
        "config apply": baton("config", "apply", put(STRICTER), "--json").json(),
        "config diff": baton("config", "diff", "policies", "--json").json(),
        "config versions": baton("config", "versions", "--json").json(),
        "config export": baton("config", "export", "--json").json(),
    }
    for command, document in printed.items():
        assert list(differences(document, shape_of(SECTIONS[command]))) == []
        example = SECTIONS[command].split("```json\n")[1].split("```")[0]
        assert list(differences(orjson.loads(example), shape_of(SECTIONS[command]))) == []
