"""Reads mirror rows by the mapping, in the form in which the store asks for it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from connector.store.engine import Tx
from connector.store.known import Readers
from connector.store.owners import own_users
from connector.sync.engine import Engine
from mappings.choices import answer_of
from mappings.fields import read_account, read_opportunity, read_person
from mappings.records import Account, Opportunity, Person, RecordKey, Scalar

STATUS = "status"


def readers_for(engine: Engine, tx: Tx) -> Readers:
    """The readers of this engine's mapping, and under whose names Baton itself writes. What cannot be read stays at its
    default; matching has reported it."""

    def person(key: RecordKey, fields: Mapping[str, Scalar], modified_at: datetime) -> Person:
        side = engine.side(key.connection)
        return read_person(engine.mapping, side, key, fields, modified_at=modified_at)[0]

    def account(key: RecordKey, fields: Mapping[str, Scalar], modified_at: datetime) -> Account:
        side = engine.side(key.connection)
        return read_account(engine.mapping, side, key, fields, modified_at=modified_at)[0]

    def opportunity(key: RecordKey, fields: Mapping[str, Scalar], modified_at: datetime) -> Opportunity:
        side = engine.side(key.connection)
        return read_opportunity(engine.mapping, side, key, fields, modified_at=modified_at)[0]

    def answer(key: RecordKey, status: str) -> str:
        return answer_of(engine.mapping, engine.side(key.connection), status).value

    def status_fields(connection: str, object: str) -> Sequence[str]:
        line = engine.mapping.object(engine.side(connection), object).line(STATUS)
        return line.sources if line else ()

    return Readers(
        person=person,
        account=account,
        opportunity=opportunity,
        answer=answer,
        status_fields=status_fields,
        role=engine.role,
        zone=engine.zone,
        own_users=own_users(tx, [system.connection for system in engine.systems]),
    )
