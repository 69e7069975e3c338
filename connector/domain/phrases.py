"""Finding declared phrases in folded text: whole words in Latin script, substrings in Chinese.

In a phrase, `*` behind a word stands for any ending and `...` for a gap of up to 20 characters within a sentence; an
English plural is found by itself. No regular expression of a user is ever run.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from connector.domain.negation import refused
from connector.domain.text import fold

_LATIN = "a-z0-9\u00c0-\u024f"
_GAP = "[^.!?;。\\n]{0,20}?"
_SCRIPT_CHANGE = re.compile(rf"(?<=[{_LATIN}*])(?=[\u3400-\u9fff])|(?<=[\u3400-\u9fff])(?=[{_LATIN}])")
_PIECE = 3
_PART = re.compile(r"\s+|-|\.\.\.|\*")


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
    return re.escape(word[:-1]) + f"[{_LATIN}]*" if word.endswith("*") else re.escape(word)


def _anchor(phrase: str) -> str:
    """The longest part that must stand in a text literally: looking for it first is what makes reading cheap."""
    parts = [p for part in _PART.split(fold(phrase)) for p in _SCRIPT_CHANGE.split(part)]
    return max(parts, key=len)


class PhraseBook:
    """Many phrases, compiled once, each known by its own wording.

    A text is cut into short pieces once; only phrases whose anchor begins with one of them are looked at, so that the
    cost follows the length of the text, not the number of phrases.
    """

    def __init__(self, phrases: Iterable[str]) -> None:
        self._index: dict[str, list[tuple[str, re.Pattern[str], str]]] = {}
        for phrase in sorted(set(phrases)):
            anchor = _anchor(phrase)
            self._index.setdefault(anchor[:_PIECE], []).append((anchor, pattern_of(phrase), phrase))
        self._lengths = sorted({len(piece) for piece in self._index})

    def mentioned(self, folded: str) -> frozenset[str]:
        """The phrases that occur, refused or not."""
        return frozenset(phrase for pattern, phrase in self._candidates(folded) if pattern.search(folded))

    def meant(self, folded: str) -> frozenset[str]:
        """The phrases that occur at least once without being refused in their clause."""
        return frozenset(
            phrase
            for pattern, phrase in self._candidates(folded)
            if any(not refused(folded, found.start(), found.end()) for found in pattern.finditer(folded))
        )

    def _candidates(self, folded: str) -> Iterator[tuple[re.Pattern[str], str]]:
        for length in self._lengths:
            pieces = {folded[at : at + length] for at in range(len(folded) - length + 1)}
            for piece in pieces & self._index.keys():
                for anchor, pattern, phrase in self._index[piece]:
                    if anchor in folded:
                        yield pattern, phrase


def phrase_problems(phrases: Iterable[str], path: str) -> list[str]:
    """One problem for each phrase that could never be looked for."""
    return [f"{path}: {phrase!r} says nothing" for phrase in phrases if not _says_something(phrase)]


def _says_something(phrase: str) -> bool:
    pieces = fold(phrase).split("...")
    return all(any(c.isalnum() for c in piece) for piece in pieces)
