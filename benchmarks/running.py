"""Starts the stub and the measured processes, and reads what they use. CPU is user + system seconds of the measured
process alone; wall time is printed for orientation and compares nothing on a shared machine."""

from __future__ import annotations

import json
import os
import platform
import resource
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from random import Random
from statistics import median
from time import perf_counter
from typing import Any, TypeVar

import urllib3

T = TypeVar("T")
ROOT = Path(__file__).resolve().parent.parent


@contextmanager
def stub(*arguments: str) -> Iterator[str]:
    """The address of a stub that runs for as long as the block."""
    command = [sys.executable, "-m", "benchmarks.stub", *arguments]
    with subprocess.Popen(
        command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stdin is not None
        try:
            yield f"http://127.0.0.1:{int(process.stdout.readline())}"
        finally:
            process.stdin.close()


@contextmanager
def folder() -> Iterator[Path]:
    """A directory for databases and pages, gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="baton-benchmark-") as path:
        yield Path(path)


def control(address: str, path: str) -> dict[str, int]:
    """Move the stub's clock (`move?SECONDS`), clear its counts (`forget`) or only read them."""
    found: dict[str, int] = urllib3.request("GET", f"{address}/control/{path}").json()
    return found


def measured(work: Callable[[], T]) -> tuple[T, float, float]:
    """What the work gives, its CPU seconds (user + system, this process) and its wall seconds."""
    begun, clock = _cpu(), perf_counter()
    found = work()
    return found, _cpu() - begun, perf_counter() - clock


def _cpu() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def peak_mb() -> float:
    """The most memory this process has held, in MB, its interpreter and imports included."""
    status = Path("/proc/self/status")
    if status.exists():
        line = next(one for one in status.read_text().splitlines() if one.startswith("VmHWM"))
        return int(line.split()[1]) / 1024
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / 1024 / (1024 if sys.platform == "darwin" else 1)


def part(module: str, *arguments: str) -> dict[str, Any]:
    """Run one measured part in a process of its own; what it reports."""
    command = [sys.executable, "-m", module, *arguments]
    done = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, check=True, text=True)
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def report(**figures: Any) -> None:
    """Hand a part's figures to `part`."""
    sys.stdout.write(json.dumps(figures) + "\n")


def alternating(runs: int, parts: Sequence[tuple[str, Callable[[], dict[str, Any]]]]) -> dict[str, list[Any]]:
    """Run all parts several times in changing order, so that a noisy minute harms them alike."""
    found: dict[str, list[Any]] = {name: [] for name, _ in parts}
    for turn in range(runs):
        for name, run in Random(turn).sample(list(parts), len(parts)):
            found[name].append(run())
    return found


def middle(rows: Sequence[dict[str, Any]], name: str) -> float:
    """The median of one figure."""
    return float(median(row[name] for row in rows))


def setting() -> str:
    """Where the figures were taken."""
    return f"{os.cpu_count()} cores, {platform.system()}, Python {platform.python_version()}"
