"""Transactions: one writer at a time, readers beside it, nothing half written."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta, timezone
from fractions import Fraction
from types import MappingProxyType

import pytest
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError, OperationalError, StatementError

from connector.domain.facts import Message
from connector.store import tables
from connector.store.engine import Store
from connector.store.meta import recall, remember
from connector.store.types import digest, from_json, money_from, money_values, to_json
from mappings.records import Money


def test_an_exception_leaves_nothing_behind(store: Store) -> None:
    def fail() -> None:
        with store.begin() as tx:
            remember(tx, "a", value=1)
            raise KeyError("stop")

    with pytest.raises(KeyError):
        fail()
    with store.read() as tx:
        assert recall(tx, "a") is None


def test_a_reading_transaction_cannot_write_and_the_next_one_can(store: Store) -> None:
    with store.read() as tx, pytest.raises(OperationalError, match="readonly"):
        remember(tx, "a", value=1)
    with store.begin() as tx:
        remember(tx, "a", value=1)
    with store.read() as tx:
        assert recall(tx, "a") == 1


def test_a_reader_sees_one_moment_while_a_writer_goes_on(store: Store) -> None:
    with store.begin() as tx:
        remember(tx, "a", value=1)
    with store.read() as reader:
        assert recall(reader, "a") == 1
        with store.begin() as writer:
            remember(writer, "a", value=2)
        assert recall(reader, "a") == 1


def test_concurrent_read_modify_write_loses_nothing(store: Store) -> None:
    with store.begin() as tx:
        remember(tx, "n", value=0)

    def add() -> None:
        for _ in range(25):
            with store.begin() as tx:
                remember(tx, "n", value=recall(tx, "n") + 1)

    threads = [threading.Thread(target=add) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with store.read() as tx:
        assert recall(tx, "n") == 100


def test_references_are_checked(store: Store, now: datetime) -> None:
    with pytest.raises(IntegrityError), store.begin() as tx:
        tx.execute(tables.dirty.insert().values(lead_id="nobody", reason="x", due_at=now))


def test_a_naive_time_is_refused(store: Store) -> None:
    with store.begin() as tx, pytest.raises(StatementError, match="has no time zone"):
        tx.execute(tables.lead.insert().values(id="l", created_at=datetime(2026, 1, 1)))  # noqa: DTZ001


def test_a_time_comes_back_as_the_same_instant_in_utc(store: Store) -> None:
    there = datetime(2026, 1, 1, 8, 0, 0, 7, tzinfo=timezone(timedelta(hours=8)))
    with store.begin() as tx:
        tx.execute(tables.lead.insert().values(id="l", created_at=there))
        found = tx.execute(select(tables.lead.c.created_at)).scalar_one()
    assert found == there
    assert found.tzinfo is UTC


def test_json_takes_read_only_mappings_sets_and_messages_and_sorts_them() -> None:
    message = Message("gate.missing", MappingProxyType({"b": 1, "a": "x"}))
    assert to_json({"m": message, "s": frozenset({"b", "a"})}) == (
        '{"m":{"id":"gate.missing","params":{"a":"x","b":1}},"s":["a","b"]}'
    )
    assert from_json(to_json(MappingProxyType({"王伟": [1, None, True]}))) == {"王伟": [1, None, True]}
    with pytest.raises(TypeError):
        to_json(Fraction(1, 2))


def test_equal_content_has_an_equal_digest_whatever_its_order() -> None:
    assert digest({"a": 1, "b": 2}) == digest({"b": 2, "a": 1})
    assert digest({"a": 1}) != digest({"a": "1"})


def test_money_is_both_columns_or_neither() -> None:
    assert money_values("value", Money(1250, "CNY")) == {"value_minor": 1250, "value_currency": "CNY"}
    assert money_values("value", None) == {"value_minor": None, "value_currency": None}
    assert money_from(1250, "CNY") == Money(1250, "CNY")
    assert money_from(None, "CNY") is None
