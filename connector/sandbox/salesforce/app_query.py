"""Routes of SOQL: query, queryAll and the pages that follow."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from werkzeug.wrappers import Request, Response

from connector.sandbox.http import json_response
from connector.sandbox.salesforce.errors import OrgError
from connector.sandbox.salesforce.query import Answer

if TYPE_CHECKING:
    from connector.sandbox.salesforce.app import SalesforceApp

MOST_PER_PAGE, LEAST_PER_PAGE = 2000, 200


class QueryRoutes:
    """Registers its routes on the app."""

    def __init__(self, app: SalesforceApp) -> None:
        self.org = app.org
        base = "/services/data/v<version>"
        app.route("GET", f"{base}/query", self.query)
        app.route("GET", f"{base}/queryAll", self.query_all)
        app.route("GET", f"{base}/query/<locator>", self.more)

    def query(self, request: Request, *, version: str) -> Response:
        """First page of the live records."""
        return self._first(request, version, all_rows=False)

    def query_all(self, request: Request, *, version: str) -> Response:
        """First page, deleted and archived records included."""
        return self._first(request, version, all_rows=True)

    def more(self, request: Request, *, version: str, locator: str) -> Response:
        """A further page."""
        with self.org.world.lock:
            name, cursor, offset = self.org.cursors.at(locator)
        return json_response(page(cursor.answer, name, (offset, cursor.size), version))

    def _first(self, request: Request, version: str, *, all_rows: bool) -> Response:
        soql = request.args.get("q")
        if not soql:
            raise OrgError("MALFORMED_QUERY", "A query string has to be specified")
        answer = self.org.run(soql, all_rows=all_rows, as_user=self.org.api_user_id)
        size = page_size(request)
        locator = ""
        if len(answer.found) > size:
            with self.org.world.lock:
                locator = self.org.cursors.open(answer, size)
        return json_response(page(answer, locator, (0, size), version))


def page_size(request: Request) -> int:
    """Records per page: 2,000 unless `Sforce-Query-Options` asks for fewer."""
    asked = re.search(
        r"batchSize\s*=\s*(\d+)", request.headers.get("Sforce-Query-Options", ""), re.IGNORECASE
    )
    return MOST_PER_PAGE if asked is None else max(LEAST_PER_PAGE, min(MOST_PER_PAGE, int(asked.group(1))))


def page(answer: Answer, locator: str, part: tuple[int, int], version: str) -> dict[str, Any]:
    """The page that begins at `part[0]` and holds at most `part[1]` records."""
    start, size = part
    body: dict[str, Any] = {"totalSize": answer.total, "done": start + size >= len(answer.found)}
    if not body["done"]:
        body["nextRecordsUrl"] = f"/services/data/v{version}/query/{locator}-{start + size}"
    body["records"] = answer.rows(start, start + size, version)
    return body
