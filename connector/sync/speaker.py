"""Says Baton's messages in a reader's language, with the names that people know instead of ids."""

from __future__ import annotations

from connector.domain.facts import Message
from connector.domain.rules import Rules
from connector.store import owners
from connector.store.engine import Tx
from connector.texts import LOCALES, render


class Speaker:
    """Renders messages. Names of owners and of the configuration are held in memory and taken anew with `learn`, so
    that rendering never reads the database."""

    def __init__(self) -> None:
        self._owners: dict[str, str] = {}
        self._labels: dict[str, dict[str, str]] = {}

    def learn(self, tx: Tx, rules: Rules) -> None:
        """Take today's names: owners as their systems list them, rows and columns as the matrix labels them, reasons as
        the policies do."""
        self._owners = owners.names(tx)
        self._labels = {locale: _labels(rules, locale) for locale in LOCALES}

    def __call__(self, message: Message, locale: str) -> str:
        """The sentence in that language."""
        labels = self._labels.get(locale) or self._labels.get(LOCALES[0], {})
        return render(message, locale, {**labels, **self._owners})


def _labels(rules: Rules, locale: str) -> dict[str, str]:
    matrix = rules.matrix
    names = {
        name: matrix.label(name, locale) for name in (*matrix.personas, *matrix.stages, *matrix.sales_stages)
    }
    reasons = {reason.id: reason.label[locale] for reason in rules.policies.reasons if locale in reason.label}
    return names | reasons
