"""A round in which nothing has changed: `python -m benchmarks.quiet [--leads N]`.

A first load of N leads, read, matched, decided and written back, which takes minutes for 100,000; then both clocks move past
the longest overlap, and one whole round runs in a process of its own. It must write nothing, and cost no more CPU than the
floor of reading those N leads.
"""

from __future__ import annotations

import argparse
import sys
from datetime import timedelta
from pathlib import Path
from typing import Any

from benchmarks import leads, running

PAST = timedelta(hours=3)
"""Beyond the long overlap of either system."""


def load(address: str, at: Path) -> None:
    """The first load, and one more round, after which nothing is left to do."""
    from benchmarks.baton_here import engine_at
    from connector.sync.round import run_round

    engine = engine_at(address, at / "baton.db", leads.shipped_mapping())
    (first, second), cpu, _ = running.measured(lambda: (run_round(engine), run_round(engine)))
    running.report(placed=first.leads_placed, again=second.leads_placed, cpu=cpu, peak=running.peak_mb())


def measure(address: str, at: Path) -> None:
    """The measured process: one round on a loaded database."""
    from benchmarks.baton_here import MovedClock, engine_at
    from connector.sync.round import run_round

    engine = engine_at(address, at / "baton.db", leads.shipped_mapping(), MovedClock(PAST))
    running.control(address, "forget")
    result, cpu, wall = running.measured(lambda: run_round(engine))
    counts = result.objects.values()
    running.report(
        cpu=cpu,
        wall=wall,
        peak=running.peak_mb(),
        calls=sum(one.calls for one in counts),
        read=sum(one.read for one in counts),
        changed=sum(one.changed for one in counts),
        written=result.written,
        placed=result.leads_placed,
        trouble=result.trouble,
        asked=running.control(address, "calls"),
    )


def _floor(count: int, at: Path) -> float:
    mapping = leads.thirty_fields()
    for number, page in enumerate(leads.contact_pages(count, leads.contact_fields(mapping))):
        (at / f"contacts-{number:05d}").write_bytes(leads.packed(page, zipped=True))
    options = ("--part", "floor", "--kind", "contacts", "--pages", str(at), "--at", str(at))
    return float(running.part("benchmarks.pull", *options)["cpu"])


def compare(count: int) -> bool:
    """Load, move the clocks, measure; whether the promise holds."""
    with (
        running.folder() as at,
        running.folder() as pages,
        running.stub("--contacts", str(count), "--shipped") as url,
    ):
        loaded = running.part("benchmarks.quiet", "--part", "load", "--url", url, "--at", str(at))
        running.control(url, f"move?{int(PAST.total_seconds())}")
        found: dict[str, Any] = running.part(
            "benchmarks.quiet", "--part", "round", "--url", url, "--at", str(at)
        )
        least = _floor(count, pages)
    print(
        f"quiet round over {count:,} leads: {found['cpu']:.2f} s CPU (floor of reading them {least:.2f} s),"
        f" {found['calls']} calls, read {found['read']}, changed {found['changed']}, placed {found['placed']},"
        f" written {found['written']}, peak {found['peak']:.0f} MB, trouble {found['trouble']}; {running.setting()}"
    )
    print(f"the first load with all it causes: {loaded['cpu']:.0f} s CPU, peak {loaded['peak']:.0f} MB")
    for name, calls in sorted(found["asked"].items()):
        print(f"  {calls:3} {name}")
    return found["written"] == 0 and found["cpu"] <= least


def main() -> None:
    """Compare, or be one of the parts."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--leads", type=int, default=100_000)
    for hidden in ("--part", "--url", "--at"):
        parser.add_argument(hidden, default="", help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.part == "load":
        load(asked.url, Path(asked.at))
    elif asked.part == "round":
        measure(asked.url, Path(asked.at))
    else:
        sys.exit(0 if compare(asked.leads) else 1)


if __name__ == "__main__":
    main()
