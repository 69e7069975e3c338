"""The configuration in force: documents in versions, read from the database, checked and compiled once per version.

How a document comes into force is in configuration.py, what the documents are in sections.py.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from pydantic import TypeAdapter

from connector.domain.decision import Versions
from connector.domain.rules import Rules
from connector.domain.value import ValueTable
from connector.store import configs, values
from connector.store.engine import Store, Tx
from connector.store.meta import recall
from connector.sync.configuration import BEGAN, put_in_force, texts_in_force
from connector.sync.sections import SECTIONS, Documents, Text, compiled, parsed, texts_from

__all__ = ["Documents", "RuleBook", "apply_texts", "read_table", "texts_from"]

_TABLE = TypeAdapter(ValueTable)


def apply_texts(store: Store, texts: Mapping[str, Text], *, at: datetime, by: str) -> dict[str, int]:
    """Put the documents in force after checking them together; a section that says what it said keeps its version.
    Gives the versions in force. Raises ConfigError; then nothing has changed."""
    return dict(put_in_force(store, texts, at=at, by=by).versions)


def _since_beginning(documents: Documents, began: str | None) -> Documents:
    """The documents with the policies' `records_since` filled in, unless an admin gave one."""
    if began is None or documents.policies.records_since is not None:
        return documents
    since = {"records_since": datetime.fromisoformat(began)}
    return documents.with_(policies=documents.policies.model_copy(update=since))


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
            versions = self._versions(dict(zip(SECTIONS, sections, strict=True)), table)
            self._valued = valued = key, replace(rules, values=stated, versions=versions)
        return valued[1]

    def documents(self, tx: Tx) -> Documents:
        """The documents behind them."""
        return self._sections(configs.current_configs(tx), recall(tx, BEGAN))[1]

    def _sections(
        self, current: Mapping[str, configs.ConfigVersion], began: str | None
    ) -> tuple[tuple[int, ...], Documents, Rules]:
        versions = tuple(current[section].version if section in current else 0 for section in SECTIONS)
        made = self._compiled
        if made is None or made[0] != versions:
            documents = _since_beginning(replace(parsed(texts_in_force(current)), raw={}), began)
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
