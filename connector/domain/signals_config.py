"""The signals document: what an activity must be or say to become evidence for a stage.

Shapes only; what can be wrong between them is in signals_check.py, reading an activity in signals.py, weighing evidence in
stage.py.
"""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum
from typing import Annotated, Literal

from pydantic import Field, model_validator

from connector.domain.activity_conditions import ActivityTest, Reference, words_tests
from connector.domain.document import NOT_EMPTY, Id, Section, Texts
from connector.domain.matrix_config import Days
from connector.domain.scales_config import Phrases, ScaleConfig, SlipsConfig
from connector.domain.spelling import known_words
from mappings.records import Kind


class Strength(StrEnum):
    """`strong` suffices alone, `supporting` needs a second, different signal, `negative` cancels older supporting ones."""

    STRONG = "strong"
    SUPPORTING = "supporting"
    NEGATIVE = "negative"


class SignalConfig(Section):
    """One signal. Without `when` the kind alone is enough. `by_row` names row ids or groups.

    A negative one cancels older supporting evidence of its stage, or of all stages where it names none.
    """

    id: Id
    label: Texts
    kinds: Annotated[tuple[Kind, ...], NOT_EMPTY]
    strength: Strength
    stage: Id | None = None
    by_row: dict[Id, Strength] = Field(default_factory=dict)
    when: ActivityTest | None = None

    @model_validator(mode="after")
    def _positive_has_stage(self) -> SignalConfig:
        if self.stage is None and {self.strength, *self.by_row.values()} != {Strength.NEGATIVE}:
            raise ValueError("only a negative signal may do without a stage")
        return self


class GuardConfig(Section):
    """Whose activity is no buyer's: where it holds, the activity is evidence for nothing, whatever words it uses."""

    id: Id
    label: Texts
    kinds: Annotated[tuple[Kind, ...], NOT_EMPTY]
    when: ActivityTest


class NeedConfig(Section):
    """How many different signals a column asks for in a row: strong ones, or strong and supporting together."""

    row: Id
    stage: Id
    strong: Annotated[int, Field(ge=1)] = 1
    supporting: Annotated[int, Field(ge=1)] = 2


class AlertConfig(Section):
    """Signals that together, within so many days, call for people at once; `rows` names row ids or groups."""

    id: Id
    label: Texts
    rows: Annotated[tuple[Id, ...], NOT_EMPTY]
    signals: Annotated[tuple[Id, ...], NOT_EMPTY]
    days: Days = 30


class SignalsConfig(Section):
    """The document `signals`."""

    format: Literal[1] = 1
    phrases: dict[Id, Phrases] = Field(default_factory=dict)
    spellings: dict[str, str] = Field(default_factory=dict)
    slips: SlipsConfig | None = None
    scales: tuple[ScaleConfig, ...] = ()
    signals: tuple[SignalConfig, ...]
    guards: tuple[GuardConfig, ...] = ()
    needs: tuple[NeedConfig, ...] = ()
    alerts: tuple[AlertConfig, ...] = ()

    def spelled(self, wanted: Iterable[str]) -> frozenset[str]:
        """Phrases with every `@name` replaced by the phrases of that list, and of the lists that it names in turn."""
        found: set[str] = set()
        ahead, seen = list(wanted), set[str]()
        while ahead:
            item = ahead.pop()
            if not item.startswith("@"):
                found.add(item)
            elif item not in seen:
                seen.add(item)
                ahead += self.phrases.get(item[1:], ())
        return frozenset(found)

    def vocabulary(self) -> frozenset[str]:
        """The Latin words that conditions on words and scales are written in: those whose slips can be repaired."""
        asked = [part.when for part in self.named().values()]
        wanted = {item for tree in asked for _, test in words_tests(tree) for item in test.mentioned()}
        wanted |= {f"@{name}" for scale in self.scales for name in scale.lists}
        single = [word for scale in self.scales for words in scale.words.values() for word in words]
        return frozenset(known_words([*self.spelled(wanted), *single, *self.spellings.values()]))

    def named(self) -> dict[Reference, SignalConfig | GuardConfig]:
        """Signals and guards by how a condition names them."""
        signals: dict[Reference, SignalConfig | GuardConfig] = {
            ("signal", one.id): one for one in self.signals
        }
        return signals | {("guard", one.id): one for one in self.guards}
