"""A rep goes away, or leaves: what they have not touched is another rep's on the next working day, once, without a no."""

from __future__ import annotations

from datetime import date

import pytest

from connector.sync.reps import AbsenceError, Away, UnknownOwnerError, change_rep
from mappings.records import RecordKey
from tests.sync.bench import Desk


def moves(desk: Desk, contact: RecordKey) -> list[tuple[str, str, str]]:
    (shown,) = desk.view(contact)["hand_offs"]
    return [(one["cause"], one["from_id"], one["to_id"]) for one in shown["reassignments"]]


def test_a_rep_who_is_away_loses_what_they_have_not_touched_on_the_next_working_day(desk: Desk) -> None:
    contact = desk.hot()
    desk.round()
    before = desk.only_lead()["OwnerId"]
    change_rep(desk.engine, before, away=Away(date(2026, 11, 2), date(2026, 11, 30)))
    desk.round()
    assert moves(desk, contact) == []  # Monday, 16:00
    desk.wait(hours=18)
    desk.settle()
    after = desk.only_lead()["OwnerId"]
    assert after != before
    assert moves(desk, contact) == [("rep_away", before, after)]
    assert (desk.step(contact), desk.view(contact)["rejections"]) == ("handed_off", [])
    desk.settle()
    assert len(moves(desk, contact)) == 1
    other = desk.hot()
    desk.round()
    assert desk.episodes(other)[0].owner_id != before


def test_a_rep_who_left_loses_them_too(desk: Desk) -> None:
    contact = desk.hot()
    desk.round()
    before = desk.only_lead()["OwnerId"]
    desk.org.update("User", before, {"IsActive": False})
    desk.wait(hours=2)
    desk.round()
    desk.wait(hours=17)
    desk.settle()
    after = desk.only_lead()["OwnerId"]
    assert after != before
    assert moves(desk, contact) == [("rep_left", before, after)]


def test_whom_nobody_knows_and_an_absence_that_ends_too_early_are_refused_in_words(desk: Desk) -> None:
    desk.round()
    with pytest.raises(UnknownOwnerError, match="names 0 owners"):
        change_rep(desk.engine, "nobody", capacity=1)
    (owner,) = [row["Id"] for row in desk.org.query("SELECT Id FROM User WHERE LastName = 'N0'")]
    with pytest.raises(AbsenceError, match="on or after"):
        change_rep(desk.engine, owner, away=Away(date(2026, 11, 9), date(2026, 11, 8)))
