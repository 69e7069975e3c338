"""Takes in activities that are told to Baton itself: by the API, by a file, from sources that are no connected system.

Each is kept once by its source and id. One whose person is nobody yet waits for them; one that cannot be taken is parked
with its reason. What an activity means is not asked here.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from connector.domain.facts import Message
from connector.store import activities, dirty, identities, links, parked
from connector.store.engine import Tx
from connector.store.writes import chunks
from connector.sync.commands import TOLD
from connector.sync.engine import Engine
from connector.sync.results import RoundResult
from mappings.identity import IdentityKey, identity_keys
from mappings.records import NOTHING, Activity, Direction, Kind, Person, RecordKey, Scalar

AHEAD = timedelta(minutes=5)
"""How far another machine's clock may be ahead of ours before a time counts as one that has not come."""

BY_CUSTOMERS = frozenset(
    {
        Kind.PAGE_VIEW, Kind.VISIT, Kind.FORM, Kind.SUBSCRIPTION, Kind.DOWNLOAD, Kind.EMAIL_OPEN, Kind.EMAIL_CLICK,
        Kind.EMAIL_REPLY, Kind.EVENT, Kind.WEBINAR, Kind.DEMO_REQUEST,
    }
)  # fmt: skip
"""Kinds that only a customer can do: their direction need not be said."""

RECORD, LEAD = "record", "lead"


@dataclass(frozen=True, slots=True)
class NewActivity:
    """Something that a source tells. `at` is ISO 8601 with an offset. The person is named by `record`
    (`connection:object:id`), Baton's `lead_id`, `email`, `mobile` or `wecom_id`: by any, the first that is known counts."""

    id: str
    kind: str
    at: str
    record: str = ""
    lead_id: str = ""
    email: str = ""
    mobile: str = ""
    wecom_id: str = ""
    direction: str = ""
    subject: str = ""
    text: str = ""
    url: str = ""
    author_id: str = ""
    two_way: bool = False
    properties: Mapping[str, Scalar] = field(default_factory=lambda: NOTHING)


@dataclass(frozen=True, slots=True)
class Told:
    """What became of one. `outcome`: `kept` (it is now the lead's), `known` (it was told before), `waiting` (kept until
    its person appears) or `refused` (parked, for the reason in `why`)."""

    id: str
    outcome: str
    lead_id: str = ""
    why: Message | None = None


@dataclass(frozen=True, slots=True)
class _Read:
    """One item with the activity it makes, or why it makes none. The activity waits by every name of its person."""

    item: NewActivity
    activity: Activity | None
    why: Message | None = None


def add_activities(engine: Engine, source: str, items: Sequence[NewActivity]) -> list[Told]:
    """Keep what a source tells, in one transaction per few hundred. One answer per item, in their order; telling the
    same again changes nothing. `source` names who tells, such as `wecom` or `crm-export`; it has no colon."""
    told: list[Told] = []
    for part in chunks(items):
        with engine.store.begin() as tx:
            told += _add(engine, tx, source, part)
    return told


def tie_told(engine: Engine, result: RoundResult) -> None:
    """Give activities that wait for somebody to the leads that have appeared since."""
    now = engine.now()
    with engine.store.begin() as tx:
        waiting = activities.waiting_for(tx, TOLD)
        found = _leads(tx, {name for _, name in waiting})
        for source, name in waiting:
            if name in found:
                activities.tie(tx, RecordKey(source, TOLD, name), lead_id=found[name])
        dirty.mark(tx, {found[name] for _, name in waiting if name in found}, reason="activity", at=now)


def _add(engine: Engine, tx: Tx, source: str, items: Sequence[NewActivity]) -> list[Told]:
    now, region = engine.now(), engine.mapping.systems[engine.side(engine.marketing.connection)].region
    read = [_read(item, source, region=region, now=now) for item in items]
    found = _leads(tx, {name for one in read if one.activity for name in one.activity.person_ids})
    settled = [_settled(one, found) for one in read]
    known = activities.activities(tx, [one.activity.key for one in read if one.activity])
    wanted = [activity for activity, _ in settled if activity is not None]
    kept = activities.keep_activities(tx, wanted)
    mine = {activity.person_ids[0]: lead for activity, lead in settled if activity is not None and lead}
    for name, lead_id in mine.items():
        activities.tie(tx, RecordKey(source, TOLD, name), lead_id=lead_id)
    changed = kept.leads | {
        lead for activity, lead in settled if activity and lead and not _same(known, activity)
    }
    dirty.mark(tx, sorted(changed), reason="activity", at=now)
    for one in read:
        _keep_trouble(tx, source, one, now=now)
    return [_told(one, outcome, known=known) for one, outcome in zip(read, settled, strict=True)]


def _settled(one: _Read, found: Mapping[str, str]) -> tuple[Activity | None, str]:
    """The activity under the first of its person's names that is somebody; under all of them while none is."""
    if one.activity is None:
        return None, ""
    name = next((name for name in one.activity.person_ids if name in found), "")
    return (replace(one.activity, person_ids=(name,)), found[name]) if name else (one.activity, "")


def _same(known: Mapping[RecordKey, Activity], activity: Activity) -> bool:
    """Whether this was told before, whoever it was thought to be."""
    before = known.get(activity.key)
    if before is None:
        return False
    aside: dict[str, Any] = {
        "occurred_at": activity.occurred_at,
        "recorded_at": activity.recorded_at,
        "learned_at": activity.learned_at,
        "person_ids": activity.person_ids,
        "properties": dict(before.properties),
    }
    return replace(before, **aside) == replace(activity, properties=dict(activity.properties))


def _told(one: _Read, settled: tuple[Activity | None, str], *, known: Mapping[RecordKey, Activity]) -> Told:
    activity, lead_id = settled
    if activity is None:
        return Told(one.item.id, "refused", why=one.why)
    if _same(known, activity):
        return Told(one.item.id, "known" if lead_id else "waiting", lead_id)
    return Told(one.item.id, "kept" if lead_id else "waiting", lead_id)


def _keep_trouble(tx: Tx, source: str, one: _Read, *, now: datetime) -> None:
    key = f"{source}:{one.item.id}"
    if one.why is None:
        parked.resolve_key(tx, "activity", key=key, at=now)
        return
    payload = {**asdict(replace(one.item, properties={})), "properties": dict(one.item.properties)}
    trouble = parked.Trouble("activity", key, one.why.id.rpartition(".")[2], payload=payload)
    parked.park(tx, trouble, at=now)


def _read(item: NewActivity, source: str, *, region: str, now: datetime) -> _Read:
    at = _moment(item.at, now)
    names = tuple(dict.fromkeys(_names(item, region)))
    why = _wrong(item, names) or (at if isinstance(at, Message) else None)
    if why is not None or isinstance(at, Message):
        return _Read(item, None, why)
    kind = Kind(item.kind)
    direction = item.direction or (Direction.IN if kind in BY_CUSTOMERS else "")
    activity = Activity(
        key=RecordKey(source, TOLD, item.id),
        kind=kind,
        occurred_at=at,
        recorded_at=now,
        learned_at=now,
        direction=Direction(direction) if direction else None,
        subject=item.subject,
        text=item.text,
        url=item.url,
        person_ids=names,
        author_id=item.author_id,
        two_way=item.two_way,
        properties=item.properties,
    )
    return _Read(item, activity)


def _wrong(item: NewActivity, names: Sequence[str]) -> Message | None:
    if item.kind not in set(Kind):
        return Message("api.activity.kind_unknown", {"kind": item.kind, "known": ", ".join(Kind)})
    if item.direction and item.direction not in set(Direction):
        return Message("api.activity.direction_unknown", {"direction": item.direction})
    return None if names else Message("api.activity.nobody_named")


def _moment(text: str, now: datetime) -> datetime | Message:
    try:
        at = datetime.fromisoformat(text.strip())
    except ValueError:
        return Message("api.activity.time_unreadable", {"at": text})
    if at.tzinfo is None:
        return Message("api.activity.time_naive", {"at": text})
    try:
        at = at.astimezone(UTC)
    except OverflowError:
        return Message("api.activity.time_unreadable", {"at": text})
    if at > now + AHEAD:
        return Message("api.activity.time_ahead", {"at": text})
    return min(at, now)


def _names(item: NewActivity, region: str) -> Iterator[str]:
    """The names of a person, the surest first: as what their activities wait."""
    if item.record.count(":") >= 2:
        yield f"{RECORD}:{item.record}"
    if item.lead_id:
        yield f"{LEAD}:{item.lead_id}"
    person = Person(
        RecordKey("", TOLD, item.id), email=item.email, mobile=item.mobile, wecom_id=item.wecom_id
    )
    keys: tuple[IdentityKey, ...] = identity_keys(person, region)
    yield from (f"{key.kind.value}:{key.value}" for key in reversed(keys))


def _leads(tx: Tx, names: set[str]) -> dict[str, str]:
    """The living leads behind names. A key that two leads carry names nobody."""
    parted = {name: name.partition(":") for name in names}
    records = {name: RecordKey.parse(rest) for name, (kind, _, rest) in parted.items() if kind == RECORD}
    keys = {name: (kind, rest) for name, (kind, _, rest) in parted.items() if kind not in (RECORD, LEAD)}
    linked = links.links(tx, list(records.values()))
    found = {name: linked[key].lead_id for name, key in records.items() if key in linked}
    found |= {name: rest for name, (kind, _, rest) in parted.items() if kind == LEAD}
    carried = identities.find_identities(tx, keys.values())
    for name, key in keys.items():
        owners = {one.lead_id for one in carried.get(key, ())}
        if len(owners) == 1:
            found[name] = owners.pop()
    live = {lead_id: links.live_lead(tx, lead_id) for lead_id in set(found.values())}
    return {name: alive for name, lead_id in found.items() if (alive := live[lead_id]) is not None}
