"""The value KPI of a real story: what is frozen at a hand-off counts, whatever becomes of the lead and its source later."""

from __future__ import annotations

from connector.domain.dispute import Settle
from connector.domain.kpi import Dimension
from connector.domain.periods import PeriodKind, period_of
from connector.reports.kpi import Basis, KpiReport, kpi_report
from connector.sync import commands
from mappings.records import RecordKey
from tests.sync.bench import MANAGER, SDR, Desk


def report(desk: Desk, by: Dimension = Dimension.SOURCE) -> KpiReport:
    """This month's."""
    with desk.store.read() as tx:
        rules, documents = desk.engine.rules(tx), desk.engine.rules.documents(tx)
        basis = Basis(documents.policies, documents.value, documents.targets, rules.values)
        now = desk.engine.now()
        return kpi_report(
            tx, basis, period_of(PeriodKind.MONTH, now.astimezone(basis.zone).date()), by=by, now=now
        )


def handed_off(desk: Desk) -> tuple[RecordKey, RecordKey]:
    """A lead and its colleague, both with sales."""
    firm = desk.company()
    contact, colleague = desk.contact(firm), desk.contact(firm, lastname="李")
    desk.writes(contact)
    desk.round()
    desk.writes(colleague)
    desk.settle()
    return contact, colleague


def test_colleagues_are_one_credit_and_what_was_frozen_stays(desk: Desk) -> None:
    contact, _ = handed_off(desk)
    (first,) = desk.rows("SELECT source, value_minor FROM handoff ORDER BY confirmed_at LIMIT 1")
    desk.portal.calculate("contacts", contact.id, {"hs_analytics_source": "PAID_SEARCH"})
    desk.settle()
    figures = report(desk).figures
    assert (figures.whole.sums.credits, figures.counted_with) == (1, 1)
    assert figures.whole.sums.net == first[1] > 0
    assert first[0]
    assert list(figures.rows) == [first[0]]


def test_a_verdict_that_the_manager_annuls_is_reversed_and_booked_back(desk: Desk) -> None:
    contact, _ = handed_off(desk)
    value = report(desk).figures.whole.sums.net
    desk.wait(hours=1)
    desk.reject(contact, "competitor")
    assert report(desk).figures.whole.sums.net == 0
    desk.wait(hours=1)
    commands.contest(desk.engine, str(contact), actor=SDR, note="是客户，不是同行")
    commands.settle(desk.engine, str(contact), finding=Settle(MANAGER, "rep", "已与客户核实"))
    desk.settle()
    figures = report(desk).figures
    assert [one.entry.kind.value for one in figures.corrections] == ["reversal", "reinstatement"]
    assert (figures.whole.sums.net, figures.whole.sums.leads) == (value, 1)
