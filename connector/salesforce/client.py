"""Sends Baton's calls to Salesforce: the only module that knows the SDK. The SDK supplies addresses, authentication headers
and quoting; the session that carries the calls is ours, because the SDK has no time limits, repeats a 401 without the
headers of the call, and on some paths for ever. Tokens come from the configured address and are renewed once per call."""

from __future__ import annotations

import random
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from threading import Lock
from typing import Any
from urllib.parse import urlencode, urlsplit, urlunsplit

import orjson
import requests
import urllib3
from requests.adapters import HTTPAdapter
from simple_salesforce.api import Salesforce
from simple_salesforce.format import format_external_id, quote_soql_value

from connector.errors import AccessDeniedError, AnswerLostError, ConfigError, RemoteError, TryLaterError
from connector.ports import Clock
from connector.salesforce.errors import error_of, unreadable
from connector.salesforce.settings import SalesforceSettings
from connector.transport.answer import Answer, http_time
from connector.transport.meter import Meter
from connector.transport.repeat import Repeater, Sleep

__all__ = ["SalesforceClient", "external_id_path", "quoted"]

_VERSION = re.compile(r"\d{2,3}\.0")
_USAGE = re.compile(r"\bapi-usage=(\d+)/(\d+)")


class _Transport(HTTPAdapter):
    """Gives every call a time limit, and speaks plain http where the configured address does: the SDK insists on https."""

    def __init__(self, timeout: tuple[float, float], plain_host: str = "") -> None:
        super().__init__(pool_connections=4, pool_maxsize=8, max_retries=0)
        self._timeout = timeout
        self._plain_host = plain_host

    def send(self, request: requests.PreparedRequest, *args: Any, **kwargs: Any) -> requests.Response:
        """Send one request."""
        kwargs["timeout"] = kwargs.get("timeout") or self._timeout
        parts = urlsplit(str(request.url))
        if parts.scheme == "https" and parts.netloc == self._plain_host:
            request.url = urlunsplit(("http", *parts[1:]))
        return super().send(request, *args, **kwargs)


class SalesforceClient:
    """One org, one session. Raises connector.errors only."""

    def __init__(
        self, settings: SalesforceSettings, *, clock: Clock, sleep: Sleep, rng: random.Random
    ) -> None:
        if not _VERSION.fullmatch(settings.api_version):
            raise ConfigError([f"Salesforce's API version reads like 67.0, not {settings.api_version!r}"])
        self.connection = settings.connection
        self.settings = settings
        self.clock = clock
        self.meter = Meter(
            settings.connection, clock, share=settings.daily_share, daily_limit=settings.daily_calls
        )
        self.repeater = Repeater(settings.retry, sleep, rng)
        self.user_id = ""
        self._sdk: Salesforce | None = None
        self._lock = Lock()
        self._session = self._open_session()

    def _open_session(self) -> requests.Session:
        parts = urlsplit(self.settings.address)
        session = requests.Session()
        session.trust_env = False
        transport = _Transport(self.settings.timeout, parts.netloc if parts.scheme == "http" else "")
        session.mount("https://", transport)
        session.mount("http://", transport)
        if self.settings.proxy:
            session.proxies = {"http": self.settings.proxy, "https": self.settings.proxy}
        # On the session and not on the call: an absent Sforce-Auto-Assign means TRUE and hands the lead to somebody else.
        session.headers["Sforce-Auto-Assign"] = "FALSE"
        session.headers["Sforce-Call-Options"] = "client=baton"
        return session

    def close(self) -> None:
        """Close the pooled connections; the next call opens new ones."""
        self._session.close()

    def get(self, path: str, query: Mapping[str, str] | None = None, *, give_up: Sequence[str] = ()) -> Any:
        """Read; the parsed body. Errors with a code in `give_up` are not repeated: the caller asks for less instead."""
        address = path + (f"?{urlencode(query)}" if query else "")
        return self.repeater.run(lambda: self._json("GET", address, None, None), safe=True, give_up=give_up)

    def call(
        self,
        method: str,
        path: str,
        *,
        body: Mapping[str, Any] | Sequence[Any] | None = None,
        headers: Mapping[str, str] | None = None,
        safe: bool = True,
    ) -> Any:
        """One call with its repetitions; the parsed body, None when empty. `path` is absolute or below the API version."""
        raw = None if body is None else orjson.dumps(body)
        return self.repeater.run(lambda: self._json(method, path, raw, headers), safe=safe)

    def raw(self, path: str) -> Answer:
        """Read something that is not JSON."""
        return self.repeater.run(lambda: self._authorised("GET", path, None, None), safe=True)

    @contextmanager
    def stream(self, path: str) -> Iterator[requests.Response]:
        """Read a body too large to hold. A break in the middle of it is raised as AnswerLostError."""
        response = self.repeater.run(lambda: self._open_stream(path), safe=True)
        try:
            with response, self._translated():
                yield response
        finally:
            response.close()

    def _open_stream(self, path: str) -> requests.Response:
        response = self._renewing("GET", path, None, None, stream=True)
        if response.status_code != 200:
            raise error_of(self.connection, _answer(response), self.clock.now())
        return response

    def _json(self, method: str, path: str, raw: bytes | None, headers: Mapping[str, str] | None) -> Any:
        answer = self._authorised(method, path, raw, headers)
        try:
            return answer.json()
        except ValueError as exc:
            raise unreadable(self.connection, answer) from exc

    def _authorised(
        self, method: str, path: str, raw: bytes | None, headers: Mapping[str, str] | None
    ) -> Answer:
        answer = _answer(self._renewing(method, path, raw, headers))
        if not answer.ok:
            raise error_of(self.connection, answer, self.clock.now())
        return answer

    def _renewing(
        self,
        method: str,
        path: str,
        raw: bytes | None,
        headers: Mapping[str, str] | None,
        *,
        stream: bool = False,
    ) -> requests.Response:
        """Send; after a 401 renew the token and send the very same call once more. The second 401 is the answer."""
        sdk = self._signed_in()
        response = self._send(
            method, self._url(sdk, path), raw, headers=self._headers(sdk, headers), stream=stream
        )
        if response.status_code != 401:
            return response
        response.close()
        sdk = self._signed_in(stale=sdk)
        return self._send(
            method, self._url(sdk, path), raw, headers=self._headers(sdk, headers), stream=stream
        )

    def _signed_in(self, stale: Salesforce | None = None) -> Salesforce:
        """The SDK bound to a token; a new token when there is none, or when the one at hand is `stale`."""
        with self._lock:
            if self._sdk is None or self._sdk is stale:
                self._sdk = self.repeater.run(self._sign_in, safe=True)
            return self._sdk

    def _sign_in(self) -> Salesforce:
        settings = self.settings
        form = {
            "grant_type": "client_credentials",
            "client_id": settings.client_id,
            "client_secret": settings.client_secret.get_secret_value(),
        }
        raw = urlencode(form).encode()
        headers = {"Content-Type": "application/x-www-form-urlencoded", "Accept": "application/json"}
        answer = _answer(self._send("POST", settings.token_address, raw, headers=headers))
        if not answer.ok:
            error = error_of(self.connection, answer, self.clock.now())
            raise error if isinstance(error, TryLaterError) else _denied(error)
        try:
            granted = answer.json()
            token, instance = (
                str(granted["access_token"]),
                str(granted.get("instance_url") or settings.address),
            )
        except (ValueError, KeyError, TypeError, AttributeError) as exc:
            raise unreadable(self.connection, answer) from exc
        self.user_id = str(granted.get("id") or "").rpartition("/")[2]
        return Salesforce(
            session_id=token,
            instance_url=self._instance(instance),
            session=self._session,
            version=settings.api_version,
        )

    def _instance(self, told: str) -> str:
        """The address that the token answer names; the configured one where that is plain http (a sandbox, a tunnel)."""
        return self.settings.address if self.settings.address.startswith("http://") else told

    def _url(self, sdk: Salesforce, path: str) -> str:
        return f"https://{sdk.sf_instance}{path}" if path.startswith("/") else f"{sdk.base_url}{path}"

    @staticmethod
    def _headers(sdk: Salesforce, more: Mapping[str, str] | None) -> dict[str, str]:
        headers = {name: value for name, value in sdk.headers.items() if name != "X-PrettyPrint"}
        return {**headers, **(more or {})}

    def _send(
        self, method: str, url: str, raw: bytes | None, *, headers: Mapping[str, str], stream: bool = False
    ) -> requests.Response:
        self.meter.spend()
        with self._translated():
            response = self._session.request(
                method, url, data=raw, headers=dict(headers), stream=stream, allow_redirects=False
            )
        used = limit = None
        if found := _USAGE.search(response.headers.get("Sforce-Limit-Info", "")):
            used, limit = int(found.group(1)), int(found.group(2))
        self.meter.heard(http_time(response.headers.get("Date")), used, limit)
        return response

    @contextmanager
    def _translated(self) -> Iterator[None]:
        try:
            yield
        except (requests.exceptions.SSLError, requests.exceptions.ProxyError) as exc:
            raise AccessDeniedError(self.connection, "the certificate or proxy is not right", "TLS") from exc
        except requests.exceptions.ConnectTimeout as exc:
            raise TryLaterError(self.connection, "no connection", "UNREACHABLE") from exc
        except requests.exceptions.ConnectionError as exc:
            if "NewConnectionError" in repr(exc) or "NameResolution" in repr(exc):
                raise TryLaterError(self.connection, "no connection", "UNREACHABLE") from exc
            raise AnswerLostError(self.connection, "the connection broke", "CONNECTION_LOST") from exc
        except (requests.exceptions.RequestException, urllib3.exceptions.HTTPError) as exc:
            raise AnswerLostError(self.connection, "the connection broke", "CONNECTION_LOST") from exc


def quoted(text: str) -> str:
    """A value as a quoted SOQL literal."""
    return str(quote_soql_value(text))


def external_id_path(field: str, value: str) -> str:
    """`field/value` as the address of a record by external id needs it."""
    return str(format_external_id(field, value))


def _answer(response: requests.Response) -> Answer:
    headers = {name.lower(): value for name, value in response.headers.items()}
    return Answer(response.status_code, headers, response.content)


def _denied(error: RemoteError) -> AccessDeniedError:
    return AccessDeniedError(error.connection, error.message, error.code, error.status)
