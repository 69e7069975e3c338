"""Whether a phrase is refused where it stands: "I don't want a demo" names a demo and asks for none.

Reads the clause around the phrase, in English and Chinese, in folded text. It leans towards "not refused": a question
about what one does not know ("don't know the price", 不知道价格) and a suggestion ("why don't we") ask for the thing.
"""

from __future__ import annotations

import re

_BEFORE, _AFTER = 64, 28
_HAN = "\u3400-\u9fff"
_CLAUSE_END = re.compile(rf"[.!?;,:。!?;\n(){{}}\[\]]|(?<=[{_HAN}]) (?=[{_HAN}])")

_ENGLISH = re.compile(
    r"\b(?:do|does|did|wo|would)n't\b|\b(?:dont|doesnt|didnt|wont)\b|\b(?:no|never|nor|neither|stop)\b|(?<=\w )without\b"
    r"|(?<!\bcan )(?<!\bcould )(?<!\bhave )(?<!\bhas )(?<!\bhad )(?<!\bwhy )(?<!\bor )(?<!\bif )\bnot\b"
)
_FOUND_NONE = re.compile(r"\b(?:there is|there's|there are|there was|see|sees|saw|found|find|got|with) $")
_TURNED = re.compile(r" (?:we|you|i|it|they|u)\b")
_TURNS = re.compile(
    r"\b(?:only|just|but|however|because|instead|rather|so|if|until|till|before|miss|forget|hesitate|problem|doubt|issue"
    r"|and (?:i|we|please|want|would|need|can|could))\b|(?<!never )\bmind\b"
)
_ASKING = re.compile(
    r" ?(?:\w+ |able to )?(?:know|understand|see|seen|saw|find|found|sure|clear|certain|aware|remember|received?|get|got"
    r"|idea|tell|say|said|have(?! (?:any |a |the |much )?(?:time|need|budget|interest|plan|use)))\b"
)
_ENGLISH_AFTER = re.compile(
    r"(?: \w+){0,2}? ?(?:not|isn't|aren't|wasn't|won't be|no longer) (?:\w+ )?"
    r"(?:needed|necessary|required|wanted|relevant|of interest)\b"
)

_CHINESE = re.compile(
    r"[不没](?:需要?|用|想|要|必|打算|考虑|感兴趣|再|做|看|约|参加|安排|方便|是|希望|愿意?|接受|买|采购|谈)"
    r"|没有?(?:兴趣|必要|需求|需要|打算|计划|时间|空|意向)|无需|无须|毋需|谢绝|拒绝|甭|勿"
    r"|(?<![特区分级个识差性类鉴])别(?:再|给|发|打|联系|推|介绍|跟|老|总|来|安排)"
)
_ALTERNATIVE = re.compile(
    r"但|不过|而是|只|直接|就是|因为|所以|而且|错过|忘|耽误|犹豫|很|太|不|如|仅|光|能|可以|麻烦"
)
_CHINESE_AFTER = re.compile(
    r"[我们这边暂时目前现在先就也都还那的了]{0,6}(?:不用|不需要|不必|免|算|不要|不考虑)(?:了|的|吧|啦|哈|谢|$)"
    r"|[我们这边暂时目前现在先就也都还那的了]{0,6}(?:没兴趣|没有兴趣|没必要|没有必要|不感兴趣|以后再说)"
)
_FARTHEST_WORDS, _FARTHEST_HAN = 6, 8
_TRACE = re.compile(
    r"[不没无毋谢拒甭勿别]|[免算](?:[了的吧啦哈谢]|(?![\u3400-\u9fff]))|以后再说|n't|\b(?:do|does|did|wo)nt\b|\b(?:no|not|nor|never|neither|stop|without)\b"
)


def may_refuse(text: str) -> bool:
    """Whether any word stands in the text that could refuse something; without one nothing in it is refused."""
    return _TRACE.search(text) is not None


def refused(text: str, start: int, end: int) -> bool:
    """Whether the phrase at `text[start:end]` is turned down by the words of its own clause."""
    if not _TRACE.search(text, max(0, start - _BEFORE), end + _AFTER):
        return False
    before = text[max(0, start - _BEFORE) : start]
    before = _CLAUSE_END.split(before)[-1]
    after = _CLAUSE_END.split(text[end : end + _AFTER], maxsplit=1)[0]
    return _refused_before(before) or _refused_after(after)


def _refused_before(before: str) -> bool:
    return any(_english_refuses(before, found) for found in _ENGLISH.finditer(before)) or any(
        _chinese_refuses(before, found) for found in _CHINESE.finditer(before)
    )


def _refused_after(after: str) -> bool:
    return bool(_ENGLISH_AFTER.match(after) or _CHINESE_AFTER.match(after.lstrip()))


def _english_refuses(before: str, negator: re.Match[str]) -> bool:
    between = before[negator.end() :]
    if (
        len(between.split()) > _FARTHEST_WORDS
        or _ASKING.match(between)
        or _TURNS.search(before, negator.start())
    ):
        return False
    if negator.group().endswith(("n't", "nt")) and _TURNED.match(between):
        return False
    return not (negator.group() == "no" and _FOUND_NONE.search(before[: negator.start()]))


def _chinese_refuses(before: str, negator: re.Match[str]) -> bool:
    start = negator.start()
    asks_either_way = start > 0 and before[start - 1] == before[start + 1 : start + 2]
    rhetorical = before[:start].endswith(("何", "为什么", "怎么", "为啥", "要", "不是"))
    between = before[negator.end() :]
    if asks_either_way or rhetorical or len(between.replace(" ", "")) > _FARTHEST_HAN:
        return False
    return not _ALTERNATIVE.search(between)
