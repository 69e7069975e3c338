"""The HubSpot adapter: client, translation and the ports it serves."""

from __future__ import annotations

from connector.hubspot.adapter import HubSpotSystem, connect
from connector.hubspot.settings import HubSpotSettings
from connector.hubspot.understanding import understanding

__all__ = ["HubSpotSettings", "HubSpotSystem", "connect", "understanding"]
