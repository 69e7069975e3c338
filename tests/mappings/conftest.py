"""The mapping that Baton ships, read as an admin's document is, and the schemas of a new portal and a new org."""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from mappings.document import MappingDocument

DEFAULTS = Path(__file__).parents[2] / "mappings" / "defaults" / "hubspot-salesforce.yaml"


@pytest.fixture(scope="session")
def plain() -> dict[str, Any]:
    loaded: dict[str, Any] = YAML(typ="safe").load(DEFAULTS.read_text(encoding="utf-8"))
    return loaded


@pytest.fixture(scope="session")
def mapping(plain: dict[str, Any]) -> MappingDocument:
    return MappingDocument.model_validate(plain)


@pytest.fixture
def edited(plain: dict[str, Any]) -> Callable[..., MappingDocument]:
    """A mapping with one value changed: `edited("sync", 0, rule="both")` or `edited(sync=[])`."""

    def edit(*path: str | int, **changes: Any) -> MappingDocument:
        edited = deepcopy(plain)
        node: Any = edited
        for part in path:
            node = node[part]
        node.update(changes)
        return MappingDocument.model_validate(edited)

    return edit
