"""What every step of the round is given: the store, the two systems, the mapping, the rules and the outside world's
clock, ids and texts. Assembled once by the composition root; steps never reach past it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from time import perf_counter
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from connector.sync.results import NoProgress, Progress, Stopwatch
from mappings.records import SystemRole

if TYPE_CHECKING:
    from connector.ports import Clock, RemoteSystem
    from connector.store.engine import Store
    from connector.sync.rulebook import RuleBook
    from connector.sync.speaker import Speaker
    from mappings.document import MappingDocument


@dataclass(frozen=True, slots=True)
class Engine:
    """One Baton. `new_id` makes ids for leads, accounts and hand-offs; `locale` is the language of texts on records;
    `zone` the business time zone. `rules` reads the rules in force inside a transaction (configuration versions and
    the published value table)."""

    store: Store
    marketing: RemoteSystem
    crm: RemoteSystem
    mapping: MappingDocument
    rules: RuleBook
    clock: Clock
    new_id: Callable[[], str]
    render: Speaker
    locale: str = "en"
    zone: ZoneInfo = field(default_factory=lambda: ZoneInfo("Asia/Shanghai"))
    progress: Progress = field(default_factory=NoProgress)
    stopwatch: Stopwatch = perf_counter

    @property
    def systems(self) -> tuple[RemoteSystem, RemoteSystem]:
        """Both systems, marketing first: the order in which everything is read."""
        return self.marketing, self.crm

    def system(self, connection: str) -> RemoteSystem:
        """The system of this connection. Raises KeyError for a name that is not connected."""
        for system in self.systems:
            if system.connection == connection:
                return system
        raise KeyError(connection)

    def role(self, connection: str) -> SystemRole:
        """The part that this connection plays."""
        marketing = connection == self.marketing.connection
        return SystemRole.MARKETING if marketing else SystemRole.CRM

    def side(self, connection: str) -> str:
        """The name under which the mapping document speaks of this connection's system."""
        return self.mapping.system_of(self.role(connection))

    def now(self) -> datetime:
        """Baton's present, aware UTC."""
        return self.clock.now()
