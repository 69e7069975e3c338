"""E-mail addresses and phone numbers in the one form in which two spellings of the same are equal. Asks no network."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache

import phonenumbers
from email_validator import EmailNotValidError, validate_email
from phonenumbers import PhoneNumberFormat, PhoneNumberType

_FREE = (
    "126.com 139.com 163.com 163.net 188.com 189.cn 21cn.com aliyun.com aol.com china.com eyou.com fastmail.com "
    "foxmail.com gmail.com gmx.com gmx.de gmx.net googlemail.com hotmail.com icloud.com live.cn live.com mac.com "
    "mail.com mail.ru me.com msn.com naver.com outlook.com pm.me proton.me protonmail.com qq.com sina.cn sina.com "
    "sina.com.cn sogou.com sohu.com tom.com vip.163.com vip.126.com vip.qq.com vip.sina.com wo.cn web.de yahoo.cn "
    "yahoo.co.jp yahoo.com yahoo.com.cn yandex.com yandex.ru yeah.net ymail.com zoho.com"
)
FREE_MAIL = frozenset(_FREE.split())
"""Domains on which anybody may have a mailbox: never a key of a company."""

_DESKS = (
    "abuse account accounting accounts admin administrator billing business caigou careers contact customerservice "
    "enquiries enquiry export feedback finance hello help helpdesk hr info information inquiries inquiry it jobs "
    "kefu legal mail marketing media news newsletter no-reply noreply office operations order orders partner partners "
    "postmaster pr press procurement purchase purchasing recruit recruitment sales security service services "
    "shichang support team webmaster xiaoshou zhaopin"
)
ROLE_MAILBOXES = frozenset(_DESKS.split())
"""Local parts that stand for a desk, not for a person."""

_GMAIL = frozenset({"gmail.com", "googlemail.com"})
_BLANKS = re.compile(r"[\s\u200b-\u200f\u202a-\u202e\u2060\ufeff]+")
_INVISIBLE = re.compile(r"[\u200b-\u200f\u202a-\u202e\u2060\ufeff]+")
_AROUND_AT = re.compile(r"\s*@\s*")
_SEPARATORS = re.compile(r"[;,/|、，；]|\bor\b|或")
_PLAIN_MOBILE = re.compile(r"(?:\+?86)?(1[3-9]\d{9})")


def fold_email(text: str) -> str:
    """Width, case and the blanks around it folded (` ｚｈａｎｇ＠Ａcme。com` is zhang@acme.com). Does not ask whether it
    is an address; a blank in the middle stays, for there it may part two."""
    plain = _INVISIBLE.sub("", unicodedata.normalize("NFKC", text)).strip().casefold().replace("。", ".")
    return _AROUND_AT.sub("@", plain)


@lru_cache(maxsize=4096)
def valid_email(text: str) -> str:
    """The folded address with its domain in ASCII, or "" when it is none. Reserved names (.test, .local) are none."""
    folded = fold_email(text)
    try:
        found = validate_email(folded, check_deliverability=False)
    except EmailNotValidError:
        return ""
    return f"{found.local_part.casefold()}@{found.ascii_domain or found.domain}".lower()


def email_key(text: str) -> str:
    """What two spellings of one mailbox have in common, or "". Dots and +tag are dropped for Gmail alone: elsewhere
    they may be another person."""
    address = valid_email(text)
    local, _, domain = address.rpartition("@")
    if domain not in _GMAIL:
        return address
    return f"{local.partition('+')[0].replace('.', '')}@gmail.com"


def is_role_mailbox(address: str) -> bool:
    """Whether the folded address belongs to a desk (info@, sales@), so that many people may answer."""
    local = address.partition("@")[0].partition("+")[0]
    return local in ROLE_MAILBOXES or local.rstrip("0123456789-_.") in ROLE_MAILBOXES


def company_domain(address: str) -> str:
    """The domain of a folded address, or "" for free mail: then it says nothing of the company."""
    domain = address.rpartition("@")[2]
    return "" if domain in FREE_MAIL else domain


@dataclass(frozen=True, slots=True)
class Phone:
    """A dialable number in E.164. `mobile` None: the numbering plan cannot tell (as in North America)."""

    e164: str
    mobile: bool | None


def _plain(text: str) -> str:
    return _BLANKS.sub(" ", unicodedata.normalize("NFKC", text)).strip()


@lru_cache(maxsize=4096)
def read_phone(text: str, region: str) -> Phone | None:
    """The number, or None when no numbering plan has it. `region` (ISO code) reads numbers without a country code."""
    plain = _plain(text)
    found = _PLAIN_MOBILE.fullmatch(plain.replace(" ", "").replace("-", "")) if region == "CN" else None
    if found is not None:
        return Phone(f"+86{found.group(1)}", mobile=True)
    try:
        number = phonenumbers.parse(plain, region)
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_valid_number(number):
        return None
    kind = phonenumbers.number_type(number)
    mobile = None if kind == PhoneNumberType.FIXED_LINE_OR_MOBILE else kind == PhoneNumberType.MOBILE
    if number.extension:
        mobile = False
    return Phone(phonenumbers.format_number(number, PhoneNumberFormat.E164), mobile)


def read_phones(text: str, region: str) -> tuple[Phone, ...]:
    """Every number of a field into which people wrote several."""
    parts = (part for part in _SEPARATORS.split(_plain(text)) if part.strip())
    return tuple(phone for part in parts if (phone := read_phone(part, region)) is not None)
