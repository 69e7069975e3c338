"""`baton demo`: the whole story on an embedded sandbox, over the real wire protocols, told as it happens.

From the first sync to a lead that was handed off, rejected, refused the next morning, recycled after its rest, handed to
another rep and won. Everything shown is read back from Baton or from the two systems; nothing is staged.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Event

from rich.rule import Rule
from rich.table import Table

from baton.compose import compose
from baton.console import Bars, out
from baton.summary import amount, matrix_table, percent
from connector.domain.facts import Message
from connector.sandbox import acts, words
from connector.sandbox.running import Sandbox, SandboxPlan, start
from connector.settings import load_settings
from connector.store import owners
from connector.sync import values
from connector.sync.engine import Engine
from connector.sync.provision import provision
from connector.sync.results import RoundResult
from connector.sync.round import run_round
from connector.sync.view import lead_view

BEGIN = datetime(2026, 11, 2, 1, 0, tzinfo=UTC)
"""Nine in the morning in Shanghai, on a Monday."""

INTERN, CHIEF, HERO = "intern@startup.example", "zhang.wei@hengxin.example", "liu.yang@yunfan.example"
SHOWN = (
    "cell",
    "value_now",
    "value_at_handoff",
    "handoff_status",
    "why_not",
    "cooldown_until",
    "rejection_count",
)


def run_demo(*, leads: int, seed: int, keep: bool, language: str) -> None:
    """Tell the story. With `keep` the sandbox stays and its addresses are printed, until Ctrl-C."""
    with _stage(leads, seed, language) as demo:
        for scene in _SCENES:
            scene(demo)
        demo.say("demo.summary", leads=demo.count())
        if keep:
            demo.stay()


@dataclass(slots=True)
class Demo:
    """The stage: a sandbox, a Baton on it, and who plays."""

    sandbox: Sandbox
    engine: Engine
    bars: Bars
    env: dict[str, str]
    records: dict[str, str] = field(default_factory=dict)
    deals: list[str] = field(default_factory=list)

    def say(self, message: str, **params: str | int) -> None:
        """One sentence of the story, in the reader's language."""
        out.print(self.text(message, **params), soft_wrap=True)

    def text(self, message: str, **params: str | int) -> str:
        """A sentence without printing it."""
        return self.engine.render(Message(message, params), self.engine.locale)

    def scene(self, message: str) -> None:
        """A new scene begins."""
        out.print()
        out.print(Rule(self.text(message), align="left", style="bold cyan"))

    def act(self, what: str, **parameters: object) -> None:
        """Somebody does something in one of the two systems."""
        acts.perform(self.sandbox.people, what, parameters)

    def later(self, **span: float) -> None:
        """Time passes, for both systems and for Baton."""
        self.sandbox.world.clock.advance(timedelta(**span))

    def sync(self) -> RoundResult:
        """One round, a little after what happened, as a poll would come."""
        self.later(minutes=2)
        with self.bars:
            return run_round(self.engine)

    def lead(self, email: str) -> dict[str, object]:
        """The lead as Baton sees it."""
        return lead_view(self.engine, f"marketing:contacts:{self.records[email]}")

    def count(self) -> int:
        """How many contacts the portal has."""
        return self.engine.marketing.count("contacts")

    def stay(self) -> None:
        """Print what one needs to look around, and wait."""
        for name, value in self.env.items():
            out.print(f"export {name}={value}", soft_wrap=True, markup=False)
        self.say("demo.kept", control=self.sandbox.control_url)
        try:
            Event().wait()
        except KeyboardInterrupt:
            return


@contextmanager
def _stage(leads: int, seed: int, language: str) -> Iterator[Demo]:
    with tempfile.TemporaryDirectory(prefix="baton-demo-") as folder:
        sandbox = start(SandboxPlan(start=BEGIN, leads=leads, seed=seed))
        try:
            env = sandbox.env(f"sqlite:///{Path(folder) / 'baton.db'}") | {"BATON_LANGUAGE": language}
            bars = Bars()
            engine = compose(load_settings(env), bars)
            yield Demo(sandbox, engine, bars, env)
            engine.store.close()
        finally:
            sandbox.stop()


def _first_sync(demo: Demo) -> None:
    demo.scene("demo.scene.first")
    _appoint(demo)
    found = provision(demo.engine)
    made = sum(1 for one in found if one.code == "created")
    demo.say("demo.provisioned", made=made)
    result = demo.sync()
    read = sum(counts.read for counts in result.objects.values())
    calls = sum(counts.calls for counts in result.objects.values())
    seconds = f"{sum(result.seconds.values()):.1f}"
    demo.say("demo.synced", read=read, calls=calls, placed=result.leads_placed, seconds=seconds)
    demo.say("demo.written", written=result.written, handed=result.handed_off)
    out.print(matrix_table(demo.engine).rendered())


def _appoint(demo: Demo) -> None:
    """Say who of the CRM's users takes leads: three teams, two reps each, as an admin would with `baton reps set`."""
    crew = {login for _, login, _ in words.REPS}
    connection = demo.engine.crm.connection
    with demo.engine.store.begin() as tx:
        owners.save_owners(tx, demo.engine.crm.owners(), learned_at=demo.engine.now())
        for rep in owners.reps(tx, connection):
            if rep.email.split("@")[0] in crew:
                owners.save_rep(tx, replace(rep, groups=("sales",), capacity=8))


def _two_leads(demo: Demo) -> None:
    """The test that lead scoring fails."""
    demo.scene("demo.scene.two")
    _enter(demo, INTERN, name=("Ming", "Li"), title="实习生", firm=("Kite Labs", "6000000", "9"))
    _enter(demo, CHIEF, name=("伟", "张"), title="总经理", firm=("恒信集团有限公司", "6800000000", "12000"))
    for _ in range(10):
        demo.act("download", lead=INTERN)
        demo.later(hours=1)
    demo.act("chat", lead=INTERN, text="What are your advantages? Could you write a proposal for me?")
    demo.act("request_demo", lead=CHIEF, language="zh")
    demo.sync()
    for email, story in ((INTERN, "demo.intern"), (CHIEF, "demo.chief")):
        demo.say(story)
        _show(demo, email)


def _click(demo: Demo) -> None:
    demo.scene("demo.scene.click")
    _enter(
        demo,
        HERO,
        name=("洋", "刘"),
        title="市场部经理",
        firm=("上海云帆精密制造有限公司", "320000000", "480"),
    )
    demo.act("request_demo", lead=HERO, text="我们有三个销售团队，能安排一次产品演示吗？", language="zh")
    demo.sync()
    demo.say("demo.ready")
    _show(demo, HERO)
    demo.act("request_hand_off", lead=HERO)
    demo.sync()
    demo.say("demo.clicked")
    _show(demo, HERO)


def _answers(demo: Demo) -> None:
    demo.scene("demo.scene.answers")
    demo.later(hours=3)
    demo.act("accept", lead=CHIEF)
    demo.act("reject", lead=HERO, reason="need_unclear", note="客户说还没想清楚要什么")
    demo.sync()
    demo.say("demo.rejected")
    _show(demo, HERO)
    demo.later(hours=16)
    demo.act("request_hand_off", lead=HERO)
    demo.sync()
    demo.say("demo.morning")
    _show(demo, HERO)


def _recycled(demo: Demo) -> None:
    demo.scene("demo.scene.recycled")
    demo.later(days=31)
    demo.act("request_hand_off", lead=HERO)
    demo.sync()
    demo.say("demo.rested")
    _show(demo, HERO)
    demo.act("log_call", lead=HERO, text="客户已明确：三个团队，年底前上线")
    demo.later(hours=2)
    demo.act("ask_price", lead=HERO, language="zh")
    demo.sync()
    demo.act("request_hand_off", lead=HERO)
    demo.sync()
    demo.say("demo.again")
    _show(demo, HERO)


def _won(demo: Demo) -> None:
    demo.scene("demo.scene.won")
    before = matrix_table(demo.engine).report
    for email, price in ((CHIEF, 860_000.0), (HERO, 240_000.0)):
        demo.act("convert", lead=email, amount=price)
        demo.later(days=9)
        demo.act("win", opportunity=email, amount=price)
    demo.sync()
    draft = values.draft(demo.engine)
    values.publish(demo.engine, draft.version, by="demo")
    demo.sync()
    after = matrix_table(demo.engine).report
    demo.say("demo.values")
    moved = Table(
        *(demo.text(f"demo.column.{name}") for name in ("cell", "before", "after")), header_style="bold"
    )
    for old, new in zip(before.rows, after.rows, strict=True):
        if (old.wins, old.units) != (new.wins, new.units) or old.value != new.value:
            moved.add_row(
                demo.text("demo.cell", cell_id=new.cell),
                f"{old.wins}/{old.units} · {percent(old.rate)} · {amount(old.value)}",
                f"{new.wins}/{new.units} · {percent(new.rate)} · {amount(new.value)}",
            )
    out.print(moved)


def _fields(demo: Demo) -> None:
    demo.scene("demo.scene.fields")
    demo.say("demo.fields")
    key = demo.records[HERO]
    own = demo.engine.mapping.own_fields
    sides = [(demo.engine.marketing, "contacts", key), _crm_record(demo)]
    made = Table("", *(f"{system.connection} {object_}" for system, object_, _ in sides), header_style="bold")
    rows = []
    for system, object_, id_ in sides:
        side = demo.engine.side(system.connection)
        names = [own[name].names[side] for name in SHOWN]
        found = next(iter(system.fetch(object_, [id_], names)))
        rows.append([str(found.fields.get(name) or "") for name in names])
    for name, *cells in zip(SHOWN, *rows, strict=True):
        made.add_row(own[name].label.get(demo.engine.locale, name), *cells)
    out.print(made)


def _crm_record(demo: Demo):  # type: ignore[no-untyped-def]
    view = demo.lead(HERO)
    links: Sequence[dict[str, str]] = view["links"]  # type: ignore[assignment]
    mine = [one["record"] for one in links if one["role"] == "crm" and one["state"] == "active"]
    _, object_, id_ = mine[0].split(":")
    return demo.engine.crm, object_, id_


def _enter(demo: Demo, email: str, *, name: tuple[str, str], title: str, firm: tuple[str, str, str]) -> None:
    """Somebody fills in a form of the site and becomes a contact, at a company that marketing knows."""
    first, last = name
    company, revenue, staff = firm
    person = {"email": email, "firstname": first, "lastname": last, "jobtitle": title, "company": company}
    portal = demo.sandbox.portal
    contact = portal.create("contacts", person)
    portal.calculate("contacts", contact.id, {"hs_analytics_source": "ORGANIC_SEARCH"})
    facts = {
        "name": company,
        "domain": email.split("@")[1],
        "annualrevenue": revenue,
        "numberofemployees": staff,
    }
    made = portal.create("companies", facts)
    portal.associate(("contacts", contact.id), ("companies", made.id))
    demo.records[email] = contact.id


def _show(demo: Demo, email: str) -> None:
    """Where Baton sees the lead, and what it says to whoever asks."""
    view = demo.lead(email)
    verdict, value = view["hand_off"], view["value"]
    step = demo.text(f"step.{view['lifecycle']['step']}")  # type: ignore[index]
    line = f"  [bold]{view['person']['name']}[/bold] · {view['cell']} · {step}"  # type: ignore[index]
    out.print(line + (f" · [green]{value['explained']}[/green]" if value else ""), soft_wrap=True)  # type: ignore[index]
    for refusal in _told(verdict["refusals"]):  # type: ignore[index]
        out.print(f"    [yellow]✗[/yellow] {refusal['text']}", soft_wrap=True)
    for one in view["hand_offs"][-1:]:  # type: ignore[index]
        owner = one["owner"] or one["owner_id"]
        demo.say(
            "demo.handed",
            owner=owner,
            answer=demo.text(f"answer.{one['answer']}"),
            record=one["crm_record"] or "",
        )


def _told(refusals: Sequence[dict[str, str]]) -> list[dict[str, str]]:
    """That sales has the lead is told by the line below."""
    return [one for one in refusals if one["code"] != "refusal.with_sales"]


_SCENES = (_first_sync, _two_leads, _click, _answers, _recycled, _won, _fields)
