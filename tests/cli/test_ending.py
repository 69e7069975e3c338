"""How commands end: 0 done, 1 refused or failed with a sentence and no traceback, 2 wrong usage."""

from __future__ import annotations

import socket
import sqlite3
from pathlib import Path

import pytest

from connector.clock import SystemClock
from jobs.runner import leased
from jobs.work import ROUND
from tests.cli.conftest import Line


@pytest.mark.parametrize(
    "words",
    [
        ("lead", "show"),
        ("sync", "--no-such-option"),
        ("parked", "replay"),
        ("parked", "replay", "1", "--all"),
        ("suggestions", "same", "first"),
        ("lead", "set", "x", "--reason", "y"),
        ("lead", "set", "x", "--persona", "small", "--stage", "none", "--reason", "y"),
    ],
)
def test_wrong_usage_ends_with_2_and_prints_nothing_on_standard_output(
    baton: Line, words: tuple[str, ...]
) -> None:
    answer = baton(*words)
    assert (answer.code, answer.out) == (2, "")


@pytest.mark.parametrize(
    "words",
    [
        ("check",),
        ("provision", "--dry-run"),
        ("status",),
        ("value",),
        ("sync", "--dry-run"),
        ("parked", "list"),
        ("suggestions", "list"),
        ("reps", "list"),
    ],
)
def test_with_json_standard_output_is_one_document_and_nothing_else(
    baton: Line, words: tuple[str, ...]
) -> None:
    answer = baton(*words, "--json")
    assert isinstance(answer.json(), dict | list)
    assert answer.code == 0


@pytest.mark.parametrize("url", ["mysql://nobody@127.0.0.1/x", "carrier-pigeon:///x", "secret", "sqlite:/x"])
def test_an_address_that_is_no_database_of_ours_is_refused_without_repeating_it(
    baton: Line, url: str
) -> None:
    answer = baton("status", database_url=url)
    assert (answer.code, answer.out) == (1, "")
    assert "BATON_DATABASE_URL: must begin with sqlite" in answer.err
    assert url not in answer.err


def test_a_database_that_cannot_be_opened_is_a_sentence(baton: Line, tmp_path: Path) -> None:
    answer = baton("status", database_url=f"sqlite:///{tmp_path}/no/such/folder/baton.db")
    assert answer.code == 1
    assert answer.err == "✗ The database does not answer: unable to open database file\n"


def test_a_file_that_is_no_database_is_a_sentence(baton: Line, tmp_path: Path) -> None:
    (tmp_path / "letter.db").write_text("Dear customer, " * 100)
    answer = baton("status", database_url=f"sqlite:///{tmp_path}/letter.db", language="zh_CN")
    assert (answer.code, answer.err) == (1, "✗ 数据库无法使用：file is not a database\n")


def test_a_database_of_a_later_release_is_a_sentence(baton: Line, tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / "later.db") as later:
        later.execute("create table alembic_version (version_num varchar(32) not null)")
        later.execute("insert into alembic_version values ('9999')")
    later.close()
    answer = baton("status", database_url=f"sqlite:///{tmp_path}/later.db")
    assert answer.code == 1
    assert answer.err.startswith("✗ The database does not answer: ")
    assert "9999" in answer.err


def test_a_sandbox_that_does_not_tell_the_time_is_a_sentence(baton: Line) -> None:
    answer = baton("status", clock_url="http://127.0.0.1:1")
    assert (answer.code, answer.out) == (1, "")
    assert answer.err == "✗ no sandbox tells the time at http://127.0.0.1:1/clock (BATON_CLOCK_URL)\n"


def test_serve_says_that_its_address_is_taken(baton: Line) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        address = f"127.0.0.1:{other.getsockname()[1]}"
        answer = baton("serve", listen=address)
    assert answer.code == 1
    assert f"Baton cannot listen on {address}: Address already in use" in answer.err
    assert "Traceback" not in answer.err


@pytest.mark.parametrize(
    ("language", "said"), [("en", "another `baton sync`"), ("zh_CN", "另一个进程正在同步")]
)
def test_sync_does_nothing_while_another_process_makes_a_round(baton: Line, language: str, said: str) -> None:
    store = baton.store
    with leased(store, ROUND, clock=SystemClock()) as mine:
        assert mine
        answer = baton("sync", "--json", language=language)
    store.close()
    assert (answer.code, answer.out) == (1, "")
    assert said in answer.err


def test_sync_lets_go_of_the_round_when_it_ends(baton: Line) -> None:
    assert [baton("sync", "--json").code, baton("sync", "--json").code] == [0, 0]
