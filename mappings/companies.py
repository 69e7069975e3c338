"""Company names in the form in which two spellings of one firm are equal. Fuzzy likeness is not asked here."""

from __future__ import annotations

import re
import unicodedata

_ZH_FORMS = re.compile(
    r"(股份有限公司|有限责任公司|有限责任合伙|有限合伙企业|有限合伙|集团有限公司|集团公司|总公司|有限公司|集团股份|股份|集团|公司)$"
)
_BRACKETS = re.compile(r"[(\[【〔<《][^)\]】〕>》]*[)\]】〕>》]")
_EN_FORMS = (
    "incorporated inc corporation corp company co limited ltd llc llp lp plc gmbh ag kg ohg se sa sas sarl srl spa bv nv "
    "oy ab as aps kk pte pty pvt private sdn bhd holdings holding group the"
)
_EN_WORDS = frozenset(_EN_FORMS.split())
_PUNCTUATION = re.compile(r"[^\w\u4e00-\u9fff]+")
_DOTTED = re.compile(r"\b(?:[a-z]\.){2,}")


def normalise_company(name: str) -> str:
    """Width and case folded, bracketed cities and legal forms stripped, in Chinese and English: 小米科技（北京）有限公司
    and 小米科技有限责任公司 are one. A name that is nothing but legal forms stays as it is."""
    plain = unicodedata.normalize("NFKC", name).casefold().strip()
    bare = _BRACKETS.sub(" ", plain)
    bare = _DOTTED.sub(lambda found: found.group().replace(".", ""), bare).replace("&", " and ")
    words = [word for word in _PUNCTUATION.sub(" ", bare).split() if word]
    while len(words) > 1 and words[-1] in _EN_WORDS:
        words.pop()
    if len(words) > 1 and words[0] == "the":
        words = words[1:]
    joined = _without_form("".join(words) if _chinese("".join(words)) else " ".join(words))
    return joined or _PUNCTUATION.sub("", plain)


def _chinese(text: str) -> bool:
    return re.search(r"[\u4e00-\u9fff]", text) is not None


def _without_form(name: str) -> str:
    while (shorter := _ZH_FORMS.sub("", name)) != name and len(shorter) > 1:
        name = shorter
    return name
