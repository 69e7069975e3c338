"""The customer's own words, folded; phrases found and refused."""

from __future__ import annotations

import pytest

from connector.domain.phrases import PhraseBook, pattern_of, phrase_problems
from connector.domain.text import LONGEST, fold, own_words, subject_words


@pytest.mark.parametrize(
    "thread",
    [
        "On Mon, Jan 5, 2026 at 9:00 AM Li Lei <li@example.com> wrote:\n> what is the price?",
        "On 5 Jan 2026, at 09:00,\nLi Lei wrote:\nwhat is the price?",
        "-----Original Message-----\nFrom: Li\nwhat is the price?",
        "---------- Forwarded message ---------\nprice",
        "From: Li Lei\nSent: Monday\nTo: You\nprice",
        "发件人：李雷\n主题：价格",
        "发件人: 李雷 价格",
        "在 2026年1月5日，李雷 <li@example.com> 写道：\n价格",
        "于 2026-01-05 李雷写道:\n价格",
        "在星期一上午李雷同学写道：\n价格",
        "------------------ 原始邮件 ------------------\n价格",
        "> what is the price?\n>> price",
        "＞ 价格",
        "-- \nLi Lei, Head of price",
        "________________________________\nprice",
        "Sent from my price phone",
        "发自我的价格手机",
    ],
)
def test_the_quoted_thread_is_not_the_customers_word(thread: str) -> None:
    kept = own_words(f"Thanks, that helps.\r\n\n{thread}")
    assert kept == "Thanks, that helps."


def test_a_thread_in_one_line_is_cut_too() -> None:
    assert own_words("Fine. On Jan 5, 2026 at 9:00 Li <l@x.io> wrote: what is the price") == "Fine."


def test_answers_between_quotes_are_kept() -> None:
    mail = "Hi\nOn Jan 5, 2026 Li wrote:\n> When?\nTomorrow.\n> Price?\nHow much is it?"
    assert own_words(mail).split("\n") == ["Hi", "Tomorrow.", "How much is it?"]


def test_a_sentence_about_monday_is_no_header() -> None:
    assert (
        own_words("On Monday we meet. From: here it looks fine")
        == "On Monday we meet. From: here it looks fine"
    )


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("ＤＥＭＯ　多少钱？", "demo 多少钱?"),
        ("Don’t  “go”", 'don\'t "go"'),
        ("a\nb", "a b"),
        ("a\n \nb", "a . b"),
        ("zero\u200bwidth\ufeff", "zerowidth"),
        ("", ""),
    ],
)
def test_folding_gives_one_spelling(text: str, folded: str) -> None:
    assert fold(text) == folded


def test_only_the_top_of_an_endless_text_is_read() -> None:
    assert len(fold("a" * (LONGEST + 1))) == LONGEST
    assert "price" not in own_words("a" * LONGEST + " price")


def test_a_subject_that_repeats_ours_is_not_theirs() -> None:
    assert subject_words("Re: Our price list") == ""
    assert subject_words("回复：报价单") == ""
    assert subject_words("Price?") == "Price?"


@pytest.mark.parametrize(
    ("phrase", "text", "found"),
    [
        ("price", "the prices, please", True),
        ("price", "pricey", False),
        ("demo", "democracy", False),
        ("demo", "看demo吧", True),
        ("看demo", "看 demo 吧", True),
        ("integrat*", "we integrated it", True),
        ("white paper", "white-paper", True),
        ("演示", "给我们演示一下", True),
        ("和...相比", "和贵司的旧版相比如何", True),
        ("和...相比", "和贵司。相比如何", False),
        ("chief * officer", "chief revenue officer", True),
        ("café", "un café noir", True),
    ],
)
def test_latin_words_are_whole_and_chinese_ones_are_not(phrase: str, text: str, *, found: bool) -> None:
    assert PhraseBook([phrase]).mentioned(fold(text)) == (frozenset({phrase}) if found else frozenset())


def test_a_phrase_that_says_nothing_is_named() -> None:
    assert phrase_problems(["ok", " ", "...", "a...!"], "here") == [
        "here: ' ' says nothing",
        "here: '...' says nothing",
        "here: 'a...!' says nothing",
    ]
    with pytest.raises(ValueError, match="says nothing"):
        pattern_of("*")


REFUSED = """my boss doesn't want to see a demo|I don't want to get a demo|不想了解演示
I don't want a demo|I dont want a demo|We do not need a demo at this time|no need for a demo
no demo please|Never mind the demo
I didn't ask for a demo|please stop the demo|A demo is not needed|the demo isn't necessary
can I get it without a demo|not a demo
We have no time for a demo|we don't have time for a demo|不需要演示|先不用演示|暂时不考虑演示
我们不想看演示|没必要演示|别再演示|无需演示
演示就不用了|演示先不用|演示暂时不考虑了|演示没兴趣|没有兴趣看演示|这次先不做演示|不是来看演示的"""
ASKED = """We are not able to find the demo|I do not have a demo date yet|不考虑资料的话能演示吗|不是不想看演示
Why don't we book a demo|Wouldn't it make sense to see a demo|Don't forget the demo
don't hesitate to book a demo|not only the demo
I don't know how the demo works|we haven't had the demo yet|I wouldn't mind a demo|I can't find the demo
there is no demo on your site
I don't want slides but a demo|No, I want a demo|whether or not a demo is free|do you offer a demo
Without the demo we cannot decide
能不能演示|要不要演示|有没有演示|需不需要演示|可不可以演示|演示要不要钱|不知道演示怎么约|我不想错过演示
别忘了演示|要不约个演示|为什么不安排演示
何不演示一下|不需要资料，只要演示|不需要资料直接演示|演示不错|特别想看演示|不清楚演示要多久"""


@pytest.mark.parametrize("text", REFUSED.replace("\n", "|").split("|"))
def test_what_is_turned_down_was_not_asked_for(text: str) -> None:
    book = PhraseBook(["demo", "演示"])
    assert not book.meant(fold(text))
    assert book.mentioned(fold(text))


@pytest.mark.parametrize("text", ASKED.replace("\n", "|").split("|"))
def test_a_question_or_suggestion_with_a_not_in_it_asks(text: str) -> None:
    assert PhraseBook(["demo", "演示"]).meant(fold(text))


def test_one_wish_outweighs_one_refusal_of_the_same_thing() -> None:
    assert PhraseBook(["demo"]).meant(fold("I don't want a demo now. A demo in May would be good."))
