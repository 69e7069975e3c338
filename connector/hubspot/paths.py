"""Every HubSpot address that Baton calls, by API version: a new version is one more row here and nothing anywhere else."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Paths:
    """Path templates of one API version. `{type}` is an object name such as `contacts`."""

    objects: str
    associations: str
    properties: str
    owners: str
    forms: str
    marketing_events: str
    web_events: str
    account: str
    usage: str
    # These two exist in one version only (HubSpot facts §1): v1, without a successor yet.
    submissions: str = "/form-integrations/v1/submissions/forms/{form}"
    email_events: str = "/email/public/v1/events"


VERSIONS = {
    # HubSpot announces the end of v1-v4 for September 2027 (v4: end of March 2027).
    "v3": Paths(
        objects="/crm/v3/objects/{type}",
        associations="/crm/v4/associations/{type}/{to}/batch/read",
        properties="/crm/v3/properties/{type}",
        owners="/crm/v3/owners",
        forms="/marketing/v3/forms",
        marketing_events="/marketing/v3/marketing-events",
        web_events="/events/v3/events",
        account="/account-info/v3/details",
        usage="/account-info/v3/api-usage/daily/private-apps",
    ),
    # The newest stable one: write validation is enforced here, so what sales demands of a record is demanded of us too.
    "2026-09": Paths(
        objects="/crm/objects/2026-09/{type}",
        associations="/crm/associations/2026-09/{type}/{to}/batch/read",
        properties="/crm/properties/2026-09/{type}",
        owners="/crm/owners/2026-09",
        forms="/marketing/v3/forms",
        marketing_events="/marketing/marketing-events/2026-09",
        web_events="/events/event-occurrences/2026-09",
        account="/account-info/2026-09/details",
        usage="/account-info/2026-09/api-usage/daily/private-apps",
    ),
}
