"""One Baton on a fresh database against the stub, assembled as `baton.compose` does, with a clock that can be moved."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

from pydantic import SecretStr

import connector.hubspot
import connector.salesforce
from connector.hubspot import HubSpotSettings
from connector.salesforce import SalesforceSettings
from connector.store.engine import Store
from connector.store.migrations import upgrade
from connector.sync.engine import Engine
from connector.sync.rulebook import RuleBook, apply_texts, texts_from
from connector.sync.speaker import Speaker
from mappings.document import MappingDocument
from mappings.records import SystemRole


class MovedClock:
    """This machine's clock, moved."""

    def __init__(self, moved: timedelta = timedelta(0)) -> None:
        self.moved = moved

    def now(self) -> datetime:
        """Aware UTC."""
        return datetime.now(UTC) + self.moved


def slept(_seconds: float) -> None:
    """Waits are no work: they are not waited."""


def engine_at(
    address: str, database: Path, mapping: MappingDocument, clock: MovedClock | None = None
) -> Engine:
    """Baton on this database, new or filled, reading both systems at the stub's address."""
    clock = clock or MovedClock()
    url = f"sqlite:///{database}"
    upgrade(url)
    store = Store(url)
    apply_texts(store, texts_from(None), at=clock.now(), by="benchmark")
    portal = HubSpotSettings("marketing", SecretStr("stub"), url=address, daily_share=1.0)
    org = SalesforceSettings("crm", address, "stub", SecretStr("stub"), daily_share=1.0)
    rng = random.Random(1)
    rules, speaker = RuleBook(code="benchmark"), Speaker()
    with store.read() as tx:
        speaker.learn(tx, rules(tx))
    return Engine(
        store=store,
        marketing=connector.hubspot.connect(
            portal, clock=clock, sleep=slept, role=SystemRole.MARKETING, rng=rng
        ),
        crm=connector.salesforce.connect(org, clock=clock, sleep=slept, role=SystemRole.CRM, rng=rng),
        mapping=mapping,
        rules=rules,
        clock=clock,
        new_id=lambda: uuid4().hex,
        render=speaker,
    )
