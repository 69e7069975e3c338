"""Who is the same person for certain, who perhaps, and who only looks alike."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mappings.addresses import company_domain, email_key, read_phone, valid_email
from mappings.companies import normalise_company
from mappings.identity import IdentityKey, KeyKind, identity_keys, suggestion_keys
from mappings.people import join_name, split_name, tidy
from mappings.records import Person, RecordKey

KEY = RecordKey("portal", "contacts", "1")


def person(**facts: str) -> Person:
    return Person(KEY, **facts)  # type: ignore[arg-type]


def keys(**facts: str) -> list[str]:
    return [str(key) for key in identity_keys(person(**facts))]


def suggestions(**facts: str) -> list[str]:
    return [str(key) for key in suggestion_keys(person(**facts))]


@pytest.mark.parametrize(
    "spelling",
    [
        "zhang@example.com",
        "Zhang@Example.COM",
        "ｚｈａｎｇ＠example.com",
        " zhang@example.com\u3000",
        "zhang @ example.com",
    ],
)
def test_every_spelling_of_an_address_is_one_key(spelling: str) -> None:
    assert keys(email=spelling) == ["email:zhang@example.com"]


def test_dots_and_tags_are_folded_for_gmail_alone() -> None:
    assert (
        email_key("Zhang.Wei+demo@googlemail.com") == email_key("zhangwei@gmail.com") == "zhangwei@gmail.com"
    )
    assert email_key("zhang.wei@example.com") != email_key("zhangwei@example.com")
    assert email_key("zhang+demo@example.com") == "zhang+demo@example.com"


@pytest.mark.parametrize(
    "address", ["none", "zhang@", "zhang@example", "zhang wei@example.com", "a@b@example.com", "x@y.test"]
)
def test_an_invalid_address_is_no_key_at_all(address: str) -> None:
    assert keys(email=address) == []
    assert suggestions(email=address) == []


def test_an_internationalised_address_is_one() -> None:
    assert valid_email("张三@例子.中国") == "张三@xn--fsqu00a.xn--fiqs8s"


@pytest.mark.parametrize(
    "address", ["info@example.com", "Sales@example.com", "sales-2@example.com", "kefu@example.com"]
)
def test_a_desk_is_a_suggestion_not_a_person(address: str) -> None:
    assert keys(email=address) == []
    assert suggestions(email=address) == [f"role_mailbox:{address.lower()}"]


@pytest.mark.parametrize(
    "number",
    ["13800138000", "138 0013 8000", "138-0013-8000", "+86 138 0013 8000", "8613800138000", "0086 13800138000",
     "１３８００１３８０００", "+86-138-0013-8000"],
)  # fmt: skip
def test_every_spelling_of_a_mobile_number_is_one_key(number: str) -> None:
    assert keys(mobile=number) == ["mobile:+8613800138000"]
    assert keys(phone=number) == ["mobile:+8613800138000"]


@pytest.mark.parametrize(
    ("number", "e164"), [("010-62345678", "+861062345678"), ("400-810-8888", "+864008108888")]
)
def test_a_landline_and_a_400_number_suggest_only(number: str, e164: str) -> None:
    assert keys(mobile=number, phone=number) == []
    assert suggestions(phone=number) == [f"landline:{e164}"]


def test_where_a_plan_cannot_tell_the_field_decides() -> None:
    assert keys(mobile="+1 650 253 0000") == ["mobile:+16502530000"]
    assert keys(phone="+1 650 253 0000") == []


def test_an_extension_is_a_switchboards() -> None:
    assert keys(mobile="+44 7400 123456 ext. 5") == []


def test_two_numbers_in_one_field_are_two_keys() -> None:
    assert keys(mobile="13800138000/13900139000") == ["mobile:+8613800138000", "mobile:+8613900139000"]


def test_what_is_no_number_is_no_key() -> None:
    assert keys(mobile="unknown", phone="123") == []
    assert read_phone("13800138000", "US") is None


def test_all_keys_of_a_person_come_once() -> None:
    found = identity_keys(
        person(
            baton_id="L1",
            email="li@example.com",
            mobile="13800138000",
            phone="+8613800138000",
            wecom_id="wm123",
        )
    )
    assert found == (
        IdentityKey(KeyKind.BATON_ID, "L1"),
        IdentityKey(KeyKind.EMAIL, "li@example.com"),
        IdentityKey(KeyKind.MOBILE, "+8613800138000"),
        IdentityKey(KeyKind.WECOM, "wm123"),
    )


def test_one_name_at_one_company_is_a_suggestion() -> None:
    assert suggestions(name="王 伟", company="小米科技（北京）有限公司") == ["company_and_name:小米科技|王伟"]
    assert suggestions(name="王伟") == []
    assert keys(name="王伟", company="小米科技") == []


@pytest.mark.parametrize(
    ("a", "b"),
    [
        ("小米科技（北京）有限公司", "小米科技有限责任公司"),
        ("小米科技(北京)有限公司", "小米科技 股份有限公司"),
        ("Acme Robotics Co., Ltd.", "ACME ROBOTICS"),
        ("The Acme Company, Inc.", "Acme"),
        ("Müller & Söhne GmbH", "müller and söhne"),
        ("Acme L.L.C.", "acme"),
        ("ＡＣＭＥ", "acme"),
        ("Acme (Shanghai) Co Ltd", "acme"),
    ],
)
def test_spellings_of_a_firm_are_one(a: str, b: str) -> None:
    assert normalise_company(a) == normalise_company(b) != ""


@pytest.mark.parametrize(
    ("a", "b"), [("小米科技", "小米通讯"), ("Acme Robotics", "Acme Foods"), ("公司", "集团")]
)
def test_different_firms_stay_different(a: str, b: str) -> None:
    assert normalise_company(a) != normalise_company(b)


def test_a_name_of_nothing_but_brackets_is_kept() -> None:
    assert normalise_company("（北京）") == "北京"
    assert normalise_company("") == ""


def test_free_mail_says_nothing_of_the_company() -> None:
    assert company_domain("li@qq.com") == ""
    assert company_domain("li@acme.com.cn") == "acme.com.cn"


@pytest.mark.parametrize(
    ("name", "first", "last"),
    [
        ("王伟", "伟", "王"),
        ("王小明", "小明", "王"),
        ("欧阳娜娜", "娜娜", "欧阳"),
        ("司马光", "光", "司马"),
        ("欧阳修", "修", "欧阳"),
        ("陳大文", "大文", "陳"),
        ("王 伟", "伟", "王"),
        ("甲 乙", "", "甲乙"),
        ("王总", "", "王总"),
        ("李工", "", "李工"),
        ("张女士", "", "张女士"),
        ("阿凡提·艾山", "", "阿凡提·艾山"),
        ("々伟", "", "々伟"),
        ("王小小明明", "", "王小小明明"),
        ("司马", "马", "司"),
        ("伟", "", "伟"),
        ("John Smith", "John", "Smith"),
        ("Smith, John", "John", "Smith"),
        ("Ludwig van der Rohe", "Ludwig", "van der Rohe"),
        ("Madonna", "", "Madonna"),
        ("", "", ""),
    ],
)
def test_names_are_split_where_they_can_be(name: str, first: str, last: str) -> None:
    assert split_name(name) == (first, last)


@given(st.text(st.sampled_from("王李欧阳伟明小娜abc J"), max_size=8).map(tidy))
def test_a_split_name_loses_no_letter(name: str) -> None:
    assert join_name(*split_name(name)).replace(" ", "") == name.replace(" ", "")


@pytest.mark.parametrize(
    ("first", "last", "whole"),
    [("伟", "王", "王伟"), ("John", "Smith", "John Smith"), ("", "王", "王"), ("伟", "Wang", "伟 Wang")],
)
def test_a_name_is_joined_as_it_is_said(first: str, last: str, whole: str) -> None:
    assert join_name(first, last) == whole
