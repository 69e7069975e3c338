"""The sections of the configuration, each registered here once: its shape, what can be wrong in it beside the others, and
whom a change of it concerns. A further section is one more entry, with its shipped document in `mappings/defaults/`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from importlib import resources
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel

from connector.documents import located, parse_yaml, validated
from connector.domain.coherence import check_policies, check_targets, check_value, warn_targets
from connector.domain.decision import Versions
from connector.domain.matrix import MatrixConfig, check_matrix, compile_matrix
from connector.domain.money import either
from connector.domain.playbook import PlaybookConfig, check_playbook
from connector.domain.policies import PoliciesConfig
from connector.domain.reach import dead_rows
from connector.domain.rules import Rules
from connector.domain.signals import SignalsConfig, check_signals, compile_signals
from connector.domain.signals_check import unspoken
from connector.domain.targets import TargetsConfig
from connector.domain.touch import EVERYONE, NOBODY, Touch, matrix_touch, policies_touch, signals_touch
from connector.domain.value import ValueConfig, ValueTable
from connector.errors import ConfigError

Model = TypeVar("Model", bound=BaseModel)

Text = tuple[str, str]
"""A document as people wrote it, and where it stands (a file, `policies version 3`)."""


@dataclass(frozen=True, slots=True)
class Documents:
    """The models of all sections, as one version of the configuration. `raw` are the documents as they were read, which
    know the line of everything; empty where nobody will ask."""

    models: Mapping[str, BaseModel]
    raw: Mapping[str, Any] = field(default_factory=dict, repr=False, compare=False)

    def of(self, section: str, model: type[Model]) -> Model:
        """The document of a section. Raises TypeError where that is of another shape."""
        found = self.models[section]
        if not isinstance(found, model):
            raise TypeError(f"{section} is no {model.__name__}")
        return found

    def with_(self, **models: BaseModel) -> Documents:
        """The same with other documents for some sections."""
        return replace(self, models={**self.models, **models})

    @property
    def matrix(self) -> MatrixConfig:
        """Rows and columns."""
        return self.of("matrix", MatrixConfig)

    @property
    def signals(self) -> SignalsConfig:
        """What is evidence."""
        return self.of("signals", SignalsConfig)

    @property
    def playbook(self) -> PlaybookConfig:
        """What to do in a cell."""
        return self.of("playbook", PlaybookConfig)

    @property
    def policies(self) -> PoliciesConfig:
        """When a lead passes to sales."""
        return self.of("policies", PoliciesConfig)

    @property
    def value(self) -> ValueConfig:
        """How leads are valued."""
        return self.of("value", ValueConfig)

    @property
    def targets(self) -> TargetsConfig:
        """How much value is to be handed off."""
        return self.of("targets", TargetsConfig)


def _nothing(_documents: Documents) -> Iterable[str]:
    return ()


def _everyone(_old: Documents, _new: Documents) -> Touch:
    return EVERYONE


def _nobody(_old: Documents, _new: Documents) -> Touch:
    return NOBODY


@dataclass(frozen=True, slots=True)
class Section:
    """One section. `check` and `warn` give sentences with their path in this section's document, `check` what makes the
    configuration unusable, `warn` what an admin should know. `touch` says whom a change concerns."""

    model: type[BaseModel]
    check: Callable[[Documents], Iterable[str]] = _nothing
    warn: Callable[[Documents], Iterable[str]] = _nothing
    touch: Callable[[Documents, Documents], Touch] = _everyone


SECTIONS: Mapping[str, Section] = {
    "matrix": Section(
        MatrixConfig,
        check=lambda d: [*check_matrix(d.matrix), *unspoken(d.signals, d.matrix)],
        warn=lambda d: dead_rows(d.matrix),
        touch=lambda old, new: matrix_touch(old.matrix, new.matrix),
    ),
    "signals": Section(
        SignalsConfig,
        check=lambda d: check_signals(d.signals, d.matrix),
        touch=lambda old, new: signals_touch(old.signals, new.signals, new.matrix),
    ),
    # Plays are read where they are shown: no decision and no field holds one.
    "playbook": Section(PlaybookConfig, check=lambda d: check_playbook(d.playbook, d.matrix), touch=_nobody),
    "policies": Section(
        PoliciesConfig,
        check=lambda d: check_policies(d.policies, d.matrix, d.signals),
        touch=lambda old, new: policies_touch(old.policies, new.policies, new.matrix),
    ),
    # The next estimate is made by it; leads carry the published table, and publishing marks the leads that it moves.
    "value": Section(ValueConfig, check=lambda d: check_value(d.value, d.matrix), touch=_nobody),
    # Reports read it; no decision does.
    "targets": Section(
        TargetsConfig,
        check=lambda d: check_targets(d.targets, d.value),
        warn=lambda d: warn_targets(d.targets, d.policies),
        touch=_nobody,
    ),
}
"""Every section that is kept in versions."""


def default_text(section: str) -> str:
    """The document that Baton ships for this section."""
    return (resources.files("mappings") / "defaults" / f"{section}.yaml").read_text(encoding="utf-8")


def shipped(section: str) -> Text:
    """The same with where it stands."""
    return default_text(section), f"{section}.yaml (shipped)"


def texts_from(folder: Path | None) -> dict[str, Text]:
    """Every section's document and where it stands: the folder's, where it has one, else the shipped one. Raises
    ConfigError for a file that cannot be read."""
    _check_folder(folder)
    return {
        section: read_file(path) if (path := own(folder, section)) else shipped(section)
        for section in SECTIONS
    }


def own(folder: Path | None, section: str) -> Path | None:
    """The folder's own document of a section, if it has one."""
    path = folder / f"{section}.yaml" if folder else None
    return path if path and path.exists() else None


def read_file(path: Path) -> Text:
    """A document in a file. Raises ConfigError when it cannot be read."""
    try:
        return path.read_text(encoding="utf-8-sig"), str(path)
    except (OSError, UnicodeDecodeError) as exc:
        raise ConfigError([f"{path}: cannot be read as UTF-8 text"]) from exc


def _check_folder(folder: Path | None) -> None:
    """A folder that is not there, or a file in it that nothing reads, would leave the shipped rules in force unnoticed."""
    if folder is None:
        return
    if not folder.is_dir():
        raise ConfigError([f"{folder}: is no folder; see BATON_CONFIG_DIR"])
    known = sorted((*SECTIONS, "mapping"))
    strange = sorted(
        path.name for path in folder.glob("*.y*ml") if path.stem not in known or path.suffix != ".yaml"
    )
    if strange:
        names = ", ".join(f"{name}.yaml" for name in known)
        raise ConfigError(
            [f"{folder / name}: nothing reads this file; known are {names}" for name in strange]
        )


def parsed(texts: Mapping[str, Text]) -> Documents:
    """The documents as models, each checked by itself. Raises ConfigError with every problem, file and line named."""
    models: dict[str, BaseModel] = {}
    raw: dict[str, Any] = {}
    problems: list[str] = []
    for name, section in SECTIONS.items():
        text, source = texts[name]
        try:
            raw[name] = parse_yaml(text, source=source)
            models[name] = validated(section.model, raw[name], source=source)
        except ConfigError as exc:
            problems += exc.problems
    if problems:
        raise ConfigError(problems)
    return Documents(models, raw)


def checked(texts: Mapping[str, Text]) -> tuple[Documents, tuple[str, ...]]:
    """The documents as models, checked together, and what an admin should know of them. Raises ConfigError with every
    problem, file, line and path named."""
    documents = parsed(texts)
    problems = list(_placed(documents, texts, lambda section: section.check))
    if problems:
        raise ConfigError(problems)
    return documents, tuple(_placed(documents, texts, lambda section: section.warn))


def _placed(
    documents: Documents,
    texts: Mapping[str, Text],
    asks: Callable[[Section], Callable[[Documents], Iterable[str]]],
) -> Iterable[str]:
    for name, section in SECTIONS.items():
        for problem in asks(section)(documents):
            yield located(problem, documents.raw.get(name), source=texts[name][1])


def compiled(
    documents: Documents, versions: Versions | None = None, table: ValueTable | None = None
) -> Rules:
    """Rules ready to decide with. Raises ConfigError when the sections contradict each other."""
    matrix = compile_matrix(documents.matrix)
    return Rules(
        matrix=matrix,
        signals=compile_signals(documents.signals, documents.matrix),
        policies=documents.policies,
        playbook=documents.playbook,
        values=table or ValueTable(),
        versions=versions or Versions(),
        rates=either(documents.value.rates(), matrix.rates),
    )


def rules_of(texts: Mapping[str, Text]) -> Rules:
    """Rules by these documents, whatever is in force. Raises ConfigError with every problem."""
    return compiled(checked(texts)[0])
