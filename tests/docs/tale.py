"""A small story on a real sandbox, told through the functions behind the commands: what docs/json.md shows.

One mid-market lead asks for a demo, is handed off, comes back, and is refused the next morning.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from baton.compose import compose
from baton.summary import matrix_table, status_document
from connector.reports import publication
from connector.domain.facts import Actor, Message
from connector.reports.asks import asks, asks_document
from connector.reports.rejections import digest, period_of
from connector.reports.rejections_json import digest_document
from connector.domain.decide import decide
from connector.domain.reassignment import Cause, Reassign
from connector.reports.restatement import Period, restatement
from connector.sandbox import acts
from connector.sandbox.running import Sandbox, SandboxPlan, start
from connector.settings import load_settings
from connector.store import owners, parked
from connector.store.known import known_of
from connector.store.parked import Trouble
from connector.sync import commands, reassign, values
from connector.sync.commands import NewRejection
from connector.sync.engine import Engine
from connector.sync.knowing import knowing
from connector.sync.provision import check, provision
from connector.sync.readers import readers_for
from connector.sync.round import run_round
from connector.sync.view import lead_view, plain
from jobs.runner import Runner
from jobs.work import SYNC_ROUND
from mappings.records import Kind

BEGIN = datetime(2026, 11, 2, 1, 0, tzinfo=UTC)
EMAIL = "liu.yang@yunfan.example"
SDR, REP = Actor("sdr", "sdr-1"), Actor("rep")


@contextmanager
def stage(folder: Path) -> Iterator[tuple[Sandbox, Engine]]:
    """An empty sandbox and a Baton on it."""
    sandbox = start(SandboxPlan(start=BEGIN))
    try:
        engine = compose(load_settings(sandbox.env(f"sqlite:///{folder / 'baton.db'}")))
        yield sandbox, engine
        engine.store.close()
    finally:
        sandbox.stop()


def enter(sandbox: Sandbox) -> str:
    """A manager at a mid-market manufacturer becomes known to marketing. Gives the contact's id."""
    portal = sandbox.portal
    person = {"email": EMAIL, "firstname": "洋", "lastname": "刘", "jobtitle": "市场部经理"}
    contact = portal.create("contacts", {**person, "company": "上海云帆精密制造有限公司"})
    portal.calculate("contacts", contact.id, {"hs_analytics_source": "ORGANIC_SEARCH"})
    firm = {"name": "上海云帆精密制造有限公司", "domain": "yunfan.example", "annualrevenue": "320000000"}
    company = portal.create("companies", {**firm, "numberofemployees": "480"})
    portal.associate(("contacts", contact.id), ("companies", company.id))
    return str(contact.id)


def documents(folder: Path) -> dict[str, Any]:
    """What every command with `--json` prints in this story, by the command's name."""
    with stage(folder) as (sandbox, engine):
        told: dict[str, Any] = {"sandbox serve": {"env": sandbox.env(), "control_url": sandbox.control_url}}
        told["check"] = [plain(one) for one in check(engine)]
        told["provision"] = [plain(one) for one in provision(engine)]
        lead = f"marketing:contacts:{enter(sandbox)}"
        acts.perform(sandbox.people, "request_demo", {"lead": EMAIL, "language": "zh"})
        _round(sandbox, engine)
        commands.recontact(engine, lead, actor=SDR, contact=_call(engine))
        commands.hand_off(engine, lead, actor=SDR, request_id="monday")
        told["sync"] = _round(sandbox, engine)
        _passed_on(engine, lead)
        _round(sandbox, engine)
        rejection = NewRejection("need_unclear", "客户说还没想清楚要什么")
        commands.reject(engine, lead, actor=REP, rejection=rejection)
        Runner(engine).run(SYNC_ROUND, why="schedule")
        sandbox.world.clock.advance(timedelta(hours=16))
        told["lead hand-off"] = plain(commands.hand_off(engine, lead, actor=SDR, request_id="tuesday"))
        _doubted(engine, lead)
        told |= _asked(engine)
        told["lead show"] = lead_view(engine, lead)
        with engine.store.begin() as tx:
            parked.park(tx, Trouble("vanished", "marketing:contacts:7", "not_found"), at=engine.now())
        commands.recontact(engine, lead, actor=SDR, contact=_call(engine))
        told["status"] = status_document(engine)
        told |= _figures(engine)
        with engine.store.read() as tx:
            told["reps list"] = [plain(rep) for rep in owners.reps(tx, engine.crm.connection)]
        return told


def _asked(engine: Engine) -> dict[str, Any]:
    """The day's digest, and what is asked of people."""

    def say(message: Message) -> str:
        return engine.render(message, engine.locale)

    with engine.store.read() as tx:
        policies, leads = engine.rules(tx).policies, knowing(engine, tx)
        period = period_of("day", BEGIN.date(), now=engine.now(), time_zone=policies.time_zone)
        found = digest(tx, period, policies, knowing=leads)
        return {"digest": digest_document(found, say), "asks list": asks_document(asks(tx), leads, say)}
def _passed_on(engine: Engine, lead: str) -> None:
    """The rep is away: another gets the lead."""
    with engine.store.begin() as tx:
        rules, now = engine.rules(tx), engine.now()
        known = known_of(tx, [commands.resolve(tx, lead)], readers_for(engine, tx), now=now)[0]
        wish = Reassign(Cause.REP_AWAY)
        assert reassign.begin(engine, tx, known, decision=decide(known, rules, now), wish=wish, rules=rules)


def _doubted(engine: Engine, lead: str) -> None:
    """The SDR contests the rejection, and a manager lifts its cooldown."""
    commands.contest(engine, lead, actor=SDR, note="客户当天说过场景：离散制造")
    commands.override(engine, lead, actor=Actor("manager", "boss"), reason="客户主动来电")


def _figures(engine: Engine) -> Mapping[str, Any]:
    """Everything about values, ending with a draft that is published."""
    today = engine.now().astimezone(engine.zone).date()
    period = Period(today.replace(day=1), today, engine.zone)
    told: dict[str, Any] = {"value": matrix_table(engine).as_json()}
    made = values.draft(engine)
    with engine.store.read() as tx:
        rates = engine.rules.documents(tx).value.rates()
        told["value restate"] = restatement(tx, period, engine.rules(tx).values, rates)
        told["value drafts"] = publication.drafts(tx)
        told["value diff"] = publication.difference(values.in_force(tx), made, 10)
    done = values.publish(engine, made.version, by="boss")
    assert done
    told["value publish"] = publication.published(done.table.version, done.cells, done.leads)
    return told


def _round(sandbox: Sandbox, engine: Engine) -> Mapping[str, Any]:
    sandbox.world.clock.advance(timedelta(minutes=2))
    return run_round(engine).as_json()


def _call(engine: Engine) -> commands.NewContact:
    return commands.NewContact(Kind.CALL, "三个团队，年底前上线", engine.now())
