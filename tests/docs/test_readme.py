"""The README's table of settings names every setting, and no other."""

from __future__ import annotations

import re
from pathlib import Path

import connector.settings
from connector.settings import ConnectionSettings, Settings

README = (Path(__file__).resolve().parents[2] / "README.md").read_text(encoding="utf-8")
NAMED = set(re.findall(r"^\| `(BATON_[A-Z_]+)` \|", README, re.MULTILINE))


def test_the_table_of_settings_names_those_that_there_are() -> None:
    plain = set(Settings.model_fields) - {"marketing", "crm"}
    per_connection = set(ConnectionSettings.model_fields) - {"vendor", "role"}
    known = {f"BATON_{name.upper()}" for name in plain} | {"BATON_MARKETING"}
    assert known | {f"BATON_MARKETING_{name.upper()}" for name in per_connection} == NAMED


def test_the_example_file_of_settings_can_be_read(tmp_path: Path) -> None:
    example = next(
        text for text in re.findall(r"```yaml\n(.*?)```", README, re.DOTALL) if "MARKETING" in text
    )
    file = tmp_path / "baton.yaml"
    file.write_text(example, encoding="utf-8")
    settings = connector.settings.load_settings({}, file)
    assert (settings.marketing.vendor, settings.crm.vendor) == ("hubspot", "salesforce")


def test_every_document_is_in_the_index() -> None:
    docs = Path(__file__).resolve().parents[2] / "docs"
    index = (docs / "README.md").read_text(encoding="utf-8")
    pages = {path.relative_to(docs).as_posix() for path in docs.rglob("*.md")} - {"README.md"}
    listed = set(re.findall(r"\]\(([^)#]+\.md)", index))
    assert {page for page in pages if not page.startswith("decisions/0")} - listed == set()
