"""`baton config try`: persons of a file are placed with nothing connected, and a bad line stops no other."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import orjson
import pytest
from typer.testing import CliRunner

from baton.cli import app
from tests.cli.conftest import Answer
from tests.docs.test_json_shapes import SECTIONS, differences, shape_of

MANUAL = Path(__file__).parents[2] / "docs" / "matrix-and-signals.md"


def run(*words: str, given: bytes = b"", **env: str) -> Answer:
    result = CliRunner().invoke(app, ["config", "try", *words], input=given, env={"COLUMNS": "160", **env})
    return Answer(result.exit_code, result.stdout, result.stderr)


def tried(*documents: Any, **env: str) -> list[dict[str, Any]]:
    """The answers to these documents, all of which must be good ones."""
    answer = run("-", "--json", given=b"\n".join(map(orjson.dumps, documents)), **env)
    assert answer.code == 0, answer.err
    return [orjson.loads(line) for line in answer.out.splitlines()]


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No settings, no database: an empty folder."""
    monkeypatch.chdir(tmp_path)


INTERN = {
    "id": "intern",
    "person": {"name": "Li", "title": "实习生", "email": "li@start.example", "company": "Start"},
    "account": {"revenue": 800_000, "employees": 9},
    "activities": [
        {"kind": "download", "subject": f"White paper {n}", "at": f"2026-10-{n:02}T08:00:00Z"}
        for n in range(1, 11)
    ],
    "as_of": "2026-11-01T00:00:00Z",
}
BOSS = {
    "id": "boss",
    "person": {
        "name": "王伟", "title": "总经理", "mobile": 13812345678,
        "company": "大企业有限公司", "source": "web", "consent": True,
    },
    "account": {"revenue": {"amount": "5000000000.00", "currency": "CNY"}},
    "activities": [
        {"kind": "demo_request", "text": "能不能安排一次产品演示？", "at": "2026-10-31T09:00:00+08:00"}
    ],
    "as_of": "2026-11-01T00:00:00Z",
}  # fmt: skip


def test_the_decision_maker_who_asks_for_a_demo_comes_before_the_intern_with_ten_papers() -> None:
    intern, boss = tried(INTERN, BOSS)
    assert (intern["persona"], intern["role"], intern["stage"]) == ("small", "student", "none")
    assert (intern["lifecycle"], intern["gate"]) == ("mal", ["source"])
    assert (boss["cell"], boss["role"]) == ("enterprise/solution-research", "decision-maker")
    assert (boss["lifecycle"], boss["gate"], boss["hand_off"]) == ("mql", [], "hand_off")
    assert {(one["activity"], one["at"]) for one in boss["evidence"]} == {(0, "2026-10-31T01:00:00+00:00")}
    assert "demo-requested" in {one["signal"] for one in boss["evidence"]}
    # Asked on a Saturday: an SDR answers by 09:15 on Monday.
    assert boss["reconsider_at"] == "2026-11-02T01:15:00+00:00"


def test_evidence_names_the_activity_by_its_place_in_the_document_whatever_its_time() -> None:
    chat = {"kind": "chat", "direction": "in"}
    spoken = [
        {**chat, "text": "请给我们发一份报价", "at": "2026-10-30T01:00:00Z"},
        {**chat, "text": "hello", "at": "2026-10-29T01:00:00Z"},
        {**chat, "text": "How much is it?", "at": "2026-10-28T01:00:00Z"},
    ]
    (found,) = tried({"activities": spoken, "as_of": "2026-11-01"})
    assert [(one["signal"], one["activity"]) for one in found["evidence"]] == [("price-asked", 0)]


def test_what_has_no_time_happened_as_of_and_a_day_begins_in_the_business_time_zone() -> None:
    (found,) = tried({"activities": [{"kind": "demo_request", "text": "demo"}], "as_of": "2026-11-01"})
    assert found["as_of"] == "2026-10-31T16:00:00+00:00"
    assert {one["at"] for one in found["evidence"]} == {found["as_of"]}
    (found,) = tried({"activities": [{"kind": "demo_request"}]})
    assert found["evidence"]


@pytest.mark.parametrize(
    ("account", "persona"),
    [
        ({"revenue": 60_000_000}, "mid-market"),
        ({"revenue": "6000万"}, "mid-market"),
        ({"revenue": 60_000_000.5, "currency": "CNY"}, "mid-market"),
        ({"revenue": {"amount": 9_000_000, "currency": "usd"}}, "small"),
        ({"revenue": None, "employees": "1,200"}, "enterprise"),
        ({"employees": 500.0}, "mid-market"),
        ({"name": "No figures"}, "unknown"),
    ],
)
def test_figures_may_be_written_as_people_write_them(account: dict[str, Any], persona: str) -> None:
    (found,) = tried({"id": 7, "account": account})
    assert (found["id"], found["persona"]) == ("7", persona)


def test_a_bad_line_is_told_with_its_number_and_the_others_go() -> None:
    lines = [
        b'{"id": "a", "account": {"employees": 5}}', b"{nonsense", b"", b"[1]", b"{}",
        b'{"account": {"employees": -5, "revenue": true}, "person": {"consent": "yes", "title": ["x"]}}',
        b'{"activities": [{"kind": "smoke"}, {"text": "no kind"}, 3], "as_of": "yesterday"}',
        b'{"account": {"revenue": {"amount": NaN}}}', b"\xff\xfe",
        b'\xef\xbb\xbf{"id": "z", "account": {}, "person": {"title": "CTO"}}',
    ]  # fmt: skip
    answer = run("-", "--json", given=b"\n".join(lines))
    assert answer.code == 1
    assert [orjson.loads(line)["id"] for line in answer.out.splitlines()] == ["a", "z"]
    told = re.findall(r"Line (\d+): (\S+)", answer.err)
    assert {number for number, _ in told} == {"2", "4", "5", "6", "7", "8", "9"}
    paths = {path for number, path in told if number in ("6", "7")}
    assert paths == {
        "person.consent", "person.title", "account.employees", "account.revenue", "as_of", "activities[0].kind",
        "activities[1]", "activities[2]",
    }  # fmt: skip
    assert "Placed: 2. Lines refused: 7." in answer.err


def test_a_name_that_nothing_reads_is_told_once_and_hinders_nothing() -> None:
    lines = b'{"person": {"titel": "CEO"}}\n' * 3
    answer = run("-", "--json", given=lines)
    assert answer.code == 0
    assert answer.err.count("person.titel") == 1
    assert "in 3 lines" in answer.err


def test_an_admins_own_documents_take_the_place_of_the_shipped_ones(tmp_path: Path) -> None:
    policies = (Path(__file__).parents[2] / "mappings/defaults/policies.yaml").read_text(encoding="utf-8")
    (tmp_path / "policies.yaml").write_text(policies.replace("    - source\n", ""), encoding="utf-8")
    (found,) = tried(INTERN, BATON_CONFIG_DIR=str(tmp_path))
    assert found["gate"] == []
    answer = run("-", "--config-dir", str(tmp_path / "nowhere"))
    assert answer.code == 1
    assert "nowhere" in answer.err


def test_people_get_a_table(tmp_path: Path) -> None:
    file = tmp_path / "persons.jsonl"
    file.write_bytes(orjson.dumps(BOSS))
    answer = run(str(file))
    assert answer.code == 0
    assert "enterprise" in answer.out
    assert "Placed: 1." in answer.err
    assert run(str(tmp_path / "nothing.jsonl")).code == 1


def test_the_example_of_the_manual_works_as_it_says() -> None:
    given, printed = re.findall(r"```json\n(\{.*?)```", MANUAL.read_text(encoding="utf-8"), re.DOTALL)
    (found,) = tried(orjson.loads(given))
    assert found == orjson.loads(printed)


def test_the_keys_documented_are_those_printed() -> None:
    shape = shape_of(SECTIONS["config try"])
    assert [fault for one in tried(INTERN, BOSS) for fault in differences(one, shape)] == []
