"""What customers do: visit pages, fill in forms, answer mails, chat. They are named by the e-mail or id of their contact."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from connector.sandbox import words
from connector.sandbox.hubspot.records import Source
from connector.sandbox.people import Act, ActError, Cast, Done, hubspot
from connector.sandbox.stories import SITE, spoken

Language = Literal["zh", "en"]
_SAID_BY_CUSTOMER = Source("EMAIL", "", "Customer")


class FillInForm(Act):
    """A visitor sends in a form; an e-mail that nobody knows makes a contact."""

    email: str
    form: str = Field(default="newsletter", description=" | ".join(words.FORMS))
    text: str = Field(default="", description="what is written in the message field")
    values: dict[str, str] = Field(default_factory=dict, description="other fields of the form")

    def perform(self, cast: Cast) -> list[Done]:
        return _submit(cast, self.email, self.form, {**self.values, **_message(self.text)})


class _Customer(Act):
    lead: str = Field(description="id or e-mail of the contact")
    text: str = Field(default="", description="the customer's own words; empty: a usual sentence")
    language: Language = "en"


class AskPrice(_Customer):
    """A customer asks for a quotation, by answering a mail."""

    def perform(self, cast: Cast) -> list[Done]:
        usual = words.SAYS["solution-selection"][self.language][0]
        return _say(cast, self.lead, "email_reply", self.text or usual)


class RequestDemo(_Customer):
    """A customer asks for a demonstration through the form."""

    def perform(self, cast: Cast) -> list[Done]:
        text = self.text or words.SAYS["solution-research"][self.language][0]
        return _submit(cast, _email(cast, self.lead), "demo", _message(text))


class Download(_Customer):
    """A customer downloads the white paper through its form."""

    def perform(self, cast: Cast) -> list[Done]:
        return _submit(cast, _email(cast, self.lead), "white-paper", _message(self.text))


class Reply(_Customer):
    """A customer answers a mail."""

    def perform(self, cast: Cast) -> list[Done]:
        return _say(cast, self.lead, "email_reply", self.text or words.CHATTER[self.language][0])


class Chat(_Customer):
    """A customer writes a message. HubSpot keeps no direction of it, so nothing proves who said it."""

    def perform(self, cast: Cast) -> list[Done]:
        return _say(cast, self.lead, "message", self.text or words.CHATTER[self.language][0])


class Visit(Act):
    """A customer views a page of the web site."""

    lead: str = Field(description="id or e-mail of the contact")
    page: str = Field(default="/pricing", description="path on the site, or a whole address")

    def perform(self, cast: Cast) -> list[Done]:
        found = cast.contact(self.lead)
        cast.portal.page_view(found.id, self.page if "://" in self.page else f"{SITE}{self.page}")
        return [hubspot("contacts", found.id)]


class OpenMail(Act):
    """A marketing mail is opened or one of its links clicked."""

    lead: str = Field(description="id or e-mail of the contact")
    click: str = Field(default="", description="address of the link that was clicked")

    def perform(self, cast: Cast) -> list[Done]:
        found, email = cast.contact(self.lead), _email(cast, self.lead)
        cast.portal.email_event("OPEN", email, subject="Newsletter")
        if self.click:
            cast.portal.email_event("CLICK", email, subject="Newsletter", url=self.click)
        return [hubspot("contacts", found.id)]


class Unsubscribe(Act):
    """A customer no longer wants mail from us."""

    lead: str = Field(description="id or e-mail of the contact")

    def perform(self, cast: Cast) -> list[Done]:
        found = cast.contact(self.lead)
        cast.portal.update("contacts", found.id, {"hs_email_optout": "true"}, source=_SAID_BY_CUSTOMER)
        return [hubspot("contacts", found.id)]


def _email(cast: Cast, lead: str) -> str:
    email = cast.contact(lead).properties.get("email")
    if not email:
        raise ActError(f"contact {lead} has no e-mail address, and a form asks for one")
    return email


def _message(text: str) -> dict[str, str]:
    return {"message": text} if text else {}


def _submit(cast: Cast, email: str, form: str, values: dict[str, str]) -> list[Done]:
    if form not in words.FORMS:
        raise ActError(f"the site has no form {form!r}; there are: {', '.join(words.FORMS)}")
    title = words.FORMS[form][0]
    forms = cast.portal.marketing.forms.values()
    held = next((one for one in forms if one.name == title), None) or cast.portal.add_form(title)
    cast.portal.submit_form(held.id, {"email": email, **values}, page_url=f"{SITE}/{form}")
    contact = cast.contact(email)
    if not contact.properties.get("hs_analytics_source"):
        cast.portal.calculate("contacts", contact.id, {"hs_analytics_source": "DIRECT_TRAFFIC"})
    return [hubspot("contacts", contact.id)]


def _say(cast: Cast, lead: str, kind: str, text: str) -> list[Done]:
    found = cast.contact(lead)
    object_name, values = spoken(kind, text)
    made = cast.portal.log_activity(object_name, found.id, values, source=_SAID_BY_CUSTOMER)
    return [hubspot(object_name, made.id), hubspot("contacts", found.id)]


ACTS: dict[str, type[Act]] = {
    "fill_in_form": FillInForm,
    "ask_price": AskPrice,
    "request_demo": RequestDemo,
    "download": Download,
    "reply": Reply,
    "chat": Chat,
    "visit": Visit,
    "open_mail": OpenMail,
    "unsubscribe": Unsubscribe,
}
