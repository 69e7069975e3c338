"""How the sandbox speaks HTTP: loopback only, keep-alive, a thread per connection, faults before and after a call."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from threading import Thread
from typing import TYPE_CHECKING, Any, ClassVar

from werkzeug.exceptions import HTTPException, MethodNotAllowed
from werkzeug.routing import Map, Rule
from werkzeug.serving import BaseWSGIServer, WSGIRequestHandler, make_server
from werkzeug.wrappers import Request, Response

from connector.sandbox.faults import Fault, FaultPlan

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

Handler = Callable[..., Response]
"""Takes the request and the path's named parts as keyword arguments (strings), returns the answer."""


class ConnectionLostError(ConnectionAbortedError):
    """Raised towards the server so that it closes the connection without an answer."""


@dataclass(frozen=True, slots=True)
class Call:
    """One call as the sandbox saw it, kept for tests and for `GET /calls` of the control API."""

    method: str
    path: str
    status: int
    headers: dict[str, str]


@dataclass(slots=True)
class CallLog:
    """Every call answered, counted by (method, rule) and, while `keep` is on, kept whole."""

    keep: bool = True
    calls: list[Call] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)

    def add(self, call: Call) -> None:
        """Record one call."""
        self.counts[f"{call.method} {call.path}"] += 1
        if self.keep:
            self.calls.append(call)


class WireApp:
    """A WSGI application made of routes. A system subclasses it, registers handlers and states its own errors."""

    system = "sandbox"
    # Compiling a few hundred rules takes a tenth of a second, so all applications of one class share them.
    _maps: ClassVar[dict[type[WireApp], Map]] = {}
    _known: ClassVar[dict[type[WireApp], set[str]]] = {}

    def __init__(self, faults: FaultPlan) -> None:
        self.faults = faults
        self.log = CallLog()
        self._map = self._maps.setdefault(type(self), Map(strict_slashes=False, merge_slashes=False))
        self._rules = self._known.setdefault(type(self), set())
        self._handlers: dict[str, Handler] = {}

    def route(self, method: str, path: str, handler: Handler) -> None:
        """Answer `method path` (werkzeug rule syntax) with `handler`."""
        endpoint = f"{method} {path}"
        self._handlers[endpoint] = handler
        if endpoint not in self._rules:
            self._rules.add(endpoint)
            self._map.add(Rule(path, endpoint=endpoint, methods=[method]))

    def before(self, request: Request) -> Response | None:
        """A check that answers instead of the handler (authentication, limits); None lets the call pass."""
        return None

    def after(self, request: Request, response: Response) -> Response:
        """The last touch on every true answer (rate-limit headers and the like)."""
        return response

    def not_found(self, request: Request) -> Response:
        """The answer to a path that this system does not have."""
        return Response("not found", status=404)

    def expire_sessions(self) -> None:
        """Make every token issued so far expired."""

    def apply(self, fault: Fault, request: Request) -> Response | None:
        """Carry out the part of a fault that comes before the call; an answer returned here ends it."""
        if fault.effect == "drop":
            raise ConnectionLostError
        if fault.effect == "expire_session":
            self.expire_sessions()
            return None
        if fault.effect == "garbage":
            return Response("<html>We are setting things up</html>", status=200, mimetype="text/html")
        if fault.effect == "answer":
            return json_response(fault.body, fault.status, fault.headers)
        return None

    def dispatch(self, request: Request) -> Response:
        """Answer one call: fault, check, handler."""
        fault = self.faults.take(self.system, request.method, request.full_path.rstrip("?"))
        request.environ["sandbox.fault"] = fault
        if fault is not None and (answer := self.apply(fault, request)) is not None:
            return answer
        refused = self.before(request)
        response = refused if refused is not None else self._handle(request)
        response = self.after(request, response)
        if fault is not None and fault.effect == "lose_answer":
            raise ConnectionLostError
        return response

    def _handle(self, request: Request) -> Response:
        try:
            endpoint, parts = self._map.bind_to_environ(request.environ).match()
        except MethodNotAllowed:
            return Response("method not allowed", status=405)
        except HTTPException:
            return self.not_found(request)
        handler = self._handlers.get(endpoint)
        return handler(request, **parts) if handler is not None else self.not_found(request)

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        request = Request(environ)
        request.get_data(cache=True)
        response = self.dispatch(request)
        headers = {k.lower(): v for k, v in request.headers.items() if k.lower() != "authorization"}
        self.log.add(Call(request.method, request.path, response.status_code, headers))
        return response(environ, start_response)


def json_response(body: Any, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    """An answer with a JSON body in UTF-8; None gives an empty body."""
    import orjson

    raw = b"" if body is None else orjson.dumps(body)
    response = Response(raw, status=status, mimetype="application/json")
    response.headers["Content-Type"] = "application/json;charset=UTF-8"
    for name, value in (headers or {}).items():
        response.headers[name] = value
    return response


class _QuietHandler(WSGIRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Say nothing per call: the call log has it."""

    def send_response(self, code: int, message: str | None = None) -> None:
        """The status line alone: the server's real date beside the sandbox's would be one date too many."""
        self.send_response_only(code, message)

    def connection_dropped(self, error: BaseException, environ: WSGIEnvironment | None = None) -> None:
        """Close a connection that is to be lost, or the client would wait for an answer on it."""
        self.close_connection = True


@dataclass(slots=True)
class RunningServer:
    """A server on loopback that answers in its own thread until stopped."""

    url: str
    _server: BaseWSGIServer
    _thread: Thread

    def stop(self) -> None:
        """Stop answering and free the port."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(timeout=5)


def serve(app: WireApp, port: int = 0) -> RunningServer:
    """Answer on 127.0.0.1:`port` (0: any free one) in a background thread. Raises OSError when the port is taken."""
    try:
        server = make_server("127.0.0.1", port, app, threaded=True, request_handler=_QuietHandler)
    except SystemExit as refused:  # how werkzeug reports a port that is taken
        raise OSError(f"port {port} on 127.0.0.1 is taken: choose another one") from refused
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    return RunningServer(f"http://127.0.0.1:{server.server_port}", server, thread)
