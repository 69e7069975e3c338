"""The odd one in twenty: what real data bases hold and no one planned for. Part of the seed; deterministic."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial

from connector.sandbox.journeys import Journey
from connector.sandbox.stories import Marketing, Sales, lead_values, person_values

EVERY = 20
LONG_TEXT = 20_000
_FULL_WIDTH = str.maketrans({chr(code): chr(code + 0xFEE0) for code in range(0x21, 0x7F)})


class Mess:
    """Makes every twentieth story odd, in eight ways by turns."""

    def __init__(self, marketing: Marketing, sales: Sales) -> None:
        self._marketing = marketing
        self._sales = sales

    @staticmethod
    def _kind(journey: Journey) -> int:
        return journey.number // EVERY % 8 if journey.number % EVERY == 0 else -1

    def touch(self, journey: Journey) -> Journey:
        """The story with odd facts, where it is its turn."""
        kind = self._kind(journey)
        if kind == 0:
            return replace(journey, email="")
        if kind == 1:
            firm = replace(journey.firm, name=journey.firm.name.translate(_FULL_WIDTH))
            return replace(journey, firm=firm, last_name=journey.last_name.translate(_FULL_WIDTH))
        if kind == 2:
            return replace(journey, first_name=f"{journey.first_name} 🚀", title=f"{journey.title} 👩‍💻")
        return journey

    def moments(self, journey: Journey) -> Iterator[tuple[datetime, int, Callable[[], None]]]:
        """What happens besides, a day after the person became known."""
        odd = (None, None, None, self._long_note, self._bad_email, self._negative, self._twin, self._nameless)
        kind = self._kind(journey)
        do = odd[kind] if kind >= 0 else None
        if do is not None:
            yield journey.created_at + timedelta(days=1), journey.number * 100 + 90, partial(do, journey)

    def _long_note(self, journey: Journey) -> None:
        text = ("会议纪要 minutes of the meeting. " * LONG_TEXT)[:LONG_TEXT]
        contact = self._marketing.contacts[journey.number]
        self._marketing.portal.log_activity("notes", contact, {"hs_note_body": text})

    def _bad_email(self, journey: Journey) -> None:
        """An address that no form would take, from an import that nobody checked."""
        values = lead_values(journey) | {"Email": f"lead{journey.number}@@{journey.firm.domain}"}
        self._sales.org.load("Lead", [values | {"Status": "Open - Not Contacted"}])

    def _negative(self, journey: Journey) -> None:
        org = self._sales.org
        account = org.create("Account", {"Name": f"{journey.firm.name} (credit)"}, auto_assign=False)
        close = (org.world.clock.now() + timedelta(days=30)).date().isoformat()
        values = {"Name": "Credit note", "StageName": "Prospecting", "CloseDate": close, "Amount": -5_000}
        org.create("Opportunity", values | {"AccountId": account}, auto_assign=False)

    def _twin(self, journey: Journey) -> None:
        """The same person once more: another address, the same mobile number in another spelling."""
        values = person_values(journey) | {"email": f"twin.{journey.number}@mail.example"}
        values["lastname"] = journey.last_name.upper()
        if journey.mobile:
            values["mobilephone"] = "".join(journey.mobile.split())
        self._marketing.portal.create("contacts", values)

    def _nameless(self, journey: Journey) -> None:
        self._marketing.portal.create(
            "contacts", {"company": journey.firm.name, "lifecyclestage": "subscriber"}
        )
