"""What a HubSpot connection needs to know. Values come from `connector.settings`; nothing here reads the environment."""

from __future__ import annotations

from dataclasses import dataclass

from pydantic import SecretStr

from connector.transport.repeat import RetryPolicy

API = "https://api.hubapi.com"


@dataclass(frozen=True, slots=True)
class HubSpotSettings:
    """One portal. `token` is a private app's token or a service key; `url` replaces the vendor's address.

    `timeout` is (connect, read) in seconds. `daily_share` is the part of the account's daily calls that Baton may use.
    `daily_calls` is the allowance to assume until an answer tells it (625,000 on Professional, 250,000 below).
    `searches_per_second` stays under the five that the search API grants an account without saying so in any header;
    0 turns the brake off. `unavailable` names activity streams that the portal's edition is known not to have.
    """

    connection: str
    token: SecretStr
    url: str | None = None
    api_version: str = "2026-09"
    timeout: tuple[float, float] = (5.0, 60.0)
    daily_share: float = 0.5
    daily_calls: int | None = None
    searches_per_second: float = 4.5
    proxy: str | None = None
    unavailable: tuple[str, ...] = ()
    retry: RetryPolicy = RetryPolicy()  # noqa: RUF009 - frozen, so sharing it is safe

    @property
    def address(self) -> str:
        """Where the API answers, without a slash at the end."""
        return (self.url or API).rstrip("/")
