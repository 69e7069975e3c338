"""Makes the invented leads that every measurement reads, and the mapping of thirty fields by which Baton reads them.

It knows the two wire forms only as text to be served; nothing of Baton but the shape of a mapping document.
"""

from __future__ import annotations

import csv
import gzip
import io
import random
from collections.abc import Iterator
from importlib import resources
from typing import Any

import orjson

from connector.documents import parse_yaml
from mappings.document import MappingDocument
from mappings.fields import remote_fields

PAGE = 100
"""Contacts of one HubSpot list."""
BULK_PAGE = 50_000
"""Leads of one page of Bulk 2.0 results."""
FIRST_ID = 1_000_001
STAMP = "2026-03-01T08:00:00.000Z"


def stamp(number: int) -> str:
    """When this record last changed: nearly every one at another moment."""
    return f"2026-03-{1 + number % 28:02d}T{number % 24:02d}:{number % 60:02d}:{number // 60 % 60:02d}.{number % 1000:03d}Z"


_GIVEN = ("Wei", "Fang", "Min", "Jing", "伟", "芳", "娜", "Anna", "Peter", "John", "Mei")
_FAMILY = ("Wang", "Li", "Zhang", "Liu", "陈", "杨", "赵", "Smith", "Brown", "Miller")
_FIRMS = ("Acme", "Globex", "Initech", "华信科技", "东方制造", "Umbrella", "Stark", "蓝海贸易")
_TITLES = ("CEO", "Purchasing Manager", "总经理", "采购经理", "Engineer", "Student", "IT Director")
_PATHS = ("pricing", "blog/how-to", "product/gears", "case-studies", "demo", "careers")


def thirty_fields() -> MappingDocument:
    """The shipped mapping with exactly thirty fields on contacts and on leads, without Baton's own ones."""
    text = (resources.files("mappings") / "defaults" / "hubspot-salesforce.yaml").read_text(encoding="utf-8")
    document: Any = parse_yaml(text, source="hubspot-salesforce.yaml")
    document["own_objects"] = {}
    del document["facts"]["hubspot"]["contacts"]["properties"]["first_url"]
    more = {"city": "City", "street": "Street", "rating": "Rating"}
    document["facts"]["salesforce"]["Lead"]["properties"].update(more)
    mapping = MappingDocument.model_validate(document)
    assert len(contact_fields(mapping)) == len(lead_fields(mapping)) == 30
    return mapping


def shipped_mapping() -> MappingDocument:
    """The mapping as it is shipped, Baton's own fields included."""
    text = (resources.files("mappings") / "defaults" / "hubspot-salesforce.yaml").read_text(encoding="utf-8")
    return MappingDocument.model_validate(parse_yaml(text, source="hubspot-salesforce.yaml"))


def contact_fields(mapping: MappingDocument) -> tuple[str, ...]:
    """The contact properties that this mapping asks for."""
    return remote_fields(mapping, "hubspot", "contacts")


def lead_fields(mapping: MappingDocument) -> tuple[str, ...]:
    """The lead fields that this mapping asks for."""
    return remote_fields(mapping, "salesforce", "Lead")


def _person(rng: random.Random, number: int) -> dict[str, str]:
    """One invented person under HubSpot's names."""
    given, family, firm = rng.choice(_GIVEN), rng.choice(_FAMILY), rng.choice(_FIRMS)
    mobile = f"+861{rng.randrange(30, 99)}{number:08d}"
    site = f"www.{firm.lower() if firm.isascii() else 'firm'}{number % 20_000}.example"
    return {
        "firstname": given,
        "lastname": family,
        "company": f"{firm} {number % 20_000}",
        "jobtitle": rng.choice(_TITLES),
        "email": f"lead{number}@{site.removeprefix('www.')}",
        "mobilephone": mobile,
        "phone": mobile if number % 3 else "",
        "hs_analytics_source": rng.choice(("ORGANIC_SEARCH", "PAID_SEARCH", "DIRECT_TRAFFIC")),
        "hs_analytics_source_data_2": rng.choice(_PATHS),
        "hs_email_optout": "false",
        "hubspot_owner_id": str(70_000 + number % 40),
        "lifecyclestage": rng.choice(("lead", "subscriber", "marketingqualifiedlead")),
        "createdate": f"2026-0{1 + number % 2}-{1 + number % 27:02d}T0{number % 10}:11:12.345Z",
        "website": site,
        "annualrevenue": str(rng.randrange(1, 500) * 100_000),
        "numemployees": str(rng.choice((3, 20, 80, 300, 1200, 8000))),
        "industry": rng.choice(("COMPUTER_SOFTWARE", "MACHINERY", "EDUCATION", "RETAIL")),
        "country": rng.choice(("China", "中国", "Germany", "United States")),
        "hs_language": rng.choice(("zh-cn", "en", "de")),
        "hs_analytics_first_url": f"https://www.vendor.example/{rng.choice(_PATHS)}?utm_campaign=spring",
        "hs_analytics_num_page_views": str(rng.randrange(1, 60)),
        "recent_conversion_event_name": rng.choice(("", "Newsletter", "Demo request: Contact us")),
        "hs_lead_status": rng.choice(("NEW", "OPEN", "")),
    }


def contact_pages(count: int, fields: tuple[str, ...]) -> Iterator[bytes]:
    """List answers of 100 contacts, as JSON text; the last one has no `paging`."""
    rng = random.Random(1)
    for start in range(0, count, PAGE):
        rows = [_contact(rng, number, fields) for number in range(start, min(start + PAGE, count))]
        page: dict[str, Any] = {"results": rows}
        if start + PAGE < count:
            page["paging"] = {"next": {"after": str(FIRST_ID + start + PAGE - 1), "link": "?after=x"}}
        yield orjson.dumps(page)


def _contact(rng: random.Random, number: int, fields: tuple[str, ...]) -> dict[str, Any]:
    person = _person(rng, number)
    named = {name: person.get(name) or None for name in fields}
    own = {
        "hs_object_id": str(FIRST_ID + number),
        "lastmodifieddate": stamp(number),
        "hs_merged_object_ids": None,
    }
    return {
        "id": str(FIRST_ID + number),
        "properties": {"createdate": person["createdate"], **own, **named},
        "createdAt": person["createdate"],
        "updatedAt": stamp(number),
        "archived": False,
        "url": f"https://app.hubspot.com/contacts/1/record/0-1/{FIRST_ID + number}",
    }


_LEAD = {
    "FirstName": "firstname", "LastName": "lastname", "Company": "company", "Title": "jobtitle", "Email": "email",
    "MobilePhone": "mobilephone", "Phone": "phone", "LeadSource": "hs_analytics_source",
    "HasOptedOutOfEmail": "hs_email_optout", "Status": "hs_lead_status", "CreatedDate": "createdate",
    "Website": "website", "AnnualRevenue": "annualrevenue", "NumberOfEmployees": "numemployees",
    "Industry": "industry", "Country": "country", "City": "hs_analytics_source_data_2", "Rating": "lifecyclestage",
    "Street": "hs_analytics_first_url",
}  # fmt: skip
LEAD_STATE = ("Id", "SystemModstamp", "IsDeleted", "MasterRecordId", "IsConverted", "ConvertedContactId")


def lead_columns(fields: tuple[str, ...]) -> list[str]:
    """The columns of a bulk result: what tells a row's state, and the fields."""
    return list(dict.fromkeys((*LEAD_STATE, *fields)))


def lead_pages(count: int, fields: tuple[str, ...]) -> Iterator[bytes]:
    """Pages of Bulk 2.0 results as CSV text, every value in quotation marks as Salesforce gives it."""
    rng = random.Random(2)
    columns = lead_columns(fields)
    for start in range(0, count, BULK_PAGE):
        out = io.StringIO()
        writer = csv.writer(out, quoting=csv.QUOTE_ALL, lineterminator="\n")
        writer.writerow(columns)
        for number in range(start, min(start + BULK_PAGE, count)):
            writer.writerow(_lead(rng, number, columns))
        yield out.getvalue().encode()


def _lead(rng: random.Random, number: int, columns: list[str]) -> list[str]:
    person = _person(rng, number)
    state = {
        "Id": f"00Q5g00000{number:05d}AAA",
        "SystemModstamp": stamp(number),
        "IsDeleted": "false",
        "IsConverted": "false",
        "OwnerId": f"0055g0000{number % 40:06d}AAA",
    }
    return [state.get(name) or person.get(_LEAD.get(name, ""), "") for name in columns]


def packed(text: bytes, *, zipped: bool) -> bytes:
    """As it goes over the wire."""
    return gzip.compress(text, compresslevel=5, mtime=0) if zipped else text
