"""`baton config ...`: the rules as documents in versions - look, compare, apply, take back, try on persons of a file."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any

import orjson
import typer
from rich.markup import escape

from baton.console import Bars, emit, err, guarded, out, say, table
from baton.session import As, Json, actor, settings
from baton.session import engine as engine_of
from baton.try_cli import try_
from connector.domain.differences import Difference, How
from connector.errors import ConfigError
from connector.store.engine import Store
from connector.sync.configuration import Applied, agree, put_in_force, rehearse, roll_back
from connector.sync.schema import schema_of
from connector.sync.sections import SECTIONS, Text, own, read_file
from connector.sync.versions import applied_document, compare, listed, text_at, waiting
from connector.sync.view import plain

app = typer.Typer(
    help="Matrix, signals, policies and the other documents, in versions.", no_args_is_help=True
)
app.command("try")(try_)

MOST_SHOWN = 60
"""Differences of one section that are printed; the others are counted."""
LONGEST = 60
"""Characters of a value that are printed."""

Section = Annotated[str, typer.Argument(help=f"One of: {', '.join(SECTIONS)}.")]
SIGNS = {How.ADDED: "+", How.REMOVED: "-", How.CHANGED: "~", How.MOVED: "↕"}


@app.command()
def export(
    section: Annotated[
        str, typer.Argument(help="A section. Without one: all, into the folder of --to.")
    ] = "",
    *,
    version: Annotated[str, typer.Option(help="A version's number, or `shipped`. Default: in force.")] = "",
    to: Annotated[Path | None, typer.Option(help="Write SECTION.yaml into this folder.")] = None,
    as_json: Json = False,
) -> None:
    """Print a document as it was applied, or write all of them into a folder."""

    def work() -> None:
        store = engine_of().store
        texts = {name: text_at(store, name, version)[0] for name in ([section] if section else SECTIONS)}
        if to is not None:
            _write(texts, to)
        elif as_json:
            emit(texts)
        elif section:
            sys.stdout.write(texts[section])
        else:
            raise typer.BadParameter("name a section, or a folder with --to", param_hint="section")

    guarded(work)


def _write(texts: Mapping[str, str], folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in texts.items():
        path = folder / f"{name}.yaml"
        if path.exists() and path.read_text(encoding="utf-8-sig") != text:
            raise ConfigError([say("config.exists", path=str(path))])
    for name, text in texts.items():
        (folder / f"{name}.yaml").write_text(text, encoding="utf-8")
        err.print(f"{folder / name}.yaml", soft_wrap=True)


@app.command()
def apply(
    files: Annotated[
        list[Path], typer.Argument(metavar="FILE...", help="SECTION.yaml each; - for standard input.")
    ],
    *,
    section: Annotated[str, typer.Option(help="The section, where the file's name does not say it.")] = "",
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Check and say what would change.")] = False,
    who: As = "admin",
    as_json: Json = False,
) -> None:
    """Check all sections together and put these documents in force; leads that a change can concern are decided again."""
    names = [_section_of(file, section, alone=len(files) == 1) for file in files]
    if len(set(names)) < len(names):
        raise typer.BadParameter("two files for one section", param_hint="FILE...")

    def work() -> None:
        engine, by = engine_of(), actor(who)
        texts = {name: _read(file) for name, file in zip(names, files, strict=True)}
        before = {name: text_at(engine.store, name) for name in texts}
        with Bars() as bars:
            if dry_run:
                applied = rehearse(engine.store, texts, at=engine.now(), progress=bars)
            else:
                who_ = f"{by.kind}:{by.id}"
                applied = put_in_force(engine.store, texts, at=engine.now(), by=who_, progress=bars)
        agree(engine.store, settings().config_dir)
        _report(applied, before, texts, dry_run=dry_run, as_json=as_json)
        if not dry_run:
            _outside(engine.store, applied)

    guarded(work)


def _section_of(file: Path, section: str, *, alone: bool) -> str:
    if section and not alone:
        raise typer.BadParameter("is for one file", param_hint="--section")
    name = section or file.stem
    if name not in SECTIONS:
        hint = f"{name!r} is no section; known are {', '.join(SECTIONS)}: name the file so, or say --section"
        raise typer.BadParameter(hint, param_hint="FILE...")
    return name


def _read(file: Path) -> Text:
    if str(file) == "-":
        return sys.stdin.buffer.read().decode("utf-8-sig"), "standard input"
    return read_file(file)


@app.command()
def rollback(
    section: Section,
    version: Annotated[int, typer.Argument(help="The version whose text comes into force again.")],
    *,
    who: As = "admin",
    as_json: Json = False,
) -> None:
    """Put an earlier version's text in force again, as a new version."""

    def work() -> None:
        engine, by = engine_of(), actor(who)
        before = text_at(engine.store, section)
        with Bars() as bars:
            applied = roll_back(
                engine.store, section, version, at=engine.now(), by=f"{by.kind}:{by.id}", progress=bars
            )
        agree(engine.store, settings().config_dir)
        after = text_at(engine.store, section)
        _report(applied, {section: before}, {section: after}, as_json=as_json)
        _outside(engine.store, applied)

    guarded(work)


def _report(
    applied: Applied,
    before: Mapping[str, Text],
    after: Mapping[str, Text],
    *,
    dry_run: bool = False,
    as_json: bool,
) -> None:
    if as_json:
        emit(plain(applied_document(applied, before, after, dry_run=dry_run)))
        return
    for warning in applied.warnings:
        err.print(f"[yellow]•[/yellow] {escape(say('config.warning', what=warning))}", soft_wrap=True)
    for name, (old, new) in applied.changed.items():
        said = "config.would" if dry_run else "config.changed"
        out.print(escape(say(said, section=name, old=old, new=new)))
        _print(compare(before[name], after[name]))
    if not applied.changed:
        out.print(say("config.same"))
        return
    everyone = "config.everyone" if applied.everyone else "config.leads"
    out.print(say(everyone, count=applied.leads))


def _outside(store: Store, applied: Applied) -> None:
    """Say where the folder holds another document than the one that is in force now."""
    folder = settings().config_dir
    for name in applied.changed:
        path = own(folder, name)
        if path is not None and read_file(path)[0] != text_at(store, name)[0]:
            said = say("config.folder_beside", path=str(path), section=name)
            err.print(f"[yellow]•[/yellow] {escape(said)}", soft_wrap=True)


@app.command()
def diff(
    what: Annotated[
        str, typer.Argument(metavar="SECTION|FILE", help="A section, or a file against what is in force.")
    ],
    old: Annotated[str, typer.Argument(help="A version's number, or `shipped` (the default).")] = "shipped",
    new: Annotated[str, typer.Argument(help="Another version. Default: the one in force.")] = "",
    *,
    section: Annotated[str, typer.Option(help="The section, where the file's name does not say it.")] = "",
    as_json: Json = False,
) -> None:
    """Say what differs, by path: two versions of a section, or a file against the version in force."""
    name = what if what in SECTIONS else _section_of(Path(what), section, alone=True)

    def work() -> None:
        store = engine_of().store
        if what in SECTIONS:
            found = compare(text_at(store, name, old), text_at(store, name, new))
        else:
            found = compare(text_at(store, name), _read(Path(what)))
        if as_json:
            emit({"section": name, "differences": plain(found)})
        else:
            _print(found, most=None)
            if not found:
                err.print(say("config.no_differences"))

    guarded(work)


def _print(found: Sequence[Difference], *, most: int | None = MOST_SHOWN) -> None:
    for one in found[:most]:
        said = {
            How.ADDED: f"{_short(one.new)}",
            How.REMOVED: f"{_short(one.old)}",
        }.get(one.how, f"{_short(one.old)} → {_short(one.new)}")
        out.print(f"  {SIGNS[one.how]} {escape(one.path)}: {escape(said)}", soft_wrap=True)
    if most is not None and len(found) > most:
        out.print(f"  … {say('config.more', count=len(found) - most)}")


def _short(value: Any) -> str:
    text = value if isinstance(value, str) else orjson.dumps(value, default=str).decode()
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}…"


@app.command()
def versions(
    section: Annotated[str, typer.Argument(help="Only this section.")] = "", *, as_json: Json = False
) -> None:
    """Every version: number, when, by whom; and how many leads still wait to be decided again."""

    def work() -> None:
        engine = engine_of()
        found, left = listed(engine.store, section), waiting(engine.store, engine.now())
        if as_json:
            emit({"versions": plain(found), "waiting": left})
            return
        rows = [
            (one.section, one.version, one.applied_at.isoformat(), one.by, "✓" if one.in_force else "")
            for one in found
        ]
        out.print(table("", ("section", "version", "applied", "by", "in force"), rows))
        err.print(say("config.waiting", count=left))

    guarded(work)


@app.command()
def schema(section: Section) -> None:
    """Print the JSON Schema of a section, for editors that check YAML while you type."""
    if section not in SECTIONS:
        raise typer.BadParameter(f"known are {', '.join(SECTIONS)}", param_hint="SECTION")
    sys.stdout.write(orjson.dumps(schema_of(section), option=orjson.OPT_INDENT_2).decode() + "\n")
