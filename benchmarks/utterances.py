"""How well the shipped signals read what people write: `python -m benchmarks.utterances [FILE...] [--mistakes N]`.

Each line of a file is a labelled utterance, `{"id", "lang", "kind", "text", "stage"}`; `stage` is the furthest column that
the text by itself is evidence for, or `none`. Prints precision and recall by language and column, and the worst mistakes
with what was weighed. Without FILE: the labelled utterances of the tests. Ends with 1 where a figure is below its floor.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

import orjson
from ruamel.yaml import YAML

from connector.domain.matrix import MatrixConfig
from connector.domain.signals import Signals, SignalsConfig, compile_signals, read_activity, weigh_activity
from connector.domain.signals_config import Strength
from mappings.records import Activity, Direction, Kind, RecordKey

ROOT = Path(__file__).parents[1]
LABELLED = ROOT / "tests" / "domain" / "placing" / "utterances"
STAGES = ("problem-education", "solution-research", "solution-selection")
NONE = "none"
PRECISION, RECALL = 0.90, 0.85
_WHEN = datetime(2026, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Utterance:
    """One labelled line, and the column that was read from it."""

    id: str
    lang: str
    label: str
    read: str
    activity: Activity


@dataclass(frozen=True, slots=True)
class Figures:
    """How one column was read in one language."""

    lang: str
    stage: str
    labelled: int
    read: int
    right: int

    @property
    def precision(self) -> float:
        """Of those read as the column, the share that is labelled so."""
        return self.right / self.read if self.read else 1.0

    @property
    def recall(self) -> float:
        """Of those labelled as the column, the share that is read so."""
        return self.right / self.labelled if self.labelled else 1.0


@cache
def shipped() -> Signals:
    """The shipped signals under the shipped matrix."""
    reader = YAML(typ="safe", pure=True)
    signals, matrix = (
        reader.load((ROOT / "mappings" / "defaults" / f"{name}.yaml").read_text(encoding="utf-8"))
        for name in ("signals", "matrix")
    )
    return compile_signals(SignalsConfig.model_validate(signals), MatrixConfig.model_validate(matrix))


def activity_of(line: dict[str, Any]) -> Activity:
    """The utterance as the customer's own; calls, notes and meetings are reported by our side."""
    key = RecordKey("utterances", "activities", line["id"])
    return Activity(key, Kind(line["kind"]), _WHEN, _WHEN, _WHEN, text=line["text"], direction=Direction.IN)


def stage_read(signals: Signals, activity: Activity) -> str:
    """The furthest column among the positive signals that the activity gives, whatever their strength; else `none`."""
    given = [signals.by_id[name] for name in read_activity(signals, activity).signals]
    stages = [str(one.stage) for one in given if one.strength is not Strength.NEGATIVE]
    return max(stages, key=STAGES.index, default=NONE)


def read_file(path: Path, signals: Signals) -> list[Utterance]:
    """Every line of the file, read."""
    lines = [orjson.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]
    acts = [activity_of(line) for line in lines]
    return [
        Utterance(line["id"], line["lang"], line["stage"], stage_read(signals, act), act)
        for line, act in zip(lines, acts, strict=True)
    ]


def figures(utterances: Sequence[Utterance]) -> Iterator[Figures]:
    """One row for each language and column."""
    for lang in sorted({one.lang for one in utterances}):
        spoken = [one for one in utterances if one.lang == lang]
        for stage in (*STAGES, NONE):
            labelled = [one for one in spoken if one.label == stage]
            read = [one for one in spoken if one.read == stage]
            right = sum(one.read == stage for one in labelled)
            yield Figures(lang, stage, len(labelled), len(read), right)


def mistakes(utterances: Iterable[Utterance]) -> list[Utterance]:
    """What was read wrongly, the columns farthest apart first."""
    order = (NONE, *STAGES)
    wrong = [one for one in utterances if one.read != one.label]
    return sorted(wrong, key=lambda one: (-abs(order.index(one.read) - order.index(one.label)), one.id))


def report(path: Path, most: int, signals: Signals) -> bool:
    """Print the file's figures and its worst mistakes. Whether every floor is kept."""
    utterances = read_file(path, signals)
    rows = list(figures(utterances))
    print(f"{path.name}: {len(utterances)} utterances, {len(mistakes(utterances))} read wrongly")
    print(f"{'lang':5}{'stage':20}{'precision':>10}{'recall':>8}{'labelled':>10}{'read':>6}{'right':>7}")
    for row in rows:
        print(
            f"{row.lang:5}{row.stage:20}{row.precision:10.3f}{row.recall:8.3f}"
            f"{row.labelled:10}{row.read:6}{row.right:7}"
        )
    for one in mistakes(utterances)[:most]:
        print(f"\n{one.id}: labelled {one.label}, read {one.read}: {one.activity.text!r}")
        for scale in weigh_activity(signals, one.activity):
            found = ", ".join(f"{name or 'start'} {points:+}" for name, points in scale.findings[:8])
            print(f"  {scale.scale} {scale.points:+}: {found}")
    return all(row.precision >= PRECISION and row.recall >= RECALL for row in rows if row.stage != NONE)


def main() -> int:
    """The command."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("files", nargs="*", type=Path, metavar="FILE")
    parser.add_argument("--mistakes", type=int, default=10, metavar="N")
    asked = parser.parse_args()
    files = asked.files or sorted(LABELLED.glob("*.jsonl"))
    kept = [report(path, asked.mistakes, shipped()) for path in files]
    return 0 if all(kept) else 1


if __name__ == "__main__":
    sys.exit(main())
