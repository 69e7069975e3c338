"""Finding declared phrases in folded text: whole words in Latin script, substrings in Chinese.

In a phrase, `*` behind a word stands for any ending, `#` for a number and `...` for a gap of up to 20 characters within
a sentence; an English plural is found by itself. No regular expression of a user is ever run.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from functools import cache

from connector.domain.negation import may_refuse, refused
from connector.domain.text import fold

_LATIN = "a-z0-9\u00c0-\u024f"
_GAP = "[^.!?;。\\n]{0,20}?"
_SCRIPT_CHANGE = re.compile(rf"(?<=[{_LATIN}*])(?=[\u3400-\u9fff])|(?<=[\u3400-\u9fff])(?=[{_LATIN}])")
_NUMBER = r"(?:\d[\d.,]*|[一二三四五六七八九十百千两几半]+)[来多余]?"
_PIECE = 3
_PART = re.compile(r"\s+|-|\.\.\.|\*|#")


@cache
def pattern_of(phrase: str) -> re.Pattern[str]:
    """The phrase as a pattern over folded text. Raises ValueError where a part between gaps has no letter or digit."""
    if not _says_something(phrase):
        raise ValueError(f"{phrase!r} says nothing")
    return re.compile(_GAP.join(_piece(piece.strip()) for piece in fold(phrase).split("...")))


def _piece(piece: str) -> str:
    words = [
        " ?".join(_word(part) for part in _SCRIPT_CHANGE.split(word)) for word in re.split(r"[ -]+", piece)
    ]
    pattern = "[ -]*".join(words) if re.search("[\u3400-\u9fff]", piece) else "[ -]+".join(words)
    before = f"(?<![{_LATIN}])" if re.match(f"[{_LATIN}]", piece) else ""
    if piece.endswith("*"):
        return before + pattern
    after = f"(?:e?s)?(?![{_LATIN}])" if re.search(f"[{_LATIN}]$", piece) else ""
    return before + pattern + after


def _word(word: str) -> str:
    ending = f"[{_LATIN}]*" if word.endswith("*") else ""
    return _NUMBER.join(map(re.escape, word.removesuffix("*").split("#"))) + ending


def _parts(phrase: str) -> tuple[str, ...]:
    """What must stand in a text literally, the longest first: looking for it is what makes reading cheap."""
    parts = {p for part in _PART.split(fold(phrase)) for p in _SCRIPT_CHANGE.split(part) if p}
    return tuple(sorted(parts, key=lambda part: (-len(part), part)))


class PhraseBook:
    """Many phrases, each known by its own wording; a pattern is built when its phrase is first met.

    A text is cut into short pieces once; only phrases whose anchor begins with one of them are looked at, so that the cost
    follows the length of the text, not the number of phrases.
    """

    def __init__(self, phrases: Iterable[str], wording: Callable[[str], str] = str) -> None:
        """`wording` rewrites folded phrases the way that the texts were rewritten; they keep their names."""
        self._index: dict[tuple[str, ...], list[tuple[tuple[str, ...], str, str]]] = {}
        for phrase in sorted(set(phrases)):
            worded = wording(fold(phrase))
            parts = _parts(worded)
            self._index.setdefault(tuple(parts[0][:_PIECE]), []).append((parts, phrase, worded))
        self._pieces = _by_length(self._index)
        self._ascii = _by_length(piece for piece in self._index if "".join(piece).isascii())

    def mentioned(self, folded: str) -> frozenset[str]:
        """The phrases that occur, refused or not."""
        return frozenset(
            phrase for phrase, worded in self._candidates(folded) if pattern_of(worded).search(folded)
        )

    def meant(self, folded: str) -> frozenset[str]:
        """The phrases that occur at least once without being refused in their clause."""
        if not may_refuse(folded):
            return self.mentioned(folded)
        return frozenset(
            phrase
            for phrase, worded in self._candidates(folded)
            if any(not refused(folded, *found.span()) for found in pattern_of(worded).finditer(folded))
        )

    def _candidates(self, folded: str) -> Iterator[tuple[str, str]]:
        for length, known in (self._ascii if folded.isascii() else self._pieces).items():
            # Every piece of the text, as tuples that one pass of `zip` makes: ten times as quick as slicing.
            pieces = known.intersection(zip(*(folded[at:] for at in range(length)), strict=False))
            for piece in pieces:
                for parts, phrase, worded in self._index[piece]:
                    for part in parts:
                        if part not in folded:
                            break
                    else:
                        yield phrase, worded


def _by_length(pieces: Iterable[tuple[str, ...]]) -> dict[int, frozenset[tuple[str, ...]]]:
    found: dict[int, set[tuple[str, ...]]] = {}
    for piece in pieces:
        found.setdefault(len(piece), set()).add(piece)
    return {length: frozenset(same) for length, same in found.items()}


def phrase_problems(phrases: Iterable[str], path: str) -> list[str]:
    """One problem for each phrase that could never be looked for."""
    return [f"{path}: {phrase!r} says nothing" for phrase in phrases if not _says_something(phrase)]


def _says_something(phrase: str) -> bool:
    pieces = fold(phrase).split("...")
    return all(any(c.isalnum() for c in piece) for piece in pieces)
