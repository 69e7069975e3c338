"""Pull to the mirror against the floor: `python -m benchmarks.pull [--leads N ...] [--runs N] [--plain]`.

Both sides in one run, each part in its own process, alternating. The promise: at most 2.5 times the floor's CPU, and memory
under 150 MB that does not grow with the number of leads.
"""

from __future__ import annotations

import argparse
import sys
from functools import partial
from pathlib import Path
from typing import Any

from benchmarks import floor, leads, running

TARGET, MEMORY_MB = 2.5, 150
KINDS = ("contacts", "leads")


def _floor(kind: str, folder: Path) -> dict[str, Any]:
    with running.folder() as fresh:
        return running.part(
            "benchmarks.pull", "--part", "floor", "--kind", kind, "--pages", str(folder), "--at", str(fresh)
        )


def _baton(kind: str, address: str) -> dict[str, Any]:
    with running.folder() as fresh:
        return running.part(
            "benchmarks.pull", "--part", "baton", "--kind", kind, "--url", address, "--at", str(fresh)
        )


def measure_floor(kind: str, pages: Path, at: Path) -> None:
    """The measured process of one floor."""
    mapping = leads.thirty_fields()
    names = ["id", "modified", "fields"]
    if kind == "leads":
        names = leads.lead_columns(leads.lead_fields(mapping))
    database = floor.opened(at / "floor.db", names)
    rows, cpu, wall = running.measured(lambda: floor.store(pages, kind, database, names))
    running.report(rows=rows, cpu=cpu, wall=wall, peak=running.peak_mb())


def measure_baton(kind: str, address: str, at: Path, profile: str = "") -> None:
    """The measured process of one pull: Baton's own path from the wire to the mirror, cursor included."""
    from benchmarks.baton_here import engine_at
    from connector.sync.pull import pull_object
    from connector.sync.results import RoundResult

    engine = engine_at(address, at / "baton.db", leads.thirty_fields())
    system, name = (engine.marketing, "contacts") if kind == "contacts" else (engine.crm, "Lead")
    result = RoundResult()

    def work() -> None:
        pull_object(engine, system, name, result)

    before = running.peak_mb()
    if profile:
        import cProfile

        cProfile.runctx("work()", {"work": work}, {}, profile)
        return
    _, cpu, wall = running.measured(work)
    counts = result.of(system.connection, name)
    running.report(
        rows=counts.changed, cpu=cpu, wall=wall, peak=running.peak_mb(), before=before, calls=counts.calls
    )


def write_pages(folder: Path, count: int) -> None:
    """The floor's pages: the very bytes that the stub serves."""
    mapping = leads.thirty_fields()
    for number, page in enumerate(leads.contact_pages(count, leads.contact_fields(mapping))):
        (folder / f"contacts-{number:05d}").write_bytes(leads.packed(page, zipped=True))
    for number, page in enumerate(leads.lead_pages(count, leads.lead_fields(mapping))):
        (folder / f"leads-{number:05d}").write_bytes(leads.packed(page, zipped=True))


def compare(count: int, *, runs: int, plain: bool) -> bool:
    """One size: print a line per kind; whether the promise holds."""
    options = ["--plain"] if plain else []
    with (
        running.folder() as pages,
        running.stub("--contacts", str(count), "--leads", str(count), *options) as url,
    ):
        write_pages(pages, count)
        parts = [(f"floor {kind}", partial(_floor, kind, pages)) for kind in KINDS]
        parts += [(f"baton {kind}", partial(_baton, kind, url)) for kind in KINDS]
        found = running.alternating(runs, parts)
    good = True
    for kind in KINDS:
        mine, least = found[f"baton {kind}"], found[f"floor {kind}"]
        assert all(row["rows"] == count for row in (*mine, *least)), "not every lead arrived"
        ratio = running.middle(mine, "cpu") / running.middle(least, "cpu")
        peak = max(row["peak"] for row in mine)
        good = good and ratio <= TARGET and peak < MEMORY_MB
        print(
            f"{kind:9} {count:7,}  floor {running.middle(least, 'cpu'):6.2f} s  baton {running.middle(mine, 'cpu'):6.2f} s"
            f"  ratio {ratio:4.2f}  peak {peak:5.0f} MB (before reading {mine[0]['before']:.0f})"
            f"  floor's {max(row['peak'] for row in least):.0f} MB  calls {mine[0]['calls']}"
        )
    return good


def main() -> None:
    """Compare, or be one of the compared parts."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--leads", type=int, nargs="+", default=[10_000, 100_000])
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--plain", action="store_true", help="serve pages that are not zipped")
    for hidden in ("--part", "--kind", "--url", "--profile"):
        parser.add_argument(hidden, default="", help=argparse.SUPPRESS)
    for hidden in ("--pages", "--at"):
        parser.add_argument(hidden, type=Path, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.part == "floor":
        measure_floor(asked.kind, asked.pages, asked.at)
    elif asked.part == "baton":
        measure_baton(asked.kind, asked.url, asked.at, asked.profile)
    else:
        print(f"pull to the mirror, 30 fields; CPU of the client process; {running.setting()}")
        good = [compare(count, runs=asked.runs, plain=asked.plain) for count in asked.leads]
        sys.exit(0 if all(good) else 1)


if __name__ == "__main__":
    main()
