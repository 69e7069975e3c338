"""The pages that need no key: where things are, and whether this process lives and can work."""

from __future__ import annotations

from apiflask import APIBlueprint
from flask import Response, jsonify, render_template

from connector.store.migrations import current, head
from connector.texts import LOCALES
from webhooks.doors import doors
from webhooks.problems import RefusedError
from webhooks.words import language

pages = APIBlueprint("pages", __name__, enable_openapi=False)


@pages.get("/")
def home() -> str:
    """Where things are, in the reader's language first."""
    first = language()
    return render_template("home.html", first=first, locales=sorted(LOCALES, key=lambda one: one != first))


@pages.get("/healthz")
def alive() -> Response:
    """This process answers."""
    return jsonify({"status": "ok"})


@pages.get("/readyz")
def ready() -> Response:
    """The database answers and has this release's tables; anything else is 503."""
    if current(doors().engine.store.url) != head():
        raise RefusedError(503, "not_migrated")
    return jsonify({"status": "ready"})
