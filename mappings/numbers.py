"""Amounts as people type them, in English and Chinese: grouped, with units (万, 亿, k, m) and with a currency mark."""

from __future__ import annotations

import re
import unicodedata
from decimal import Decimal

from mappings.problems import UnreadableError

_PLAIN = re.compile(r"[+-]?\d+(\.\d+)?(e[+-]?\d{1,2})?")
_GROUPED = re.compile(r"[+-]?\d{1,3}(,\d{3})+(\.\d+)?")
_GROUPED_WITH_POINTS = re.compile(r"[+-]?\d{1,3}(\.\d{3})+,\d+")
_UNITS: dict[str, Decimal] = {
    "百": Decimal(100),
    "千": Decimal(1_000),
    "万": Decimal(10_000),
    "百万": Decimal(1_000_000),
    "千万": Decimal(10_000_000),
    "亿": Decimal(100_000_000),
    "十亿": Decimal(1_000_000_000),
    "百亿": Decimal(10_000_000_000),
    "千亿": Decimal(100_000_000_000),
    "k": Decimal(1_000),
    "m": Decimal(1_000_000),
    "mn": Decimal(1_000_000),
    "mio": Decimal(1_000_000),
    "million": Decimal(1_000_000),
    "b": Decimal(1_000_000_000),
    "bn": Decimal(1_000_000_000),
    "billion": Decimal(1_000_000_000),
}
_TOO_MUCH = Decimal(10) ** 15
_UNIT = re.compile(f"(.*\\d)({'|'.join(sorted(_UNITS, key=len, reverse=True))})")
_MARKS: dict[str, str] = {
    "hk$": "HKD",
    "us$": "USD",
    "s$": "SGD",
    "nt$": "TWD",
    "人民币": "CNY",
    "美元": "USD",
    "港币": "HKD",
    "港元": "HKD",
    "欧元": "EUR",
    "日元": "JPY",
    "rmb": "CNY",
    "元": "CNY",
    "¥": "CNY",
    "$": "USD",
    "€": "EUR",
    "£": "GBP",
}
_CODES = ("cny", "usd", "eur", "hkd", "jpy", "gbp", "sgd", "twd", "krw", "aud", "cad", "chf", "inr")
_BAND = re.compile(r"(\d+)\s*[-~–—至到]\s*\d+|(\d+)\s*\+")


def folded(text: str) -> str:
    """Width, case and blanks folded."""
    return "".join(unicodedata.normalize("NFKC", text).casefold().split())


def parse_number(text: str) -> Decimal:
    """`1,234.50`, `1.234,50`, `１２３４`, `1.2e7`, `5000万`, `1.2亿`, `10m`. Raises UnreadableError for anything else;
    it never guesses whether `1,234` with one group has a decimal comma: it has a group. Nothing real has 10^15 of it."""
    plain = folded(text)
    unit = _UNIT.fullmatch(plain)
    factor = Decimal(1)
    if unit is not None:
        plain, factor = unit.group(1), _UNITS[unit.group(2)]
    if _GROUPED.fullmatch(plain):
        plain = plain.replace(",", "")
    elif _GROUPED_WITH_POINTS.fullmatch(plain):
        plain = plain.replace(".", "").replace(",", ".")
    if not _PLAIN.fullmatch(plain):
        raise UnreadableError("number_unreadable")
    number = Decimal(plain) * factor
    if abs(number) >= _TOO_MUCH:  # integer columns hold 9.2 x 10^18 minor units
        raise UnreadableError("number_unreadable")
    return number


def parse_amount(text: str, currency: str) -> tuple[Decimal, str]:
    """A number with the currency its mark or code names, else `currency`."""
    plain = folded(text)
    for mark, code in (*_MARKS.items(), *((code, code.upper()) for code in _CODES)):
        if plain.startswith(mark) or plain.endswith(mark):
            return parse_number(plain.removeprefix(mark).removesuffix(mark)), code
    return parse_number(plain), currency


def parse_headcount(text: str) -> int:
    """A number of people; of a band (`100-500`, `1000+`, `50-100人`) its lower end, which is what is certain."""
    plain = folded(text).removesuffix("以上").removesuffix("employees").removesuffix("人")
    band = _BAND.fullmatch(plain.replace(",", ""))
    number = Decimal(band.group(1) or band.group(2)) if band is not None else parse_number(plain)
    if number != number.to_integral_value() or number < 0:
        raise UnreadableError("number_unreadable")
    return int(number)
