"""Turns the HTML that CRMs keep in notes and e-mails into plain text. It changes no words."""

from __future__ import annotations

import re
from html import unescape

_BREAK = re.compile(r"<\s*(?:br|/p|/div|/li|/tr|/h[1-6])\b[^>]*>", re.IGNORECASE)
_UNSEEN = re.compile(r"<(style|script|head)\b.*?</\1\s*>", re.IGNORECASE | re.DOTALL)
_TAG = re.compile(r"<[/!a-zA-Z][^<>]{0,5000}>")
_BLANK = re.compile(r"[ \t\u00a0]+")
_GAP = re.compile(r"\s*\n\s*")


def plain(text: str | None) -> str:
    """The words of a text that may be HTML, one paragraph a line."""
    if not text:
        return ""
    if "<" in text:
        text = _TAG.sub(" ", _BREAK.sub("\n", _UNSEEN.sub(" ", text)))
    return _GAP.sub("\n", _BLANK.sub(" ", unescape(text))).strip()
