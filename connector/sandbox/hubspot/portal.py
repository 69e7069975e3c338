"""The whole embedded HubSpot portal as one plain object: records, search, marketing, owners, tokens, snapshots.

Callable directly by an in-memory adapter and by whoever plays a person; `app.HubSpotApp` puts the wire protocol over it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any

from connector.sandbox.hubspot.acting import ActingStore
from connector.sandbox.hubspot.catalog import Pipeline, Stage
from connector.sandbox.hubspot.drafts import PERSON, kind_of, make_record
from connector.sandbox.hubspot.errors import conflict, invalid
from connector.sandbox.hubspot.records import Moment, Record, Source
from connector.sandbox.hubspot.rules import calculated
from connector.sandbox.hubspot.schema import PropertyDefinition
from connector.sandbox.hubspot.search import Query, Searcher
from connector.sandbox.hubspot.stages import STAGED
from connector.sandbox.hubspot.values import iso, to_ms
from connector.sandbox.world import World

DEFAULT_TOKEN = "pat-na1-baton-sandbox"  # opens the sandbox only

TIERS = ("FREE", "STARTER", "PROFESSIONAL", "ENTERPRISE")


@dataclass(slots=True)
class Token:
    """A bearer token and what it may do; no scopes listed means all. `expired_ms` is when it stopped working."""

    value: str
    scopes: frozenset[str] | None = None
    app_id: int = 9_393_361
    label: str = "Baton"
    expired_ms: int | None = None


@dataclass(slots=True)
class Account:
    """The portal's settings that account-info tells."""

    portal_id: int = 49_547_190
    time_zone: str = "Asia/Shanghai"
    currency: str = "CNY"
    tier: str = "ENTERPRISE"
    tokens: dict[str, Token] = field(default_factory=dict)


class Portal(ActingStore):
    """One embedded HubSpot account. All public methods are safe to call from several threads."""

    def __init__(self, world: World, *, account: Account | None = None) -> None:
        self.account = account or Account()
        super().__init__(world, portal_id=self.account.portal_id)
        self._searcher = Searcher(self)
        for object_name, found in self.pipelines.items():
            self.set_pipelines(object_name, found)
        if not self.account.tokens:
            self.add_token(DEFAULT_TOKEN)

    @property
    def tier(self) -> str:
        """FREE, STARTER, PROFESSIONAL or ENTERPRISE: decides limits and whether events can be read."""
        return self.account.tier

    def add_token(self, value: str, *, scopes: Iterable[str] | None = None, app_id: int = 9_393_361) -> Token:
        """Accept a bearer token."""
        token = Token(value, frozenset(scopes) if scopes is not None else None, app_id)
        self.account.tokens[value] = token
        return token

    def search(
        self, object_type: str, query: Query, *, limit: int = 10, after: int = 0
    ) -> tuple[list[Record], int]:
        """One page of what the search index has, and the total; PortalError 400 past result 10,000."""
        return self._searcher.search(object_type, query, limit=limit, after=after)

    # schema

    def create_property(self, object_type: str, definition: PropertyDefinition) -> PropertyDefinition:
        """Add a custom property; PortalError 400 or 409."""
        with self.world.lock:
            kind = kind_of(object_type)
            if definition.unique and kind.name == "leads" and not self.world.switches.unique_on_leads:
                raise invalid("Unique properties are not supported for this object type")
            definition.native, definition.stamp = False, iso(self.world.clock.now())
            return self.schemas[kind.name].create(definition)

    def create_group(self, object_type: str, name: str, label: str) -> dict[str, Any]:
        """Add a property group; PortalError 409 when it exists."""
        with self.world.lock:
            schema = self.schemas[kind_of(object_type).name]
            if name in schema.groups:
                raise conflict(f"A property group named '{name}' already exists.")
            schema.groups[name] = {
                "name": name,
                "label": label,
                "displayOrder": len(schema.groups),
                "archived": False,
            }
            return schema.groups[name]

    def set_pipelines(self, object_type: str, pipelines: list[Pipeline]) -> None:
        """Replace the pipelines of deals or leads; the two properties that name them offer the new ids."""
        with self.world.lock:
            kind = kind_of(object_type)
            pipeline_name, stage_name = STAGED[kind.name]
            self.pipelines[kind.name] = pipelines
            schema = self.schemas[kind.name]
            schema.mirror_options(pipeline_name, {one.id: one.label for one in pipelines})
            labels = {stage.id: stage.label for one in pipelines for stage in one.stages}
            schema.mirror_options(stage_name, labels)

    def add_owner(self, email: str, *, first: str = "", last: str = "", active: bool = True) -> str:
        """A user who can own records; returns the owner id. The user id is another number, as in HubSpot."""
        with self.world.lock:
            number = len(self.owners) + 1
            stamp = iso(self.world.clock.now())
            owner_id = str(600_000_000 + number)
            self.owners[owner_id] = {
                "id": owner_id,
                "email": email,
                "type": "PERSON",
                "firstName": first,
                "lastName": last,
                "userId": 98_499_700 + number,
                "userIdIncludingInactive": 98_499_700 + number,
                "createdAt": stamp,
                "updatedAt": stamp,
                "archived": not active,
            }
            return owner_id

    # bulk and persistence

    def load(
        self,
        object_type: str,
        many: Iterable[Mapping[str, Any]],
        *,
        stamp: datetime | None = None,
        source: Source = PERSON,
    ) -> list[str]:
        """Create many records quickly; `stamp` gives all of them the same time. No webhooks. Returns the ids."""
        with self.world.lock:
            kind = kind_of(object_type)
            shelf, schema = self.shelves[kind.name], self.schemas[kind.name]
            fixed = _moment(stamp) if stamp else None
            made: list[Record] = []
            for properties in many:
                moment = fixed or _moment(self.world.clock.stamp())
                values = {k: v for k, v in schema.clean(properties, internal=True).items() if v != ""}
                self._check_unique(kind, values, None)
                values |= calculated(kind.name, {}, values, moment.iso)
                record = make_record(kind, shelf.new_key(), values, moment=moment, source=source)
                self._claim(shelf, record, values)
                shelf.records[record.key] = record
                shelf.ids.append(record.key)
                made.append(record)
            shelf.changed_all(made)
            return [record.id for record in made]

    def snapshot(self) -> dict[str, Any]:
        """The whole portal, JSON-able. Writes that readers did not see yet are settled in it."""
        with self.world.lock:
            return {
                "account": {
                    "portal_id": self.account.portal_id,
                    "time_zone": self.account.time_zone,
                    "currency": self.account.currency,
                    "tier": self.account.tier,
                },
                "tokens": [
                    [token.value, sorted(token.scopes) if token.scopes is not None else None, token.app_id]
                    for token in self.account.tokens.values()
                ],
                "objects": {name: shelf.snapshot() for name, shelf in self.shelves.items()},
                "schemas": {name: schema.snapshot() for name, schema in self.schemas.items()},
                "associations": self.associations.snapshot(),
                "pipelines": {name: [asdict(one) for one in found] for name, found in self.pipelines.items()},
                "owners": self.owners,
                "blocked_emails": sorted(self.blocked_emails),
                "marketing": self.marketing.snapshot(),
                "webhooks": self.webhooks.snapshot(),
            }

    def restore(self, saved: Mapping[str, Any]) -> None:
        """Become what `snapshot` returned; the clock and the switches belong to the world and stay."""
        with self.world.lock:
            self.account = Account(**saved["account"])
            self.portal_id = self.account.portal_id
            for value, scopes, app_id in saved["tokens"]:
                self.add_token(value, scopes=scopes, app_id=app_id)
            for name, rows_saved in saved["objects"].items():
                self.schemas[name].restore(saved["schemas"][name])
                self.shelves[name].restore(rows_saved, unique=self.schemas[name].unique)
            self.associations.restore(saved["associations"])
            self.pipelines = {
                name: [
                    Pipeline(
                        one["id"], one["label"], one["order"], [Stage(**stage) for stage in one["stages"]]
                    )
                    for one in found
                ]
                for name, found in saved["pipelines"].items()
            }
            self.owners = dict(saved["owners"])
            self.blocked_emails = set(saved["blocked_emails"])
            self.marketing.restore(saved["marketing"])
            self.webhooks.restore(saved["webhooks"])


def _moment(stamp: datetime) -> Moment:
    ms = to_ms(stamp)
    return Moment(iso(stamp), ms, ms)
