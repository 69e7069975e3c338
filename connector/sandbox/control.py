"""The sandbox's own API, on its own port: move time, act as people, inject faults, load rows, look inside. JSON throughout.

Whoever reaches it may do everything: it listens on loopback and holds made-up data.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, fields
from datetime import UTC, timedelta
from typing import Any

import orjson
from pydantic import TypeAdapter, ValidationError
from werkzeug.wrappers import Request, Response

from connector.sandbox import acts, load
from connector.sandbox.faults import Fault, FaultPlan
from connector.sandbox.http import Handler, WireApp, json_response
from connector.sandbox.hubspot.errors import PortalError
from connector.sandbox.hubspot.portal import Portal
from connector.sandbox.listening import Receivers, send_events
from connector.sandbox.people import ActError, Cast, NobodyError, hubspot, salesforce
from connector.sandbox.salesforce.errors import OrgError
from connector.sandbox.salesforce.org import Org
from connector.sandbox.world import Switches

_FAULT = TypeAdapter(Fault)
_SWITCHES = TypeAdapter(Switches)
_UNITS = ("days", "hours", "minutes", "seconds")


class AskedWrongError(ValueError):
    """The call makes no sense; the message says what would."""

    def __init__(self, message: str, status: int = 400) -> None:
        super().__init__(message)
        self.status = status


class ControlApp(WireApp):
    """Answers the control API for one sandbox."""

    system = "control"

    def __init__(self, portal: Portal, org: Org, apps: Iterable[WireApp]) -> None:
        super().__init__(FaultPlan())
        self.portal = portal
        self.org = org
        self.world = portal.world
        self.cast = Cast(portal, org)
        self._apps = {app.system: app for app in apps}
        routes: tuple[tuple[str, str, Handler], ...] = (
            ("GET", "/", self.index),
            ("GET", "/clock", self.clock),
            ("POST", "/clock/advance", self.advance),
            ("GET", "/acts", self.acts),
            ("POST", "/act", self.act),
            ("GET", "/faults", self.faults_open),
            ("POST", "/faults", self.add_faults),
            ("DELETE", "/faults", self.clear_faults),
            ("GET", "/calls", self.calls),
            ("DELETE", "/calls", self.forget_calls),
            ("GET", "/switches", self.switches),
            ("POST", "/switches", self.turn),
            ("GET", "/state", self.state),
            ("GET", "/records/<system>/<kind>/<id_>", self.record),
            ("GET", "/find", self.find),
            ("POST", "/load", self.load),
            ("POST", "/webhooks", self.webhooks),
        )
        for method, path, handler in routes:
            self.route(method, path, handler)

    def _handle(self, request: Request) -> Response:
        try:
            return super()._handle(request)
        except AskedWrongError as wrong:
            return _refused(wrong.status, str(wrong))
        except ValidationError as wrong:
            return _refused(400, "; ".join(_words(error) for error in wrong.errors()))
        except NobodyError as nobody:
            return _refused(404, str(nobody))
        except ActError as cannot:
            return _refused(409, str(cannot))
        except PortalError as refusal:
            return _refused(409, f"HubSpot refuses: {refusal.message}")
        except OrgError as refusal:
            return _refused(409, f"Salesforce refuses: {refusal.code}: {refusal.message}")
        except ValueError as wrong:
            return _refused(400, str(wrong))

    def not_found(self, request: Request) -> Response:
        """No such path: name those there are."""
        return _refused(404, f"no {request.path} here; GET / lists what there is")

    # ---- time ------------------------------------------------------------------------------------------------

    def index(self, request: Request) -> Response:
        """Every call there is."""
        return json_response({"calls": sorted(self._handlers)})

    def clock(self, request: Request) -> Response:
        """The sandbox's present."""
        return json_response({"now": self.world.clock.now().astimezone(UTC).isoformat()})

    def advance(self, request: Request) -> Response:
        """Move time forward; messages that become due are sent by themselves."""
        asked = _object(request)
        unknown = sorted(set(asked) - set(_UNITS))
        if unknown or not asked or not all(isinstance(value, int | float) for value in asked.values()):
            raise AskedWrongError(
                'say how far as numbers: {"days": 1, "hours": 2, "minutes": 3, "seconds": 4}'
            )
        try:
            self.world.clock.advance(timedelta(**asked))
        except OverflowError as wrong:
            raise AskedWrongError("that is further than time goes: ask for less") from wrong
        return self.clock(request)

    # ---- people ----------------------------------------------------------------------------------------------

    def acts(self, request: Request) -> Response:
        """Every act with its parameters."""
        return json_response({"acts": acts.catalogue()})

    def act(self, request: Request) -> Response:
        """Have somebody do something."""
        asked = _object(request)
        done = acts.perform(self.cast, str(asked.pop("what", "")), asked)
        return json_response(
            {"done": [one.wire() for one in done], "now": self.world.clock.now().isoformat()}
        )

    # ---- faults and behaviour --------------------------------------------------------------------------------

    def faults_open(self, request: Request) -> Response:
        """Faults not yet spent."""
        return json_response({"faults": [asdict(fault) for fault in self.world.faults.pending()]})

    def add_faults(self, request: Request) -> Response:
        """Queue one fault, or a list of them."""
        asked = _body(request)
        known = {one.name for one in fields(Fault)}
        for wanted in asked if isinstance(asked, list) else [asked]:
            unknown = sorted(set(wanted) - known) if isinstance(wanted, dict) else ["(not an object)"]
            if unknown:
                raise AskedWrongError(f"no fault has {', '.join(unknown)}; known: {', '.join(sorted(known))}")
            self.world.faults.add(_FAULT.validate_python(wanted))
        return self.faults_open(request)

    def clear_faults(self, request: Request) -> Response:
        """Forget every open fault."""
        self.world.faults.clear()
        return json_response({"faults": []})

    def calls(self, request: Request) -> Response:
        """How often each system was called, in all and by path."""
        return json_response(
            {
                name: {"total": sum(app.log.counts.values()), "by_path": dict(app.log.counts)}
                for name, app in self._apps.items()
            }
        )

    def forget_calls(self, request: Request) -> Response:
        """Count from zero again."""
        for app in self._apps.values():
            app.log.counts.clear()
            app.log.calls.clear()
        return self.calls(request)

    def switches(self, request: Request) -> Response:
        """How the open questions are answered at present."""
        return json_response(asdict(self.world.switches))

    def turn(self, request: Request) -> Response:
        """Turn some switches; the others stay."""
        asked, held = _object(request), self.world.switches
        unknown = sorted(set(asked) - set(asdict(held)))
        if unknown:
            raise AskedWrongError(f"no switch {', '.join(unknown)}; GET /switches lists them")
        wanted = _SWITCHES.validate_python({**asdict(held), **asked})
        for name in asked:
            setattr(held, name, getattr(wanted, name))
        return self.switches(request)

    def webhooks(self, request: Request) -> Response:
        """Have the systems tell of changes from now on."""
        send_events(self.portal, self.org, Receivers.model_validate(_object(request)))
        return json_response(
            {"pending": self.portal.webhooks.pending, "outbound": len(self.org.outbound.queue)}
        )

    # ---- looking inside --------------------------------------------------------------------------------------

    def state(self, request: Request) -> Response:
        """How many live records there are of each object, and how many messages wait."""
        with self.world.lock:
            portal = {name: _live_shelf(shelf) for name, shelf in self.portal.shelves.items()}
            org = {
                name: sum(1 for row in table.rows.values() if not row.get("IsDeleted"))
                for name, table in self.org.tables.items()
            }
            waiting = {"hubspot": self.portal.webhooks.pending, "salesforce": len(self.org.outbound.queue)}
        forms = sum(len(form.submissions) for form in self.portal.marketing.forms.values())
        return json_response(
            {
                "now": self.world.clock.now().isoformat(),
                "hubspot": {**portal, "form_submissions": forms},
                "salesforce": {name: count for name, count in org.items() if count},
                "messages_waiting": waiting,
            }
        )

    def record(self, request: Request, *, system: str, kind: str, id_: str) -> Response:
        """One record as its system holds it, whoever may read which of its fields."""
        if system == "hubspot":
            found = self.portal.get(kind, id_)
            return json_response({"id": found.id, "properties": found.properties})
        if system == "salesforce":
            return json_response(self.org.get(kind, id_))
        raise AskedWrongError(f"no system {system!r}: say hubspot or salesforce", 404)

    def find(self, request: Request) -> Response:
        """Every record of a person with that e-mail."""
        email = request.args.get("email", "")
        if "@" not in email:
            raise AskedWrongError("ask as /find?email=somebody@firm.example")
        found = [
            hubspot("contacts", one.id)
            for one in self.portal.read_many("contacts", [email], id_property="email")[0]
        ]
        for kind in ("Lead", "Contact"):
            rows = self.org.tables[kind].rows
            ids = sorted(self.org.tables[kind].holders("Email", email))
            found += [salesforce(kind, id_) for id_ in ids if not rows[id_].get("IsDeleted")]
        return json_response({"found": [one.wire() for one in found]})

    def load(self, request: Request) -> Response:
        """Put rows into a system, as `baton sandbox load` sends them."""
        batch = load.Batch.model_validate(_object(request))
        return json_response(load.put(self.portal, self.org, batch).wire())


def _live_shelf(shelf: Any) -> int:
    return sum(1 for record in shelf.records.values() if not (record.archived or record.gone))


def _body(request: Request) -> Any:
    try:
        return orjson.loads(request.get_data() or b"{}")
    except orjson.JSONDecodeError as broken:
        raise AskedWrongError(f"the body is no JSON: {broken}") from broken


def _object(request: Request) -> dict[str, Any]:
    body = _body(request)
    if not isinstance(body, dict):
        raise AskedWrongError("the body must be a JSON object")
    return body


def _refused(status: int, message: str) -> Response:
    return json_response({"error": message}, status)


def _words(error: Mapping[str, Any]) -> str:
    place = ".".join(str(part) for part in error["loc"]) or "body"
    return f"{place}: {error['msg']}"
