"""In-memory adapters over the state of the two embedded systems: the same promises as the real adapters, without a
socket, so that property tests run thousands of rounds. They share no code with the real adapters."""

from __future__ import annotations

from connector.sandbox.memory_base import Understand
from connector.sandbox.memory_org import MemoryOrg
from connector.sandbox.memory_portal import MemoryPortal

__all__ = ["MemoryOrg", "MemoryPortal", "Understand"]
