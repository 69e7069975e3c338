"""A play for every cell, in the reader's language."""

from __future__ import annotations

import pytest

from connector.domain.document import text_in
from connector.domain.playbook import Play, PlaybookConfig, check_playbook, playbook_for
from tests.domain.placing.documents import matrix, matrix_config, playbook

CELLS = [cell for cell in matrix().cells if not cell.startswith("unknown/")]


@pytest.mark.parametrize("cell", CELLS)
def test_every_cell_ships_with_a_play_of_its_own_in_both_languages(cell: str) -> None:
    english, chinese = playbook_for(playbook(), cell, "en"), playbook_for(playbook(), cell, "zh_CN")
    assert cell in playbook().cells
    for text in (chinese.website, chinese.offline, chinese.talk):
        assert any("\u4e00" <= c <= "\u9fff" for c in text)
    for text in (english.website, english.offline, english.talk):
        assert text.isascii()
        assert len(text) > 40


def test_no_two_cells_share_a_text() -> None:
    plays = [playbook_for(playbook(), cell, locale) for cell in CELLS for locale in ("en", "zh_CN")]
    texts = [text for play in plays for text in (play.website, play.offline, play.talk)]
    assert len(CELLS) == 9
    assert len(set(texts)) == len(texts)


def test_a_row_without_plays_takes_those_of_its_group_then_of_its_column() -> None:
    own = playbook_for(playbook(), "small/solution-research", "en")
    assert (
        playbook_for(playbook(), "small-saas/solution-research", "en", names=("small-saas", "small")) == own
    )
    column = playbook_for(playbook(), "organic/solution-research", "en")
    assert column.website == text_in(playbook().stages["solution-research"].website, "en")
    assert playbook_for(playbook(), "organic/none", "en") == Play()


def test_a_locale_without_texts_reads_english() -> None:
    assert playbook_for(playbook(), CELLS[0], "fr") == playbook_for(playbook(), CELLS[0], "en")
    assert playbook_for(playbook(), CELLS[0], "zh-hans") == playbook_for(playbook(), CELLS[0], "zh_CN")


def test_plays_for_cells_and_columns_that_do_not_exist_are_named() -> None:
    assert check_playbook(playbook(), matrix_config()) == []
    play = {"website": {"en": "a"}, "offline": {"en": "b"}, "talk": {"en": "c"}}
    wrong = PlaybookConfig.model_validate(
        {"cells": {"tiny/solution-research": play, "small/gone": play}, "stages": {"gone": play}}
    )
    assert check_playbook(wrong, matrix_config()) == [
        "cells.tiny/solution-research: no such cell; write <row id>/<column id>",
        "cells.small/gone: no such cell; write <row id>/<column id>",
        "stages.gone: no column of the matrix has this id",
    ]
