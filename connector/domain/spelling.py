"""One wording for many spellings: short forms and dialect by a list, slips of the keyboard by one edit.

Works on folded text. A slip is repaired where exactly one known word is one edit away (a letter too many, missing, wrong
or two swapped), neither in its first letter nor in its last, and the word written is no real one. Both lists are
configuration; no vowel rules, no guessing by sound.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping

from connector.domain.text import fold

_HAN = re.compile("[\u3400-\u9fff]")
_WORD = re.compile("[a-z\u00c0-\u024f]+(?:'[a-z]+)?")


class Speller:
    """Rewrites folded text into the wording that phrases and scales are written in."""

    def __init__(
        self, spellings: Mapping[str, str], known: Iterable[str], real_words: Iterable[str], shortest: int
    ) -> None:
        by_form = {fold(form): fold(meaning) for form, meaning in spellings.items()}
        self._by_word = {form: meaning for form, meaning in by_form.items() if not _HAN.search(form)}
        self._by_han = {form: meaning for form, meaning in by_form.items() if _HAN.search(form)}
        forms = sorted(self._by_han, key=lambda form: (-len(form), form))
        self._han = re.compile("|".join(map(re.escape, forms))) if forms else None
        vocabulary = frozenset(known)
        self._shortest = shortest
        self._right = vocabulary | frozenset(map(fold, real_words)) | self._by_word.keys()
        self._near: dict[str, set[str]] = {}
        for word in vocabulary:
            if len(word) >= shortest:
                for form in (word, *_shortened(word)):
                    self._near.setdefault(form, set()).add(word)

    def spelled(self, folded: str) -> str:
        """The text in known wording. What is neither listed nor one edit from a known word stays as it is."""
        if self._han and _HAN.search(folded):
            folded = self._han.sub(lambda found: self._by_han[found.group()], folded)
        if not (self._by_word or self._near):
            return folded
        return _WORD.sub(self._word, folded)

    def _word(self, found: re.Match[str]) -> str:
        written = found.group()
        if listed := self._by_word.get(written):
            return listed
        if len(written) < self._shortest - 1 or self._is_right(written):
            return written
        meant = {
            word
            for form in (written, *_shortened(written))
            for word in self._near.get(form, ())
            if _one_edit(written, word)
        }
        return meant.pop() if len(meant) == 1 else written

    def _is_right(self, written: str) -> bool:
        return "'" in written or written in self._right or written.rstrip("s") in self._right


def known_words(wordings: Iterable[str]) -> Iterator[str]:
    """The Latin words of phrases: those whose slips can be repaired. A word with `*` has too many forms to be one."""
    for wording in wordings:
        for part in fold(wording).split():
            if not part.endswith("*"):
                yield from _WORD.findall(part)


def _shortened(word: str) -> Iterator[str]:
    return (word[:at] + word[at + 1 :] for at in range(1, len(word) - 1))


def _one_edit(written: str, word: str) -> bool:
    """Whether one letter added, dropped, replaced or swapped with its neighbour leads from one to the other."""
    if written[0] != word[0] or written[-1] != word[-1]:
        return False
    start = 0
    while start < min(len(written), len(word)) and written[start] == word[start]:
        start += 1
    ours, theirs = written[start:], word[start:]
    if len(ours) != len(theirs):
        return ours[1:] == theirs if len(ours) > len(theirs) else ours == theirs[1:]
    return ours[1:] == theirs[1:] or ours == theirs[1::-1] + theirs[2:]
