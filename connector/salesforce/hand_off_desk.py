"""Opens, assigns and annotates sales' leads, exactly once however often it is asked: the external id decides whether a lead
is there, and every lost answer is followed by a look."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from connector.errors import AnswerLostError, RecordGoneError
from connector.ports import NewLead
from connector.salesforce.client import SalesforceClient, external_id_path, quoted
from connector.salesforce.soql import select
from mappings.records import RecordKey, Scalar

LEAD = "Lead"
SUBJECT_LENGTH = 255
BODY_LENGTH = 32_000
TRIES = 3
ASSIGN_BY_RULE: Mapping[str, str] = {"Sforce-Auto-Assign": "TRUE"}
"""Only for a lead that is being made and has no owner: the org's own rule then finds one."""


class HandOffDesk:
    """Leads of one org."""

    def __init__(self, client: SalesforceClient) -> None:
        self._client = client
        self._settings = client.settings

    def find_lead(self, new: NewLead) -> RecordKey | None:
        """By external id from the record store. Raises DuplicateRecordError when several leads carry it."""
        try:
            found = self._client.get(self._address(new), {"fields": "Id"})
        except RecordGoneError:
            return None
        return self._key(str(found["Id"]))

    def open_lead(self, new: NewLead) -> RecordKey:
        """Upsert by external id. A lead that a person already made is adopted when `person_key` names it.

        Raises DuplicateRecordError with the ids when a duplicate rule or a second holder of the id stands in the way.
        """
        lost: AnswerLostError | None = None
        for _ in range(TRIES):
            existing = self.find_lead(new)
            if existing is None and new.person_key is not None and self._is_ours(new.person_key):
                existing = new.person_key
            if existing is not None:
                return self._adopt(existing, new)
            try:
                return self._create(new)
            except AnswerLostError as error:
                lost = error  # it may have been made: look again
        raise lost or AnswerLostError(self._client.connection, "the lead could not be opened", "LOST")

    def assign(self, key: RecordKey, owner_id: str) -> None:
        """Make a user or queue the owner."""
        self._client.call("PATCH", f"sobjects/{key.object}/{key.id}", body={"OwnerId": owner_id})

    def note(self, key: RecordKey, title: str, body: str) -> None:
        """A finished task with the note, once per title."""
        subject = title[:SUBJECT_LENGTH]
        fields = {
            "WhoId": key.id,
            "Subject": subject,
            "Description": body[:BODY_LENGTH],
            "Status": self._settings.task_status,
        }
        lost: AnswerLostError | None = None
        for _ in range(TRIES):
            if self._has_note(key, subject):
                return
            try:
                self._client.call("POST", "sobjects/Task", body=fields, safe=False)
            except AnswerLostError as error:
                lost = error
            else:
                return
        raise lost or AnswerLostError(self._client.connection, "the note could not be written", "LOST")

    def _adopt(self, key: RecordKey, new: NewLead) -> RecordKey:
        body = {**new.fields, self._settings.baton_id_field: new.baton_id, **_owner(new)}
        self._client.call("PATCH", f"sobjects/{key.object}/{key.id}", body=_writable(body))
        return key

    def _create(self, new: NewLead) -> RecordKey:
        headers = None if new.owner_id else ASSIGN_BY_RULE
        body = _writable({**new.fields, **_owner(new)})
        body.pop(
            self._settings.baton_id_field, None
        )  # it stands in the address and may not stand in the body
        made: Any = self._client.call("PATCH", self._address(new), body=body, headers=headers, safe=False)
        if isinstance(made, dict) and made.get("id"):
            return self._key(str(made["id"]))
        found = self.find_lead(new)
        if found is None:
            raise AnswerLostError(self._client.connection, "the answer names no lead", "UNREADABLE")
        return found

    def _has_note(self, key: RecordKey, subject: str) -> bool:
        where = f"WhoId = {quoted(key.id)} AND Subject = {quoted(subject)}"
        soql = select(("Id",), "Task", where, "LIMIT 1")
        return bool(self._client.get("query", {"q": soql})["records"])

    def _is_ours(self, key: RecordKey) -> bool:
        return key.connection == self._client.connection and key.object == LEAD

    def _key(self, id_: str) -> RecordKey:
        return RecordKey(self._client.connection, LEAD, id_)

    def _address(self, new: NewLead) -> str:
        return f"sobjects/{LEAD}/{external_id_path(self._settings.baton_id_field, new.baton_id)}"


def _owner(new: NewLead) -> dict[str, Scalar]:
    return {"OwnerId": new.owner_id} if new.owner_id else {}


def _writable(fields: Mapping[str, Scalar]) -> dict[str, Scalar]:
    return {name: value for name, value in fields.items() if name != "Id"}
