"""The shapes of the API's configuration: documents by section in, versions and differences out."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

from webhooks.shapes import CommandBody, Text


class ApplyBody(CommandBody):
    """Documents by section, each the whole YAML text."""

    documents: Annotated[dict[str, Text], Field(min_length=1, max_length=20)]
    dry_run: bool = False


class VersionsShape(BaseModel):
    """As `baton config versions --json` prints it."""

    model_config = ConfigDict(extra="allow")

    versions: list[dict[str, Any]]
    waiting: int


class DocumentShape(BaseModel):
    """A document as it was applied, comments and all."""

    model_config = ConfigDict(extra="allow")

    section: str
    document: str


class AppliedShape(BaseModel):
    """As `baton config apply --json` prints it."""

    model_config = ConfigDict(extra="allow")

    changed: list[dict[str, Any]]
    versions: dict[str, int]
    leads: int
    everyone: bool
    warnings: list[str]
    dry_run: bool
