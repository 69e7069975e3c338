"""What picklist values mean: theirs to ours and back, and what to do with a value that nobody mapped."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass

from mappings.document import ChoiceMap, MappingDocument
from mappings.problems import Severity


@dataclass(frozen=True, slots=True)
class Chosen:
    """The value to go on with; `problem` names what an admin should hear of, with its weight."""

    value: str
    problem: str = ""
    severity: Severity = Severity.NOTICE


def _pairs(choices: ChoiceMap, system: str) -> Iterator[tuple[str, str]]:
    yield from choices.values.get(system, {}).items()
    for labels in choices.labels.values():
        yield from ((label, ours) for ours, label in labels.items())


def _outgoing(choices: ChoiceMap, system: str) -> Iterator[tuple[str, str]]:
    yield from choices.written.get(system, {}).items()
    yield from ((ours, theirs) for theirs, ours in _pairs(choices, system))


def _unmapped(choices: ChoiceMap, value: str) -> Chosen:
    policy, _, default = choices.unknown.partition(":")
    if policy == "default":
        return Chosen(default)
    if policy == "refuse":
        return Chosen("", "choice_refused", Severity.ERROR)
    return Chosen(value, "choice_unmapped", Severity.WARNING) if policy == "flag" else Chosen(value)


def to_ours(choices: ChoiceMap, system: str, value: str) -> Chosen:
    """Our word for a remote value; case and blanks around it do not matter. One that is our word already is itself."""
    wanted = value.strip().casefold()
    if not wanted:
        return Chosen("")
    for theirs, ours in _pairs(choices, system):
        if wanted in (theirs.casefold(), ours.casefold()):
            return Chosen(ours)
    return _unmapped(choices, value.strip())


def to_theirs(choices: ChoiceMap, system: str, word: str, *, among: Collection[str] = ()) -> Chosen:
    """The first remote value that means our word, of those the picklist has (`among`) when it is known."""
    if not word:
        return Chosen("")
    for ours, theirs in _outgoing(choices, system):
        if ours == word and (not among or theirs in among):
            return Chosen(theirs)
    return _unmapped(choices, word)


def answer_of(mapping: MappingDocument, system: str, status: str, *, choices: str = "answer") -> Chosen:
    """What a CRM status says of a hand-off: open, accepted, qualified, rejected, converted, disqualified, or "" when it
    says nothing, whatever the policy of the map lets pass."""
    found = mapping.choices.get(choices)
    if found is None:
        return Chosen("")
    chosen = to_ours(found, system, status)
    known = set(found.ours) | {ours for _, ours in _pairs(found, system)}
    return chosen if chosen.value in known else Chosen("", chosen.problem, chosen.severity)
