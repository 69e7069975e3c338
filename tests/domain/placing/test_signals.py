"""What activities give: every shipped signal in both languages, whose words count, and every guard."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from connector.domain.matrix import MatrixConfig
from connector.domain.signals import (
    SignalsConfig,
    check_signals,
    compile_signals,
    match_activity,
    read_activity,
)
from connector.errors import ConfigError
from mappings.records import Activity, Direction, Kind
from tests.domain.placing.documents import matrix_config, read, signals, signals_config
from tests.domain.placing.leads import act, said


def found(activity: Activity) -> tuple[str, ...]:
    return match_activity(signals(), activity)


SAID = {
    "pain-asked": "Why do our leads go cold? What are the reasons for it?"
    "|我们线索转化率低，一般是什么原因呀|咋办呢，这个怎么解决",
    "demo-asked": "Could we get a demo?|can i try it, any free trial?|能安排个产品演示吗|有试用账号不|想看下产品",
    "visit-agreed": "Sure, let's meet on Friday|Please visit our office|可以，下周来我们公司聊|约个时间见面聊吧",
    "material-asked": "Please send a product brochure.|发份产品资料看看|有没有功能清单",
    "scenario-asked": "Does it support multiple stores?|is this suitable for us?|这个适合我们工厂吗|能不能满足多门店管理",
    "need-stated": "We need a platform for 20 users.|我们的需求是打通会员|正在选型",
    "integration-asked": "Does it integrate with SAP?|Do you have an API?|能对接金蝶吗|可以和企业微信打通吗",
    "case-asked": "Any customer stories?|有没有同行业案例|同行在用的多吗",
    "competitor-named": "How do you compare with Marketo?|we're also evaluating two others"
    "|你们和纷享销客有什么区别|我们也在看别家",
    "price-asked": "How much is it per year?|What is the pricing?|多少钱一年|报个价呗|怎么收费的|价格贵不贵",
    "service-asked": "What is the service period?|Is an SLA part of it?|服务周期多长|售后怎么弄",
    "implementation-asked": "How long does implementation take?|多久能上线|实施周期多长",
    "contract-asked": "Can you send the contract?|What are the payment terms?|合同怎么签|付款方式有哪些",
    "tender": "We will publish a tender in May.|See our RFP.|我们下个月招标|要走招投标流程",
    "security-review": "Our IT starts the security review.|Are you SOC 2 certified?|要过等保|支持私有化部署吗",
    "roi-asked": "What ROI do customers see?|投入产出怎么算|投资回报率多少",
    "refused": "Please stop calling me.|Not interested.|不感兴趣|别再打电话了",
    "project-halted": "The project is on hold.|项目搁置了|今年不做了",
    "chose-another": "We went with another tool.|我们已经选了别家",
    "reading-asked": "Please send me the white paper on maintenance|求一份行业白皮书",
    "function-asked": "Can the app scan barcodes without internet?|没网的时候能不能扫码",
    "decision-near": "We want to buy, the board approved it|领导已经批了，我们要下单",
}


@pytest.mark.parametrize(("signal", "text"), [(s, t) for s, texts in SAID.items() for t in texts.split("|")])
def test_a_shipped_signal_hears_formal_and_chatty_words(signal: str, text: str) -> None:
    assert signal in found(said(text))
    assert signal in found(said(text, kind=Kind.EMAIL_REPLY))


DONE = [
    (act(Kind.VISIT), {"site-visit"}),
    (act(Kind.PAGE_VIEW, url="https://x.com/blog"), {"site-visit"}),
    (act(Kind.PAGE_VIEW, url="https://x.com/Pricing?a=1"), {"site-visit", "pricing-page"}),
    (act(Kind.PAGE_VIEW, subject="价格 - 我们"), {"site-visit", "pricing-page"}),
    (act(Kind.PAGE_VIEW, url="https://x.com/product/a"), {"site-visit", "product-pages"}),
    (act(Kind.PAGE_VIEW, url="https://x.com/careers"), set()),
    (act(Kind.SUBSCRIPTION), {"media-subscription"}),
    (act(Kind.SUBSCRIPTION, properties={"status": "UNSUBSCRIBED"}), {"unsubscribed"}),
    (act(Kind.DOWNLOAD, subject="2026 Industry Report"), {"white-paper"}),
    (act(Kind.DOWNLOAD, subject="行业白皮书"), {"white-paper"}),
    (act(Kind.DOWNLOAD, subject="x.zip"), {"download"}),
    (act(Kind.DOWNLOAD, subject="产品手册"), {"material-taken"}),
    (act(Kind.DOWNLOAD, subject="Case study: Acme"), {"case-read"}),
    (act(Kind.DOWNLOAD, subject="Price list"), {"price-list-taken"}),
    (act(Kind.WEBINAR), {"webinar"}),
    (act(Kind.WEBINAR, properties={"state": "NO_SHOW"}), set()),
    (act(Kind.EVENT), {"event"}),
    (act(Kind.EMAIL_CLICK, url="https://x.com/a"), {"email-click"}),
    (act(Kind.EMAIL_CLICK, url="https://x.com/unsubscribe"), {"unsubscribed"}),
    (act(Kind.EMAIL_OPEN, subject="Our price"), set()),
    (act(Kind.DEMO_REQUEST), {"demo-requested"}),
    (act(Kind.FORM, subject="Request a demo"), {"demo-form"}),
    (act(Kind.FORM, subject="预约演示"), {"demo-form"}),
    (act(Kind.FORM, properties={"form_name": "Newsletter"}), {"newsletter-form"}),
    (act(Kind.FORM, subject="Contact us"), {"contact-form"}),
    (act(Kind.FORM, subject="获取报价"), {"price-form"}),
    (act(Kind.MEETING), {"meeting-held"}),
    (act(Kind.MEETING, properties={"outcome": "NO_SHOW"}), set()),
    (act(Kind.TASK, "asked for the price"), set()),
]


@pytest.mark.parametrize(("activity", "expected"), DONE)
def test_an_activity_without_words_speaks_by_kind_name_and_address(
    activity: Activity, expected: set[str]
) -> None:
    assert set(found(activity)) == expected


def test_what_we_wrote_is_no_evidence() -> None:
    for kind in (Kind.EMAIL_REPLY, Kind.CHAT, Kind.MESSAGE, Kind.FORM):
        assert found(act(kind, "Our price and a demo", direction=Direction.OUT)) == ()
    assert found(act(Kind.CHAT, "Our price and a demo")) == ()
    assert found(said("Thanks", subject="Re: Our price list", kind=Kind.EMAIL_REPLY)) == ()
    assert "price-asked" in found(said("Hello", subject="Price?", kind=Kind.EMAIL_REPLY))


def test_the_quoted_thread_is_no_evidence() -> None:
    assert (
        found(said("Thank you.\n\nOn Jan 5, 2026 at 9:00 Li wrote:\nour price is 5", kind=Kind.EMAIL_REPLY))
        == ()
    )
    assert found(said("谢谢\n发件人：李雷\n主题：报价", kind=Kind.EMAIL_REPLY)) == ()


@pytest.mark.parametrize("kind", [Kind.CALL, Kind.NOTE, Kind.MEETING])
@pytest.mark.parametrize("direction", [None, Direction.OUT, Direction.IN])
def test_a_call_meeting_or_note_reports_what_the_customer_said(
    kind: Kind, direction: Direction | None
) -> None:
    assert "price-asked" in found(act(kind, "客户问了价格", direction=direction))


def test_what_is_planned_is_no_evidence() -> None:
    assert found(act(Kind.MEETING, "price", planned=True)) == ()


GUARDED = {
    "seller": "Would you be interested in our SEO services? Our price is low, happy to give a demo."
    "|您好，贵司是否需要推广？可以先看演示，价格优惠",
    "job-seeker": "My resume is attached, I would love to see a demo of the product and know the price."
    "|你们还招人吗？投简历前想看看产品演示和价格",
    "thesis-writer": "I am writing my thesis on CRM, can I get a demo and the price?|我在写毕业论文，想要产品资料和报价",
    "gift-hunter": "How do I claim my free gift? Also how much is it?|礼品怎么领？顺便问下价格",
    "refusal": "No thanks, no demo, and stop emailing me your price list.|不感兴趣，不要再打电话问我要不要报价和演示",
    "automatic-reply": "I am out of the office. For the contract ask Li.|自动回复：外出期间合同请找李雷",
}


@pytest.mark.parametrize(
    ("guard", "text"), [(g, t) for g, texts in GUARDED.items() for t in texts.split("|")]
)
def test_a_guard_takes_all_positive_evidence_of_the_activity(guard: str, text: str) -> None:
    reading = read_activity(signals(), said(text, kind=Kind.EMAIL_REPLY))
    assert guard in reading.guards
    assert set(reading.signals) <= {"refused"}


@pytest.mark.parametrize("text", ["Left a voicemail about the price", "无人接听，报价没谈成"])
def test_a_call_that_reached_nobody_is_no_evidence(text: str) -> None:
    assert read_activity(signals(), act(Kind.CALL, text)).guards == ("not-reached",)
    assert found(act(Kind.CALL, text)) == ()


@pytest.mark.parametrize(
    "text",
    [
        "We provide logistics services. How much does it cost?",
        "我们公司是做物流服务的，想了解价格",
        "We run a recruiting firm, what is the price?",
        "我们做招聘系统集成，费用怎么算",
        "I'm not a student, I run a shop: the price please",
        "我不是学生，请报价",
    ],
)
def test_a_buyer_who_sounds_a_little_like_one_is_still_a_buyer(text: str) -> None:
    assert "price-asked" in found(said(text))


@pytest.mark.parametrize(
    "text",
    [
        "帮我做个方案",
        "请尽快给我出一份方案",
        "Please draw up a proposal for me.",
        "Can you send me a proposal?",
    ],
)
def test_a_proposal_without_need_or_scenario_is_not_solution_research(text: str) -> None:
    assert found(said(text)) == ()


@pytest.mark.parametrize(
    "text",
    [
        "帮我做个方案，我们的业务场景是三家门店统一会员",
        "Please draw up a proposal: we need a platform for our three plants, does it support SAP?",
    ],
)
def test_a_proposal_with_a_need_is_solution_research(text: str) -> None:
    assert "proposal-with-need" in found(said(text))


@pytest.mark.parametrize("text", ["What do you do?", "你们是做什么的", "介绍一下你们公司", "hello", "谢谢"])
def test_a_general_question_is_evidence_for_nothing(text: str) -> None:
    assert found(said(text)) == ()


def stages_of(text: str) -> set[str | None]:
    return {signals().by_id[name].stage for name in found(said(text))}


@pytest.mark.parametrize(
    "text", ["你们的优势是什么", "你们有什么优势？", "What are your advantages?", "Why should we choose you?"]
)
def test_asking_for_advantages_without_competitor_or_price_is_not_selection(text: str) -> None:
    assert stages_of(text) == set()


@pytest.mark.parametrize(
    "text",
    ["和竞品相比，你们的优势是什么", "What is your advantage over other vendors, and what is the price?"],
)
def test_asking_for_advantages_over_a_competitor_is_selection(text: str) -> None:
    assert "solution-selection" in stages_of(text)


@pytest.mark.parametrize("text", ["I don't want a demo", "不需要演示", "先不用报价", "no need for pricing"])
def test_turning_a_thing_down_is_not_asking_for_it(text: str) -> None:
    assert found(said(text)) == ()


@pytest.mark.parametrize(
    ("text", "signal"), [("why don't we book a demo", "demo-asked"), ("不知道价格是多少", "price-asked")]
)
def test_a_not_in_a_question_turns_nothing_down(text: str, signal: str) -> None:
    assert signal in found(said(text))


def test_emoji_full_width_and_endless_texts_are_read() -> None:
    assert "demo-asked" in found(said("👍🏽ＤＥＭＯ　please 🙏"))
    assert "price-asked" in found(said("多少钱" + "啊" * 20_000))


def custom(**changes: Any) -> SignalsConfig:
    one = {
        "id": "one",
        "label": {"en": "One"},
        "kinds": ["chat"],
        "stage": "solution-research",
        "strength": "strong",
    }
    return SignalsConfig.model_validate({"signals": [{**one, **changes}]})


@pytest.mark.parametrize(
    ("when", "holds"),
    [
        ({"text": {"all_of": ["price", "demo"]}}, True),
        ({"text": {"all_of": ["price", "tender"]}}, False),
        ({"text": {"none_of": ["tender"]}}, True),
        ({"text": {"any_of": ["price"], "none_of": ["demo"]}}, False),
        ({"property": "score", "at_least": 5}, True),
        ({"property": "score", "below": 5}, False),
        ({"property": "gone", "present": False}, True),
        ({"direction": "in"}, True),
        ({"direction": "out"}, False),
        ({"url": ["/Chat"]}, True),
        ({"not": {"url": ["/chat"]}}, False),
        (
            {"all": [{"title": {"any_of": ["hello"]}}, {"any": [{"direction": "out"}, {"url": ["chat"]}]}]},
            True,
        ),
    ],
)
def test_a_condition_is_a_tree_over_text_title_address_properties_and_direction(
    when: Any, *, holds: bool
) -> None:
    ready = compile_signals(custom(when=when), matrix_config())
    activity = said(
        "the price of a demo", subject="Hello", url="http://x.com/chat", properties={"score": "7"}
    )
    assert match_activity(ready, activity) == (("one",) if holds else ())


def test_the_shipped_signals_have_no_problem_under_the_shipped_matrix_and_under_one_of_other_rows() -> None:
    assert check_signals(signals_config(), matrix_config()) == []
    rows = [
        {
            "id": "organic",
            "label": {"en": "Organic"},
            "when": {"fact": "person.source", "equals": "organic_search"},
        }
    ]
    other = MatrixConfig.model_validate({**read("matrix"), "rows": rows})
    assert check_signals(signals_config(), other) == []


def test_every_problem_of_signals_is_named_with_its_path() -> None:
    one = {"id": "one", "label": {"en": "One"}, "kinds": ["chat"], "stage": "delivery", "strength": "strong"}
    words = {"text": {"any_of": ["@gone", "?", "@none"]}}
    config = SignalsConfig.model_validate(
        {
            "phrases": {"none": [], "odd": ["。"]},
            "signals": [{**one, "when": {"not": words}}, {**one, "by_row": {"enterprize": "supporting"}}],
            "guards": [
                {
                    "id": "g",
                    "label": {"en": "G"},
                    "kinds": ["chat"],
                    "when": {"all": [{"title": {"any_of": ["-"]}}]},
                }
            ],
            "needs": [{"row": "tiny", "stage": "gone"}],
            "alerts": [{"id": "a", "label": {"en": "A"}, "rows": ["huge"], "signals": ["two"]}],
        }
    )
    assert check_signals(config, matrix_config()) == [
        "signals: id 'one' is declared 2 times",
        "signals[0].stage: 'delivery' is no column of marketing in the matrix",
        "signals[1].stage: 'delivery' is no column of marketing in the matrix",
        "needs[0].stage: 'gone' is no column of marketing in the matrix",
        "signals[1].by_row: 'enterprize' is no row and no group of the matrix",
        "needs[0].row: 'tiny' is no row and no group of the matrix",
        "alerts[0].rows: 'huge' is no row and no group of the matrix",
        "alerts[0].signals: no signal 'two'",
        "phrases.none: the list is empty",
        "phrases.odd: '。' says nothing",
        "signals[0].when: no phrase list '@gone'",
        "signals[0].when: '?' says nothing",
        "guards[0].when: '-' says nothing",
    ]
    with pytest.raises(ConfigError, match="signals: signals: id 'one'"):
        compile_signals(config, matrix_config())


@pytest.mark.parametrize(
    ("changes", "path"),
    [
        ({"stage": None}, "signals.0"),
        ({"kinds": []}, "signals.0.kinds"),
        ({"kinds": ["fax"]}, "signals.0.kinds.0"),
        ({"strength": "huge"}, "signals.0.strength"),
        ({"when": {"text": {}}}, "signals.0.when.text.text"),
        ({"when": {"text": {"any": ["a"]}}}, "signals.0.when.text.text.any"),
        ({"label": {"zh_CN": "一"}}, "signals.0.label"),
        ({"id": "Has Space"}, "signals.0.id"),
    ],
)
def test_a_wrong_signal_is_an_error_at_its_path(changes: Any, path: str) -> None:
    with pytest.raises(ValidationError) as caught:
        custom(**changes)
    assert [".".join(map(str, error["loc"])) for error in caught.value.errors()] == [path]
