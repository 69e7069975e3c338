"""Settings are read once, and every problem is told at once, with the name to set."""

from __future__ import annotations

from pathlib import Path

import pytest

from connector.errors import ConfigError
from connector.settings import Settings, load_settings

GOOD = {
    "BATON_DATABASE_URL": "sqlite:///baton.db",
    "BATON_MARKETING": "hubspot",
    "BATON_MARKETING_TOKEN": "pat-secret",
    "BATON_CRM": "salesforce",
    "BATON_CRM_URL": "https://firm.my.salesforce.com/",
    "BATON_CRM_CLIENT_ID": "id",
    "BATON_CRM_CLIENT_SECRET": "hush",
}


def problems(environ: dict[str, str], file: Path | None = None) -> list[str]:
    with pytest.raises(ConfigError) as caught:
        load_settings(environ, file)
    return caught.value.problems


def test_a_complete_environment_is_enough() -> None:
    settings = load_settings(GOOD)
    assert settings.marketing.name == "marketing"
    assert settings.crm.url == "https://firm.my.salesforce.com"
    assert settings.crm.client_secret.get_secret_value() == "hush"


def test_no_secret_is_ever_printed() -> None:
    shown = repr(load_settings(GOOD)) + str(load_settings(GOOD))
    assert "pat-secret" not in shown
    assert "hush" not in shown


def test_an_empty_environment_names_everything_that_is_missing() -> None:
    said = "\n".join(problems({}))
    for name in ("BATON_DATABASE_URL", "BATON_MARKETING", "BATON_CRM"):
        assert f"{name}: missing" in said


def test_unknown_missing_and_wrong_settings_are_told_together() -> None:
    wrong = GOOD | {
        "BATON_CRM_CLIENT_SECRET": "",
        "BATON_COLOUR": "blue",
        "BATON_CRM_COLOUR": "blue",
        "BATON_TIMEZONE": "Mars/Olympus",
        "BATON_MARKETING_URL": "ftp://x",
        "BATON_CRM_DAILY_SHARE": "0",
        "BATON_POLL_SECONDS": "soon",
    }
    said = "\n".join(problems(wrong))
    for name in (
        "BATON_COLOUR",
        "BATON_CRM_COLOUR",
        "BATON_TIMEZONE",
        "BATON_MARKETING_URL",
        "BATON_CRM_DAILY_SHARE",
        "BATON_POLL_SECONDS",
    ):
        assert name in said


def test_a_vendor_names_the_credentials_it_needs() -> None:
    said = problems(
        {k: v for k, v in GOOD.items() if k not in ("BATON_CRM_CLIENT_ID", "BATON_MARKETING_TOKEN")}
    )
    assert "BATON_MARKETING: hubspot needs BATON_MARKETING_TOKEN" in said
    assert "BATON_CRM: salesforce needs BATON_CRM_CLIENT_ID" in said


def test_an_unknown_vendor_is_told_with_those_there_are() -> None:
    said = "\n".join(problems(GOOD | {"BATON_CRM": "siebel"}))
    assert "BATON_CRM" in said
    assert "salesforce" in said


def test_a_file_is_read_and_the_environment_wins(tmp_path: Path) -> None:
    file = tmp_path / "baton.yaml"
    file.write_text(
        "".join(f"{key}: '{value}'\n" for key, value in GOOD.items()) + "language: zh_CN\n", "utf-8"
    )
    assert load_settings({}, file).language == "zh_CN"
    assert load_settings({"BATON_LANGUAGE": "en"}, file).language == "en"
    assert load_settings({"BATON_SETTINGS": str(file)}).language == "zh_CN"


def test_a_broken_file_is_told_with_line_and_column(tmp_path: Path) -> None:
    file = tmp_path / "baton.yaml"
    file.write_text("database_url: x\n  crm: [\n", "utf-8")
    assert "line 2" in problems({}, file)[0]
    assert "column" in problems({}, file)[0]


def test_a_missing_file_is_told(tmp_path: Path) -> None:
    assert "cannot be read" in problems({"BATON_SETTINGS": str(tmp_path / "none.yaml")})[0]


def test_settings_cannot_be_changed_afterwards() -> None:
    settings: Settings = load_settings(GOOD)
    with pytest.raises(ValueError, match="frozen"):
        settings.language = "zh_CN"  # type: ignore[misc]
