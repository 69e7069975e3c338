"""Writes docs/openapi.json anew: `python -m webhooks.document`. A test says when it is not current."""

from __future__ import annotations

from pathlib import Path
from typing import cast

import orjson

from connector.settings import ConnectionSettings, Settings
from connector.sync.engine import Engine
from mappings.records import SystemRole
from webhooks.app import create_app

TARGET = Path(__file__).parents[1] / "docs" / "openapi.json"
FORM = orjson.OPT_INDENT_2 | orjson.OPT_SORT_KEYS | orjson.OPT_APPEND_NEWLINE


def document() -> bytes:
    """The document as it is published: keys in order, so that a change shows as one."""
    portal = ConnectionSettings.model_construct(vendor="hubspot", role=SystemRole.MARKETING)
    settings = Settings.model_construct(database_url="", marketing=portal, crm=portal, public_url="")
    app = create_app(cast("Engine", None), settings)
    with app.app_context():
        return orjson.dumps(app.spec, option=FORM)


if __name__ == "__main__":
    TARGET.write_bytes(document())
