"""Sentences for people: renders a message by its id in the reader's language. Knows no rule and no vendor.

The catalogues lie beside this file in gettext's format, so that any translation tool can edit them.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib import resources
from io import BytesIO

from babel.core import negotiate_locale
from babel.messages.pofile import read_po

from connector.domain.facts import Message

LOCALES = ("en", "zh_CN")
"""The languages that Baton ships; another reads English."""

_JOINED = {"list": "list.separator", "or": "or.separator"}
_NO_NAMES: Mapping[str, str] = {}


@cache
def catalogue(locale: str) -> Mapping[str, str]:
    """Texts by message id in exactly that language, read once."""
    source = (resources.files("connector") / "translations" / f"{locale}.po").read_bytes()
    read = read_po(BytesIO(source), locale=locale, abort_invalid=True)
    return {str(entry.id): str(entry.string) for entry in read if entry.id and entry.string}


@cache
def shipped(locale: str) -> str:
    """The shipped language that serves a reader best: `zh`, `zh-CN` and `zh_Hans_CN` are one; English stands in."""
    wanted = locale.replace("-", "_")
    if wanted.split("_")[0].casefold() == "zh":
        return "zh_CN"
    return negotiate_locale([wanted], LOCALES) or LOCALES[0]


def render(message: Message, locale: str, names: Mapping[str, str] = _NO_NAMES) -> str:
    """The sentence in that language. `names` give ids of the configuration and of people their names for readers; a
    shipped id has one in the catalogue, any other stays as it is. An unknown message renders as its id."""
    texts = catalogue(shipped(locale))
    values = {name: _value(name, value, locale, names) for name, value in message.params.items()}
    if message.id in _JOINED:
        return texts[_JOINED[message.id]].join(values.values())
    return texts.get(message.id, message.id).format_map(_Kept(values))


def _value(name: str, value: str | int | Message, locale: str, names: Mapping[str, str]) -> str:
    if isinstance(value, Message):
        return render(value, locale, names)
    if not name.endswith("_id"):
        return str(value)
    # `point_stage_id` and `stage_id` both name a stage: the last word says what kind of thing an id is.
    kind = name.removesuffix("_id").rpartition("_")[2]
    if kind == "cell":
        persona, _, stage = str(value).partition("/")
        return f"{_value('persona_id', persona, locale, names)} / {_value('stage_id', stage, locale, names)}"
    return names.get(str(value)) or catalogue(shipped(locale)).get(f"{kind}.{value}", str(value))


class _Kept(dict[str, str]):
    """Leaves a placeholder that nobody filled readable instead of failing a page."""

    def __missing__(self, key: str) -> str:
        return f"{{{key}}}"
