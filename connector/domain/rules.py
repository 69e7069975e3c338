"""The configuration in force, compiled: everything besides facts and time that a decision rests on."""

from __future__ import annotations

from dataclasses import dataclass, field

from connector.domain.decision import Versions
from connector.domain.matrix import Matrix
from connector.domain.money import Rates
from connector.domain.playbook import PlaybookConfig
from connector.domain.policies import PoliciesConfig
from connector.domain.signals import Signals
from connector.domain.value import ValueTable


@dataclass(frozen=True, slots=True)
class Rules:
    """One version of every section. `values` is the published table, not a draft; `rates` turn its amounts into another
    currency."""

    matrix: Matrix
    signals: Signals
    policies: PoliciesConfig
    playbook: PlaybookConfig = field(default_factory=PlaybookConfig)
    values: ValueTable = field(default_factory=ValueTable)
    versions: Versions = field(default_factory=Versions)
    rates: Rates = field(default_factory=Rates)
