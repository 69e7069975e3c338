"""What docs/json.md says of `--json` is what the commands print: every key, and no other."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import orjson
import pytest

from tests.docs import tale

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "json.md").read_text(encoding="utf-8")
ROW = re.compile(r"^\| `([^`]+)`([^|]*)\|( money)?", re.MULTILINE)
MONEY = ("minor", "currency", "text")
SECTION = re.compile(r"^## `baton ([^`]+)`\n(.*?)(?=^## |\Z)", re.MULTILINE | re.DOTALL)
ANY = re.compile(r"<.+>$")


@dataclass
class Shape:
    """The keys documented below one place. `free`: any key will do; `optional`: the key may be absent."""

    below: dict[str, Shape] = field(default_factory=dict)
    optional: bool = False

    @property
    def free(self) -> Shape | None:
        """What stands under every key, where the table says `<name>` instead of a key."""
        return next((shape for name, shape in self.below.items() if ANY.match(name)), None)


def shape_of(section: str) -> Shape:
    """The tree that the tables of a section spell out as dotted paths; `[]` is each entry of a list. What is of the type
    money has the keys of an amount, which the head of the page lists."""
    top = Shape()
    for path, mark, money in ROW.findall(section):
        here = top
        for part in path.replace("[]", ".[]").strip(".").split("."):
            here = here.below.setdefault(part, Shape())
        here.optional = "optional" in mark
        here.below |= {name: Shape() for name in MONEY} if money else {}
    return top


def differences(found: Any, shape: Shape, at: str = "") -> Iterator[str]:
    """Keys printed and not documented, and the other way round."""
    if isinstance(found, list):
        for one in found:
            yield from differences(one, shape.below.get("[]", Shape()), f"{at}[]")
    elif isinstance(found, Mapping) and shape.free:
        for name, one in found.items():
            yield from differences(one, shape.free, f"{at}.<{name}>")
    elif isinstance(found, Mapping):
        yield from (f"{at}.{name} is not documented" for name in found if name not in shape.below)
        missing = [name for name, below in shape.below.items() if name not in found and not below.optional]
        yield from (f"{at}.{name} is not printed" for name in missing)
        for name in found.keys() & shape.below.keys():
            yield from differences(found[name], shape.below[name], f"{at}.{name}")


def unseen(found: Any, shape: Shape, at: str = "") -> Iterator[str]:
    """Documented places that the story never fills, so that nothing would be compared there."""
    if isinstance(found, list):
        below = shape.below.get("[]")
        if below and below.below and not any(not list(unseen(one, below)) for one in found):
            yield f"{at}[]"
    elif isinstance(found, Mapping):
        names = found if shape.free else shape.below.keys() & found.keys()
        for name in names:
            yield from unseen(found[name], shape.free or shape.below[name], f"{at}.{name}")
    elif shape.below:
        yield at


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """Every document of the story, made once."""
    return tale.documents(tmp_path_factory.mktemp("baton"))


SECTIONS = dict(SECTION.findall(PAGE))
PRINTED = (
    "sync",
    "lead show",
    "lead hand-off",
    "status",
    "value",
    "value restate",
    "value drafts",
    "value diff",
    "value publish",
    "provision",
    "check",
    "reps list",
    "sandbox serve",
)


@pytest.mark.parametrize("command", PRINTED)
def test_the_keys_documented_are_those_printed(command: str, told: dict[str, Any]) -> None:
    shape = shape_of(SECTIONS[command])
    assert sorted(set(differences(told[command], shape))) == []


@pytest.mark.parametrize("command", ["lead show", "status", "sync", "value", "value restate", "sandbox serve"])
def test_the_story_fills_every_documented_place(command: str, told: dict[str, Any]) -> None:
    empty = {".backtest"}  # a story of a day has no cohort whose horizon is over
    assert set(unseen(told[command], shape_of(SECTIONS[command]))) - empty == set()


@pytest.mark.parametrize("command", PRINTED)
def test_the_examples_have_the_documented_keys(command: str) -> None:
    examples = re.findall(r"```json\n(.*?)```", SECTIONS[command], re.DOTALL)
    shape = shape_of(SECTIONS[command])
    assert examples
    assert [found for text in examples for found in differences(orjson.loads(text), shape)] == []


def test_a_key_that_is_missing_or_new_would_be_found() -> None:
    shape = shape_of("| `a[].b` | |\n| `c.<name>` | |\n| `d` (optional) | |\n")
    assert list(differences({"a": [{"b": 1}], "c": {"x": 1}}, shape)) == []
    assert list(differences({"a": [{"e": 1}], "c": {}}, shape)) == [
        ".a[].e is not documented",
        ".a[].b is not printed",
    ]
