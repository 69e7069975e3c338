"""One sandbox: a clock, a seed, faults and the two systems in it. Everything in it is deterministic by seed."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from threading import RLock

from connector.sandbox.clock import SandboxClock
from connector.sandbox.faults import FaultPlan


@dataclass(slots=True)
class Switches:
    """Behaviours of the vendors that nobody here has verified, or that differ between customers.

    Tests run each both ways. `docs/sandbox.md` says for every switch which fact is open.
    """

    search_lag_seconds: float = 0.0
    commit_delay_seconds: float = 0.0
    enforce_rate_limits: bool = False
    lifecycle_backward: str = "keep"
    merge_makes_new_id: bool = False
    old_id_resolves: bool = True
    unique_on_leads: bool = True
    batch_multi_status: bool = True
    upsert_by_email_partial: bool = True
    converted_status_converts: bool = False
    new_fields_hidden: bool = True
    multi_currency: bool = False
    hubspot_unique_conflict: str = "conflict"
    hubspot_batch_update_by_email: bool = False
    hubspot_gdpr_blocks_email: bool = True
    hubspot_cleared_reads_blank: bool = False
    hubspot_auto_associates_company: bool = False
    salesforce_trims_text: bool = True
    salesforce_folds_email: bool = False
    salesforce_stamps_milliseconds: bool = False
    salesforce_refuses_inactive_owner: bool = True
    salesforce_lookup_history_twice: bool = True
    salesforce_attributes_first: bool = True
    salesforce_bulk_polls: int = 0
    salesforce_outbound_duplicates: bool = False
    salesforce_outbound_disorder: bool = False


@dataclass(slots=True)
class World:
    """What both systems share. Hold `lock` around every read-modify-write of state: calls come concurrently."""

    clock: SandboxClock
    seed: int = 1
    faults: FaultPlan = field(default_factory=FaultPlan)
    switches: Switches = field(default_factory=Switches)
    lock: RLock = field(default_factory=RLock)
    rng: random.Random = field(init=False)

    def __post_init__(self) -> None:
        self.rng = random.Random(self.seed)
