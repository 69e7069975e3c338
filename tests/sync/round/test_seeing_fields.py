"""Fields that could not be seen when a record was read: nothing is ever written there, unless the record is read again."""

from __future__ import annotations

from pathlib import Path

import pytest

from connector.errors import ConfigError
from connector.sync.provision import provision
from connector.sync.round import Choice
from connector.sync.rulebook import texts_from
from mappings.document import FactLine
from tests.sync.bench import Desk, Kit


def test_a_dry_run_before_provisioning_keeps_nothing_from_being_written_after_it(
    desk: Desk, kit: Kit
) -> None:
    bare = Desk(desk.store, Kit(kit.mapping, kit.rules, {}, {}, kit.servers))
    contact = bare.contact()
    bare.round(Choice(dry_run=True), after=600)
    assert bare.property(contact, "baton_id") is None
    provision(bare.engine)
    bare.round(after=600)
    assert bare.property(contact, "baton_id")


def test_a_field_that_the_mapping_newly_asks_for_is_read_of_records_that_did_not_change(desk: Desk) -> None:
    contact = desk.contact(city="上海")
    desk.round(after=600)
    assert "city" not in desk.mirrored(contact).fields
    mapping = desk.engine.mapping
    facts = mapping.facts["hubspot"]["contacts"]
    more = {"properties": {**facts.properties, "town": FactLine.model_validate({"from": ["city"]})}}
    sides = {**mapping.facts["hubspot"], "contacts": facts.model_copy(update=more)}
    desk.swap(mapping=mapping.model_copy(update={"facts": {**mapping.facts, "hubspot": sides}}))
    desk.round(after=100_000)
    assert desk.mirrored(contact).fields["city"] == "上海"


def test_a_configuration_folder_that_is_not_there_or_holds_a_stranger_is_told(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="no folder"):
        texts_from(tmp_path / "nowhere")
    (tmp_path / "singals.yaml").write_text("x: 1", "utf-8")
    with pytest.raises(ConfigError, match=r"singals\.yaml: nothing reads"):
        texts_from(tmp_path)
