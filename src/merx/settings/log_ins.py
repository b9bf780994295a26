"""Log-ins: who may log in, how, and how many attempts are allowed."""

from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field

from merx.settings.kinds import Secret, Section, in_production

_VERIFICATION = r"\s*[^:,\s]+:[^:,\s]+:[^:,\s]+\s*"


def _safe_issuer(issuer: str) -> str:
    """Over plain http anybody on the path could forge identities; localhost is for tests."""
    parts = urlsplit(issuer)
    is_here = parts.scheme == "http" and parts.hostname in ("localhost", "127.0.0.1", "::1")
    if issuer and not is_here and (parts.scheme != "https" or not parts.hostname):
        raise ValueError("must begin with https://")
    return issuer


class LogIns(Section):
    """Log-ins: who may log in, how, and how many attempts are allowed."""

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
        default_factory=in_production,
        description="send session cookies over https only; on in production",
    )
    login_attempts: int = Field(
        default=10,
        ge=0,
        description="failed log-ins per e-mail and network address within the window before "
        "429; 0: no limit",
    )
    login_attempts_per_email: int = Field(
        default=100, ge=0, description="the same per e-mail, from all addresses"
    )
    login_attempts_per_address: int = Field(
        default=100,
        ge=0,
        description="failed log-ins per network address and window; 0: no limit; behind a "
        "proxy on another machine FORWARDED_ALLOW_IPS must name it, or all share its address",
    )
    login_window: int = Field(
        default=300, ge=1, description="seconds over which failed logins are counted"
    )
    registrations_per_address: int = Field(
        default=2000, ge=0, description="new log-ins per network address and hour; 0: no limit"
    )
    mfa_encryption_key: Secret = Field(
        default="",
        description="seals the secrets of second factors; 32 characters or more; several with "
        "commas: the first seals, all open; unset: nobody can set up a second factor",
    )
    mfa_issuer: str = Field(
        default="Merx",
        description="the shop's name in authenticator apps, if the request names none",
    )
    mfa_challenge_seconds: int = Field(
        default=300, ge=1, description="seconds within which a log-in must enter its second factor"
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
    google_client_secret: Secret = Field(default="", description="client secret at Google")
    github_client_id: str = Field(default="", description="lets people log in with GitHub")
    github_client_secret: Secret = Field(default="", description="client secret at GitHub")
    oidc_issuer: Annotated[str, AfterValidator(_safe_issuer)] = Field(
        default="", description="https://…, lets people log in at this OpenID provider"
    )
    oidc_client_id: str = Field(default="", description="client id at the OpenID provider")
    oidc_client_secret: Secret = Field(
        default="", description="client secret at the OpenID provider; unset for a public client"
    )
    oidc_name: str = Field(
        default="OpenID Connect", description="text of the log-in button of the OpenID provider"
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
