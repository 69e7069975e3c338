"""Any number of dimensions: the example of 27 rows, with fallbacks and tolerance; everybody is in exactly one cell."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connector.domain.decide import decide
from connector.domain.facts import AccountFacts, Memory
from connector.domain.rules import Rules
from connector.sync.sections import SECTIONS, checked, compiled, read_file, shipped, texts_from
from mappings.records import Account, Direction, Kind, Money
from tests.domain.placing.leads import NOW, account, act, cny, known, said

EXAMPLES = Path(__file__).parents[3] / "docs" / "examples"
EXAMPLE = EXAMPLES / "three-dimensions" / "matrix.yaml"
SIZES = {"enterprise": 2_000_000_000, "mid-market": 500_000_000, "small": 5_000_000}
MODELS = {"manufacturer": "OEM", "distributor": "经销商", "services": "consulting"}
SITES = {"many": 12, "several": "3", "single": 1}


@cache
def rules() -> Rules:
    """The example beside the other shipped documents."""
    texts = {name: shipped(name) for name in SECTIONS} | {"matrix": read_file(EXAMPLE)}
    documents, warnings = checked(texts)
    assert warnings == ()
    return compiled(documents)


def row(firm: Account | None, **memory: Any) -> Any:
    return decide(
        known(said("Could we see a demo?"), company=firm, memory=Memory(**memory)), rules(), NOW
    ).persona


@pytest.mark.parametrize("folder", sorted({file.parent.name for file in EXAMPLES.glob("*/*.yaml")}))
def test_every_folder_of_examples_fits_beside_the_shipped_documents(folder: str) -> None:
    _, warnings = checked(texts_from(EXAMPLES / folder))
    assert warnings == ()


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("sites", SITES)
def test_every_combination_has_its_row(size: str, model: str, sites: str) -> None:
    firm = account(revenue=cny(SIZES[size]), business_model=MODELS[model], properties={"sites": SITES[sites]})
    assert row(firm).id == f"{size}-{model}-{sites}"


def test_each_dimension_has_its_own_fallback() -> None:
    firm = account(employees=300, industry="Machinery", properties={"countries": 4})
    found = row(firm)
    assert found.id == "mid-market-manufacturer-several"
    assert found.fallback == "account.employees"
    assert row(account(revenue=cny(SIZES["small"]), business_model="OEM")).id == "unknown"


def test_each_number_has_its_own_tolerance() -> None:
    """11 sites are within 10 % of the limit of 10, 12 are not; the revenue of 1.05 bn is within 10 % of 1 bn."""
    before = {"persona": "mid-market-services-several"}
    for revenue, sites, kept in (
        (500_000_000, 10, True), (500_000_000, 12, False), (1_050_000_000, 5, True), (1_200_000_000, 5, False),
        (1_050_000_000, 10, True), (1_050_000_000, 12, False),
    ):  # fmt: skip
        firm = account(revenue=cny(revenue), business_model="services", properties={"sites": sites})
        found = row(firm, **before)
        assert (found.id == before["persona"]) == kept, (revenue, sites)
        assert bool(found.candidate) == kept


ACCOUNTS = st.none() | st.builds(
    account,
    revenue=st.none() | st.builds(Money, st.integers(-5, 10**13), st.sampled_from(["CNY", "USD", "EUR", "XXX"])),
    employees=st.none() | st.integers(-1, 5_000),
    business_model=st.sampled_from(["", "oem", "Reseller", "services", "bank"]),
    industry=st.sampled_from(["", "machinery", "retail"]),
    properties=st.fixed_dictionaries(
        {}, optional={"sites": st.sampled_from([0, 1, "2", 10, "many", None]), "countries": st.integers(0, 12)}
    ),
)  # fmt: skip
ACTIVITIES = st.lists(
    st.builds(
        act,
        st.sampled_from(list(Kind)),
        st.sampled_from(
            ["", "How much is it?", "能不能安排演示", "we also talk to other vendors", "no thanks"]
        ),
        at=st.integers(0, 400).map(lambda days: NOW - timedelta(days=days)),
        direction=st.sampled_from([None, *Direction]),
    ),
    max_size=5,
)


@settings(max_examples=200, deadline=None)
@given(
    ACCOUNTS,
    ACTIVITIES,
    st.sampled_from(["", "small-services-single", "enterprise-manufacturer-many", "no-such-row"]),
)
def test_every_unit_is_in_exactly_one_cell(firm: Account | None, done: list[Any], before: str) -> None:
    lead = replace(
        known(*sorted(done, key=lambda a: (a.occurred_at, a.key))),
        account=AccountFacts(firm),
        memory=Memory(persona=before),
    )
    decision = decide(lead, rules(), NOW)
    matrix = rules().matrix
    cells = [*matrix.cells, *(f"{persona}/none" for persona in matrix.personas)]
    assert cells.count(decision.cell) == 1
    assert decision.cell == f"{decision.persona.id}/{decision.stage.id}"
    assert decide(lead, rules(), NOW) == decision
