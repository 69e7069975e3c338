"""What to do in a cell: call to action on the website, action offline, and what sales should talk about.

Texts of the playbook document in the reader's language. Knows nobody's lead.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from pydantic import Field

from connector.domain.document import Id, Section, Texts, text_in
from connector.domain.matrix_config import MatrixConfig


class PlayConfig(Section):
    """One cell's play, each text in every language of the document."""

    website: Texts
    offline: Texts
    talk: Texts


class PlaybookConfig(Section):
    """The document `playbook`. `cells` by `<row or group>/<column>`; `stages` stands in where a cell has no play."""

    format: Literal[1] = 1
    cells: dict[str, PlayConfig] = Field(default_factory=dict)
    stages: dict[Id, PlayConfig] = Field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Play:
    """A cell's play in one language. Empty texts: nobody has written one."""

    website: str = ""
    offline: str = ""
    talk: str = ""


def playbook_for(playbook: PlaybookConfig, cell: str, locale: str, *, names: tuple[str, ...] = ()) -> Play:
    """The play of a cell, else of its row's group, else of its column, in that language or else English.

    `names` are the row's other ids (`Matrix.names`). An empty play where nobody has written one.
    """
    persona, _, stage = cell.partition("/")
    plays = (playbook.cells.get(f"{name}/{stage}") for name in (persona, *names))
    play = next((play for play in plays if play), playbook.stages.get(stage))
    if play is None:
        return Play()
    return Play(text_in(play.website, locale), text_in(play.offline, locale), text_in(play.talk, locale))


def check_playbook(playbook: PlaybookConfig, matrix: MatrixConfig) -> list[str]:
    """Plays for cells and columns that do not exist, one sentence each with its path. Empty: usable."""
    return [*_cells(playbook, matrix), *_stages(playbook, matrix)]


def _cells(playbook: PlaybookConfig, matrix: MatrixConfig) -> Iterator[str]:
    rows = matrix.speakable()
    for cell in playbook.cells:
        persona, _, stage = cell.partition("/")
        if persona not in rows or stage not in matrix.marketing_stages():
            yield f"cells.{cell}: no such cell; write <row id>/<column id>"


def _stages(playbook: PlaybookConfig, matrix: MatrixConfig) -> Iterator[str]:
    columns = {stage.id for stage in matrix.stages}
    for stage in playbook.stages:
        if stage not in columns:
            yield f"stages.{stage}: no column of the matrix has this id"
