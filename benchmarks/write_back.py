"""Writing changed leads back: `python -m benchmarks.write_back [--leads N]`.

N records with a few wanted values each go through the outbox and the real adapters; counted are the calls, which must be
N/100 for HubSpot and N/200 for Salesforce, rounded up, and the CPU of a thousand rows.
"""

from __future__ import annotations

import argparse
import sys
from math import ceil
from pathlib import Path

from benchmarks import leads, running

SIZES = {"contacts": 100, "Lead": 200}
VALUES = {
    "contacts": {
        "baton_cell": "mid-market/solution-research",
        "baton_value_now": "1250",
        "baton_next_action": "call",
    },
    "Lead": {
        "Baton_Cell__c": "mid-market/solution-research",
        "Baton_Value_Now__c": "1250",
        "Baton_Next_Action__c": "call",
    },
}


def measure(address: str, at: Path, count: int) -> None:
    """The measured process."""
    from benchmarks.baton_here import engine_at
    from connector.store import outbox
    from connector.store.outbox import Wanted
    from connector.sync.deliver import deliver_all
    from connector.sync.pull import pull_object
    from connector.sync.results import RoundResult
    from mappings.records import RecordKey

    figures: dict[str, dict[str, float]] = {}
    engine = engine_at(address, at / "baton.db", leads.shipped_mapping())
    for system, name in ((engine.marketing, "contacts"), (engine.crm, "Lead")):
        pull_object(engine, system, name, RoundResult())
        first = leads.FIRST_ID
        ids = [
            str(first + number) if name == "contacts" else f"00Q5g00000{number:05d}AAA"
            for number in range(count)
        ]
        wanted = [Wanted(RecordKey(system.connection, name, id_), VALUES[name]) for id_ in ids]
        with engine.store.begin() as tx:
            outbox.want(tx, wanted, at=engine.now())
        result = RoundResult()
        _, cpu, _ = running.measured(lambda result=result: deliver_all(engine, result))  # type: ignore[misc]
        counts = result.of(system.connection, name)
        figures[name] = {"calls": counts.calls, "written": counts.written, "cpu": cpu}
    running.report(peak=running.peak_mb(), **figures)


def main() -> None:
    """Start the stub and the measured process; whether not one call was too many."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--leads", type=int, default=10_050)
    for hidden in ("--url", "--at"):
        parser.add_argument(hidden, default="", help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.url:
        measure(asked.url, Path(asked.at), asked.leads)
        return
    count = str(asked.leads)
    with running.folder() as at, running.stub("--contacts", count, "--leads", count, "--shipped") as url:
        found = running.part("benchmarks.write_back", "--leads", count, "--url", url, "--at", str(at))
    good = True
    for name, size in SIZES.items():
        row, least = found[name], ceil(asked.leads / size)
        good = good and row["calls"] == least and row["written"] == asked.leads
        print(
            f"{name:9} {row['written']:,} rows written, {row['calls']} calls (least {least}),"
            f" {1000 * row['cpu'] / asked.leads:.2f} s CPU per 1,000 rows; {running.setting()}"
        )
    sys.exit(0 if good else 1)


if __name__ == "__main__":
    main()
