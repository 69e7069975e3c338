"""Every transform reads what people and systems write, refuses what it would have to guess, and goes back where it can."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mappings.problems import UnreadableError
from mappings.records import Money, Scalar
from mappings.transforms import TRANSFORMS, Flagged
from mappings.values import (
    Dialect,
    FieldType,
    Value,
    fit,
    from_plain,
    number_text,
    parse_datetime,
    plain,
    same,
    to_wire,
)

HUBSPOT = Dialect("hubspot", ZoneInfo("Asia/Shanghai"), "CNY", "CN")
SALESFORCE = Dialect("salesforce", ZoneInfo("America/New_York"), "USD", "US")
DIALECTS = st.sampled_from([HUBSPOT, SALESFORCE])


def read(name: str, *raw: Scalar, dialect: Dialect = HUBSPOT) -> Value:
    found = TRANSFORMS[name].read(raw, dialect)
    assert not isinstance(found, Flagged)
    return found


def flag(name: str, *raw: Scalar, dialect: Dialect = HUBSPOT) -> tuple[str, Value]:
    found = TRANSFORMS[name].read(raw, dialect)
    assert isinstance(found, Flagged)
    return found.id, found.value


def refusal(name: str, *raw: Scalar, dialect: Dialect = HUBSPOT) -> str:
    with pytest.raises(UnreadableError) as caught:
        TRANSFORMS[name].read(raw, dialect)
    return caught.value.id


def there_and_back(name: str, value: Value, dialect: Dialect, count: int = 1) -> Value:
    transform = TRANSFORMS[name]
    assert transform.write is not None
    wire = tuple(to_wire(part, dialect) for part in transform.write(value, count))
    found = transform.read(wire, dialect)
    return found.value if isinstance(found, Flagged) else found


EARLIEST = datetime(1990, 1, 1)  # noqa: DTZ001 - hypothesis adds the zone itself
LATEST = datetime(2100, 1, 1)  # noqa: DTZ001
TEXTS = st.text(st.characters(exclude_categories=["Cc", "Cs"]), max_size=60).map(str.strip)
MOMENTS = st.datetimes(EARLIEST, LATEST, timezones=st.just(UTC)).map(
    lambda moment: moment.replace(microsecond=moment.microsecond // 1000 * 1000)
)
MONEY = st.builds(Money, st.integers(-(10**14), 10**14), st.sampled_from(["CNY", "USD", "JPY", "KWD", "EUR"]))
DECIMALS = st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**12), max_value=10**12, places=4)


@given(TEXTS, DIALECTS)
def test_text_survives_a_journey_emoji_and_full_width_included(text: str, dialect: Dialect) -> None:
    assert there_and_back("text", text, dialect) == text
    assert there_and_back("long_text", text, dialect) == text


@given(st.datetimes(EARLIEST, LATEST, timezones=st.just(UTC)), DIALECTS)
def test_an_instant_survives_to_the_millisecond(moment: datetime, dialect: Dialect) -> None:
    found = there_and_back("datetime", moment, dialect)
    assert isinstance(found, datetime)
    assert timedelta(0) <= moment - found < timedelta(milliseconds=1)


@given(st.dates(date(1900, 1, 1), date(2100, 1, 1)), DIALECTS)
def test_a_date_stays_on_its_day(day: date, dialect: Dialect) -> None:
    assert there_and_back("date", day, dialect) == day


@given(MONEY, DIALECTS)
def test_money_survives_to_the_cent_with_its_currency(money: Money, dialect: Dialect) -> None:
    assert there_and_back("money", money, dialect, count=2) == money


@given(MONEY)
def test_money_without_a_currency_field_takes_the_connections(money: Money) -> None:
    dialect = Dialect("salesforce", ZoneInfo("UTC"), money.currency, "CN")
    assert there_and_back("money", money, dialect) == money
    assert there_and_back("revenue", money, dialect) == money


@given(DECIMALS, DIALECTS)
def test_a_number_survives(number: Decimal, dialect: Dialect) -> None:
    assert there_and_back("number", number, dialect) == number


@given(st.integers(0, 10**9), DIALECTS)
def test_whole_numbers_survive(number: int, dialect: Dialect) -> None:
    assert there_and_back("integer", number, dialect) == number
    assert there_and_back("employees", number, dialect) == number


@given(st.none() | st.booleans(), DIALECTS)
def test_a_tick_survives_and_an_opt_out_is_the_opposite_of_consent(
    value: bool | None, dialect: Dialect
) -> None:
    assert there_and_back("bool", value, dialect) is value
    assert there_and_back("opt_out", value, dialect) is value


@pytest.mark.parametrize("name", ["王伟", "欧阳娜娜", "John Smith", "王总", "Madonna", ""])
def test_a_name_survives_being_split_for_two_fields(name: str) -> None:
    assert there_and_back("join_name", name, SALESFORCE, count=2) == name


@pytest.mark.parametrize("value", ["zhang@example.com", ""])
def test_an_address_survives(value: str) -> None:
    assert there_and_back("email", value, SALESFORCE) == value


@pytest.mark.parametrize("value", ["+8613800138000", "+861062345678", ""])
def test_a_phone_number_survives(value: str) -> None:
    assert there_and_back("phone_e164", value, HUBSPOT) == value


@given(
    st.one_of(
        TEXTS.filter(bool), st.booleans(), MOMENTS, st.dates(), MONEY, DECIMALS, st.integers(), st.none()
    )
)
def test_what_a_store_keeps_can_be_read_back(value: Value) -> None:
    kinds = {
        bool: FieldType.BOOL,
        datetime: FieldType.DATETIME,
        date: FieldType.DATE,
        Money: FieldType.MONEY,
        Decimal: FieldType.NUMBER,
        int: FieldType.NUMBER,
    }
    assert from_plain(plain(value), kinds.get(type(value), FieldType.TEXT)) == value
    assert from_plain(plain(("1", "2")), FieldType.IDS) == ("1", "2")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1,234.50", "1234.5"),
        ("1.234.567,89", "1234567.89"),
        ("１２３４", "1234"),
        ("5000万", "50000000"),
        ("1.2亿", "120000000"),
        ("10m", "10000000"),
        ("2 bn", "2000000000"),
        ("1.2e7", "12000000"),
        ("-3", "-3"),
        ("5千万", "50000000"),
    ],
)
def test_numbers_are_read_as_people_type_them(text: str, expected: str) -> None:
    assert read("number", text) == Decimal(expected)


@pytest.mark.parametrize(
    "text", ["about ten", "1,23", "1.2.3", "万", "10-20", "1e999", "NaN", "9" * 16, "1e99万"]
)
def test_what_is_no_number_is_refused_not_guessed(text: str) -> None:
    assert refusal("number", text) == "number_unreadable"


def test_half_an_employee_and_a_negative_one_are_refused() -> None:
    assert refusal("integer", "1.5") == "number_unreadable"
    assert refusal("employees", "1.5") == "number_unreadable"
    assert refusal("employees", "-4") == "number_unreadable"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("100-500", 100),
        ("1000+", 1000),
        ("50—100人", 50),
        ("500人以上", 500),
        ("1,200", 1200),
        (80, 80),
        ("", None),
    ],
)
def test_of_a_band_of_headcount_the_certain_end_counts(text: Scalar, expected: int | None) -> None:
    assert read("employees", text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("¥5000万", Money(5_000_000_000, "CNY")),
        ("USD 10m", Money(1_000_000_000, "USD")),
        ("2亿元", Money(20_000_000_000, "CNY")),
        ("HK$ 1,000", Money(100_000, "HKD")),
        ("50000000", Money(5_000_000_000, "CNY")),
        ("500亿日元", Money(50_000_000_000, "JPY")),
        ("", None),
    ],
)
def test_revenue_is_read_with_its_unit_and_currency(text: str, expected: Money | None) -> None:
    assert read("revenue", text) == expected


def test_an_amount_takes_the_currency_field_before_the_connections() -> None:
    assert read("money", "12000.005", "usd") == Money(1_200_001, "USD")
    assert read("money", "12000", None) == Money(1_200_000, "CNY")
    assert read("money", None, "USD") is None
    assert read("revenue", "10m", "USD") == Money(1_000_000_000, "USD")
    assert read("revenue", "¥10m", "USD") == Money(1_000_000_000, "CNY")
    assert TRANSFORMS["money"].write is not None
    assert TRANSFORMS["money"].write(None, 2) == (None, None)


def test_a_negative_amount_is_kept_and_flagged() -> None:
    assert flag("money", "-5") == ("amount_negative", Money(-500, "CNY"))
    assert flag("revenue", "-5")[0] == "amount_negative"


@pytest.mark.parametrize(
    "text",
    [
        "1767225600000",
        "2026-01-01T00:00:00Z",
        "2026-01-01T00:00:00.000+0000",
        "2026-01-01T08:00:00+08:00",
        1767225600000,
    ],
)
def test_every_form_of_an_instant_is_the_same_instant(text: Scalar) -> None:
    assert read("datetime", text) == datetime(2026, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize("text", ["2026-01-01T00:00:00", "2026-01-01", "2026-01-01 08:00"])
def test_a_time_without_a_zone_is_refused_by_name(text: str) -> None:
    assert refusal("datetime", text) == "datetime_naive"


def test_a_naive_time_is_no_date_either() -> None:
    assert refusal("date", "2026-01-01T00:00:00") == "datetime_naive"


@pytest.mark.parametrize("text", ["tomorrow", "1767225600", "99999999999999999", "2026-13-40", "01/02/2026"])
def test_what_is_no_time_is_refused(text: str) -> None:
    assert refusal("datetime", text) == "date_unreadable"
    assert refusal("date", text) == "date_unreadable"


@pytest.mark.parametrize(
    "text", ["2026-11-22", "2026/11/22", "2026年11月22日", "２０２６-１１-２２", "1795305600000"]
)
@pytest.mark.parametrize("dialect", [HUBSPOT, SALESFORCE])
def test_a_calendar_day_is_the_same_day_in_every_zone(text: str, dialect: Dialect) -> None:
    assert read("date", text, dialect=dialect) == date(2026, 11, 22)


def test_an_instant_becomes_a_day_in_the_connections_zone() -> None:
    assert read("date", "2026-11-22T20:00:00Z") == date(2026, 11, 23)
    assert read("date", "2026-11-22T02:00:00Z", dialect=SALESFORCE) == date(2026, 11, 21)
    assert read("date", "1795305660000", dialect=SALESFORCE) == date(2026, 11, 21)
    assert read("date", None) is None
    assert read("datetime", "") is None


@pytest.mark.parametrize(
    ("text", "expected"), [("true", True), (True, True), ("否", False), ("0", False), ("", None)]
)
def test_a_tick_is_read_in_both_languages(text: Scalar, expected: bool | None) -> None:
    assert read("bool", text) is expected


def test_maybe_is_no_tick() -> None:
    assert refusal("bool", "maybe") == "bool_unreadable"


def test_an_address_is_folded_and_an_invalid_one_is_a_problem_not_a_value() -> None:
    assert read("email", " ＺＨＡＮＧ＠Example。com\u200b") == "zhang@example.com"
    assert refusal("email", "zhang wei@example.com") == "email_invalid"
    assert refusal("email", "zhang@") == "email_invalid"


def test_a_number_nobody_can_dial_is_kept_as_typed_and_flagged() -> None:
    assert flag("phone_e164", "ask reception") == ("phone_unreadable", "ask reception")
    assert flag("phone_e164", "12345") == ("phone_unreadable", "12345")


@pytest.mark.parametrize(
    ("text", "expected"), [("中国", "CN"), ("P.R. China", "CN"), ("U.S.A.", "US"), ("NO", "NO"), ("", "")]
)
def test_countries_are_recognised_in_both_languages(text: str, expected: str) -> None:
    assert read("country", text) == expected


def test_an_unknown_country_stays_as_typed() -> None:
    assert flag("country", "Ruritania") == ("country_unknown", "Ruritania")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("https://www.Acme.com.cn/about?x=1", "acme.com.cn"),
        ("acme.com:8080", "acme.com"),
        ("li@acme.com", "acme.com"),
        (None, ""),
    ],
)
def test_a_website_gives_its_host(text: Scalar, expected: str) -> None:
    assert read("domain", text) == expected


def test_small_transforms() -> None:
    assert read("lower_choice", "Direct Sales") == "direct_sales"
    assert read("ids", "1; 2;1;") == ("1", "2")
    assert read("first_id", "7;8") == "7"
    assert read("percent", "0.25") == 25
    assert read("percent", "") is None
    assert read("integer", "") is None
    assert read("text", "a", None, True) == "a true"
    assert read("text", "a\x00b\ud800") == "ab"
    assert read("first_name", "王伟") == "伟"
    assert read("last_name", "王伟") == "王"
    assert read("join_name", "娜娜", "欧阳") == "欧阳娜娜"


@given(st.text(max_size=40), st.integers(2, 20))
def test_a_cut_text_fits_and_says_that_it_was_cut(text: str, length: int) -> None:
    cut = fit(text, length)
    assert len(cut.encode("utf-16-le", "surrogatepass")) // 2 <= length
    assert cut == text or cut.endswith("…")


def test_no_emoji_is_torn_apart() -> None:
    assert fit("ab👍🏽cd", 5) == "ab…"
    assert fit("ab👩\u200d💻cd", 6) == "ab👩…"
    assert fit("e\u0301e\u0301e\u0301", 4) == "e\u0301…"
    assert fit("long enough", None) == "long enough"


@pytest.mark.parametrize(
    ("a", "b", "kind"),
    [
        (1, "1.0", "number"),
        (Decimal("1.50"), "1.5", "number"),
        (Money(1_200_000, "CNY"), "12000", "money"),
        (Money(1_200_000, "CNY"), "12000 CNY", "money"),
        (None, "", "text"),
        (None, "  ", "datetime"),
        ("line\r\nline ", "line\nline", "long_text"),
        ("Zhang@Example.com", "zhang@example.com ", "email"),
        (datetime(2026, 1, 1, tzinfo=UTC), "1767225600000", "datetime"),
        (
            datetime(2026, 1, 1, 8, 0, 0, 999, tzinfo=timezone(timedelta(hours=8))),
            "2026-01-01T00:00:00.000+0000",
            "datetime",
        ),
        ("2026-01-01T00:00:00Z", "2026-01-01T00:00:00.000+0000", "datetime"),
        (date(2026, 1, 1), "2026-01-01", "date"),
        (datetime(2026, 1, 1, 5, tzinfo=UTC), "2026-01-01", "date"),
        (True, "true", "bool"),
        ("not a number", "not a number ", "number"),
        ("2026-01-01T00:00:00", "2026-01-01T00:00:00 ", "datetime"),
    ],
)
def test_an_echo_is_recognised_however_the_system_states_it(a: Value, b: Value, kind: str) -> None:
    assert same(a, b, kind)
    assert same(b, a, kind)


@pytest.mark.parametrize(
    ("a", "b", "kind"),
    [
        (1, 2, "number"),
        (0, None, "number"),
        ("a", "A", "text"),
        (False, None, "bool"),
        (Money(100, "CNY"), Money(100, "USD"), "money"),
        ("2026-01-01T00:00:00Z", "2026-01-01T00:00:01Z", "datetime"),
        ("n/a", "1", "number"),
    ],
)
def test_what_differs_is_no_echo(a: Value, b: Value, kind: str) -> None:
    assert not same(a, b, kind)


@given(st.one_of(MOMENTS, MONEY, DECIMALS, TEXTS, st.booleans(), st.dates()), DIALECTS)
def test_what_was_sent_is_the_same_as_what_was_meant(value: Value, dialect: Dialect) -> None:
    kinds: dict[type, FieldType] = {
        datetime: FieldType.DATETIME,
        Money: FieldType.MONEY,
        Decimal: FieldType.NUMBER,
    }
    kind = kinds.get(
        type(value), {bool: FieldType.BOOL, date: FieldType.DATE}.get(type(value), FieldType.TEXT)
    )
    assert same(value, to_wire(value, dialect), kind)


def test_each_vendor_gets_its_own_form() -> None:
    moment = datetime(2026, 1, 1, 8, 30, tzinfo=UTC)
    assert to_wire(moment, HUBSPOT) == "2026-01-01T08:30:00.000Z"
    assert to_wire(moment, SALESFORCE) == "2026-01-01T08:30:00.000+0000"
    assert (to_wire(None, HUBSPOT), to_wire(None, SALESFORCE)) == ("", None)
    assert (to_wire(3, HUBSPOT), to_wire(3, SALESFORCE)) == ("3", 3)
    assert (to_wire(False, HUBSPOT), to_wire(False, SALESFORCE)) == ("false", False)
    assert (to_wire(Money(150, "CNY"), HUBSPOT), to_wire(Money(150, "CNY"), SALESFORCE)) == ("1.5", "1.5")
    assert (to_wire(Money(100, "CNY"), HUBSPOT), to_wire(Money(100, "CNY"), SALESFORCE)) == ("1", 1)
    assert to_wire(("1", "2"), SALESFORCE) == "1;2"
    assert to_wire(date(2026, 1, 1), SALESFORCE) == "2026-01-01"
    assert number_text(Decimal("1E+3")) == "1000"
    assert parse_datetime("2026-01-01T00:00:00") is None
