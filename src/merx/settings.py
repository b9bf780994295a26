"""Every setting: environment variables MERX_*, also from a file `.env` in the working folder."""

import re
import secrets
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field
from pydantic_settings import BaseSettings, SettingsConfigDict

SHORTEST_SECRET = 32

_VERIFICATION = r"\s*[^:,\s]+:[^:,\s]+:[^:,\s]+\s*"

# Kept out of logs, tracebacks and the listing of `merx settings`.
_HIDDEN = Field(repr=False)
Secret = Annotated[str, _HIDDEN]
SecretUrl = Annotated[str | None, _HIDDEN]
Folder = Annotated[Path, AfterValidator(lambda path: path.expanduser().absolute())]


def _safe_issuer(issuer: str) -> str:
    """Over plain http anybody on the way could say who somebody is; a test on this machine may."""
    parts = urlsplit(issuer)
    is_here = parts.scheme == "http" and parts.hostname in ("localhost", "127.0.0.1", "::1")
    if issuer and not is_here and (parts.scheme != "https" or not parts.hostname):
        raise ValueError("must begin with https://")
    return issuer


def _in_production(values: dict[str, Any]) -> bool:
    return values.get("mode") == "production"


def _own_url(values: dict[str, Any]) -> str:
    host = values["host"] if values["host"] not in ("0.0.0.0", "::") else "localhost"
    return f"http://{f'[{host}]' if ':' in host else host}:{values['port']}"


class Settings(BaseSettings):
    """What a shop's operator decides. The description of a field is its documentation."""

    model_config = SettingsConfigDict(
        env_prefix="MERX_",
        env_file=".env",
        env_ignore_empty=True,
        extra="ignore",
        frozen=True,
        hide_input_in_errors=True,
    )

    mode: Literal["development", "production"] = Field(
        default="development",
        description="production: secrets must be set, cookies are secure, logs are JSON",
    )
    database_url: SecretUrl = Field(
        default=None,
        description="postgresql://user:password@host/name, version 15 or newer; "
        "unset: an embedded PostgreSQL in the data folder",
    )
    data_dir: Folder = Field(
        default_factory=lambda: Path(".merx").absolute(),
        description="folder of the embedded database and of generated secrets",
    )
    host: str = Field(
        default="localhost",
        description="address to serve on; 0.0.0.0 for all, localhost for IPv4 and IPv6",
    )
    port: int = Field(
        default=9000, ge=0, le=65535, description="port to serve on; 0 takes a free one"
    )
    max_connections: int = Field(
        default=2000, ge=10, description="open connections of clients per worker; beyond them 503"
    )
    workers: int = Field(default=1, ge=1, le=256, description="processes that answer requests")

    jwt_secret: Secret = Field(
        default="", description="signs bearer tokens; 32 characters or more, required in production"
    )
    cookie_secret: Secret = Field(
        default="",
        description="signs session cookies; 32 characters or more, required in production",
    )
    jwt_expires_in: int = Field(
        default=86_400, ge=1, description="seconds that a bearer token is valid"
    )
    session_hours: float = Field(
        default=10, gt=0, description="hours that a session cookie is valid"
    )
    cookie_secure: bool = Field(
        default_factory=_in_production,
        description="send session cookies over https only; on in production",
    )
    trust_forwarded_host: bool = Field(
        default=False,
        description="the proxy in front sets X-Forwarded-Host itself: pages of that host are the "
        "shop's own",
    )
    login_attempts: int = Field(
        default=10,
        ge=0,
        description="failed logins per e-mail and network address before 429, in a window; 0 "
        "switches it off",
    )
    login_attempts_per_email: int = Field(
        default=100, ge=0, description="the same per e-mail, from all addresses together"
    )
    login_attempts_per_address: int = Field(
        default=100,
        ge=0,
        description="failed logins per network address and window; 0 switches it off; behind a "
        "proxy on another machine FORWARDED_ALLOW_IPS must name it, or all share its address",
    )
    login_window: int = Field(
        default=300, ge=1, description="seconds over which failed logins are counted"
    )

    search: bool = Field(
        default=False,
        description="answer /store/search from the index of products; off: it knows no index, as "
        "on the reference",
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
    stripe_api_url: str = Field(
        default="", description="another address of Stripe's API, for tests"
    )
    registrations_per_address: int = Field(
        default=2000, ge=0, description="new log-ins per network address and hour; 0: no limit"
    )
    mails_per_day: int = Field(
        default=30,
        ge=0,
        description="messages that strangers can have sent to one address in a day, for new "
        "passwords and verifications; 0: no limit",
    )

    mfa_encryption_key: Secret = Field(
        default="",
        description="seals the secrets of second factors; 32 characters or more; several with "
        "commas: the first seals, all open; unset: nobody can set up a second factor",
    )
    mfa_issuer: str = Field(
        default="Merx", description="the shop's name in authenticator apps, where none is asked for"
    )
    mfa_challenge_seconds: int = Field(
        default=300, ge=1, description="seconds in which a log-in must show its second factor"
    )
    mfa_challenge_attempts: int = Field(
        default=5, ge=1, description="codes that may be tried at one challenge"
    )
    mfa_attempts: int = Field(
        default=20,
        ge=0,
        description="wrong codes per identity and hour before 429; 0 switches it off; "
        "recovery codes work all the same",
    )
    mfa_recovery_codes: int = Field(
        default=10, ge=1, le=50, description="recovery codes made when no number is asked for"
    )
    mfa_disable_policy: Literal["session", "challenge"] = Field(
        default="session",
        description="challenge: a second factor is disabled only with a code; session: by whoever "
        "is logged in",
    )
    auth_verifications: str = Field(
        default="",
        pattern=rf"^(\s*|{_VERIFICATION}(,{_VERIFICATION})*)$",
        description="what must be verified before a log-in is complete, comma-separated: "
        "customer:emailpass:email is actor type, provider, kind of address",
    )

    user_auth_providers: str = Field(
        default="emailpass",
        description="ways for users to log in, comma-separated: emailpass, google, github, oidc; "
        "customers have all that are set up",
    )
    google_client_id: str = Field(default="", description="lets people log in with Google")
    google_client_secret: Secret = Field(default="", description="of the client at Google")
    github_client_id: str = Field(default="", description="lets people log in with GitHub")
    github_client_secret: Secret = Field(default="", description="of the client at GitHub")
    oidc_issuer: Annotated[str, AfterValidator(_safe_issuer)] = Field(
        default="", description="https://…, lets people log in at this OpenID provider"
    )
    oidc_client_id: str = Field(default="", description="of the client at the OpenID provider")
    oidc_client_secret: Secret = Field(
        default="", description="of the same; unset for a public client"
    )
    oidc_name: str = Field(
        default="OpenID Connect", description="what people read on the button of the same"
    )
    auth_callback_urls: str = Field(
        default="",
        description="pages to which providers may send people back, comma-separated; the first is "
        "taken when a log-in names none",
    )
    user_email_domains: str = Field(
        default="",
        description="whoever logs in at a provider with a verified e-mail of these domains may "
        "become a user without an invite; unset: nobody",
    )

    smtp_url: SecretUrl = Field(
        default=None,
        description="smtp://user:password@host:587 (STARTTLS), smtps://… (TLS) or smtp://…?tls=off;"
        " unset: mail is written to the log and for `merx outbox mail`",
    )
    mail_from: str = Field(
        default="", description="Shop <shop@example.com>, required with MERX_SMTP_URL"
    )
    admin_url: str = Field(
        default="http://localhost:9000/app", description="of the dashboard, for links in mails"
    )
    storefront_url: str = Field(
        default="http://localhost:8000", description="of the storefront, for links in mails"
    )

    store_cors: str = Field(
        default="http://localhost:8000",
        description="origins that may call /store, comma-separated; /…/ is a regular expression",
    )
    admin_cors: str = Field(
        default="http://localhost:5173,http://localhost:9000",
        description="origins that may call /admin",
    )
    auth_cors: str = Field(
        default="http://localhost:5173,http://localhost:9000,http://localhost:8000",
        description="origins that may call /auth",
    )

    files: str = Field(
        default_factory=lambda values: str(values["data_dir"] / "files"),
        description="where files are kept: a folder that all servers share, or s3://bucket/path "
        "(gs://, az://) with the credentials of the environment, such as AWS_ACCESS_KEY_ID",
    )
    dashboard: Folder = Field(
        default_factory=lambda values: values["data_dir"] / "dashboard",
        description="folder of the dashboard that `merx dashboard install` builds, served at /app",
    )
    public_url: str = Field(
        default_factory=_own_url,
        description="address at which clients reach the shop, for links to files; "
        "http:// with host and port",
    )

    max_body_bytes: int = Field(
        default=32 * 1024 * 1024, ge=1024, description="largest request body; beyond it 413"
    )
    max_store_body_bytes: int = Field(
        default=100 * 1024, ge=1024, description="the same for requests to /store"
    )
    max_upload_bytes: int = Field(
        default=50 * 1024 * 1024, ge=1024, description="largest upload of files; beyond it 413"
    )
    max_batch_rows: int = Field(
        default=10_000, ge=1, description="most rows of one call; beyond them 413"
    )

    pooler: Literal["none", "transaction"] = Field(
        default="none",
        description="transaction: MERX_DATABASE_URL is a pooler such as PgBouncer that gives a "
        "connection for a transaction only (docs/guides/more-than-one-machine.md)",
    )
    direct_database_url: SecretUrl = Field(
        default=None,
        description="the database past the pooler: for migrations, commands and NOTIFY",
    )
    pool_size: int = Field(default=10, ge=1, description="database connections per worker")
    lock_seconds: float = Field(
        default=5,
        gt=0,
        description="seconds that a change waits for rows that another one holds; then 409",
    )
    connection_seconds: float = Field(
        default=10, gt=0, description="seconds that a request waits for a connection; then 503"
    )
    statement_cache_size: int = Field(
        default_factory=lambda values: 0 if values.get("pooler") == "transaction" else 200,
        ge=0,
        description="prepared statements per connection; 200, or 0 behind a pooler of transactions "
        "(PgBouncer 1.21 with max_prepared_statements takes more)",
    )

    extensions: str = Field(
        default="",
        description="extensions beside those of installed packages: package:NAME, with commas "
        "between (docs/extending.md)",
    )
    relay: bool = Field(
        default=True,
        description="deliver events in each server process; off where `merx events run` does",
    )
    event_attempts: int = Field(
        default=12,
        ge=1,
        description="tries to deliver an event before it is given up; 12 take about an hour",
    )
    event_days: float = Field(
        default=7, gt=0, le=10_000, description="days that delivered events are kept"
    )

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

    log_level: Literal["debug", "info", "warning", "error"] = Field(
        default="info", description="least severity to log"
    )
    log_format: Literal["console", "json"] = Field(
        default_factory=lambda values: "json" if _in_production(values) else "console",
        description="console for people, json for machines; json in production",
    )
    metrics_port: int = Field(
        default=0,
        ge=0,
        le=65535,
        description="port on which Prometheus finds /metrics; 0 none. Needs merx[metrics]",
    )
    metrics_host: str = Field(default="localhost", description="address of that port")
    access_log: bool = Field(default=True, description="one line for each request")

    @property
    def is_pooled(self) -> bool:
        """Whether a connection is one server's for a transaction only."""
        return self.pooler == "transaction"

    def weak_secrets(self) -> list[str]:
        """The variables whose secrets are unset or too short to be served with."""
        values = {"MERX_JWT_SECRET": self.jwt_secret, "MERX_COOKIE_SECRET": self.cookie_secret}
        weak = [name for name, value in values.items() if len(value) < SHORTEST_SECRET]
        keys = [key for key in self.mfa_encryption_key.split(",") if key.strip()]
        if any(len(key.strip()) < SHORTEST_SECRET for key in keys):
            weak.append("MERX_MFA_ENCRYPTION_KEY")
        return weak

    def required_verifications(self, actor_type: str, auth_provider: str) -> list[str]:
        """The kinds of addresses that this log-in must have verified."""
        wanted = [part.strip().split(":") for part in self.auth_verifications.split(",")]
        return [part[2] for part in wanted if part[:2] == [actor_type, auth_provider]]

    def unfinished(self) -> list[str]:
        """What else has to be set for what is set to work."""
        has_client = self.google_client_id or self.github_client_id or self.oidc_issuer
        needed = {
            "MERX_GOOGLE_CLIENT_SECRET": (self.google_client_id, self.google_client_secret),
            "MERX_GITHUB_CLIENT_SECRET": (self.github_client_id, self.github_client_secret),
            "MERX_OIDC_CLIENT_ID": (self.oidc_issuer, self.oidc_client_id),
            "MERX_AUTH_CALLBACK_URLS": (has_client, named(self.auth_callback_urls)),
            "MERX_MAIL_FROM": (self.smtp_url, self.mail_from),
            "MERX_DIRECT_DATABASE_URL": (self.is_pooled, self.direct_database_url),
        }
        return [name for name, (wanted, given) in needed.items() if wanted and not given]


def named(text: str) -> tuple[str, ...]:
    """The names of a comma-separated setting."""
    return tuple(part.strip() for part in text.split(",") if part.strip())


def with_development_secrets(settings: Settings) -> Settings:
    """The same settings, with unset secrets from the data folder, where the first call puts them.

    They stay the same over restarts, so a restart logs nobody out.
    """
    kept = {
        name: _kept_secret(settings.data_dir / name)
        for name in ("jwt_secret", "cookie_secret")
        if not getattr(settings, name)
    }
    return settings.model_copy(update=kept)


def _kept_secret(path: Path) -> str:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch(mode=0o600)
    if not path.read_text():
        path.write_text(secrets.token_urlsafe(SHORTEST_SECRET))
    return path.read_text()


def allowed_origins(text: str) -> list[str | re.Pattern[str]]:
    """The origins of a CORS setting: plain ones as text, `/…/` as a pattern to search with."""
    return [
        re.compile(part[1:-1]) if len(part) > 1 and part[0] == part[-1] == "/" else part
        for part in named(text)
    ]
