"""Who asks: a machine with the token, or a person in HubSpot whose request HubSpot signed. Nobody else is answered."""

from __future__ import annotations

import hmac
from dataclasses import dataclass
from urllib.parse import quote

from flask import g, request

from connector.domain.facts import Actor
from connector.settings import ConnectionSettings
from connector.store import owners
from connector.store.owners import Rep
from mappings.addresses import email_key
from webhooks.doors import Doors, doors, secrets_of
from webhooks.problems import RefusedError
from webhooks.signatures import Verdict, verify_v3

SIGNATURE, TIMESTAMP = "X-HubSpot-Signature-v3", "X-HubSpot-Request-Timestamp"


@dataclass(frozen=True, slots=True)
class Caller:
    """Who asks. `person` is set for a request that HubSpot signed: its user, whatever the body says."""

    person: Person | None = None


@dataclass(frozen=True, slots=True)
class Person:
    """A HubSpot user as the signed address names them, and the owner in either system that has their address."""

    user_id: str
    rep: Rep | None

    def actor(self, usual: str) -> Actor:
        """Who acts: what the owner's settings say they are, else what usually gives this command."""
        rep = self.rep
        if rep is None:
            return Actor(usual, f"hubspot-user-{self.user_id}")
        kind = "manager" if rep.is_manager else "sdr" if rep.is_sdr else usual
        return Actor(kind, rep.owner_id)


def identify() -> None:
    """Find out who asks, before any view of the API. Raises RefusedError."""
    g.caller = _by_token(doors()) if "Authorization" in request.headers else _by_signature(doors())


def caller() -> Caller:
    """Who asks."""
    found: Caller = g.caller
    return found


def token_only() -> None:
    """Refuse people in HubSpot: this is for machines. Raises RefusedError."""
    if caller().person is not None:
        raise RefusedError(403, "token_only")


def _by_token(door: Doors) -> Caller:
    token = door.settings.api_token.get_secret_value()
    if not token:
        raise RefusedError(403, "closed")
    scheme, _, given = request.headers["Authorization"].partition(" ")
    same = hmac.compare_digest(given.strip().encode("utf-8", "replace"), token.encode())
    if scheme.lower() != "bearer" or not same:
        raise RefusedError(401, "wrong_token")
    return Caller()


def _by_signature(door: Doors) -> Caller:
    signers = [one for one in door.connections() if one.vendor == "hubspot" and secrets_of(one)]
    if SIGNATURE not in request.headers:
        if not signers and not door.settings.api_token.get_secret_value():
            raise RefusedError(403, "closed")
        raise RefusedError(401, "missing_token")
    signed_by(door, signers)
    ids = {name: request.args.getlist(name) for name in ("userId", "userEmail", "portalId")}
    if any(len(values) > 1 for values in ids.values()) or not (ids["userId"] or ids["userEmail"]):
        # HubSpot's proxy appends them; a second one was put there by somebody else.
        raise RefusedError(401, "unknown_user")
    portals = {one.organization_id for one in signers if one.organization_id}
    if portals and not portals.intersection(ids["portalId"]):
        raise RefusedError(401, "wrong_organization")
    user_id = next(iter(ids["userId"]), "")[:64]
    return Caller(Person(user_id, _rep(door, next(iter(ids["userEmail"]), ""))))


def signed_by(door: Doors, signers: list[ConnectionSettings]) -> None:
    """Refuse a request that none of these HubSpot connections signed, within five minutes. Raises RefusedError."""
    secrets = [secret for one in signers for secret in secrets_of(one)]
    if not secrets:
        raise RefusedError(403, "no_secret")
    verdict = verify_v3(
        secrets,
        signature=request.headers.get(SIGNATURE, ""),
        timestamp=request.headers.get(TIMESTAMP, ""),
        signed=(request.method, public_address(door), request.get_data()),
        now=door.engine.now(),
    )
    if verdict is not Verdict.VALID:
        raise RefusedError(401, f"signature_{verdict.value}")


def public_address(door: Doors) -> str:
    """The address as the sender saw it: behind a proxy only BATON_PUBLIC_URL knows. Path and query as they came,
    escapes and order untouched, because they are signed."""
    target = str(request.environ.get("REQUEST_URI") or "")
    if not target.startswith("/"):
        query = request.environ.get("QUERY_STRING", "")
        target = quote(request.path) + (f"?{query}" if query else "")
    return (door.settings.public_url or request.host_url).rstrip("/") + target


def _rep(door: Doors, email: str) -> Rep | None:
    """Sales' own owner before marketing's: hand-offs are answered by owners of the CRM."""
    key = email_key(email) if email else ""
    if not key:
        return None
    with door.engine.store.read() as tx:
        for system in (door.engine.crm, door.engine.marketing):
            for rep in owners.reps(tx, system.connection):
                if rep.email and email_key(rep.email) == key:
                    return rep
    return None
