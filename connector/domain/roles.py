"""The part a person plays in a purchase, read from the title in English or Chinese.

Titles are guesses about people: a role can be corrected by hand, so this never refuses, it answers `unknown`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from enum import StrEnum
from typing import Annotated

from connector.domain.document import NOT_EMPTY, Section
from connector.domain.phrases import PhraseBook
from connector.domain.text import fold


class Role(StrEnum):
    """The part in a purchase, in the order of a cell's minimum role: each one meets all before it."""

    STUDENT = "student"
    UNKNOWN = "unknown"
    USER = "user"
    INFLUENCER = "influencer"
    DECISION_MAKER = "decision-maker"


_RANK = {role: rank for rank, role in enumerate(Role)}


class TitleRule(Section):
    """Titles that contain one of `words` and none of `unless` have this role."""

    role: Role
    words: Annotated[tuple[str, ...], NOT_EMPTY]
    unless: tuple[str, ...] = ()


def meets(role: str, minimum: str) -> bool:
    """Whether a role is enough for a cell that asks for `minimum`. A student meets no minimum but `student`."""
    return _RANK[Role(role)] >= _RANK[Role(minimum)]


def compile_titles(rules: Sequence[TitleRule]) -> Callable[[str], str]:
    """One function from title to role; the first rule that fits decides."""
    book = PhraseBook([phrase for rule in rules for phrase in (*rule.words, *rule.unless)])
    ready = [(str(rule.role), frozenset(rule.words), frozenset(rule.unless)) for rule in rules]

    def role(title: str) -> str:
        found = book.mentioned(fold(title))
        for name, words, unless in ready:
            if not words.isdisjoint(found) and unless.isdisjoint(found):
                return name
        return str(Role.UNKNOWN)

    return role
