"""The command `baton`: every job a person can start by hand. Exit status 0 done, 1 refused or failed, 2 wrong usage."""

from __future__ import annotations

from typing import Annotated

import typer

from baton import (
    bypass_cli,
    config_cli,
    digest_cli,
    kpi_cli,
    lead_cli,
    parked_cli,
    reps_cli,
    sandbox_cli,
    sla_cli,
    suggestions_cli,
    value_cli,
)
from baton.compose import VERSION, open_store
from baton.console import Bars, emit, err, facts, fail, guarded, out, say, table
from baton.findings import WIDTH, findings
from baton.session import Json, engine, settings
from baton.summary import status_document
from connector.clock import SystemClock
from connector.sync.engine import Engine
from connector.sync.lanes import start_over
from connector.sync.provision import Finding
from connector.sync.provision import check as check_systems
from connector.sync.provision import provision as provision_systems
from connector.sync.results import RoundResult
from connector.sync.round import Choice, run_round
from connector.sync.view import plain
from jobs.runner import leased
from jobs.work import ROUND
from mappings.problems import Severity

app = typer.Typer(
    name="baton",
    help="Decides with marketing and sales which lead is handed over, when, and what it is worth.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
db = typer.Typer(help="The database.", no_args_is_help=True)
app.add_typer(lead_cli.app, name="lead")
app.add_typer(config_cli.app, name="config")
app.add_typer(suggestions_cli.app, name="suggestions")
app.add_typer(parked_cli.app, name="parked")
app.add_typer(bypass_cli.app, name="bypass")
app.add_typer(reps_cli.app, name="reps")
app.add_typer(kpi_cli.app, name="kpi")
app.add_typer(sla_cli.app, name="sla")
app.add_typer(value_cli.app, name="value")
app.add_typer(sandbox_cli.app, name="sandbox")
app.add_typer(digest_cli.app, name="asks")
app.add_typer(db, name="db")
app.command("digest")(digest_cli.show_digest)


@app.callback(invoke_without_command=True)
def main_options(
    *, version: Annotated[bool, typer.Option("--version", help="Print the version.")] = False
) -> None:
    """Baton: which lead, when, what is it worth, and what became of it."""
    if version:
        out.print(VERSION)
        raise typer.Exit


@app.command()
def sync(
    *,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Read and plan; write nothing.")] = False,
    full: Annotated[bool, typer.Option("--full", help="Read everything again, from the beginning.")] = False,
    force: Annotated[
        bool, typer.Option("--force", help="Write also what the brake holds back as too much at once.")
    ] = False,
    as_json: Json = False,
) -> None:
    """One round: read both systems, place and value the leads, write back, hand off."""

    def work() -> None:
        with Bars() as bars:
            mine = engine(bars)
            # What `baton serve` holds for each of its jobs: two rounds at once would write everything twice.
            with leased(mine.store, ROUND, clock=SystemClock()) as free:
                if not free:
                    fail([say("cli.busy")])
                if full:
                    start_over(mine)
                result = run_round(mine, Choice(dry_run=dry_run, force=force))
        _round(result, as_json=as_json)

    guarded(work)


def _round(result: RoundResult, *, as_json: bool) -> None:
    if as_json:
        emit(result.as_json())
    else:
        columns = ("read", "changed", "echoes", "planned", "written", "refused", "parked", "calls")
        rows = [
            (f"{connection} {name}", *(getattr(counts, column) for column in columns))
            for (connection, name), counts in sorted(result.objects.items())
            if any(getattr(counts, column) for column in columns)
        ]
        out.print(table("What the round did", ("object", *columns), rows))
        counts = {"handed off": result.handed_off, "given to another rep": result.reassigned}
        facts({"leads placed": result.leads_placed, **counts})
    if result.trouble:
        fail(result.trouble)


@app.command()
def provision(
    *,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would be done.")] = False,
    as_json: Json = False,
) -> None:
    """Create Baton's fields in both systems and make them visible. Running it again changes nothing."""

    def work() -> None:
        mine = engine()
        _report(mine, provision_systems(mine, apply=not dry_run), as_json=as_json)

    guarded(work)


@app.command()
def check(*, as_json: Json = False) -> None:
    """Test connections, permissions and schemas; say what is missing and who can mend it."""

    def work() -> None:
        mine = engine()
        _report(mine, check_systems(mine), as_json=as_json)

    guarded(work)


def _report(mine: Engine, found: list[Finding], *, as_json: bool) -> None:
    if as_json:
        emit(plain(found))
    else:
        for part in findings(mine, found):
            out.print(part, width=min(WIDTH, out.width))
    if any(one.severity is Severity.ERROR for one in found):
        raise typer.Exit(1)


@app.command()
def status(
    *,
    as_json: Json = False,
    health: Annotated[bool, typer.Option("--health", help="Only whether the database answers.")] = False,
) -> None:
    """How far each object is read, what waits, what is parked, how the last runs went."""

    def work() -> None:
        document = status_document(engine())
        if health:
            return
        if as_json:
            emit(document)
            return
        for name, rows in document.items():
            if isinstance(rows, list) and rows:
                columns = tuple(rows[0])
                out.print(table(name, columns, [tuple(row[column] for column in columns) for row in rows]))
            elif not isinstance(rows, list):
                facts({name: rows})

    guarded(work)


@app.command()
def serve() -> None:
    """Web, webhooks and jobs in one process, until it is told to stop."""
    from baton.serving import serve_forever  # the web stack is not needed by the other commands

    guarded(lambda: serve_forever(settings(), err))


@app.command()
def demo(
    *,
    keep: Annotated[bool, typer.Option("--keep", help="Leave everything running at the end.")] = False,
    leads: Annotated[int, typer.Option(help="How many leads the sandbox begins with.")] = 400,
    seed: Annotated[int, typer.Option(help="The same seed tells the same story.")] = 7,
    language: Annotated[str, typer.Option(help="en or zh_CN.")] = "en",
) -> None:
    """The whole story on a sandbox: from the first sync to a lead that was rejected, recycled and won."""
    from baton.demo import run_demo  # the sandbox is not needed by the other commands

    guarded(lambda: run_demo(leads=leads, seed=seed, keep=keep, language=language))


@db.command("upgrade")
def db_upgrade() -> None:
    """Bring the database to this version's tables."""

    def work() -> None:
        open_store(settings().database_url).close()
        err.print("The database is up to date.")

    guarded(work)


def main() -> None:
    """The console script."""
    app()
