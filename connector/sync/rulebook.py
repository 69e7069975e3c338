"""The configuration in force: documents in versions, read from the database, checked and compiled once per version.

Documents come from the package's defaults, or from an admin's folder that replaces some of them; each change becomes a
new version of its section, so that every decision can name what it was taken under.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
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
from connector.store.meta import recall, remember

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
    _check_folder(folder)
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


def _check_folder(folder: Path | None) -> None:
    """A folder that is not there, or a file in it that nothing reads, would leave the shipped rules in force unnoticed."""
    if folder is None:
        return
    if not folder.is_dir():
        raise ConfigError([f"{folder}: is no folder; see BATON_CONFIG_DIR"])
    known = sorted((*MODELS, "mapping"))
    strange = sorted(
        path.name for path in folder.glob("*.y*ml") if path.stem not in known or path.suffix != ".yaml"
    )
    if strange:
        names = ", ".join(f"{name}.yaml" for name in known)
        raise ConfigError(
            [f"{folder / name}: nothing reads this file; known are {names}" for name in strange]
        )


def check_texts(texts: Mapping[str, tuple[str, str]]) -> Documents:
    """The documents as models, checked together. Raises ConfigError with every problem, file and line named."""
    documents = parsed(texts)
    compiled(documents)
    return documents


def parsed(texts: Mapping[str, tuple[str, str]]) -> Documents:
    """The documents as models, each checked by itself. Raises ConfigError with every problem, file and line named."""
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
    return Documents(**models)  # type: ignore[arg-type]


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


def rules_of(texts: Mapping[str, tuple[str, str]]) -> Rules:
    """Rules by these documents, whatever is in force. Raises ConfigError as check_texts does."""
    return compiled(parsed(texts))


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
        if not before:
            remember(tx, BEGAN, value=at.isoformat())
        if any(
            section in before and before[section].version != version for section, version in versions.items()
        ):
            dirty.mark_all(tx, reason="rules", at=at)
    return versions


BEGAN = "began_at"
"""When this Baton first had rules in force: what sales did before is history, not a way past it."""


def _since_beginning(documents: Documents, began: str | None) -> Documents:
    """The documents with the policies' `records_since` filled in, unless an admin gave one."""
    if began is None or documents.policies.records_since is not None:
        return documents
    since = {"records_since": datetime.fromisoformat(began)}
    return replace(documents, policies=documents.policies.model_copy(update=since))


@dataclass(slots=True)
class RuleBook:
    """Gives the rules in force inside a transaction. Sections are compiled anew only when one of them changed; a newly
    published table is only put in. `code` names Baton's own version in every decision."""

    code: str = ""
    _compiled: tuple[tuple[int, ...], Documents, Rules] | None = None
    _valued: tuple[tuple[object, ...], Rules] | None = None

    def __call__(self, tx: Tx) -> Rules:
        """The rules in force."""
        current, table = configs.current_configs(tx), values.published(tx)
        sections, _, rules = self._sections(current, recall(tx, BEGAN))
        key = (sections, table.version if table else 0)
        valued = self._valued  # read once: threads share the book, and each returns what it asked for
        if valued is None or valued[0] != key:
            stated = read_table(table.document, table.version) if table else ValueTable()
            versions = self._versions(dict(zip(MODELS, sections, strict=True)), table)
            self._valued = valued = key, replace(rules, values=stated, versions=versions)
        return valued[1]

    def documents(self, tx: Tx) -> Documents:
        """The documents behind them."""
        return self._sections(configs.current_configs(tx), recall(tx, BEGAN))[1]

    def _sections(
        self, current: Mapping[str, configs.ConfigVersion], began: str | None
    ) -> tuple[tuple[int, ...], Documents, Rules]:
        versions = tuple(current[section].version if section in current else 0 for section in MODELS)
        made = self._compiled
        if made is None or made[0] != versions:
            texts = {
                section: (current[section].document, f"{section} version {version}")
                if section in current
                else (default_text(section), f"{section}.yaml (shipped)")
                for section, version in zip(MODELS, versions, strict=True)
            }
            documents = _since_beginning(parsed(texts), began)
            self._compiled = made = versions, documents, compiled(documents)
        return made

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
