"""Who writes, and under which headers: what one call carries besides the values."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

NOT_LATE = timedelta(0)


@dataclass(frozen=True, slots=True)
class Caller:
    """`api` subjects the call to field permissions. `auto_assign` is the `Sforce-Auto-Assign` header, whose absence
    means true on create and update alike (Salesforce facts §2 "Assignment"). `save_duplicates` is `allowSave` of
    the duplicate rule header. `late` delays when readers see the write.
    """

    user_id: str
    api: bool = False
    auto_assign: bool = True
    save_duplicates: bool = False
    late: timedelta = NOT_LATE
