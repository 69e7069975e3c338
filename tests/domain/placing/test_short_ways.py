"""What is quick says what the plain way says: plain texts, conditions that are left unasked, rows that stop early."""

from __future__ import annotations

import unicodedata
from datetime import date
from decimal import Decimal
from typing import Any

from hypothesis import example, given, settings
from hypothesis import strategies as st

from connector.domain import text
from connector.domain.activity_conditions import words_tests
from connector.domain.conditions import Facts, Finding
from connector.domain.heard import Ears, Heard, compiled_test, trigger_of
from connector.domain.money import Rates
from connector.domain.phrases import PhraseBook, pattern_of
from connector.domain.predicates import _all, _any
from connector.domain.scales import Scales
from connector.domain.signals_config import SignalsConfig
from connector.domain.spelling import Speller
from connector.domain.text import fold, own_words
from mappings.records import Direction, Kind
from tests.domain.placing.leads import act, person

PIECES = st.sampled_from(
    [
        "Hello", "报价", " ", "  ", "\n", "\n\n", "\r\n", "\u3000", "\u00a0", "\ufe0f", "\u200b", "’", "`", "ＡＢ", "ß",
        "price", "demo", "no ", "don't ", "不需要", "> ", "＞ ", "&gt; ", "-- ", "--\n", "__________",
        "On Mon, 2 Nov wrote:", "報價", "演示",
        "在2026年11月写道：", "发件人:", "From: a\nSent: b\n", "Sent from my phone", "发自我的手机", "--- Original Message",
        "wrote", "。", ".", "how much", "a" * 30, "\x00", "\xad", "İ",
    ]
)  # fmt: skip
TEXTS = st.lists(PIECES, max_size=9).map("".join) | st.text(max_size=60)


def plainly_folded(words: str) -> str:
    """Folding without short ways."""
    unified = unicodedata.normalize("NFKC", words[: text.LONGEST]).translate(text._ONE_SPELLING)
    visible = text._INVISIBLE.sub("", unified.casefold()).strip()
    return text._SPACE.sub(" ", text._PARAGRAPH.sub(" . ", visible)).strip()


def plainly_own(words: str) -> str:
    """The sender's own words without short ways."""
    rest, kept = words[: text.LONGEST].replace("\r\n", "\n"), []
    while header := text._HEADER.search(rest):
        kept.append(rest[: header.start()])
        rest = rest[header.end() :]
        if not rest.lstrip().startswith((">", "＞", "&gt;")):
            rest = ""
            break
        rest = rest.lstrip()
    lines = [
        line
        for line in "".join([*kept, rest]).split("\n")
        if not line.lstrip().startswith((">", "＞", "&gt;"))
    ]
    return text._DEVICE.sub("", "\n".join(lines)).strip()


@settings(max_examples=500, deadline=None)
@given(TEXTS)
@example("a\ufe0fb")
@example("`A'")
@example(" Sent from my phone")
@example("\x0bHello\x1c there\x85")
def test_a_text_is_folded_and_parted_as_without_short_ways(words: str) -> None:
    assert fold(words) == plainly_folded(words)
    assert own_words(words) == plainly_own(words)


PHRASES = ("price", "how much", "demo", "报价", "价", "a", "不", "b2b 报价", "demo*", "how ... cost", "ab")


@settings(max_examples=300, deadline=None)
@given(TEXTS)
@example("价")
@example("b2b报价")
def test_a_book_finds_what_looking_for_each_phrase_finds(words: str) -> None:
    folded = fold(words)
    assert PhraseBook(PHRASES).mentioned(folded) == {p for p in PHRASES if pattern_of(p).search(folded)}


LEAVES = st.sampled_from(
    [
        {"text": {"any_of": ["price", "报价"]}}, {"text": {"any_of": ["@list"], "none_of": ["how much"]}},
        {"text": {"all_of": ["demo"]}}, {"text": {"none_of": ["price"]}}, {"title": {"any_of": ["price"]}},
        {"signal": "other"}, {"direction": "in"},
    ]
)  # fmt: skip
TREES = st.recursive(
    LEAVES,
    lambda inner: st.one_of(
        st.lists(inner, min_size=1, max_size=3).map(lambda of: {"all": of}),
        st.lists(inner, min_size=1, max_size=3).map(lambda of: {"any": of}),
        inner.map(lambda of: {"not": of}),
    ),
    max_leaves=5,
)


@settings(max_examples=300, deadline=None)
@given(TREES, TEXTS)
def test_a_condition_that_is_left_unasked_would_not_have_held(tree: dict[str, Any], words: str) -> None:
    kinds = {"kinds": ["chat"], "label": {"en": "x"}, "stage": "x", "strength": "strong"}
    other = {"id": "other", **kinds, "when": {"text": {"any_of": ["demo"]}}}
    config = SignalsConfig.model_validate(
        {
            "phrases": {"list": ["demo", "@more"], "more": ["how much"]},
            "signals": [{"id": "one", **kinds, "when": tree}, other],
        }
    )
    node = config.signals[0].when
    mentioned = {word for _, test in words_tests(node) for word in config.spelled(test.mentioned())} | {
        "demo"
    }
    book = PhraseBook(mentioned)
    ears = Ears(Speller({}, (), (), 0), book, book, Scales((), {}))
    heard = Heard(act(Kind.CHAT, words, direction=Direction.IN), ears)
    trigger = trigger_of(node, config)
    if trigger is not None and trigger.isdisjoint(heard.said):
        assert compiled_test(node, config)(heard) is False


FINDINGS = st.lists(
    st.builds(Finding, st.booleans(), st.sampled_from(["", "a", "b"])), min_size=1, max_size=4
)
FACTS = Facts(person(), None, Rates(), date(2026, 6, 1))


def _decided_by(findings: list[Finding]) -> str:
    return findings[0].fallback if all(one.fallback for one in findings) else ""


@given(FINDINGS)
def test_rows_that_stop_early_say_what_asking_everything_says(findings: list[Finding]) -> None:
    checks = [lambda _facts, _margin, one=one: one for one in findings]
    first = next((one.fallback for one in findings if one.fallback), "")
    against = [one for one in findings if not one.holds]
    every = Finding(False, _decided_by(against)) if against else Finding(True, first)
    assert _all(checks)(FACTS, Decimal(0)) == every
    in_favour = [one for one in findings if one.holds]
    some = Finding(True, _decided_by(in_favour)) if in_favour else Finding(False, first)
    assert _any(checks)(FACTS, Decimal(0)) == some


def test_every_header_has_one_of_the_parts_that_are_looked_for_first() -> None:
    headers = [
        "-----Original Message-----", "--- 原始邮件 ---", "On Mon, Nov 2, 2026 at 9:00 AM Ann wrote:",
        "在 2026年11月2日，王伟写道：",
        "于2026-11-02 寫道", "发件人：王伟", "寄件者: a", "寄件人: a", "From: Ann\nSent: today", "--", "____________",
    ]  # fmt: skip
    for header in headers:
        assert text._HEADER.search(header), header
        assert any(part in header.lower() for part in text._IN_EVERY_HEADER), header
