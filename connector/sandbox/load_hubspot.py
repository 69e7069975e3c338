"""Loads rows into the portal: records with their own creation times, associations, and form submissions with theirs."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from connector.sandbox.hubspot.catalog import BY_NAME
from connector.sandbox.hubspot.portal import Portal
from connector.sandbox.hubspot.values import iso
from connector.sandbox.load_map import BadRowError, Reference, Wanted

SUBMISSIONS = "submissions"
_OF_FORM = ("form", "page_url")


class PortalLoader:
    """Takes records in, row by row."""

    def __init__(self, portal: Portal) -> None:
        self._portal = portal
        self._forms = {form.name: form.id for form in portal.marketing.forms.values()}
        self._known: dict[tuple[str, str], dict[str, str]] = {}

    def check(self, records: list[Wanted]) -> None:
        """Refuse unknown objects, values that the portal would not take, and unique values that are taken."""
        for record in records:
            if record.map.object == SUBMISSIONS:
                self._check_submission(record)
                continue
            kind = BY_NAME.get(record.map.object)
            if kind is None:
                raise BadRowError(f"HubSpot has no object {record.map.object!r} here")
            clean = self._portal.schemas[kind.name].clean(_texts(record.values), internal=True)
            reused = self._reused(record) is not None
            for name in () if reused else self._portal.schemas[kind.name].unique:
                if clean.get(name) and self._portal.shelves[kind.name].holder(name, clean[name]) is not None:
                    raise BadRowError(f"{kind.name}.{name} {clean[name]!r} is taken")

    @staticmethod
    def _check_submission(record: Wanted) -> None:
        if not record.values.get("form"):
            raise BadRowError("submissions.form is empty: every submission belongs to a form")
        if not record.values.get("email"):
            raise BadRowError("submissions.email is empty: it ties a submission to its contact")

    def put(self, records: list[Wanted]) -> list[str]:
        """Store them at once; references become ids."""
        ids: dict[str, tuple[str, str]] = {}
        made: list[str] = []
        for record in records:
            object_name = record.map.object
            if object_name == SUBMISSIONS:
                self._submit(record)
                made.append(SUBMISSIONS)
                continue
            held = self._reused(record)
            if held is None:
                held = self._create(record, ids)
                made.append(object_name)
            ids[record.map.name] = (object_name, held)
            for name in record.map.associate:
                if name in ids:
                    self._portal.associate((object_name, held), ids[name])
        return made

    def finish(self) -> None:
        """Everything is stored already."""

    def _create(self, record: Wanted, ids: dict[str, tuple[str, str]]) -> str:
        values = {
            name: ids[value.name][1] if isinstance(value, Reference) else value
            for name, value in record.values.items()
            if not isinstance(value, Reference) or value.name in ids
        }
        made = self._portal.load(record.map.object, [_texts(values)], stamp=record.at)[0]
        if record.map.reuse:
            held = self._holders(record.map.object, record.map.reuse)
            held[str(record.values.get(record.map.reuse, "")).casefold()] = made
        return made

    def _submit(self, record: Wanted) -> None:
        name = str(record.values["form"])
        if name not in self._forms:
            self._forms[name] = self._portal.add_form(name).id
        texts = {k: v for k, v in _texts(record.values).items() if k not in _OF_FORM}
        page = str(record.values.get("page_url", ""))
        self._portal.submit_form(self._forms[name], texts, page_url=page, at=record.at)

    def _reused(self, record: Wanted) -> str | None:
        if not record.map.reuse:
            return None
        value = str(record.values.get(record.map.reuse, "")).casefold()
        return self._holders(record.map.object, record.map.reuse).get(value) if value else None

    def _holders(self, object_name: str, name: str) -> dict[str, str]:
        """Value → id of every live record; made once per batch."""
        found = self._known.get((object_name, name))
        if found is None:
            shelf = self._portal.shelves[BY_NAME[object_name].name].records.values()
            live = [one for one in shelf if not (one.archived or one.gone) and name in one.properties]
            found = {one.properties[name].casefold(): one.id for one in live}
            self._known[object_name, name] = found
        return found


def _texts(values: dict[str, Any]) -> dict[str, Any]:
    """Times as HubSpot writes them; references are checked later."""
    return {
        name: iso(value) if isinstance(value, datetime) else value
        for name, value in values.items()
        if not isinstance(value, Reference)
    }
