"""What a Salesforce connection needs to know. Values come from `connector.settings`; nothing here reads the environment."""

from __future__ import annotations

from dataclasses import dataclass

from pydantic import SecretStr

from connector.transport.repeat import RetryPolicy


@dataclass(frozen=True, slots=True)
class SalesforceSettings:
    """One org, reached by the client-credentials flow of an external client app.

    `url` is the My Domain address; `token_url` replaces `{url}/services/oauth2/token`. `timeout` is (connect, read) in
    seconds. `daily_share` is the part of the org's daily calls that Baton may use, `daily_calls` the allowance to assume
    until an answer tells it. `baton_id_field` is the external-id field that makes a hand-off exactly once.
    `bulk_from` is the number of records from which a first load runs as a Bulk 2.0 job. `task_status` is the status of a
    finished task in this org. `unavailable` names activity streams that the org is known not to have.
    """

    connection: str
    url: str
    client_id: str
    client_secret: SecretStr
    token_url: str | None = None
    api_version: str = "67.0"
    timeout: tuple[float, float] = (5.0, 150.0)  # a query may run for two minutes before Salesforce ends it
    daily_share: float = 0.5
    daily_calls: int | None = None
    baton_id_field: str = "Baton_Id__c"
    bulk_from: int = 2_000
    task_status: str = "Completed"
    proxy: str | None = None
    unavailable: tuple[str, ...] = ()
    retry: RetryPolicy = RetryPolicy()  # noqa: RUF009 - frozen, so sharing it is safe

    @property
    def address(self) -> str:
        """The My Domain address without a slash at the end."""
        return self.url.rstrip("/")

    @property
    def token_address(self) -> str:
        """Where tokens are issued."""
        return self.token_url or f"{self.address}/services/oauth2/token"
