"""Record ids: 18 characters, the last three a checksum that makes the id safe in systems that ignore case."""

from __future__ import annotations

import re
from collections import Counter

_BASE62 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_SUFFIX = "ABCDEFGHIJKLMNOPQRSTUVWXYZ012345"
_SHAPE = re.compile(r"[0-9A-Za-z]{15}(?:[0-9A-Za-z]{3})?")
_START = 1_000_000


def checksum(id15: str) -> str:
    """The three characters that follow a 15-character id (Salesforce facts §1)."""
    chunks = (id15[0:5], id15[5:10], id15[10:15])
    return "".join(_SUFFIX[sum(1 << n for n, char in enumerate(c) if char.isupper())] for c in chunks)


def to_18(value: str) -> str | None:
    """The 18-character form of a well-formed id of either length; None for anything else."""
    if len(value) not in (15, 18) or _SHAPE.fullmatch(value) is None:
        return None
    full = value[:15] + checksum(value[:15])
    return full if len(value) == 15 or value == full else None


def base62(number: int, width: int) -> str:
    """`number` in the id alphabet, which sorts by ASCII, left-padded to `width`."""
    digits = ""
    while number:
        number, rest = divmod(number, 62)
        digits = _BASE62[rest] + digits
    return digits.rjust(width, "0")


class IdFactory:
    """Hands out ids per three-character prefix, ascending, the same for the same seed."""

    def __init__(self, seed: int) -> None:
        self._pod = base62(seed % 3844, 2)
        self.counts: Counter[str] = Counter()

    def next(self, prefix: str) -> str:
        """The next unused id with this prefix."""
        self.counts[prefix] += 1
        id15 = f"{prefix}{self._pod}0{base62(_START + self.counts[prefix], 9)}"
        return id15 + checksum(id15)
