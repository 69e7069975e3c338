"""Documents that people write: YAML 1.2, and mistakes told with file, line, column and path."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import BaseModel, ConfigDict

from connector.documents import parse_yaml, plain, read_yaml, validated
from connector.errors import ConfigError


class Row(BaseModel):
    model_config = ConfigDict(extra="forbid")

    id: str
    days: int = 0


class Document(BaseModel):
    model_config = ConfigDict(extra="forbid")

    rows: tuple[Row, ...]


def said(text: str) -> str:
    with pytest.raises(ConfigError) as caught:
        validated(Document, parse_yaml(text, source="x.yaml"), source="x.yaml")
    return "\n".join(caught.value.problems)


def test_words_and_times_stay_what_people_wrote() -> None:
    assert plain(parse_yaml("country: NO\nat: 12:30:45\n", source="x")) == {"country": "NO", "at": "12:30:45"}


def test_malformed_yaml_is_told_with_line_and_column() -> None:
    with pytest.raises(ConfigError) as caught:
        parse_yaml("rows:\n  - id: a\n   days: 3\n", source="x.yaml")
    assert "x.yaml, line 3, column" in caught.value.problems[0]


def test_a_key_given_twice_is_refused() -> None:
    with pytest.raises(ConfigError, match="line 2"):
        parse_yaml("a: 1\na: 2\n", source="x.yaml")


def test_every_problem_has_its_path_and_line() -> None:
    text = said("rows:\n  - id: a\n    days: many\n  - id: b\n    colour: red\n")
    assert "x.yaml, line 3" in text
    assert "rows.0.days" in text
    assert "x.yaml, line 5" in text
    assert "rows.1.colour" in text


def test_a_document_that_is_no_mapping_is_told() -> None:
    assert "a mapping of keys is expected" in said("- a\n- b\n")


def test_files_may_begin_with_a_byte_order_mark(tmp_path: Path) -> None:
    file = tmp_path / "x.yaml"
    file.write_bytes(b"\xef\xbb\xbf" + "rows: [{id: 甲}]\n".encode())
    assert validated(Document, read_yaml(file), source="x").rows[0].id == "甲"


def test_a_file_in_another_encoding_is_told(tmp_path: Path) -> None:
    file = tmp_path / "x.yaml"
    file.write_bytes("rows: [{id: 甲}]".encode("gb18030"))
    with pytest.raises(ConfigError, match="not UTF-8"):
        read_yaml(file)


def test_a_document_too_large_is_refused_unread() -> None:
    with pytest.raises(ConfigError, match="larger than"):
        parse_yaml("a: " + "x" * 2_000_001, source="x.yaml")


def test_an_alias_bomb_does_not_grow() -> None:
    bomb = "a: &a [x,x,x,x,x,x,x,x,x]\n" + "".join(
        f"{chr(98 + i)}: &{chr(98 + i)} [{','.join(['*' + chr(97 + i)] * 9)}]\n" for i in range(8)
    )
    with pytest.raises(ConfigError):
        validated(Document, parse_yaml(bomb, source="x.yaml"), source="x.yaml")
