"""When two names may be one person's."""

from __future__ import annotations

import pytest

from mappings.people import may_be_one


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("王伟", "王 伟"),
        ("王伟", "伟王"),
        ("王", "王伟"),
        ("王总", "王伟"),
        ("欧阳经理", "欧阳娜娜"),
        ("John Smith", "smith, john"),
        ("ＪＯＨＮ", "John Smith"),
        ("WangWei", "wang wei"),
        ("", "王伟"),
    ],
)
def test_names_that_may_be_one(one: str, other: str) -> None:
    assert may_be_one(one, other)
    assert may_be_one(other, one)


@pytest.mark.parametrize(
    ("one", "other"), [("王伟", "李娜"), ("王总", "李娜"), ("王伟", "王娜"), ("John Smith", "Jane Smith")]
)
def test_names_of_two(one: str, other: str) -> None:
    assert not may_be_one(one, other)
    assert not may_be_one(other, one)
