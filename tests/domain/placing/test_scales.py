"""Weighing words, known spellings, repaired slips: each by a document of its own, and what holds for the shipped one."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connector.domain.phrases import PhraseBook
from connector.domain.signals import (
    Signals,
    SignalsConfig,
    check_signals,
    compile_signals,
    match_activity,
    read_activity,
    weigh_activity,
    words_heard,
)
from connector.domain.spelling import Speller
from connector.domain.text import LONGEST, fold
from connector.domain.touch import NOBODY, signals_touch
from connector.domain.words import words_in
from mappings.records import Kind
from tests.domain.placing.documents import matrix_config, signals
from tests.domain.placing.leads import act, said

SCALES = [
    {
        "id": "research",
        "label": {"en": "Research"},
        "start": -10,
        "lists": {"demo": 12, "money": 4},
        "words": {6: "how, 演, how much", -8: "song"},
    },
    {
        "id": "selection",
        "label": {"en": "Selection"},
        "start": -10,
        "lists": {"money": 20},
        "words": {3: "#, ?"},
    },
]
DOCUMENT: dict[str, Any] = {
    "phrases": {"demo": "demonstration, demo, 演示", "money": ["price", "#k", "quotation"]},
    "spellings": {"plz": "please", "咋": "怎么", "贵司": "你们", "prc": "price"},
    "slips": {"shortest": 6, "real_words": "quotations, demonstrator"},
    "scales": SCALES,
    "signals": [
        {
            "id": name,
            "label": {"en": name},
            "kinds": ["chat", "meeting"],
            "stage": f"solution-{name}",
            "strength": "strong",
            "when": {"scale": name},
        }
        for name in ("research", "selection")
    ],
}


def own(**changes: Any) -> SignalsConfig:
    return SignalsConfig.model_validate({**DOCUMENT, **changes})


def compiled(**changes: Any) -> Signals:
    return compile_signals(own(**changes), matrix_config())


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("a demo", ("research",)),
        ("a demo song", ()),
        ("a song and how", ()),
        ("we want no demo", ()),
        ("the price", ("selection",)),
        ("a demo and the price", ("selection",)),
        ("30k?", ("selection",)),
        ("", ()),
        ("thanks", ()),
        ("一次演示", ("research",)),
    ],
)
def test_the_heaviest_scale_above_zero_holds(text: str, found: tuple[str, ...]) -> None:
    assert match_activity(compiled(), said(text)) == found


def test_of_equal_scales_the_first_holds() -> None:
    equal = [{**scale, "lists": {"demo": 15}, "words": {}} for scale in SCALES]
    assert match_activity(compiled(scales=equal), said("demo")) == ("research",)


def test_what_was_weighed_adds_up_and_names_its_words() -> None:
    weighed = weigh_activity(compiled(), said("How much? A demo"))
    assert [(one.scale, one.points, one.holds) for one in weighed] == [
        ("research", 14, True),
        ("selection", -7, False),
    ]
    assert weighed[0].findings == (("@demo", 12), ("", -10), ("how", 6), ("how much", 6))


@settings(max_examples=40, deadline=None)
@given(st.text(alphabet="aehmow uch demo 演示 价格?!.3k不", max_size=80))
def test_every_sum_is_that_of_its_findings(text: str) -> None:
    for one in weigh_activity(compiled(), said(text)):
        assert one.points == sum(points for _, points in one.findings)
        assert not one.holds or one.points > 0


def test_a_signal_names_the_phrases_it_was_given_for() -> None:
    assert words_heard(signals(), said("What is the pricng for the contract?"), "price-asked") == ("pricing",)
    assert words_heard(signals(), act(Kind.VISIT), "site-visit") == ()


def test_meetings_speak_through_their_notes() -> None:
    assert match_activity(signals(), act(Kind.MEETING)) == ("meeting-held",)
    assert "meeting-held" not in match_activity(signals(), act(Kind.MEETING, "客户迟到，只寒暄了几句"))


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("plz send", "please send"),
        ("demonstraton", "demonstration"),
        ("demosntration", "demonstration"),
        ("demonstrattion", "demonstration"),
        ("demonstrarion", "demonstration"),
        ("a quotaton.", "a quotation."),
        ("quotations", "quotations"),
        ("demonstrator", "demonstrator"),
        ("demonstrated", "demonstrated"),
        ("emonstration", "emonstration"),
        ("pricey", "pricey"),
        ("prise", "prise"),
        ("贵司咋收费", "你们怎么收费"),
        ("plzz", "plzz"),
    ],
)
def test_short_forms_and_slips_are_read_as_what_they_mean(written: str, read: str) -> None:
    speller = Speller(
        DOCUMENT["spellings"], ["demonstration", "quotation", "price"], ["quotations", "demonstrator"], 6
    )
    assert speller.spelled(written) == read


def test_a_slip_that_could_be_two_words_stays() -> None:
    assert Speller({}, ["stores", "stones"], [], 6).spelled("stoves") == "stoves"


def test_phrases_are_rewritten_as_texts_are() -> None:
    ready = compiled(phrases={**DOCUMENT["phrases"], "demo": ["贵司演示"]})
    assert match_activity(ready, said("你们演示")) == match_activity(ready, said("贵司演示")) == ("research",)


def test_a_list_may_be_one_text() -> None:
    assert own().phrases["demo"] == ("demonstration", "demo", "演示")
    assert own(phrases={"demo": "a b，c\n d、 e ,", "money": ["x, y"]}).phrases == {
        "demo": ("a b", "c", "d", "e"),
        "money": ("x, y",),
    }


@pytest.mark.parametrize(
    ("text", "found"),
    [("30k", True), ("1,200 k", False), ("k", False), ("三十来k", True), ("30km", False)],
)
def test_a_number_stands_for_any(text: str, *, found: bool) -> None:
    assert bool(PhraseBook(["#k"]).mentioned(fold(text))) is found
    assert PhraseBook(["# users"]).mentioned("about 1,200 users")
    assert PhraseBook(["#家店"]).mentioned("一共三十来家店")


def test_words_and_pairs_stop_at_punctuation() -> None:
    assert words_in("how much, 报价 12 users?") == {
        "how", "much", "how much", "报", "价", "报价", "#", "价 #", "users", "# users", "?", "users ?",
    }  # fmt: skip
    assert words_in("。!") == set()


def test_what_is_wrong_with_scales_is_named() -> None:
    scales = [{**SCALES[0], "lists": {"gone": 1}, "words": {1: ["three words here", "!"]}}, SCALES[0]]
    wrong = own(scales=scales, spellings={"a": " "})
    assert check_signals(wrong, matrix_config()) == [
        "scales: id 'research' is declared 2 times",
        "signals[1].when: no scale 'selection'",
        "scales[0].lists: no phrase list 'gone'",
        "scales[0].words: 'three words here' is no word and no pair of words",
        "scales[0].words: '!' is no word and no pair of words",
        "spellings.a: both sides need words",
    ]


@pytest.mark.parametrize(
    "changes",
    [
        {"scales": [{**SCALES[0], "start": -11}, SCALES[1]]},
        {"scales": [{**SCALES[0], "words": {1: "song"}}, SCALES[1]]},
        {"phrases": {**DOCUMENT["phrases"], "money": ["fee"]}},
        {"spellings": {}},
        {"slips": {"shortest": 7}},
        {"slips": None},
    ],
)
def test_a_change_of_what_words_mean_concerns_those_who_said_some(changes: dict[str, Any]) -> None:
    touch = signals_touch(own(), own(**changes), matrix_config())
    assert touch.kinds == {Kind.CHAT, Kind.MEETING}
    assert signals_touch(own(), own(), matrix_config()) == NOBODY


TEXTS = [
    "How much is it for 20 users?",
    "能不能安排一次产品演示？我们三家店",
    "Why do our leads go cold, what are the reasons?",
    "不需要演示",
    "谢谢",
    "u vs monday.com",
]
FULL = {ord(" "): "\u3000"} | {code: chr(code + 0xFEE0) for code in range(0x21, 0x7F)}


@settings(max_examples=25, deadline=None)
@given(st.sampled_from(TEXTS), st.lists(st.booleans(), min_size=80, max_size=80))
def test_case_and_width_never_change_a_reading(text: str, shape: list[bool]) -> None:
    mixed = "".join(char.upper() if up else char for char, up in zip(text, shape, strict=False))
    expected = read_activity(signals(), said(text))
    assert read_activity(signals(), said(mixed)) == expected
    assert read_activity(signals(), said(text.translate(FULL))) == expected


@settings(max_examples=15, deadline=None)
@given(st.sampled_from(TEXTS), st.sampled_from(TEXTS))
def test_a_quoted_thread_never_changes_a_reading(text: str, quoted: str) -> None:
    thread = f"{text}\n\nOn Jan 5, 2026 at 9:00 Li <li@x.example> wrote:\n> {quoted}\n> {quoted}"
    assert read_activity(signals(), said(thread, kind=Kind.EMAIL_REPLY)) == read_activity(
        signals(), said(text, kind=Kind.EMAIL_REPLY)
    )


@pytest.mark.parametrize(
    ("traditional", "simplified"),
    [("請問三十人的方案一個月費用大概多少", "请问三十人的方案一个月费用大概多少"), ("報價單", "报价单")],
)
def test_traditional_characters_are_read_as_simplified(traditional: str, simplified: str) -> None:
    assert fold(traditional) == simplified
    assert match_activity(signals(), said(traditional)) == match_activity(signals(), said(simplified)) != ()


def test_an_endless_text_gives_no_more_words_and_candidates_than_it_has_characters() -> None:
    for piece in ("a ", "价", "price ", "不要", "how much? ", "aaaaaaaaaaaaaaaaaaaa", "1,"):
        text = fold(piece * LONGEST)
        assert len(text) <= LONGEST
        assert len(words_in(text)) <= 2 * len(set(piece)) + 4
        read_activity(signals(), said(text))
