"""What every configuration document has in common: strict sections and texts for people in several languages.

Knows neither where a document is kept nor what its sections mean.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sized
from typing import Annotated, TypeVar
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

_Sized = TypeVar("_Sized", bound=Sized)


class Section(BaseModel):
    """A part of a configuration document: immutable, and a key that it does not know is an error with its path."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)


def _with_english(texts: dict[str, str]) -> dict[str, str]:
    if not texts.get("en", "").strip():
        raise ValueError("an English text (en) is needed; other languages stand beside it")
    return texts


def _not_empty(values: _Sized) -> _Sized:
    if not values:
        raise ValueError("give at least one")
    return values


NOT_EMPTY = AfterValidator(_not_empty)
"""At least one item. (A minimum length of pydantic's own counts the valid items, and so blames a list for its items.)"""

Texts = Annotated[dict[str, str], AfterValidator(_with_english)]
"""One text per locale; `en` is required and stands in for a locale that is missing."""

Id = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_-]*$", max_length=64)]
"""An id in configuration: lower case, digits, hyphen, underscore. Never a slash: that parts persona from stage."""


def _zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError) as exc:
        raise ValueError(f"{name!r} is no time zone") from exc
    return name


Zone = Annotated[str, AfterValidator(_zone)]
"""A time zone by its IANA name, such as Asia/Shanghai."""


def text_in(texts: Mapping[str, str], locale: str) -> str:
    """The text for a locale (`zh-CN` and `zh_CN` are one), else for its language, else English."""
    wanted = locale.replace("-", "_").casefold()
    by_locale = {name.replace("-", "_").casefold(): text for name, text in texts.items()}
    if wanted in by_locale:
        return by_locale[wanted]
    language = wanted.split("_")[0]
    return next(
        (text for name, text in by_locale.items() if name.split("_")[0] == language), texts.get("en", "")
    )


def repeated(ids: Iterable[str], path: str) -> list[str]:
    """One problem for each id that is declared more than once."""
    return [
        f"{path}: id {name!r} is declared {count} times" for name, count in Counter(ids).items() if count > 1
    ]
