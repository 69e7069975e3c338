"""Documents are compared the way people read them."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from connector.domain.differences import Difference, How, differences


def said(old: Any, new: Any) -> list[tuple[str, str, Any, Any]]:
    return [(one.path, one.how.value, one.old, one.new) for one in differences(old, new)]


def test_values_are_named_by_their_path() -> None:
    old = {"a": {"b": 1, "gone": True}, "same": [1]}
    assert said(old, {"a": {"b": 2, "new": None}, "same": [1]}) == [
        ("a.b", "changed", 1, 2),
        ("a.new", "added", None, None),
        ("a.gone", "removed", True, None),
    ]


def test_parts_with_an_id_are_found_by_it_wherever_they_stand() -> None:
    old = {"rows": [{"id": "x", "n": 1}, {"id": "y", "n": 1}]}
    new = {"rows": [{"id": "z"}, {"id": "y", "n": 2}, {"id": "x", "n": 1}]}
    assert said(old, new) == [
        ("rows[z]", "added", None, {"id": "z"}),
        ("rows[y].n", "changed", 1, 2),
        ("rows", "moved", ["x", "y"], ["y", "x"]),
    ]


def test_lists_of_words_are_compared_word_by_word_and_others_by_place() -> None:
    assert said({"w": ["a", "b"]}, {"w": ["b", "c"]}) == [
        ("w", "added", None, "c"),
        ("w", "removed", "a", None),
    ]
    assert said({"w": ["a", "b"]}, {"w": ["b", "a"]}) == [("w", "moved", ["a", "b"], ["b", "a"])]
    assert said([["a"], ["b"]], [["a"], ["c"], ["d"]]) == [
        ("[1]", "added", None, "c"), ("[1]", "removed", "b", None), ("[2]", "added", None, ["d"]),
    ]  # fmt: skip
    assert said({"a": 1}, {"a": True}) == [("a", "changed", 1, True)]


DOCUMENTS = st.recursive(
    st.none() | st.booleans() | st.integers(0, 2) | st.sampled_from(["x", "y"]),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["id", "a", "b"]), inner, max_size=3)
    ),
    max_leaves=12,
)


@given(DOCUMENTS, DOCUMENTS)
def test_two_documents_differ_exactly_where_something_is_said(old: Any, new: Any) -> None:
    found = list(differences(old, new))
    assert (found == []) == (repr(old) == repr(new) or _same(old, new))
    assert list(differences(old, old)) == []
    assert all(isinstance(one, Difference) and isinstance(one.how, How) for one in found)


def _same(old: Any, new: Any) -> bool:
    """Equal to the last word, keys in any order."""
    if isinstance(old, dict) and isinstance(new, dict):
        return old.keys() == new.keys() and all(_same(old[key], new[key]) for key in old)
    if isinstance(old, list) and isinstance(new, list):
        return len(old) == len(new) and all(map(_same, old, new))
    return old == new and type(old) is type(new)
