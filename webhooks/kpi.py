"""The API's value KPI: a period against its target, and what a target asks for."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, Self

from apiflask import APIBlueprint
from flask import Response, jsonify
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from connector.domain.kpi import Dimension
from connector.domain.periods import PeriodKind, period_of
from connector.reports.kpi import Basis, kpi_report
from connector.reports.kpi_document import kpi_document
from connector.reports.kpi_plan import plan_document, plan_report
from connector.store.engine import Tx
from webhooks.callers import identify, token_only
from webhooks.doors import doors
from webhooks.problems import InvalidBodyError
from webhooks.words import say

kpi = APIBlueprint("kpi", __name__, tag="KPI", url_prefix="/api/v1/kpi")
kpi.before_request(identify)

CLOSED: dict[int, Any] = {403: "For machines only"}


class DayQuery(BaseModel):
    """Parameters of an address; what is none of them is an error."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    day: date | None = Field(default=None, alias="date", description="Default: today, where the business is")

    @classmethod
    def model_validate(cls, obj: Any, **_: Any) -> Self:
        """Read parameters. `locale`, which every address has, is read elsewhere. Raises InvalidBodyError."""
        try:
            return super().model_validate({key: text for key, text in obj.items() if key != "locale"})
        except ValidationError as exc:
            raise InvalidBodyError(exc) from exc


class KpiQuery(DayQuery):
    """Which period, and how to break it down."""

    period: PeriodKind = PeriodKind.MONTH
    by: Dimension | None = None


class KpiShape(BaseModel):
    """The value KPI of a period, as `baton kpi --json` prints it; keys are only ever added."""

    model_config = ConfigDict(extra="allow")

    period: dict[str, Any]
    as_of: datetime
    currency: str
    target: dict[str, Any] | None
    value: dict[str, Any]
    restated: dict[str, Any] | None
    line: dict[str, Any]
    mix: dict[str, Any] | None
    mirror: dict[str, Any]
    rows: list[dict[str, Any]]
    corrections: list[dict[str, Any]]
    notes: list[str]


class PlanShape(BaseModel):
    """What a target asks for, as `baton kpi plan --json` prints it; keys are only ever added."""

    model_config = ConfigDict(extra="allow")

    day: date
    currency: str
    monthly: dict[str, Any] | None
    plan: dict[str, Any] | None
    mix: dict[str, Any] | None
    notes: list[str]


@kpi.get("")
@kpi.input(KpiQuery, location="query")
@kpi.doc(security="token", responses=CLOSED, operation_id="showKpi")
@kpi.output(KpiShape)
def show(query_data: KpiQuery) -> Response:
    """The value handed off in a period, against its target and ideal line, with sales' mirror beside it"""
    token_only()
    engine = doors().engine
    with engine.store.read() as tx:
        basis, now = _basis(tx), engine.now()
        period = period_of(query_data.period, query_data.day or now.astimezone(basis.zone).date())
        report = kpi_report(tx, basis, period, by=query_data.by, now=now)
    return jsonify(kpi_document(report, say))


@kpi.get("/plan")
@kpi.input(DayQuery, location="query")
@kpi.doc(security="token", responses=CLOSED, operation_id="showKpiPlan")
@kpi.output(PlanShape)
def plan(query_data: DayQuery) -> Response:
    """What a month's target asks for: leads by cell, and a year's revenue taken apart"""
    token_only()
    engine = doors().engine
    with engine.store.read() as tx:
        basis, now = _basis(tx), engine.now()
        report = plan_report(tx, basis, query_data.day or now.astimezone(basis.zone).date(), now)
    return jsonify(plan_document(report, say))


def _basis(tx: Tx) -> Basis:
    engine = doors().engine
    rules, documents = engine.rules(tx), engine.rules.documents(tx)
    engine.render.learn(tx, rules)
    return Basis(documents.policies, documents.value, documents.targets, rules.values)
