"""Placing by compiled rules against an interpreted rule tree: `python -m benchmarks.rules [--leads N] [--profile]`.

Twenty rules - nine rows of a matrix of size by business model, and eleven signals that ask for the shipped phrases -
place invented leads with four activities each: once as Baton does, once by walking the same YAML for every lead. Both must
say the same of every lead, or the run fails. They take turns, a thousand leads at a time, so that a noisy minute harms both.
"""

from __future__ import annotations

import argparse
import cProfile
import pstats
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import islice
from random import Random
from typing import Any

from benchmarks import interpreter, running
from connector.documents import parse_yaml, plain
from connector.domain.facts import AccountFacts, Known
from connector.domain.matrix import Matrix, MatrixConfig, compile_matrix, place_persona
from connector.domain.signals import Signals, SignalsConfig, compile_signals
from connector.domain.stage import place_stage
from connector.sync.sections import default_text
from mappings.records import Account, Activity, Direction, Kind, Money, Person, RecordKey

PROMISE = 4.0
"""How many times faster than the interpreter."""
CHUNK = 1_000
NOW = datetime(2026, 11, 1, tzinfo=UTC)
SPOKEN = ["form", "demo_request", "email_reply", "chat", "message", "call", "meeting", "note"]
WORDED = (
    ("pain-asked", "problem-education", "strong", ["@pain"]),
    ("demo-asked", "solution-research", "strong", ["@demo"]),
    ("visit-agreed", "solution-research", "supporting", ["@meet"]),
    ("case-asked", "solution-research", "supporting", ["@case"]),
    ("material-asked", "solution-research", "supporting", ["@material"]),
    ("competitor-named", "solution-selection", "strong", ["@competitor"]),
    ("price-asked", "solution-selection", "strong", ["@price"]),
    ("refused", None, "negative", ["@refusal"]),
)
"""Signals that ask for words of the shipped lists; three more ask for a title, an address, a kind."""
SIZES, MODELS = ("enterprise", "mid-market", "small"), ("saas", "reseller", "")

SAID = (
    "We are looking into your product for {n} people in two plants.", "How much is it per seat for {n} seats?",
    "Could you show us a demo next week? There are {n} of us.", "Thanks for the material, I will get back to you on {n}.",
    "Does it integrate with SAP? We run {n} orders a day.", "We are also evaluating two other vendors until week {n}.",
    "请给我们发一份{n}套的报价，谢谢", "能不能安排一次产品演示？我们有{n}个工厂", "我们想了解一下，目前每月有{n}张工单",
    "实施周期大概多久？大约{n}人使用",
    "不需要演示，谢谢，编号{n}", "Please do not contact me again ({n}).", "The meeting went well, {n} people took part.",
    "资料收到了，我们内部讨论后再联系，编号{n}", "I have a question about invoice {n}.", "下周三上午{n}点方便通话吗？",
)  # fmt: skip
ALSO = (
    "Hello, thank you for your last message.", "Our team looked at the material that you sent.", "您好，感谢上次的沟通。",
    "As discussed, our plant in the north is being rebuilt this year.", "我们团队上周开会讨论了这件事，大家都觉得比较重要。",
    "I am on a business trip until Thursday and can be reached by phone.", "具体情况我们同事会再和您联系。",
)  # fmt: skip
"""What stands around it in an e-mail."""
TITLES = (
    "Industry white paper {n}",
    "Product brochure {n}",
    "Webinar on quality {n}",
    "行业白皮书{n}",
    "Price list {n}",
)


def documents() -> tuple[dict[str, Any], dict[str, Any]]:
    """Matrix and signals with twenty rules between them, as plain YAML."""
    matrix = plain(parse_yaml(default_text("matrix"), source="matrix.yaml"))
    signals = plain(parse_yaml(default_text("signals"), source="signals.yaml"))
    windows = {row["id"]: row["windows"] for row in matrix["rows"]}
    matrix["rows"] = [
        {
            "id": f"{size}-{model or 'other'}",
            "group": size,
            "label": {"en": size},
            "when": {"all": [{"band": "size", "is": size}, *([_model(model)] if model else [])]},
            "windows": windows[size],
        }
        for size in SIZES
        for model in MODELS
    ]
    signals = {"format": 1, "phrases": signals["phrases"], "signals": list(_signals())}
    assert len(matrix["rows"]) + len(signals["signals"]) == 20
    return matrix, signals


def _signals() -> Iterator[dict[str, Any]]:
    for id_, stage, strength, words in WORDED:
        asked = {"text": {"any_of": words}}
        yield {"id": id_, "label": {"en": id_}, "kinds": SPOKEN, "strength": strength, "when": asked} | (
            {"stage": stage} if stage else {}
        )
    early = {"stage": "problem-education", "strength": "supporting", "by_row": {"enterprise": "strong"}}
    paper = {"any": [{"title": {"any_of": ["@paper"], "none_of": ["@price"]}}, {"url": ["whitepaper"]}]}
    yield {
        "id": "white-paper",
        "label": {"en": "Paper"},
        "kinds": ["download", "form"],
        **early,
        "when": paper,
    }
    yield {
        "id": "site-visit",
        "label": {"en": "Visit"},
        "kinds": ["page_view"],
        **early,
        "when": {"url": ["/p/1", "/p/2"]},
    }
    yield {"id": "webinar", "label": {"en": "Webinar"}, "kinds": ["webinar", "event"], **early}


def _model(model: str) -> dict[str, Any]:
    return {"fact": "account.business_model", "in": [model, model.upper()]}


def leads(count: int) -> Iterator[Known]:
    """Invented leads, the same ones every time."""
    rng = Random(5)
    for number in range(count):
        company = Account(
            RecordKey("hub", "companies", str(number)),
            revenue=Money(rng.randrange(1, 4_000) * 100_000_000, "CNY") if number % 3 else None,
            employees=rng.choice((None, 12, 90, 400, 2_000)),
            business_model=rng.choice(("SaaS", "reseller", "maker", "")),
        )
        done = sorted(
            (_activity(rng, number, which) for which in range(4)), key=lambda a: (a.occurred_at, a.key)
        )
        person = Person(RecordKey("hub", "contacts", str(number)))
        yield Known(str(number), NOW, person, account=AccountFacts(company), activities=tuple(done))


def _activity(rng: Random, number: int, which: int) -> Activity:
    at = NOW - timedelta(minutes=rng.randrange(1, 200 * 1_440))
    kind = (Kind.PAGE_VIEW, Kind.DOWNLOAD, Kind.FORM, Kind.EMAIL_REPLY)[which]
    spoken = which > 1
    return Activity(
        RecordKey("hub", "activities", f"{number}-{which}"),
        kind,
        at,
        at,
        at,
        direction=Direction.IN,
        subject="" if spoken else rng.choice(TITLES).format(n=number),
        text=_words(rng, number, mail=which == 3) if spoken else "",
        url=f"https://www.vendor.example/p/{number % 97}" if which == 0 else "",
    )


def _words(rng: Random, number: int, *, mail: bool) -> str:
    """A sentence typed into a form, or an e-mail of four."""
    said = rng.choice(SAID).format(n=number)
    return f"{rng.choice(ALSO)} {rng.choice(ALSO)} {said} {rng.choice(ALSO)}" if mail else said


def compiled(matrix: Matrix, signals: Signals, known: Known) -> tuple[str, str, frozenset[str]]:
    """Row, column and the signals inside their windows, as Baton places."""
    persona, _ = place_persona(matrix, known, NOW)
    stage, evidence, _ = place_stage(matrix, signals, known, persona_id=persona.id, now=NOW)
    return persona.id, stage.id, frozenset(one.signal for one in evidence)


def main() -> int:
    """Place everybody twice. 0 when the promise is kept."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--leads", type=int, default=100_000)
    parser.add_argument("--profile", action="store_true")
    asked = parser.parse_args()
    matrix_document, signals_document = documents()
    config = MatrixConfig.model_validate(matrix_document)
    matrix = compile_matrix(config)
    signals = compile_signals(SignalsConfig.model_validate(signals_document), config)
    tree = interpreter.Tree(matrix_document, signals_document, NOW)
    everybody, ours, theirs, walls = leads(asked.leads), 0.0, 0.0, [0.0, 0.0]
    watch = cProfile.Profile()
    while chunk := list(islice(everybody, CHUNK)):
        if asked.profile:
            watch.enable()
        mine, cpu, wall = running.measured(lambda: [compiled(matrix, signals, one) for one in chunk])
        watch.disable()
        ours, walls[0] = ours + cpu, walls[0] + wall
        walked, cpu, wall = running.measured(lambda: [tree.place(one) for one in chunk])
        theirs, walls[1] = theirs + cpu, walls[1] + wall
        assert mine == walked, next(
            pair for pair in zip(mine, walked, chunk, strict=True) if pair[0] != pair[1]
        )
    if asked.profile:
        pstats.Stats(watch).sort_stats("tottime").print_stats(25)
    ratio = theirs / ours
    print(
        f"placing {asked.leads:,} leads by 20 rules: compiled {ours:.1f} s CPU ({walls[0]:.0f} s wall), interpreted"
        f" {theirs:.1f} s CPU ({walls[1]:.0f} s wall): {ratio:.1f} times faster, promised {PROMISE:.0f};"
        f" peak {running.peak_mb():.0f} MB; {running.setting()}"
    )
    return 0 if ratio >= PROMISE else 1


if __name__ == "__main__":
    raise SystemExit(main())
