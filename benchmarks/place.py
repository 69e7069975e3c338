"""Placing with the shipped rules: `python -m benchmarks.place [--leads N] [--profile]`.

Reads N contacts and a few activities each, matches them, and measures how many leads a second are decided and recorded.
"""

from __future__ import annotations

import argparse
import cProfile
import pstats
from datetime import timedelta
from pathlib import Path
from typing import Any

from benchmarks import leads, running

KINDS = (
    ("page_view", "Pricing", "https://www.vendor.example/pricing", ""),
    ("form", "Contact us", "https://www.vendor.example/contact", "Please send a quotation for 20 sets"),
    ("email_reply", "Re: offer", "", "我们想了解一下价格和交货期，能否安排演示？"),
    ("download", "Buyer's guide", "https://www.vendor.example/guide", ""),
)
EACH = 4
"""Activities of one lead."""


def fill(engine: Any, count: int) -> None:
    """Read, add activities, match. Nothing is placed yet."""
    from connector.store import activities
    from connector.sync.match import match_pending
    from connector.sync.pull import pull_object
    from connector.sync.results import RoundResult
    from mappings.records import Activity, Direction, Kind, RecordKey

    result, now = RoundResult(), engine.now()
    pull_object(engine, engine.marketing, "contacts", result)
    for start in range(0, count, 1_000):
        told = [
            Activity(
                key=RecordKey("marketing", "notes", f"{number}-{which}"),
                kind=Kind(kind),
                occurred_at=now - timedelta(days=1 + (number + which * 7) % 60),
                recorded_at=now,
                learned_at=now,
                direction=Direction.IN,
                subject=subject,
                text=text,
                url=url,
                person_ids=(str(leads.FIRST_ID + number),),
            )
            for number in range(start, min(start + 1_000, count))
            for which, (kind, subject, url, text) in enumerate(KINDS)
        ]
        with engine.store.begin() as tx:
            activities.keep_activities(tx, told)
    match_pending(engine, result)


def measure(address: str, at: Path, count: int, *, profile: bool) -> None:
    """The measured process."""
    from benchmarks.baton_here import engine_at
    from connector.sync.place import place_due
    from connector.sync.results import RoundResult

    engine = engine_at(address, at / "baton.db", leads.shipped_mapping())
    _, match_cpu, _ = running.measured(lambda: fill(engine, count))
    result = RoundResult()
    if profile:
        watch = cProfile.Profile()
        watch.runcall(place_due, engine, result, hold=True)
        pstats.Stats(watch).sort_stats("tottime").print_stats(35)
        pstats.Stats(watch).sort_stats("cumtime").print_stats(60)
    before = running.peak_mb()
    _, cpu, wall = running.measured(lambda: place_due(engine, result, hold=True))
    running.report(
        placed=result.leads_placed, cpu=cpu, wall=wall, fill=match_cpu, before=before, peak=running.peak_mb()
    )


def main() -> None:
    """Start the stub and the measured process."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--leads", type=int, default=20_000)
    parser.add_argument("--profile", action="store_true")
    for hidden in ("--url", "--at"):
        parser.add_argument(hidden, default="", help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.url:
        measure(asked.url, Path(asked.at), asked.leads, profile=asked.profile)
        return
    with running.folder() as at, running.stub("--contacts", str(asked.leads), "--shipped") as url:
        options = ["--leads", str(asked.leads), "--url", url, "--at", str(at)]
        if asked.profile:
            import subprocess
            import sys

            subprocess.run([sys.executable, "-m", "benchmarks.place", *options, "--profile"], check=True)
            return
        found = running.part("benchmarks.place", *options)
    print(
        f"placing {found['placed']:,} leads with {EACH} activities each: {found['cpu']:.1f} s CPU,"
        f" {found['placed'] / found['cpu']:.0f} leads per CPU second; reading and matching before it {found['fill']:.1f} s;"
        f" peak {found['peak']:.0f} MB ({found['before']:.0f} before); {running.setting()}"
    )


if __name__ == "__main__":
    main()
