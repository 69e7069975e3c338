"""The matrix document: rows (personas), columns (buying stages), windows, roles and rates, and what can be wrong in it.

Shapes and cross checks only; what a row decides is in matrix.py.
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Annotated, Literal

from pydantic import Field

from connector.domain.conditions import AllOf, AnyOf, Condition, FactIs, InBand, NotThis
from connector.domain.document import NOT_EMPTY, Id, Section, Texts, repeated
from connector.domain.money import RatesConfig
from connector.domain.phrases import phrase_problems
from connector.domain.predicates import BandConfig
from connector.domain.roles import Role, TitleRule

UNKNOWN = "unknown"
"""The persona of an account that no row matches: shown, counted, never handed off automatically."""
NO_STAGE = "none"
"""The stage of a lead whose evidence suffices nowhere."""
STANDARD_PERSONAS = frozenset({"enterprise", "mid-market", "small", UNKNOWN})
"""Ids that other documents may name although a matrix does not have them: the shipped documents do."""

Days = Annotated[int, Field(ge=1, le=3650)]


class RowConfig(Section):
    """One row. `group` lets signals and playbook speak of several rows at once (all enterprise rows of a 3 x 3 x 3)."""

    id: Id
    label: Texts
    when: Condition
    group: Id | None = None
    windows: dict[Id, Days] = Field(default_factory=dict)


class StageConfig(Section):
    """One column. Marketing's columns form the matrix; sales' follow them. `by_hand`: no signal need speak for it,
    people set it."""

    id: Id
    label: Texts
    owner: Literal["marketing", "sales"] = "marketing"
    by_hand: bool = False


class CellConfig(Section):
    """What one cell demands beyond its row and column."""

    minimum_role: Role | None = None


class ToleranceConfig(Section):
    """A persona changes once its number lies that far beyond the band, or the new side has stood that long."""

    percent: Annotated[int, Field(ge=0, le=90)] = 10
    days: Annotated[int, Field(ge=0, le=3650)] = 30

    @property
    def share(self) -> Decimal:
        """The tolerance as a share of a limit."""
        return Decimal(self.percent) / 100


class MatrixConfig(Section):
    """The document `matrix`. Rows and columns are in order: the first row that matches wins, later columns are further."""

    format: Literal[1] = 1
    rows: Annotated[tuple[RowConfig, ...], NOT_EMPTY]
    stages: Annotated[tuple[StageConfig, ...], NOT_EMPTY]
    windows: dict[Id, Days] = Field(default_factory=dict)
    bands: tuple[BandConfig, ...] = ()
    cells: dict[str, CellConfig] = Field(default_factory=dict)
    tolerance: ToleranceConfig = ToleranceConfig()
    titles: tuple[TitleRule, ...] = ()
    rates: RatesConfig = RatesConfig()

    def marketing_stages(self) -> tuple[str, ...]:
        """The columns of the matrix, in order."""
        return tuple(stage.id for stage in self.stages if stage.owner == "marketing")

    def personas(self) -> tuple[str, ...]:
        """The rows' ids in order, `unknown` last."""
        return (*(row.id for row in self.rows), UNKNOWN)

    def currencies(self) -> frozenset[str]:
        """Currencies in which every limit on an amount is stated: no exchange rate matters for them."""
        stated = [fact.limits for band in self.bands for fact in band.facts if isinstance(fact.limits, dict)]
        asked = [leaf for row in self.rows for leaf in leaves(row.when) if isinstance(leaf, FactIs)]
        limits = [limit for leaf in asked for limit in (leaf.at_least, leaf.below) if isinstance(limit, dict)]
        each = [*(frozenset(row) for row in stated), *(frozenset(row) for row in limits)]
        return frozenset.intersection(*each) if each else frozenset()

    def speakable(self) -> frozenset[str]:
        """Every id by which another document may name a row or a group of rows."""
        groups = {row.group for row in self.rows if row.group}
        return STANDARD_PERSONAS | groups | frozenset(self.personas())


def leaves(node: Condition) -> Iterator[InBand | FactIs]:
    """Every question of a tree, fallbacks among them."""
    if isinstance(node, NotThis):
        yield from leaves(node.not_)
    elif isinstance(node, AllOf | AnyOf):
        for child in node.all if isinstance(node, AllOf) else node.any:
            yield from leaves(child)
    else:
        yield node
        if isinstance(node, FactIs) and node.fallback:
            yield from leaves(node.fallback)


def check_matrix(config: MatrixConfig) -> list[str]:
    """Everything that the shapes cannot say, one sentence each with its path in the document. Empty: usable."""
    return [
        *repeated([row.id for row in config.rows], "rows"),
        *repeated([stage.id for stage in config.stages], "stages"),
        *repeated([band.id for band in config.bands], "bands"),
        *_reserved(config),
        *_columns_in_order(config),
        *_windows(config),
        *_cells(config),
        *_bands(config),
        *_titles(config),
    ]


def _reserved(config: MatrixConfig) -> Iterator[str]:
    for nth, row in enumerate(config.rows):
        if row.id == UNKNOWN:
            yield f"rows[{nth}].id: 'unknown' is the row of accounts that no row matches; choose another id"
    for nth, stage in enumerate(config.stages):
        if stage.id == NO_STAGE:
            yield f"stages[{nth}].id: 'none' is the stage of leads without evidence; choose another id"


def _columns_in_order(config: MatrixConfig) -> Iterator[str]:
    owners = [stage.owner for stage in config.stages]
    if "marketing" not in owners:
        yield "stages: at least one column must belong to marketing"
    if owners != sorted(owners):
        yield "stages: marketing's columns come before sales'"


def _windows(config: MatrixConfig) -> Iterator[str]:
    columns = config.marketing_stages()
    places = [
        ("windows", config.windows),
        *((f"rows[{n}].windows", r.windows) for n, r in enumerate(config.rows)),
    ]
    for path, windows in places:
        for stage in windows:
            if stage not in columns:
                yield f"{path}.{stage}: no column of marketing has this id"
    for stage in columns:
        if stage not in config.windows:
            yield f"windows.{stage}: missing; it holds for rows that set none and for 'unknown'"


def _cells(config: MatrixConfig) -> Iterator[str]:
    for cell in config.cells:
        persona, _, stage = cell.partition("/")
        if persona not in config.personas() or stage not in config.marketing_stages():
            yield f"cells.{cell}: no such cell; write <row id>/<column id>"


def _bands(config: MatrixConfig) -> Iterator[str]:
    names = {band.id: band.names for band in config.bands}
    for nth, row in enumerate(config.rows):
        for asked in leaves(row.when):
            if not isinstance(asked, InBand):
                continue
            if asked.band not in names:
                yield f"rows[{nth}].when: band {asked.band!r} is not declared"
            elif asked.is_ not in names[asked.band]:
                yield f"rows[{nth}].when: band {asked.band!r} has no {asked.is_!r}"


def _titles(config: MatrixConfig) -> Iterator[str]:
    for nth, rule in enumerate(config.titles):
        yield from phrase_problems(rule.words, f"titles[{nth}].words")
        yield from phrase_problems(rule.unless, f"titles[{nth}].unless")
