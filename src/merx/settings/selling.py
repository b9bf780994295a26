"""What the shop sells with: addresses, mail, payments, carts, search and events."""

from ipaddress import ip_network
from typing import Annotated

from pydantic import AfterValidator, Field

from merx.settings.kinds import Given, Secret, SecretUrl, Section


def _own_url(values: Given) -> str:
    host = values["host"] if values["host"] not in ("0.0.0.0", "::") else "localhost"
    return f"http://{f'[{host}]' if ':' in host else host}:{values['port']}"


def _networks(text: str) -> str:
    for part in text.split(","):
        if part.strip():
            ip_network(part.strip(), strict=False)
    return text


class Selling(Section):
    """What the shop sells with: addresses, mail, payments, carts, search and events."""

    public_url: str = Field(
        default_factory=_own_url,
        description="address at which clients reach the shop, for links to files; "
        "http:// with host and port",
    )
    admin_url: str = Field(
        default="http://localhost:9000/app", description="of the dashboard, for links in mails"
    )
    storefront_url: str = Field(
        default="http://localhost:8000", description="of the storefront, for links in mails"
    )
    smtp_url: SecretUrl = Field(
        default=None,
        description="smtp://user:password@host:587 (STARTTLS), smtps://… (TLS) or smtp://…?tls=off;"
        " unset: mail is written to the log and for `merx outbox mail`",
    )
    mail_from: str = Field(
        default="", description="Shop <shop@example.com>, required with MERX_SMTP_URL"
    )
    mails_per_day: int = Field(
        default=30,
        ge=0,
        description="messages per address and day that anybody can cause, for new "
        "passwords and verifications; 0: no limit",
    )
    stripe_api_key: Secret = Field(
        default="",
        description="secret key of Stripe, for payments by pp_stripe_stripe; needs the "
        "extra: pip install 'merx[stripe]'",
    )
    stripe_webhook_secret: Secret = Field(
        default="",
        description="whsec_… of the endpoint /hooks/payment/stripe_stripe; unset: its calls are "
        "refused",
    )
    stripe_captures_at_once: bool = Field(
        default=False, description="take the money when it is authorized, not when it is captured"
    )
    stripe_api_url: str = Field(default="", description="URL of Stripe's API, for tests")
    cart_reminder_hours: float = Field(
        default=24,
        ge=0,
        le=10_000,
        description="hours after which cart.abandoned tells of a cart left with an e-mail; 0 never",
    )
    cart_days: float = Field(
        default=90,
        ge=0,
        le=10_000,
        description="days after which a cart that nobody came back to is deleted; 0 never",
    )
    search: bool = Field(
        default=False,
        description="answer /store/search from the index of products; off: it knows no index, as "
        "on the reference",
    )
    meilisearch_url: str = Field(
        default="",
        description="http://host:7700 of a Meilisearch that finds what customers search for, with "
        "the extra `meilisearch`; unset: PostgreSQL does (docs/reference/store.md)",
    )
    meilisearch_api_key: str = Field(
        default="", repr=False, description="API key of Meilisearch that may write the index"
    )
    meilisearch_index: str = Field(
        default="products", min_length=1, description="name of the index in Meilisearch"
    )
    relay: bool = Field(
        default=True,
        description="deliver events in each server process; off where `merx events run` does",
    )
    event_attempts: int = Field(
        default=12,
        ge=1,
        description="attempts to deliver an event before giving up; 12 take about an hour",
    )
    event_days: float = Field(
        default=7, gt=0, le=10_000, description="days that delivered events are kept"
    )
    webhook_networks: Annotated[str, AfterValidator(_networks)] = Field(
        default="",
        description="networks beside the public internet that webhooks may reach, comma-separated: "
        "10.1.0.0/16,127.0.0.1; these also over http://",
    )
    webhook_attempts: int = Field(
        default=12,
        ge=1,
        le=100,
        description="attempts to send to a webhook before it is disabled; 12 take about "
        "a day and a half",
    )
    bulk_days: float = Field(
        default=7, gt=0, le=10_000, description="days that ended bulk jobs and results are kept"
    )
    webhook_days: float = Field(
        default=7, gt=0, le=10_000, description="days that the log of webhooks is kept"
    )
