"""`baton sandbox`: serve an embedded HubSpot portal and Salesforce org, load tables into them, have people in them act.

Machine output goes to standard output, everything else to standard error.
"""

from __future__ import annotations

import signal
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from threading import Event
from types import FrameType
from typing import Annotated, Any

import orjson
import typer
import urllib3
from pydantic import ValidationError
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from connector.documents import read_yaml, validated
from connector.errors import ConfigError
from connector.sandbox.load import Loaded, Refused, System, Table, TableError
from connector.sandbox.load_map import ColumnMap
from connector.sandbox.running import Ports, SandboxPlan, start
from connector.sandbox.state import StateFileError

app = typer.Typer(no_args_is_help=True, help="An embedded HubSpot portal and Salesforce org to try Baton on.")
_say = Console(stderr=True, soft_wrap=True)

FAILED, WRONG_USAGE = 1, 2
_SYSTEMS: dict[str, System] = {
    "marketing": "hubspot",
    "hubspot": "hubspot",
    "crm": "salesforce",
    "salesforce": "salesforce",
}
_SHOWN = 20

ControlUrl = Annotated[
    str, typer.Option("--control", envvar="BATON_CLOCK_URL", help="Address of the sandbox's control API.")
]
AsJson = Annotated[bool, typer.Option("--json", help="One JSON object on standard output.")]


@app.command()
def serve(  # noqa: PLR0913 - every parameter is an option
    *,
    hubspot_port: Annotated[int, typer.Option(help="Port of the portal; 0: any free one.")] = 0,
    salesforce_port: Annotated[int, typer.Option(help="Port of the org; 0: any free one.")] = 0,
    control_port: Annotated[int, typer.Option(help="Port of the control API; 0: any free one.")] = 0,
    leads: Annotated[int, typer.Option(min=0, help="How many made-up leads to begin with.")] = 0,
    seed: Annotated[int, typer.Option(help="The same seed makes the same leads.")] = 1,
    start_at: Annotated[
        str, typer.Option("--start", help="The sandbox's present, ISO 8601; default: now.")
    ] = "",
    state: Annotated[Path | None, typer.Option(help="File to go on from and to save to.")] = None,
    as_json: AsJson = False,
) -> None:
    """Run both systems on this machine until interrupted."""
    stopped = Event()

    def stop(number: int, frame: FrameType | None) -> None:
        stopped.set()

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, stop)
    ports = Ports(hubspot_port, salesforce_port, control_port)
    plan = SandboxPlan(_moment(start_at), leads, seed, running_clock=True, ports=ports, state_file=state)
    try:
        sandbox = start(plan)
    except (StateFileError, OSError) as refused:
        raise _failed(str(refused)) from refused
    try:
        _tell(sandbox.env(), sandbox.control_url, as_json=as_json)
        while not stopped.wait(3600):
            pass
    finally:
        sandbox.stop()
    _say.print("sandbox stopped")


def _tell(env: dict[str, str], control_url: str, *, as_json: bool) -> None:
    if as_json:
        _out({"env": env, "control_url": control_url})
    else:
        typer.echo("\n".join(f"export {name}={value}" for name, value in env.items()))
    _say.print(f"sandbox ready; control API at {control_url}; stop with Ctrl-C")


def _moment(text: str) -> datetime:
    if not text:
        return datetime.now(UTC)
    try:
        at = datetime.fromisoformat(text)
    except ValueError as wrong:
        raise typer.BadParameter(f"{text!r} is no ISO 8601 time such as 2026-11-02T08:00:00Z") from wrong
    return at if at.tzinfo is not None else at.replace(tzinfo=UTC)


@app.command()
def act(
    what: Annotated[str, typer.Argument(help="The act; `list` shows all with their parameters.")],
    given: Annotated[
        list[str] | None, typer.Argument(help="Parameters as name=value; a value may be JSON.")
    ] = None,
    *,
    control: ControlUrl = "",
    as_json: AsJson = False,
) -> None:
    """Have somebody in a running sandbox do something."""
    if what == "list":
        _list_acts(_ask(control, "GET", "/acts"), as_json=as_json)
        return
    answer = _ask(control, "POST", "/act", {"what": what, **dict(_parameter(one) for one in given or ())})
    if as_json:
        _out(answer)
    for done in () if as_json else answer["done"]:
        typer.echo(f"{done['system']} {done['object']} {done['id']}")


def _parameter(text: str) -> tuple[str, Any]:
    name, equals, value = text.partition("=")
    if not equals:
        raise typer.BadParameter(f"{text!r}: write name=value")
    if value[:1] in ("{", "[") or value in ("true", "false"):
        try:
            return name, orjson.loads(value)
        except orjson.JSONDecodeError as wrong:
            raise typer.BadParameter(f"{name}: {value!r} begins like JSON but is none") from wrong
    return name, value


def _list_acts(answer: Any, *, as_json: bool) -> None:
    if as_json:
        _out(answer)
        return
    for one in answer["acts"]:
        names = [n if p["required"] else f"[{n}]" for n, p in one["parameters"].items()]
        typer.echo(f"{one['what']} {' '.join(names)}\n    {one['meaning']}")


@app.command()
def load(
    file: Annotated[
        Path, typer.Argument(exists=True, dir_okay=False, help="CSV in UTF-8; the first line names columns.")
    ],
    *,
    connection: Annotated[str, typer.Option(help="marketing (hubspot) or crm (salesforce).")],
    columns: Annotated[Path, typer.Option(exists=True, dir_okay=False, help="The column map, YAML.")],
    object_name: Annotated[str, typer.Option("--object", help="Object of the records that name none.")] = "",
    control: ControlUrl = "",
    as_json: AsJson = False,
) -> None:
    """Fill a running sandbox from a table. Bad rows are reported and left out."""
    system = _SYSTEMS.get(connection)
    if system is None:
        raise typer.BadParameter(f"{connection!r}: say marketing or crm", param_hint="--connection")
    try:
        plan = validated(ColumnMap, read_yaml(columns), source=str(columns))
        table = Table(file)
        chunks = table.chunks(plan)
        result = _send(control, {"system": system, "object": object_name}, plan, chunks)
    except (ConfigError, TableError, ValidationError) as wrong:
        raise _failed(str(wrong)) from wrong
    result.refused += table.bad
    _report(result, as_json=as_json)


def _send(control: str, target: dict[str, Any], plan: ColumnMap, chunks: Iterator[Any]) -> Loaded:
    result = Loaded()
    document = plan.model_dump(mode="json", by_alias=True)
    told = (
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.completed} rows"),
        TimeElapsedColumn(),
    )
    with Progress(*told, console=_say) as progress:
        task = progress.add_task("loading", total=None)
        for rows in chunks:
            answer = _ask(control, "POST", "/load", {**target, "map": document, "rows": rows})
            refused = [Refused(one["line"], one["reason"]) for one in answer["refused"]]
            result.counts.update(answer["loaded"])
            result.refused += refused
            progress.advance(task, len(rows))
    return result


def _report(result: Loaded, *, as_json: bool) -> None:
    result.refused.sort(key=lambda one: one.line)
    if as_json:
        _out(result.wire())
    else:
        for name, count in result.counts.items():
            typer.echo(f"{name} {count}")
    for one in result.refused[:_SHOWN]:
        _say.print(f"line {one.line}: {one.reason}", style="yellow", markup=False)
    if len(result.refused) > _SHOWN:
        _say.print(f"... and {len(result.refused) - _SHOWN} more rows left out; --json lists all")


def _ask(control: str, method: str, path: str, body: Any = None) -> Any:
    if not control:
        raise typer.BadParameter(
            "give the address that `baton sandbox serve` printed, or set BATON_CLOCK_URL",
            param_hint="--control",
        )
    try:
        answer = urllib3.request(
            method,
            control.rstrip("/") + path,
            body=orjson.dumps(body) if body is not None else None,
            headers={"Content-Type": "application/json"},
            timeout=120.0,
            retries=False,
        )
        found = orjson.loads(answer.data)
    except (urllib3.exceptions.HTTPError, orjson.JSONDecodeError) as silent:
        raise _failed(f"no sandbox answers at {control}: start one with `baton sandbox serve`") from silent
    if answer.status >= 400:
        raise _failed(str(found["error"]))
    return found


def _failed(message: str) -> typer.Exit:
    _say.print(message, style="red", markup=False)
    return typer.Exit(FAILED)


def _out(document: Any) -> None:
    typer.echo(orjson.dumps(document).decode())
