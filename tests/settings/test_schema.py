"""The JSON Schemas that editors check by: the shipped documents pass, and mistakes do not."""

from __future__ import annotations

import copy
from typing import Any

import orjson
import pytest
from jsonschema import Draft202012Validator

from connector.documents import parse_yaml, plain
from connector.sync.schema import MEANINGS, schema_of
from connector.sync.sections import SECTIONS, default_text


def shipped(section: str) -> Any:
    """As an editor sees it: dates are text there."""
    return orjson.loads(orjson.dumps(plain(parse_yaml(default_text(section), source=section))))


@pytest.mark.parametrize("section", SECTIONS)
def test_the_shipped_document_passes_its_schema(section: str) -> None:
    schema = schema_of(section)
    Draft202012Validator.check_schema(schema)
    assert [error.message for error in Draft202012Validator(schema).iter_errors(shipped(section))] == []


@pytest.mark.parametrize(
    ("section", "path", "value"),
    [
        ("matrix", ("rows", 0, "colour"), "red"),
        ("matrix", ("rows", 0, "windows", "problem-education"), -1),
        ("signals", ("signals", 0, "strength"), "huge"),
        ("signals", ("signals", 0, "kinds"), ["smoke"]),
        ("policies", ("reasons", 0, "cooldown_days"), -5),
        ("policies", ("handoff", "default_mode"), "perhaps"),
        ("value", ("interval_percent",), 200),
        ("playbook", ("cells", "small/problem-education", "talk"), 5),
    ],
)
def test_a_mistake_is_marked_where_it_stands(section: str, path: tuple[Any, ...], value: object) -> None:
    document = copy.deepcopy(shipped(section))
    place = document
    for step in path[:-1]:
        place = place[step]
    place[path[-1]] = value
    found = list(Draft202012Validator(schema_of(section)).iter_errors(document))
    assert found
    assert all(tuple(error.absolute_path) in (path, path[:-1], (*path, 0)) for error in found)


def test_every_meaning_is_of_a_key_that_there_is() -> None:
    known: set[str] = set()
    for section in SECTIONS:
        schema = schema_of(section)
        shapes = {SECTIONS[section].model.__name__: schema, **schema["$defs"]}
        known |= {f"{name}.{key}" for name, shape in shapes.items() for key in shape.get("properties", {})}
    names = known | {key.partition(".")[2] for key in known}
    assert sorted(set(MEANINGS) - names) == []


@pytest.mark.parametrize("section", ["matrix", "signals", "playbook", "policies", "value"])
def test_keys_at_the_top_say_what_they_mean(section: str) -> None:
    parts = schema_of(section)["properties"]
    assert 2 * sum(bool(part.get("description")) for part in parts.values()) > len(parts)
