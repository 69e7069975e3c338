"""Has both systems tell a receiver of changes: the subscriptions that somebody would make by hand in their set-up pages."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict

from connector.sandbox.hubspot.portal import Portal
from connector.sandbox.salesforce.org import Org
from connector.sandbox.salesforce.outbound import Subscription

CONTACT_PROPERTIES = (
    "email", "firstname", "lastname", "company", "jobtitle", "phone", "mobilephone", "lifecyclestage", "hs_lead_status",
    "hubspot_owner_id", "baton_handoff_requested", "baton_rejection_reason", "recent_conversion_date",
    "hs_sales_email_last_replied", "notes_last_contacted", "hs_analytics_last_timestamp",
)  # fmt: skip
COMPANY_PROPERTIES = ("name", "domain", "annualrevenue", "numberofemployees", "industry")
OUTBOUND_OBJECTS = ("Lead", "Contact", "Account", "Opportunity")


class Receivers(BaseModel):
    """Full addresses of what receives. None leaves that system as it is, an empty one makes it silent."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    hubspot: str | None = None
    salesforce: str | None = None
    duplicate_every: int = 0
    shuffle: bool = False


def send_events(portal: Portal, org: Org, to: Receivers) -> None:
    """Subscribe the receivers to changes from now on, in place of earlier ones."""
    with portal.world.lock:
        if to.hubspot is not None:
            _portal(portal, to)
        if to.salesforce is not None:
            org.outbound.queue.clear()
            org.outbound.subscriptions.clear()
            for name in OUTBOUND_OBJECTS if to.salesforce else ():
                org.outbound.subscribe(Subscription(name, ("Id", "SystemModstamp"), to.salesforce))


def _portal(portal: Portal, to: Receivers) -> None:
    hooks = portal.webhooks
    hooks.subscriptions.clear()
    hooks.settings.target_url = to.hubspot or None
    hooks.settings.duplicate_every, hooks.settings.shuffle = to.duplicate_every, to.shuffle
    if not to.hubspot:
        return
    for kind, properties in (("contact", CONTACT_PROPERTIES), ("company", COMPANY_PROPERTIES)):
        for event in ("creation", "deletion", "merge", "restore", "associationChange"):
            hooks.subscribe(f"{kind}.{event}")
        for name in properties:
            hooks.subscribe(f"{kind}.propertyChange", property_name=name)
