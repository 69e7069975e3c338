"""What the org refuses, in Salesforce's own codes, words and envelopes (Salesforce facts §2 "Errors")."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any


class OrgError(Exception):
    """One refusal: HTTP status, error code, message and, where the vendor gives them, field names."""

    def __init__(
        self,
        code: str,
        message: str,
        *,
        status: int = 400,
        fields: Iterable[str] | None = None,
        extra: dict[str, Any] | None = None,
    ) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message
        self.status = status
        self.fields = None if fields is None else list(fields)
        self.extra = extra or {}

    def body(self) -> list[dict[str, Any]]:
        """The envelope of a plain call: a list with one object."""
        error = {**self.extra, "message": self.message, "errorCode": self.code}
        if self.fields is not None:
            error["fields"] = self.fields
        return [error]

    def row(self) -> dict[str, Any]:
        """The error object inside a per-row result: `statusCode` where plain errors say `errorCode`."""
        return {"statusCode": self.code, "message": self.message, "fields": self.fields or []}


class ManyMatchesError(Exception):
    """An upsert found several records with the value: 300 with their addresses, nothing written."""

    def __init__(self, ids: list[str]) -> None:
        super().__init__(f"{len(ids)} records match")
        self.ids = ids


def not_found(message: str = "The requested resource does not exist") -> OrgError:
    """A path, object or record that is not there."""
    return OrgError("NOT_FOUND", message, status=404)


def bad_external_id(name: str) -> OrgError:
    """Upsert or look-up by something that is no external id field, or by a malformed id."""
    return not_found(f"Provided external ID field does not exist or is not accessible: {name}")


def deleted() -> OrgError:
    """The record is in the recycle bin, or lost a merge."""
    return OrgError("ENTITY_IS_DELETED", "entity is deleted", status=404, fields=[])


def no_column(field: str, object_name: str) -> OrgError:
    """A write names a field that the object does not have."""
    return OrgError("INVALID_FIELD", f"No such column '{field}' on sobject of type {object_name}")


def not_writable(fields: list[str]) -> OrgError:
    """Read-only fields, and fields the running user may not edit."""
    message = (
        f"Unable to create/update fields: {', '.join(fields)}. Please check the security settings of this "
        "field and verify that it is read/write for your profile or permission set."
    )
    return OrgError("INVALID_FIELD_FOR_INSERT_UPDATE", message, fields=fields)


def required_missing(fields: list[str]) -> OrgError:
    """Required fields absent or emptied."""
    message = f"Required fields are missing: [{', '.join(fields)}]"
    return OrgError("REQUIRED_FIELD_MISSING", message, fields=fields)


def duplicate_value(field: str, existing_id: str) -> OrgError:
    """A unique value is taken; the message carries the holder's 15-character id."""
    message = f"duplicate value found: {field} duplicates value on record with id: {existing_id[:15]}"
    return OrgError("DUPLICATE_VALUE", message, fields=[])


def bad_reference() -> OrgError:
    """A well-formed id of a record that does not exist or is of the wrong kind."""
    return OrgError("INVALID_CROSS_REFERENCE_KEY", "invalid cross reference id", fields=[])


def malformed_id(label: str, value: str, field: str) -> OrgError:
    """Text that is no id where an id belongs."""
    return OrgError("MALFORMED_ID", f"{label}: id value of incorrect type: {value}", fields=[field])


def row_locked(record_id: str) -> OrgError:
    """Another transaction holds the record; trying again later helps."""
    message = f"unable to obtain exclusive access to this record or 1 records: {record_id}"
    return OrgError("UNABLE_TO_LOCK_ROW", message, fields=[])


def unreadable(text: str) -> OrgError:
    """A request body that is not what the call expects."""
    return OrgError("JSON_PARSER_ERROR", text)
