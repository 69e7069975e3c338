"""Tables are loaded as their column map says: own times, references, and bad rows reported while the others come in."""

# ruff: noqa: S608 - SOQL, put together from ids that the sandbox gave
from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError
from typer.testing import CliRunner

from baton.sandbox_cli import app
from connector.documents import read_yaml, validated
from connector.domain.matrix_config import MatrixConfig, check_matrix
from connector.domain.signals import SignalsConfig, check_signals
from connector.domain.value import ValueConfig
from connector.sandbox.load import Loaded, Table, TableError, load_table
from connector.sandbox.load_map import ColumnMap
from connector.sandbox.running import Sandbox, SandboxPlan, start
from tests.sandbox.shell.conftest import NOW, Shell

EXAMPLE = Path(__file__).parents[3] / "docs/examples/olist/load"
LEADS = "mql_id,first_contact_date,landing_page_id,origin\n"
DEALS = "mql_id,won_date\n"


def example(name: str) -> ColumnMap:
    return validated(ColumnMap, read_yaml(EXAMPLE / name), source=name)


def load(
    sandbox: Sandbox, path: Path, text: str, columns: Any, *, to: str = "hubspot", kind: str = "contacts"
) -> Loaded:
    path.write_text(text, encoding="utf-8")
    plan = columns if isinstance(columns, ColumnMap) else ColumnMap.model_validate(columns)
    return load_table(sandbox.portal, sandbox.org, Table(path), system=to, wanted=(kind, plan))  # type: ignore[arg-type]


def test_a_lead_and_its_form_come_in_with_the_day_of_the_first_contact(shell: Shell, tmp_path: Path) -> None:
    text = LEADS + "a1,2018-02-01,page7,paid search\na2,2018-03-01,page7,\n"
    result = load(shell.sandbox, tmp_path / "leads.csv", text, example("leads.yaml"))
    assert (dict(result.counts), result.refused) == ({"contacts": 2, "submissions": 2}, [])
    [found] = shell.control("GET", "/find?email=a1@a1.example")[1]["found"]
    names = ("createdate", "hs_analytics_source", "hs_analytics_source_data_2", "first_conversion_date")
    person = shell.contact(found["id"], *names)
    assert (
        person["createdate"] == person["first_conversion_date"] == "2018-02-01T11:00:00.000Z"
    )  # 9:00 in São Paulo
    assert (person["hs_analytics_source"], person["hs_analytics_source_data_2"]) == (
        "PAID_SEARCH",
        "paid search",
    )
    form = next(one for one in shell.hubspot("/marketing/v3/forms")["results"] if "page7" in one["name"])
    sent = shell.hubspot(f"/form-integrations/v1/submissions/forms/{form['id']}")["results"]
    assert sorted(one["submittedAt"] for one in sent) == [1517482800000, 1519905600000]
    assert {one["pageUrl"] for one in sent} == {"https://olist.example/landing/page7"}


def test_a_won_deal_comes_in_with_account_person_role_and_the_time_of_the_win(
    shell: Shell, tmp_path: Path
) -> None:
    text = DEALS + "b1,2018-02-26 19:58:54\n"
    load(shell.sandbox, tmp_path / "deals.csv", text, example("deals.yaml"), to="salesforce")
    fields = "Id, StageName, IsWon, CloseDate, CreatedDate, Account.Name"
    [deal] = shell.query(f"SELECT {fields} FROM Opportunity WHERE Name = 'Seller b1'")
    assert (deal["IsWon"], deal["CloseDate"], deal["Account"]["Name"]) == (True, "2018-02-26", "Seller b1")
    where = f"WHERE OpportunityId = '{deal['Id']}'"
    [reached] = shell.query(f"SELECT StageName, CreatedDate FROM OpportunityHistory {where}")
    assert (reached["StageName"], reached["CreatedDate"]) == ("Closed Won", "2018-02-26T22:58:54.000+0000")
    [role] = shell.query(f"SELECT Contact.Email, IsPrimary FROM OpportunityContactRole {where}")
    assert (role["Contact"]["Email"], role["IsPrimary"]) == ("b1@b1.example", True)


def test_bad_rows_are_named_by_line_and_the_others_come_in(shell: Shell, tmp_path: Path) -> None:
    text = (
        LEADS + "c1,2018-02-01,p,email\nc2,soon,p,email\nc3,2018-02-01\nc4,2018-02-01,p,billboard\n"
        "c1,2018-02-01,p,email\n\nc5,2018-02-01,,email\nc6,2018-02-01,p,email\n"
    )
    result = load(shell.sandbox, tmp_path / "bad.csv", text, example("leads.yaml"))
    refused = {one.line: one.reason for one in result.refused}
    assert result.counts["contacts"] == 2
    assert sorted(refused) == [3, 4, 5, 6, 8]
    assert "'soon'" in refused[3]
    assert "2 cells" in refused[4]
    assert "hs_analytics_source" in refused[5]
    assert "is taken" in refused[6]
    assert "submissions.form is empty" in refused[8]
    assert shell.control("GET", "/find?email=c5@c5.example")[1] == {"found": []}


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"LastName": "n", "Company": "n", "Email": "n"}, "INVALID_EMAIL|invalid email"),
        ({"LastName": "n"}, "lacks Company"),
        ({"LastName": "n", "Company": "n", "Colour": "n"}, "no field Colour"),
        (
            {"LastName": "n", "Company": "n", "NumberOfEmployees": {"column": "n", "type": "number"}},
            "no number",
        ),
    ],
)
def test_salesforce_rows_are_checked_as_the_org_would(
    shell: Shell, tmp_path: Path, fields: dict[str, Any], reason: str
) -> None:
    result = load(
        shell.sandbox, tmp_path / "a.csv", "n\nx\n", {"fields": fields}, to="salesforce", kind="Lead"
    )
    assert not result.counts
    [refused] = result.refused
    assert any(part in refused.reason for part in reason.split("|"))


def test_unique_values_of_the_org_are_taken_once(shell: Shell, tmp_path: Path) -> None:
    shell.sandbox.org.add_field(
        "Lead.Key__c", {"label": "Key", "type": "Text", "length": 20, "unique": True}, visible=True
    )
    columns = {"fields": {"LastName": "n", "Company": "n", "Key__c": "n"}}
    result = load(shell.sandbox, tmp_path / "u.csv", "n\nq\nq\n", columns, to="salesforce", kind="Lead")
    assert (result.counts["Lead"], [one.line for one in result.refused]) == (1, [3])


def test_a_record_that_is_there_is_taken_again_and_rows_refer_to_each_other(
    shell: Shell, tmp_path: Path
) -> None:
    columns = {
        "records": [
            {
                "as": "firm",
                "object": "companies",
                "reuse": "domain",
                "fields": {"name": "firm", "domain": "domain"},
            },
            {"as": "person", "object": "contacts", "associate": ["firm"], "fields": {"email": "email"}},
            {
                "object": "calls",
                "when": "said",
                "associate": ["person"],
                "fields": {"hs_call_body": "said", "hs_timestamp": {"column": "on", "type": "datetime"}},
            },
        ]
    }
    text = "firm,domain,email,said,on\nAcme,acme.example,x@acme.example,hello,2020-05-05\n"
    text += "Acme,ACME.example,y@acme.example,,\n"
    result = load(shell.sandbox, tmp_path / "r.csv", text, columns)
    assert (dict(result.counts), result.refused) == ({"companies": 1, "contacts": 2, "calls": 1}, [])
    found = [shell.control("GET", f"/find?email={who}@acme.example")[1]["found"][0]["id"] for who in "xy"]
    assert len({shell.contact(id_, "associatedcompanyid")["associatedcompanyid"] for id_ in found}) == 1
    calls = shell.hubspot(f"/crm/v4/objects/contacts/{found[0]}/associations/calls")["results"]
    assert len(calls) == 1


@pytest.mark.parametrize(
    ("columns", "says"),
    [
        ({}, "either fields or records"),
        ({"fields": {"email": {"column": "a", "constant": "b"}}}, "give one of"),
        ({"fields": {"email": "a"}, "zone": "Mars"}, "time zone"),
        ({"records": [{"object": "contacts", "fields": {"x": {"record": "none"}}}]}, "refers to none"),
        ({"fields": {"email": "a"}, "rows": 3}, "rows"),
    ],
)
def test_a_map_that_makes_no_sense_is_refused(columns: dict[str, Any], says: str) -> None:
    with pytest.raises(ValidationError, match=says):
        ColumnMap.model_validate(columns)


@pytest.mark.parametrize(
    ("raw", "says"), [(b"", "empty"), (b"a,b\n\xff\xfe\n", "UTF-8"), (b"a\nx\n", "no column email")]
)
def test_a_table_that_cannot_be_read_is_refused(shell: Shell, tmp_path: Path, raw: bytes, says: str) -> None:
    path = tmp_path / "t.csv"
    path.write_bytes(raw)
    plan = ColumnMap.model_validate({"fields": {"email": "email" if b"b" not in raw else "a"}})
    with pytest.raises(TableError, match=says):
        load_table(
            shell.sandbox.portal, shell.sandbox.org, Table(path), system="hubspot", wanted=("contacts", plan)
        )


def test_a_byte_order_mark_is_no_part_of_a_column(shell: Shell, tmp_path: Path) -> None:
    columns = {"fields": {"email": "email"}}
    assert (
        load(shell.sandbox, tmp_path / "b.csv", "\ufeffemail\nbom@load.example\n", columns).counts["contacts"]
        == 1
    )


def test_two_thousand_rows_are_all_loaded(tmp_path: Path) -> None:
    sandbox = start(SandboxPlan(NOW))
    rows = "".join(f"d{n},2018-{n % 12 + 1:02}-{n % 28 + 1:02},page{n % 400},social\n" for n in range(2_000))
    result = load(sandbox, tmp_path / "many.csv", LEADS + rows, example("leads.yaml"))
    sandbox.stop()
    assert (result.counts["contacts"], result.refused) == (2_000, [])


def test_the_command_loads_into_a_running_sandbox_and_says_what_it_left_out(
    shell: Shell, tmp_path: Path
) -> None:
    table = tmp_path / "cli.csv"
    table.write_text(LEADS + "e1,2018-02-01,p,email\ne2,never,p,email\n", encoding="utf-8")
    run = CliRunner()
    asked = ["load", str(table), "--connection", "marketing", "--columns", str(EXAMPLE / "leads.yaml")]
    found = run.invoke(app, [*asked, "--control", shell.sandbox.control_url, "--json"])
    assert found.exit_code == 0
    assert found.stdout.startswith('{"loaded":{"contacts":1,"submissions":1},"refused":[{"line":3,')
    assert run.invoke(app, asked, env={"BATON_CLOCK_URL": ""}).exit_code == 2
    assert run.invoke(app, [*asked, "--control", "http://127.0.0.1:1"]).exit_code == 1
    wrong = [str(EXAMPLE / "deals.yaml") if part.endswith("leads.yaml") else part for part in asked]
    refused = run.invoke(app, [*wrong, "--control", shell.sandbox.control_url])
    assert (refused.exit_code, "has no column won_date" in refused.stderr) == (1, True)


def test_the_command_has_people_act(shell: Shell) -> None:
    run = CliRunner()
    control = ["--control", shell.sandbox.control_url]
    listed = run.invoke(app, ["act", "list", *control])
    assert "request_hand_off" in listed.stdout
    values = 'values={"email": "cli@load.example"}'
    made = run.invoke(app, ["act", "create_contact", values, "who=zhou.xiao", *control])
    assert (made.exit_code, made.stdout.split()[:2]) == (0, ["hubspot", "contacts"])
    refused = run.invoke(app, ["act", "accept", "lead=cli@load.example", *control])
    assert (refused.exit_code, refused.stdout) == (1, "")
    assert run.invoke(app, ["act", "accept", "lead", *control]).exit_code == 2


def test_the_example_documents_are_valid() -> None:
    matrix = validated(MatrixConfig, read_yaml(EXAMPLE.parent / "matrix.yaml"), source="matrix")
    signals = validated(SignalsConfig, read_yaml(EXAMPLE.parent / "signals.yaml"), source="signals")
    validated(ValueConfig, read_yaml(EXAMPLE.parent / "value.yaml"), source="value")
    assert check_matrix(matrix) == []
    assert check_signals(signals, matrix) == []
