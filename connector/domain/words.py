"""Single words and neighbouring pairs of a folded text: what scales weigh besides phrases.

A word is a run of Latin letters, one Chinese character, a number (written `#`, whichever it is) or a question mark. A
pair never spans punctuation. Knows no points and no signals.
"""

from __future__ import annotations

import re

_HAN = "\u3400-\u9fff"
_WORD = re.compile(rf"[a-z\u00c0-\u024f]+(?:'[a-z]+)?|\d[\d.,]*|[{_HAN}]|[?#]|[^\s\-/_&'\"]")


def words_in(folded: str) -> set[str]:
    """Every word, and every two words that stand side by side: `how much`, 报价, `# users`."""
    found: set[str] = set()
    before = ""
    for written in _WORD.findall(folded):
        if written.isalpha() or written in "?#" or "'" in written:
            word = written
        elif written[0].isdigit():
            word = "#"
        else:
            before = ""
            continue
        found.add(word)
        if before:
            found.add(before + word if _is_han(before) and _is_han(word) else f"{before} {word}")
        before = "" if word == "?" else word
    return found


def is_word_or_pair(folded: str) -> bool:
    """Whether this wording is one word or one pair, written as `words_in` gives them."""
    return folded in words_in(folded)


def _is_han(word: str) -> bool:
    return "\u3400" <= word[0] <= "\u9fff"
