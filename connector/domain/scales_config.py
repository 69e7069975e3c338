"""What the signals document says about scales, spellings and slips of the keyboard. Shapes only."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Annotated

from pydantic import BeforeValidator, Field

from connector.domain.document import Id, Section, Texts
from connector.domain.text import fold
from connector.domain.words import is_word_or_pair

_BETWEEN = re.compile(r"\s*[,，、|\n]\s*")


def as_expressions(value: object) -> object:
    """A list may be written as one text, its expressions divided by commas or line breaks."""
    return tuple(part for part in _BETWEEN.split(value.strip()) if part) if isinstance(value, str) else value


Phrases = Annotated[
    tuple[str, ...], BeforeValidator(as_expressions, json_schema_input_type=str | tuple[str, ...])
]
Points = Annotated[int, Field(ge=-1000, le=1000)]


class ScaleConfig(Section):
    """How strongly words speak for one thing. `lists` names phrase lists, `words` gives words and pairs by their points."""

    id: Id
    label: Texts
    start: Points = 0
    lists: dict[Id, Points] = Field(default_factory=dict)
    words: dict[Points, Phrases] = Field(default_factory=dict)


class SlipsConfig(Section):
    """Which typing slips are repaired: in words of at least `shortest` letters that are none of `real_words`."""

    shortest: Annotated[int, Field(ge=4, le=30)] = 6
    real_words: Phrases = ()


def scale_problems(scales: tuple[ScaleConfig, ...], lists: Mapping[str, object]) -> Iterator[str]:
    """One sentence for each list that is not there and each wording that no text can give."""
    for nth, scale in enumerate(scales):
        for name in scale.lists:
            if name not in lists:
                yield f"scales[{nth}].lists: no phrase list {name!r}"
        for word in (word for words in scale.words.values() for word in words):
            if not is_word_or_pair(fold(word)):
                yield f"scales[{nth}].words: {word!r} is no word and no pair of words"
