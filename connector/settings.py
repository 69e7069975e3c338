"""Settings: where Baton's database is, which systems it connects, and with what credentials.

Parsed once from environment and file, typed and frozen. Every problem is reported at once, with what to do.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import BaseModel, ConfigDict, SecretStr, ValidationError, field_validator, model_validator

from connector.documents import read_yaml
from connector.errors import ConfigError
from mappings.records import SystemRole

PREFIX = "BATON_"
Vendor = Literal["hubspot", "salesforce"]


class ConnectionSettings(BaseModel):
    """One system: its vendor, address and credentials.

    HubSpot takes `token` (private app or service key). Salesforce takes `client_id` and `client_secret` of an
    external client app with the client-credentials flow, and `url` is the My Domain address.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    vendor: Vendor
    role: SystemRole
    url: str | None = None
    token: SecretStr = SecretStr("")
    client_id: str = ""
    client_secret: SecretStr = SecretStr("")
    webhook_secret: SecretStr = SecretStr("")
    organization_id: str = ""
    app_id: str = ""
    api_version: str = ""
    daily_share: int = 50
    searches_per_second: float | None = None

    @property
    def name(self) -> str:
        """The connection's name, first part of its record keys: `marketing` or `crm`."""
        return self.role.value

    @field_validator("url")
    @classmethod
    def _address(cls, value: str | None) -> str | None:
        if value is not None and not value.startswith(("https://", "http://")):
            raise ValueError("must start with https:// or http://")
        return value.rstrip("/") if value else None

    @field_validator("daily_share")
    @classmethod
    def _percent(cls, value: int) -> int:
        if not 1 <= value <= 100:
            raise ValueError("must be a percentage from 1 to 100")
        return value

    @model_validator(mode="after")
    def _credentials(self) -> ConnectionSettings:
        missing = [name for name in _NEEDED[self.vendor] if not _filled(getattr(self, name))]
        if missing:
            names = ", ".join(f"{PREFIX}{self.role.upper()}_{name.upper()}" for name in missing)
            raise ValueError(f"{self.vendor} needs {names}")
        return self


_NEEDED: Mapping[str, tuple[str, ...]] = {
    "hubspot": ("token",),
    "salesforce": ("url", "client_id", "client_secret"),
}


def _filled(value: object) -> bool:
    return bool(value.get_secret_value() if isinstance(value, SecretStr) else value)


class Settings(BaseModel):
    """All of it. `config_dir` holds documents that replace the shipped defaults (matrix.yaml, policies.yaml...)."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    database_url: str
    marketing: ConnectionSettings
    crm: ConnectionSettings
    config_dir: Path | None = None
    language: Literal["en", "zh_CN"] = "en"
    timezone: str = "Asia/Shanghai"
    api_token: SecretStr = SecretStr("")
    public_url: str = ""
    listen: str = "127.0.0.1:8080"
    clock_url: str = ""
    poll_seconds: int = 60
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"

    @field_validator("timezone")
    @classmethod
    def _zone(cls, value: str) -> str:
        try:
            ZoneInfo(value)
        except (ZoneInfoNotFoundError, ValueError) as exc:
            raise ValueError(f"{value!r} is not a time zone such as Asia/Shanghai") from exc
        return value

    @field_validator("poll_seconds")
    @classmethod
    def _interval(cls, value: int) -> int:
        if value < 1:
            raise ValueError("must be at least 1")
        return value


_CONNECTION_KEYS = frozenset(ConnectionSettings.model_fields) - {"vendor", "role"}
_PLAIN_KEYS = frozenset(Settings.model_fields) - {"marketing", "crm"}


def load_settings(environ: Mapping[str, str], file: Path | None = None) -> Settings:
    """Settings from `environ` (BATON_*) over the YAML file named by BATON_SETTINGS or `file` (keys with or without
    the prefix, any case). Raises ConfigError with every unknown, missing or wrong key."""
    named = environ.get(f"{PREFIX}SETTINGS")
    path = Path(named) if named else file
    values: dict[str, str] = {}
    if path is not None:
        values.update(_from_file(path))
    values.update(
        {
            key.removeprefix(PREFIX).lower(): value
            for key, value in environ.items()
            if key.startswith(PREFIX) and key != f"{PREFIX}SETTINGS" and value != ""
        }
    )
    document, problems = _nest(values)
    return _validate(document, problems)


def _from_file(path: Path) -> dict[str, str]:
    document = read_yaml(path)
    if not isinstance(document, Mapping):
        raise ConfigError([f"{path}: keys and values are expected, such as DATABASE_URL: sqlite:///baton.db"])
    return {str(key).upper().removeprefix(PREFIX).lower(): str(value) for key, value in document.items()}


def _nest(values: Mapping[str, str]) -> tuple[dict[str, Any], list[str]]:
    document: dict[str, Any] = {}
    problems: list[str] = []
    for key, value in sorted(values.items()):
        role, _, rest = key.partition("_")
        if role in ("marketing", "crm"):
            if rest and rest not in _CONNECTION_KEYS:
                problems.append(f"{PREFIX}{key.upper()}: unknown setting; known: {_known(role)}")
                continue
            document.setdefault(role, {"role": role})[rest or "vendor"] = value
        elif key in _PLAIN_KEYS:
            document[key] = value
        else:
            problems.append(f"{PREFIX}{key.upper()}: unknown setting; known: {_known('')}")
    for role in ("marketing", "crm"):
        if "vendor" not in document.get(role, {}):
            problems.append(f"{PREFIX}{role.upper()}: missing; say hubspot or salesforce")
            document.pop(role, None)
    return document, problems


def _known(role: str) -> str:
    keys = _CONNECTION_KEYS if role else _PLAIN_KEYS
    return ", ".join(
        sorted(f"{PREFIX}{role.upper()}_{k.upper()}" if role else f"{PREFIX}{k.upper()}" for k in keys)
    )


def _validate(document: dict[str, Any], problems: list[str]) -> Settings:
    try:
        settings = Settings.model_validate(document)
    except ValidationError as exc:
        told = {f"{PREFIX}{role.upper()}" for role in ("marketing", "crm") if role not in document}
        for error in exc.errors(include_input=False):
            name = PREFIX + "_".join(str(part).upper() for part in error["loc"])
            if name not in told:
                problems.append(f"{name}: {_words(error['type'], error['msg'])}")
        raise ConfigError(problems) from exc
    if problems:
        raise ConfigError(problems)
    return settings


def _words(kind: str, message: str) -> str:
    return "missing" if kind == "missing" else message.removeprefix("Value error, ")
