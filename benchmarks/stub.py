"""Serves answers that were rendered before, as quickly as Python can hand out bytes: a HubSpot portal and a Salesforce org
at one loopback address, with no state but a shift of the clock in their Date header. Not a sandbox: it checks nothing.

Started as its own process by `running`; prints its port when it is ready.
"""

from __future__ import annotations

import argparse
import re
import socket
import sys
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from threading import Thread
from urllib.parse import parse_qs, urlsplit

import orjson

from benchmarks import leads

EMPTY = b'{"results":[],"total":0,"events":[],"hasMore":false}'
NO_ROWS = b'{"totalSize":0,"done":true,"records":[]}'
NEEDED = ("IsClosed", "StartDateTime", "Incoming", "HasResponded")
"""Fields by which the activity objects are known to be readable."""


@dataclass
class Stub:
    """Pages in wire form. `moved` shifts the clock that answers tell."""

    contacts: list[bytes]
    leads: list[bytes]
    counts: tuple[int, int]
    columns: list[str]
    zipped: bool
    moved: timedelta = timedelta(0)
    calls: Counter[str] = field(default_factory=Counter)

    def answer(self, method: str, target: str, body: bytes) -> tuple[bytes, list[str], bool]:
        """Body, further header lines, and whether the body is zipped."""
        path = urlsplit(target).path
        self.calls[f"{method} {path}"] += 1
        if path.startswith("/control/"):
            return self._control(path, target), [], False
        if path.startswith("/services/"):
            return self._salesforce(method, path, target, body)
        return self._hubspot(method, path, target, body)

    def _control(self, path: str, target: str) -> bytes:
        if path == "/control/move":
            self.moved += timedelta(seconds=int(urlsplit(target).query))
        if path == "/control/forget":
            self.calls.clear()
        return orjson.dumps(dict(self.calls))

    def _hubspot(self, method: str, path: str, target: str, body: bytes) -> tuple[bytes, list[str], bool]:
        if path.endswith("/contacts") and method == "GET" and "archived=true" not in target and self.contacts:
            after = parse_qs(urlsplit(target).query).get("after")
            number = (int(after[0]) - leads.FIRST_ID + 1) // leads.PAGE if after else 0
            return self.contacts[number], [], self.zipped
        if path.endswith("/batch/update"):
            return _updated(body), [], False
        if path.endswith("/search"):
            return b'{"total":%d,"results":[]}' % self.counts[0], [], False
        return EMPTY, [], False

    def _salesforce(self, method: str, path: str, target: str, body: bytes) -> tuple[bytes, list[str], bool]:
        if path.endswith("/oauth2/token"):
            return orjson.dumps({"access_token": "00D!stub", "instance_url": "", "id": "x/005"}), [], False
        if path.endswith("/describe"):
            return self._described(path), [], False
        if path.endswith("/jobs/query"):
            return b'{"id":"7505g000000001AAA","state":"UploadComplete"}', [], False
        if path.endswith("/results"):
            return self._results(target)
        if "/jobs/query/" in path:
            return b'{"id":"7505g000000001AAA","state":"JobComplete"}', [], False
        if path.endswith("/composite/sobjects"):
            return _collected(body), [], False
        if path.endswith("/query") and "COUNT" in target:
            count = self.counts[1] if "FROM+Lead" in target else 0
            return b'{"totalSize":%d,"done":true,"records":[]}' % count, [], False
        return NO_ROWS, [], False

    def _described(self, path: str) -> bytes:
        names = dict.fromkeys((*self.columns, *NEEDED, "CreatedDate", "Field", "OldValue", "NewValue"))
        object = path.split("/")[-2]
        kinds = {"AnnualRevenue": "currency", "NumberOfEmployees": "int", "IsDeleted": "boolean"}
        kinds |= {"SystemModstamp": "datetime", "CreatedDate": "datetime", "HasOptedOutOfEmail": "boolean"}
        fields = [{"name": name, "type": kinds.get(name, "string"), "updateable": True} for name in names]
        return orjson.dumps({"name": object, "fields": fields})

    def _results(self, target: str) -> tuple[bytes, list[str], bool]:
        found = re.search(r"locator=(\d+)", target)
        number = int(found.group(1)) if found else 0
        following = str(number + 1) if number + 1 < len(self.leads) else "null"
        rows = min(leads.BULK_PAGE, self.counts[1] - number * leads.BULK_PAGE)
        head = [f"Sforce-Locator: {following}", f"Sforce-NumberOfRecords: {rows}", "Content-Type: text/csv"]
        return self.leads[number], head, self.zipped


def _updated(body: bytes) -> bytes:
    rows = [
        {"id": one["id"], "properties": one["properties"], "updatedAt": leads.STAMP, "archived": False}
        for one in orjson.loads(body)["inputs"]
    ]
    return orjson.dumps({"status": "COMPLETE", "results": rows})


def _collected(body: bytes) -> bytes:
    rows = [{"id": one["id"], "success": True, "errors": []} for one in orjson.loads(body)["records"]]
    return orjson.dumps(rows)


def _serve(stub: Stub, connection: socket.socket) -> None:
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    source = connection.makefile("rb", buffering=65_536)
    with connection, source:
        while line := source.readline():
            method, target, _ = line.decode().split(" ", 2)
            length = 0
            while (head := source.readline()) not in (b"\r\n", b""):
                if head[:15].lower() == b"content-length:":
                    length = int(head[15:])
            body, more, zipped = stub.answer(method, target, source.read(length) if length else b"")
            lines = ["HTTP/1.1 200 OK", f"Content-Length: {len(body)}", *more]
            if not any(one.startswith("Content-Type") for one in more):
                lines.append("Content-Type: application/json")
            if zipped:
                lines.append("Content-Encoding: gzip")
            lines.append(f"Date: {format_datetime(datetime.now(UTC) + stub.moved, usegmt=True)}")
            try:
                connection.sendall(("\r\n".join(lines) + "\r\n\r\n").encode() + body)
            except OSError:
                return


def main() -> None:
    """Render, print the port, serve until standard input closes."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--contacts", type=int, default=0)
    parser.add_argument("--leads", type=int, default=0)
    parser.add_argument("--plain", action="store_true", help="do not zip")
    parser.add_argument("--shipped", action="store_true", help="the shipped mapping's fields, not thirty")
    asked = parser.parse_args()
    mapping = leads.shipped_mapping() if asked.shipped else leads.thirty_fields()
    contact, lead = leads.contact_fields(mapping), leads.lead_fields(mapping)
    zipped = not asked.plain
    stub = Stub(
        contacts=[leads.packed(page, zipped=zipped) for page in leads.contact_pages(asked.contacts, contact)],
        leads=[leads.packed(page, zipped=zipped) for page in leads.lead_pages(asked.leads, lead)],
        counts=(asked.contacts, asked.leads),
        columns=leads.lead_columns(lead),
        zipped=zipped,
    )
    server = socket.create_server(("127.0.0.1", 0))
    sys.stdout.write(f"{server.getsockname()[1]}\n")
    sys.stdout.flush()
    Thread(target=_accept, args=(stub, server), daemon=True).start()
    sys.stdin.read()


def _accept(stub: Stub, server: socket.socket) -> None:
    while True:
        connection, _ = server.accept()
        Thread(target=_serve, args=(stub, connection), daemon=True).start()


if __name__ == "__main__":
    main()
