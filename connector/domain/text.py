"""What a customer wrote, ready for reading: their own words without the quoted thread, folded to one spelling.

Pure text: knows no phrases, no signals and no activity kinds.
"""

from __future__ import annotations

import re
import unicodedata

from connector.domain.traditional import SIMPLIFIED

LONGEST = 20_000
"""Characters of a text that are read. What a buyer says stands at the top; the rest is disclaimers and pasted logs."""

_APOSTROPHES = str.maketrans({"’": "'", "‘": "'", "`": "'", "´": "'", "“": '"', "”": '"'})
_ONE_SPELLING = _APOSTROPHES | SIMPLIFIED
_PARAGRAPH = re.compile(r"[^\S\n]*\n\s*\n\s*")
_INVISIBLE = re.compile(
    "[\x00-\x08\x0e-\x1f\x7f\xad\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufe0e\ufe0f\ufeff]"
)
_SELECTORS = frozenset("\ufe0e\ufe0f")
_SPACE = re.compile(r"\s+")

_DAY = r"(?:mon|tue|wed|thu|fri|sat|sun|jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec|\d)"
_HEADER = re.compile(
    r"-{2,}\s*(?:original message|forwarded message|原始邮件|原邮件|转发的?邮件|回复的?原?邮件|邮件原件)"
    rf"|\bon\s{{1,3}}{_DAY}[^\n]{{3,160}}(?:\n[^\n]{{0,160}})?wrote\s*[:\uff1a]"
    r"|(?:在|于)\s*\d{2,4}\s*[年./-][^\n]{0,120}(?:\n[^\n]{0,80})?(?:写道|寫道|写到)\s*[:\uff1a]?"
    r"|^[ \t]*(?:在|于)[^\n]{4,120}(?:写道|寫道)\s*[:\uff1a]"
    r"|[ \t*]*(?:发件人|寄件者|寄件人)[ \t*]*[:\uff1a]"
    r"|^[ \t*]*from[ \t*]*[:\uff1a][^\n]*\n(?:[^\n]*\n){0,3}?[ \t*]*(?:sent|date|to|subject)[ \t*]*[:\uff1a]"
    r"|^--[ \t]*$"
    r"|^_{10,}[ \t]*$",
    re.IGNORECASE | re.MULTILINE,
)
_DEVICE = re.compile(
    r"^[ \t]*(?:sent from my|get outlook for|发自我的|来自我的|从我的).*$", re.IGNORECASE | re.MULTILINE
)
_REPLY_SUBJECT = re.compile(r"\s*(?:re|fw|fwd|aw|回复|答复|转发|回覆)\s*[:\uff1a]", re.IGNORECASE)


def fold(text: str) -> str:
    """One spelling for all: compatibility forms unified (full width, ligatures), traditional Chinese read as simplified,
    case folded, invisible characters dropped, white space collapsed; a blank line becomes a full stop: it ends a clause."""
    unified = _unified(text[:LONGEST])
    if unified.isprintable() and not _SELECTORS.intersection(unified):
        return " ".join(unified.split())  # a plain line, as most are: its only white space is the blank
    visible = _INVISIBLE.sub("", unified).strip()
    return _SPACE.sub(" ", _PARAGRAPH.sub(" . ", visible)).strip()


def _unified(text: str) -> str:
    if text.isascii():
        return text.replace("`", "'").lower()
    return unicodedata.normalize("NFKC", text).translate(_ONE_SPELLING).casefold()


def own_words(text: str) -> str:
    """The part of a message that its sender wrote: no quoted thread, no signature, no `>` lines.

    Answers written below or between `>` quotes are kept; behind any other header everything is the thread.
    """
    kept = _without_thread(text[:LONGEST].replace("\r\n", "\n"))
    if "\n" not in kept:
        return "" if _DEVICE.match(kept) or kept.lstrip().startswith((">", "＞", "&gt;")) else kept.strip()
    lines = [line for line in kept.split("\n") if not line.lstrip().startswith((">", "＞", "&gt;"))]
    return _DEVICE.sub("", "\n".join(lines)).strip()


_IN_EVERY_HEADER = ("--", "__", "wrote", "from", "写", "寫", "件人", "件者")
"""One of these stands in whatever begins a thread or a signature: looking for them is much cheaper than for a header."""


def _without_thread(text: str) -> str:
    lowered = text.lower()
    if not any(part in lowered for part in _IN_EVERY_HEADER):
        return text
    kept: list[str] = []
    while header := _HEADER.search(text):
        kept.append(text[: header.start()])
        text = text[header.end() :]
        if not text.lstrip().startswith((">", "＞", "&gt;")):
            return "".join(kept)
        text = text.lstrip()
    return "".join([*kept, text])


def subject_words(subject: str) -> str:
    """The subject where its sender chose it: a reply repeats ours."""
    return "" if _REPLY_SUBJECT.match(subject) else subject
