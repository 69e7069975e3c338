"""A record that states its own currency takes values in it, at the rate of the day that they belong to."""

from __future__ import annotations

from connector.sandbox.salesforce.schema import FieldDef
from connector.store import configs
from connector.sync.sections import default_text
from tests.sync.bench import Desk

RATES = """
budget_rates:
  - {currency: USD, since: 2020-01-01, rate: 8}
  - {currency: USD, since: 2100-01-01, rate: 4}
"""


def several_currencies(desk: Desk) -> None:
    """The org has several currencies; the value document has a rate of its own."""
    spec = FieldDef("CurrencyIsoCode", "picklist", "Currency ISO Code", 3, defaulted=True, default="CNY")
    desk.org.schema["Lead"].fields["CurrencyIsoCode"] = spec
    text = default_text("value").replace("budget_rates: []", "other: []").split("other:")[0] + RATES
    with desk.engine.store.begin() as tx:
        configs.apply_config(tx, "value", document=text, at=desk.engine.now(), by="test")


def test_money_is_written_in_the_records_own_currency(desk: Desk) -> None:
    several_currencies(desk)
    desk.hot()
    desk.settle()
    lead = desk.only_lead()
    before = float(lead["Baton_Value_At_Handoff__c"])
    assert before == float(lead["Baton_Value_Now__c"]) > 0
    desk.rep_writes(lead["Id"], CurrencyIsoCode="USD")
    desk.settle()
    lead = desk.only_lead()
    assert float(lead["Baton_Value_At_Handoff__c"]) == before / 8
    assert float(lead["Baton_Value_Now__c"]) == before / 8


def test_an_org_with_one_currency_has_that_of_its_connection(desk: Desk) -> None:
    desk.hot()
    desk.settle()
    lead = desk.only_lead()
    assert float(lead["Baton_Value_At_Handoff__c"]) == float(desk.episodes(_only(desk))[0].value.minor) / 100  # type: ignore[union-attr]


def _only(desk: Desk) -> str:
    return str(desk.rows("SELECT lead_id FROM handoff")[0][0])
