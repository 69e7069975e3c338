"""Field permissions: which fields a user may read and edit. Nothing is granted on a new custom field until a
permission set that holds the field is assigned (Salesforce facts §2 "FLS")."""

from __future__ import annotations

from connector.sandbox.salesforce.fields import FieldDef
from connector.sandbox.salesforce.table import Table

Key = tuple[str, str]
GRANTING = frozenset({"FieldPermissions", "PermissionSetAssignment", "PermissionSet"})
"""Objects whose rows decide; a write to one of them makes what was worked out before stale."""


class Access:
    """Answers per user. Fields not in `managed` are open to everybody."""

    def __init__(self, tables: dict[str, Table]) -> None:
        self._tables = tables
        self.managed: set[Key] = set()
        self._granted: dict[str, tuple[frozenset[Key], frozenset[Key]]] = {}

    def hide(self, object_name: str, field_name: str) -> None:
        """From now on only a permission set opens this field."""
        self.managed.add((object_name, field_name))

    def forget(self) -> None:
        """Work the grants out anew at the next question."""
        self._granted.clear()

    def readable(self, user_id: str, object_name: str, field_name: str) -> bool:
        """Whether the user sees the field."""
        key = (object_name, field_name)
        return key not in self.managed or key in self._grants(user_id)[0]

    def editable(self, user_id: str, object_name: str, field_name: str) -> bool:
        """Whether the user may write the field, as far as permissions go."""
        key = (object_name, field_name)
        return key not in self.managed or key in self._grants(user_id)[1]

    def visible_fields(self, user_id: str, object_name: str, fields: dict[str, FieldDef]) -> list[FieldDef]:
        """The object's fields that the user sees, in order."""
        if not self.managed:
            return list(fields.values())
        return [field for field in fields.values() if self.readable(user_id, object_name, field.name)]

    def _grants(self, user_id: str) -> tuple[frozenset[Key], frozenset[Key]]:
        known = self._granted.get(user_id)
        if known is None:
            known = self._granted[user_id] = self._work_out(user_id)
        return known

    def _work_out(self, user_id: str) -> tuple[frozenset[Key], frozenset[Key]]:
        held = {
            row["PermissionSetId"]
            for row in self._tables["PermissionSetAssignment"].rows.values()
            if row["AssigneeId"] == user_id and not row.get("IsDeleted")
        }
        read: set[Key] = set()
        edit: set[Key] = set()
        for row in self._tables["FieldPermissions"].rows.values():
            if row["ParentId"] not in held or row.get("IsDeleted"):
                continue
            key = (row["SobjectType"], row["Field"].partition(".")[2])
            if row.get("PermissionsRead") or row.get("PermissionsEdit"):
                read.add(key)
            if row.get("PermissionsEdit"):
                edit.add(key)
        return frozenset(read), frozenset(edit)
