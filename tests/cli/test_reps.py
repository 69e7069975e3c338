"""What an admin says of reps on the command line."""

from __future__ import annotations

from typing import Any

import pytest

from tests.cli.conftest import Line


def rep(baton: Line, owner: str) -> Any:
    return next(one for one in baton("reps", "list", "--json").json() if one["owner_id"] == owner)


@pytest.fixture
def owner(baton: Line) -> str:
    found = [one for one in baton("reps", "list", "--json").json() if one["active"] and not one["is_queue"]]
    return str(found[0]["owner_id"])


def test_settings_are_changed_one_by_one(baton: Line, owner: str) -> None:
    words = ("--capacity", "5", "--group", "key-accounts", "--weight", "2", "--sdr")
    told = baton("reps", "set", owner, *words, "--json").json()
    assert (told["capacity"], told["groups"], told["weight"], told["is_sdr"]) == (
        5,
        ["key-accounts"],
        2,
        True,
    )
    assert baton("reps", "set", owner, "--default-capacity", "--group", "-", "--no-sdr").code == 0
    now = rep(baton, owner)
    assert (now["capacity"], now["groups"], now["weight"], now["is_sdr"]) == (None, [], 2, False)


def test_somebody_is_away_and_comes_back(baton: Line, owner: str) -> None:
    assert baton("reps", "away", owner, "--from", "2026-12-24", "--to", "2026-12-31").code == 0
    assert (rep(baton, owner)["away_from"], rep(baton, owner)["away_to"]) == ("2026-12-24", "2026-12-31")
    assert baton("reps", "away", owner, "--back").code == 0
    assert rep(baton, owner)["away_from"] is None


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("--from", "tomorrow"), 2),
        (("--from", "2026-12-24", "--back"), 2),
        ((), 2),
        (("--from", "2026-12-24", "--to", "2026-12-23"), 1),
    ],
)
def test_an_absence_that_makes_no_sense_is_refused(
    baton: Line, owner: str, words: tuple[str, ...], code: int
) -> None:
    assert baton("reps", "away", owner, *words).code == code


def test_nothing_was_begun_past_the_hand_off(baton: Line) -> None:
    assert baton("bypass", "list", "--json").json() == []
    assert "没有" in baton("bypass", "list", language="zh_CN").out
    assert baton("bypass", "list", "--since", "soon").code == 2
