"""Puts one Baton together: settings into store, systems, mapping, rules, texts and clock. The only place that knows all."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from importlib import metadata, resources
from uuid import uuid4
from zoneinfo import ZoneInfo

from connector import logs
from connector.clock import SandboxTime, SystemClock
from connector.documents import parse_yaml, read_yaml, validated
from connector.domain.facts import Message
from connector.errors import ConfigError
from connector.ports import Clock, RemoteSystem
from connector.settings import ConnectionSettings, Settings
from connector.store.engine import Store
from connector.store.migrations import upgrade
from connector.sync.configuration import take_up
from connector.sync.engine import Engine
from connector.sync.results import NoProgress, Progress
from connector.sync.rulebook import RuleBook
from connector.sync.speaker import Speaker
from mappings.document import MappingDocument
from mappings.records import SystemRole

DATABASES = ("sqlite", "postgresql")
"""What an address of a database may begin with."""

VERSION = metadata.version("baton-connector")


def compose(
    settings: Settings, progress: Progress | None = None, tell: Callable[[Message], None] | None = None
) -> Engine:
    """One Baton on a database brought up to date, with what changed in the admin's documents taken up; `tell` hears what was
    not (see take_up). Raises ConfigError with every problem of the documents. Nothing remote is called."""
    clock = clock_of(settings)
    mapping = mapping_of(settings)
    store = open_store(settings.database_url)
    for message in take_up(store, settings.config_dir, at=clock.now()):
        (tell or _log)(message)
    rules, speaker = RuleBook(code=VERSION), Speaker()
    with store.read() as tx:
        speaker.learn(tx, rules(tx))
    return Engine(
        store=store,
        marketing=connect(settings.marketing, clock),
        crm=connect(settings.crm, clock),
        mapping=mapping,
        rules=rules,
        clock=clock,
        new_id=lambda: uuid4().hex,
        render=speaker,
        locale=settings.language,
        zone=ZoneInfo(settings.timezone),
        progress=progress or NoProgress(),
    )


def _log(message: Message) -> None:
    logs.log().warning("configuration_not_taken", why=message.id, section=message.params["section"])


def open_store(url: str) -> Store:
    """The database, brought up to date. Raises ConfigError for an address that names none of Baton's kinds."""
    if url.partition("://")[0].partition("+")[0] not in DATABASES or "://" not in url:
        kinds = " or ".join(DATABASES)  # the address is not repeated: it may hold a password
        raise ConfigError([f"BATON_DATABASE_URL: must begin with {kinds}, as in sqlite:///baton.db"])
    try:
        upgrade(url)
    except ModuleNotFoundError as missing:
        raise ConfigError([f"BATON_DATABASE_URL: the driver {missing.name} is not installed"]) from missing
    return Store(url)


def clock_of(settings: Settings) -> Clock:
    """This machine's clock, or a sandbox's when the settings name one."""
    return SandboxTime(settings.clock_url) if settings.clock_url else SystemClock()


def connect(settings: ConnectionSettings, clock: Clock) -> RemoteSystem:
    """The adapter for one connection. Its SDK is imported only here: half a second that nobody waits for twice."""
    if settings.vendor == "hubspot":
        return _hubspot(settings, clock)
    return _salesforce(settings, clock)


def _hubspot(settings: ConnectionSettings, clock: Clock) -> RemoteSystem:
    from connector.hubspot import HubSpotSettings, connect

    portal = HubSpotSettings(
        settings.name, settings.token, settings.url, daily_share=settings.daily_share / 100
    )
    portal = replace(portal, api_version=settings.api_version or portal.api_version)
    if settings.searches_per_second is not None:
        portal = replace(portal, searches_per_second=settings.searches_per_second)
    return connect(portal, clock=clock, sleep=time.sleep, role=settings.role)


def _salesforce(settings: ConnectionSettings, clock: Clock) -> RemoteSystem:
    from connector.salesforce import SalesforceSettings, connect

    org = SalesforceSettings(
        settings.name,
        settings.url or "",
        settings.client_id,
        settings.client_secret,
        daily_share=settings.daily_share / 100,
    )
    org = replace(org, api_version=settings.api_version or org.api_version)
    return connect(org, clock=clock, sleep=time.sleep, role=settings.role)


def mapping_of(settings: Settings) -> MappingDocument:
    """The mapping of this pair of systems: `mapping.yaml` of the admin's folder, else the shipped one. Raises ConfigError
    when the document is wrong, or speaks of other systems than the settings."""
    own = settings.config_dir / "mapping.yaml" if settings.config_dir else None
    if own is not None and own.exists():
        document, source = read_yaml(own), str(own)
    else:
        document, source = _shipped(settings)
    mapping = validated(MappingDocument, document, source=source)
    for role, wanted in ((SystemRole.MARKETING, settings.marketing), (SystemRole.CRM, settings.crm)):
        found = mapping.systems[mapping.system_of(role)].vendor
        if found != wanted.vendor:
            raise ConfigError(
                [f"{source}: maps {role.value} to {found}, but BATON_{role.upper()} is {wanted.vendor}"]
            )
    return mapping


def _shipped(settings: Settings) -> tuple[object, str]:
    name = f"{settings.marketing.vendor}-{settings.crm.vendor}.yaml"
    found = resources.files("mappings") / "defaults" / name
    if not found.is_file():
        pair = f"{settings.marketing.vendor} to {settings.crm.vendor}"
        raise ConfigError(
            [
                f"no mapping is shipped for {pair}: put a mapping.yaml into the folder that BATON_CONFIG_DIR names"
            ]
        )
    return parse_yaml(found.read_text(encoding="utf-8"), source=name), name
