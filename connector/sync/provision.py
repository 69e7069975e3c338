"""Makes Baton's own fields in both systems, and tells before anything is synchronised what is missing, and who mends it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass

from connector.errors import RemoteError
from connector.ports import FieldSpec, ProvisionStep, RemoteSystem
from connector.sync.engine import Engine
from connector.sync.lanes import read_again
from mappings.check import check_mapping
from mappings.own_fields import own_specs
from mappings.problems import Severity

MISSING = "missing"
"""The outcome of a field that would be created."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was found or done in one connection. `code` is the outcome of a step or the id of a mapping problem;
    `severity` error stops synchronising."""

    connection: str
    object: str
    name: str
    code: str
    severity: Severity = Severity.NOTICE
    reason: str = ""
    params: Mapping[str, str | int] | None = None


def provision(engine: Engine, *, apply: bool = True) -> list[Finding]:
    """Create what is missing in both systems and make it visible; what is there stays untouched. Without `apply`, say what
    would be done. An object that cannot be reached is told and does not stop the others."""
    found: list[Finding] = []
    for system in engine.systems:
        for name in _own_objects(engine, system):
            wanted = _specs(engine, system, name)
            try:
                steps = (
                    list(system.provision(name, wanted)) if apply else list(_missing(system, name, wanted))
                )
            except RemoteError as error:
                steps = [ProvisionStep(name, "", "refused", str(error))]
            found += [_finding(system.connection, step) for step in steps]
            if apply and any(step.outcome in _NEWLY_VISIBLE for step in steps):
                # Records read before did not show these fields, and nothing will be written where they are not seen.
                read_again(engine, system.connection, name)
    return found


_NEWLY_VISIBLE = frozenset({"created", "granted"})


def check(engine: Engine) -> list[Finding]:
    """What is missing or would fail: address, credentials and permissions first, then the mapping against both schemas."""
    found: list[Finding] = []
    schemas: dict[str, dict[str, Mapping[str, FieldSpec]]] = {}
    for system in engine.systems:
        try:
            found += [_finding(system.connection, step) for step in system.check()]
            schemas[engine.side(system.connection)] = _schemas(engine, system)
        except RemoteError as error:
            found.append(Finding(system.connection, "", "", "refused", Severity.ERROR, str(error)))
    connections = {engine.side(system.connection): system.connection for system in engine.systems}
    for problem in check_mapping(engine.mapping, schemas):
        where = connections.get(problem.system, problem.system)
        found.append(
            Finding(where, problem.object, problem.field, problem.id, problem.severity, params=problem.params)
        )
    return found


def _schemas(engine: Engine, system: RemoteSystem) -> dict[str, Mapping[str, FieldSpec]]:
    """The fields of every mapped object. One that cannot be described is left out, which the check tells as missing."""
    found: dict[str, Mapping[str, FieldSpec]] = {}
    for name in engine.mapping.facts.get(engine.side(system.connection), {}):
        try:
            found[name] = system.schema(name).fields
        except RemoteError as error:
            if error.status is None or error.status >= 500:
                raise
    return found


def _own_objects(engine: Engine, system: RemoteSystem) -> tuple[str, ...]:
    """Every object that carries a field of Baton's."""
    side = engine.side(system.connection)
    named = [name for own in engine.mapping.own_fields for name in engine.mapping.own_on(own, side)]
    return tuple(dict.fromkeys(named))


def _specs(engine: Engine, system: RemoteSystem, object: str) -> list[FieldSpec]:
    side = engine.side(system.connection)
    specs = own_specs(engine.mapping, side, object, locale=engine.locale)
    return [FieldSpec(**asdict(spec)) for spec in specs]


def _missing(system: RemoteSystem, object: str, wanted: list[FieldSpec]) -> Iterator[ProvisionStep]:
    there = system.schema(object).fields
    for spec in wanted:
        yield ProvisionStep(object, spec.name, "present" if spec.name in there else MISSING)


def _finding(connection: str, step: ProvisionStep) -> Finding:
    severity = Severity.ERROR if step.outcome == "refused" else Severity.NOTICE
    return Finding(connection, step.object, step.name, step.outcome, severity, step.reason)
