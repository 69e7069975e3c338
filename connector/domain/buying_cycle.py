"""A buying cycle as it is recorded. What opens and closes one is decided in cycle.py and purchases.py."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class BuyingCycle:
    """One purchase of one unit (an account, or a lead that has none), shared by all contacts of the account. `closed_by` is
    `won`, `lost` or `silence`; `deal` the opportunity that closed it, as long as there is one."""

    number: int
    opened_at: datetime
    closed_at: datetime | None = None
    closed_by: str = ""
    deal: str = ""
