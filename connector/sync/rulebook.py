"""The configuration in force: documents in versions, read from the database, checked and compiled once per version.

Documents come from the package's defaults, or from an admin's folder that replaces some of them; each change becomes a
new version of its section, so that every decision can name what it was taken under.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from importlib import resources
from pathlib import Path

from pydantic import BaseModel, TypeAdapter

from connector.documents import parse_yaml, validated
from connector.domain.decision import Versions
from connector.domain.matrix import MatrixConfig, compile_matrix
from connector.domain.playbook import PlaybookConfig
from connector.domain.policies import PoliciesConfig
from connector.domain.rules import Rules
from connector.domain.signals import SignalsConfig, compile_signals
from connector.domain.value import ValueConfig, ValueTable
from connector.errors import ConfigError
from connector.store import configs, dirty, values
from connector.store.engine import Store, Tx

MODELS: Mapping[str, type[BaseModel]] = {
    "matrix": MatrixConfig,
    "signals": SignalsConfig,
    "playbook": PlaybookConfig,
    "policies": PoliciesConfig,
    "value": ValueConfig,
}
"""Every section that decides, with the shape of its document."""

_TABLE = TypeAdapter(ValueTable)


@dataclass(frozen=True, slots=True)
class Documents:
    """The sections' models, as one version of the configuration."""

    matrix: MatrixConfig
    signals: SignalsConfig
    playbook: PlaybookConfig
    policies: PoliciesConfig
    value: ValueConfig


def default_text(section: str) -> str:
    """The document that Baton ships for this section."""
    return (resources.files("mappings") / "defaults" / f"{section}.yaml").read_text(encoding="utf-8")


def texts_from(folder: Path | None) -> dict[str, tuple[str, str]]:
    """Every section's document and where it stands: the folder's, where it has one, else the shipped one. Raises
    ConfigError for a file that cannot be read."""
    found: dict[str, tuple[str, str]] = {}
    for section in MODELS:
        path = folder / f"{section}.yaml" if folder else None
        if path is not None and path.exists():
            try:
                found[section] = path.read_text(encoding="utf-8-sig"), str(path)
            except (OSError, UnicodeDecodeError) as exc:
                raise ConfigError([f"{path}: cannot be read as UTF-8 text"]) from exc
        else:
            found[section] = default_text(section), f"{section}.yaml (shipped)"
    return found


def check_texts(texts: Mapping[str, tuple[str, str]]) -> Documents:
    """The documents as models, checked together. Raises ConfigError with every problem, file and line named."""
    models: dict[str, BaseModel] = {}
    problems: list[str] = []
    for section, model in MODELS.items():
        text, source = texts[section]
        try:
            models[section] = validated(model, parse_yaml(text, source=source), source=source)
        except ConfigError as exc:
            problems += exc.problems
    if problems:
        raise ConfigError(problems)
    documents = Documents(**models)  # type: ignore[arg-type]
    compiled(documents)
    return documents


def compiled(
    documents: Documents, versions: Versions | None = None, table: ValueTable | None = None
) -> Rules:
    """Rules ready to decide with. Raises ConfigError when the sections contradict each other."""
    return Rules(
        matrix=compile_matrix(documents.matrix),
        signals=compile_signals(documents.signals, documents.matrix),
        policies=documents.policies,
        playbook=documents.playbook,
        values=table or ValueTable(),
        versions=versions or Versions(),
    )


def apply_texts(
    store: Store, texts: Mapping[str, tuple[str, str]], *, at: datetime, by: str
) -> dict[str, int]:
    """Put the documents in force after checking them together; a section that says what it said keeps its version.
    Gives the versions in force. Raises ConfigError; then nothing has changed."""
    check_texts(texts)
    with store.begin() as tx:
        before = configs.current_configs(tx)
        versions = {
            section: configs.apply_config(tx, section, document=text, at=at, by=by)
            for section, (text, _) in texts.items()
        }
        if any(
            section in before and before[section].version != version for section, version in versions.items()
        ):
            dirty.mark_all(tx, reason="rules", at=at)
    return versions


@dataclass(slots=True)
class RuleBook:
    """Gives the rules in force inside a transaction, compiled anew only when a version changed. `code` names Baton's
    own version in every decision."""

    code: str = ""
    _key: tuple[object, ...] = ()
    _rules: Rules | None = None
    _documents: Documents | None = field(default=None)

    def __call__(self, tx: Tx) -> Rules:
        """The rules in force."""
        return self._current(tx)[0]

    def documents(self, tx: Tx) -> Documents:
        """The documents behind them."""
        return self._current(tx)[1]

    def _current(self, tx: Tx) -> tuple[Rules, Documents]:
        current = configs.current_configs(tx)
        table = values.published(tx)
        versions = {section: current[section].version if section in current else 0 for section in MODELS}
        key = (*versions.items(), table.version if table else 0)
        if self._rules is None or self._documents is None or key != self._key:
            texts = {
                section: (current[section].document, f"{section} version {versions[section]}")
                if section in current
                else (default_text(section), f"{section}.yaml (shipped)")
                for section in MODELS
            }
            self._documents = check_texts(texts)
            stated = read_table(table.document, table.version) if table else None
            self._rules = compiled(self._documents, self._versions(versions, table), stated)
            self._key = key
        return self._rules, self._documents

    def _versions(self, versions: Mapping[str, int], table: values.StoredTable | None) -> Versions:
        return Versions(
            matrix=versions["matrix"],
            signals=versions["signals"],
            policies=versions["policies"],
            value=table.version if table else 0,
            code=self.code,
        )


def read_table(document: object, version: int) -> ValueTable:
    """A stored value table as a value."""
    return replace(_TABLE.validate_python(document), version=version)
