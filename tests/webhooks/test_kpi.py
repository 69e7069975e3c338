"""The KPI through the API: for machines, with its parameters checked and said in the reader's language."""

from __future__ import annotations

from tests.webhooks.door import Door


def test_a_machine_reads_the_kpi_of_a_period(door: Door) -> None:
    told = door.get("/api/v1/kpi?period=quarter&date=2026-11-20&by=persona").get_json()
    assert (told["period"]["first"], told["period"]["last"]) == ("2026-10-01", "2026-12-31")
    assert (told["by"], told["value"]["minor"], told["target"]) == ("persona", 0, None)
    chinese = door.get("/api/v1/kpi?locale=zh_CN").get_json()
    assert any("未设目标" in note for note in chinese["notes"])
    assert door.get("/api/v1/kpi/plan").get_json()["plan"] is None


def test_what_is_no_parameter_or_no_period_is_named(door: Door) -> None:
    for query, field in (
        ("period=fortnight", "period"),
        ("by=price", "by"),
        ("date=soon", "date"),
        ("perod=year", "perod"),
    ):
        answer = door.get(f"/api/v1/kpi?{query}")
        assert answer.status_code == 422
        assert [one["field"] for one in answer.get_json()["fields"]] == [field]
