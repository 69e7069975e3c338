"""The application as a whole: its document, its headers, its health."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import orjson
import pytest
from openapi_spec_validator import OpenAPIV31SpecValidator, validate

from connector.store.engine import Store
from tests.webhooks.door import Door
from webhooks import pages

DOCUMENT = Path(__file__).parents[2] / "docs" / "openapi.json"
INDENTED = orjson.OPT_INDENT_2 | orjson.OPT_SORT_KEYS | orjson.OPT_APPEND_NEWLINE


def test_the_openapi_document_is_valid_and_the_published_one_is_current(door: Door) -> None:
    told = door.app.test_client().get("/openapi.json").get_json()
    validate(told, cls=OpenAPIV31SpecValidator)
    assert told["openapi"].startswith("3.1")
    assert DOCUMENT.read_bytes() == orjson.dumps(told, option=INDENTED), "run: python -m webhooks.document"


def test_every_address_of_the_api_asks_who_calls(door: Door) -> None:
    told = door.app.test_client().get("/openapi.json").get_json()
    for path, operations in told["paths"].items():
        for method, operation in operations.items():
            assert operation["security"], path
            filled = path.replace("{", "").replace("}", "")
            assert door.app.test_client().open(filled, method=method.upper()).status_code == 401, path


@pytest.mark.parametrize("path", ["/", "/healthz", "/readyz", "/openapi.json", "/nowhere"])
def test_every_answer_has_its_headers(door: Door, path: str) -> None:
    headers = door.app.test_client().get(path).headers
    assert headers["Content-Security-Policy"].startswith("default-src 'none'")
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["X-Frame-Options"] == "DENY"
    assert headers["Strict-Transport-Security"]


def test_strict_transport_is_asked_for_only_behind_https(ajar: Any) -> None:
    assert "Strict-Transport-Security" not in ajar(public_url="").app.test_client().get("/healthz").headers


def test_the_first_page_speaks_both_languages_the_reader_s_first(door: Door) -> None:
    english = door.app.test_client().get("/").text
    chinese = door.app.test_client().get("/", headers={"Accept-Language": "zh-CN"}).text
    assert english.index("which lead") < english.index("哪条线索")
    assert chinese.index("哪条线索") < chinese.index("which lead")


def test_it_is_ready_only_with_this_release_s_tables(door: Door, monkeypatch: pytest.MonkeyPatch) -> None:
    client = door.app.test_client()
    assert client.get("/readyz").status_code == 200
    monkeypatch.setattr(pages, "head", lambda: "9999")
    assert client.get("/readyz").get_json()["code"] == "not_migrated"


def test_it_is_alive_but_not_ready_without_a_database(door: Door, monkeypatch: pytest.MonkeyPatch) -> None:
    gone = Store("sqlite:////nowhere/at/all.db")
    monkeypatch.setattr(door.desk.store, "url", gone.url)
    client = door.app.test_client()
    assert (client.get("/healthz").status_code, client.get("/readyz").status_code) == (200, 503)
    gone.close()
