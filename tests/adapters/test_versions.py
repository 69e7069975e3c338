"""API versions: every path of the older and the newer HubSpot version works, and nonsense is refused before any call."""

from __future__ import annotations

import pytest

from connector.errors import ConfigError
from connector.hubspot.paths import VERSIONS
from connector.ports import FieldSpec, Window, Write
from tests.contract.benches import SECOND, START, HubSpotBench, SalesforceBench


@pytest.mark.parametrize("version", list(VERSIONS))
def test_each_version_of_hubspots_api_serves_every_role(hubspot: HubSpotBench, version: str) -> None:
    made = hubspot.add(["x"])
    contact = made[0]
    hubspot.portal.log_activity("notes", contact, {"hs_note_body": "x"})
    hubspot.portal.page_view(contact, "https://www.example.com/")
    system = hubspot.connect(api_version=version)
    assert [step for step in system.check() if step.outcome == "refused"] == []
    wanted = [FieldSpec("baton_cell", "Cell", "text")]
    assert {step.outcome for step in system.provision("contacts", wanted)} == {"created"}
    assert system.write("contacts", [Write(contact, {"baton_cell": "a/b"})])[0].error is None
    window = Window(START - SECOND, hubspot.pass_time(minutes=1))
    for since in (None, window.since):
        pages = system.changed(
            "contacts", Window(since, window.until), ["baton_cell", "associations.companies"]
        )
        assert [row.fields["baton_cell"] for page in pages for row in page.rows] == ["a/b"]
    notes = [a for page in system.activities("notes", window, window.until) for a in page.activities]
    assert [note.person_ids for note in notes] == [(contact,)]
    views = [a for page in system.activities("page_views", window, window.until) for a in page.activities]
    assert {view.person_ids for view in views} == {(contact,)}
    list(system.owners())
    other = "/2026-09" if version == "v3" else "/crm/v3/"
    ours = hubspot.paths()
    assert not [path for path in ours if other in path]
    system.close()


def test_an_unknown_version_is_a_mistake_in_the_settings(
    hubspot: HubSpotBench, salesforce: SalesforceBench
) -> None:
    with pytest.raises(ConfigError, match="known are"):
        hubspot.connect(api_version="2031-01")
    with pytest.raises(ConfigError, match=r"67\.0"):
        salesforce.connect(api_version="v67")
