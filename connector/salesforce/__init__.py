"""The Salesforce adapter: client, translation and the ports it serves."""

from __future__ import annotations

from connector.salesforce.adapter import SalesforceSystem, connect
from connector.salesforce.settings import SalesforceSettings
from connector.salesforce.understanding import understanding

__all__ = ["SalesforceSettings", "SalesforceSystem", "connect", "understanding"]
