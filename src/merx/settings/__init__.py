"""Every setting: environment variables MERX_*, also read from `.env` in the working directory."""

import re
import secrets
from pathlib import Path

from merx.settings.kinds import SHORTEST_SECRET
from merx.settings.log_ins import LogIns
from merx.settings.selling import Selling
from merx.settings.serving import Serving
from merx.settings.storage import Storage


# The fields of the last class are read first: later ones have defaults that depend on them.
class Settings(Selling, LogIns, Storage, Serving):
    """The settings of a shop. The description of a field is its documentation."""

    @property
    def is_pooled(self) -> bool:
        """Whether a connection belongs to one server session only for a transaction."""
        return self.pooler == "transaction"

    def weak_secrets(self) -> list[str]:
        """The variables whose secrets are unset or too short to serve with."""
        values = {"MERX_JWT_SECRET": self.jwt_secret, "MERX_COOKIE_SECRET": self.cookie_secret}
        weak = [name for name, value in values.items() if len(value) < SHORTEST_SECRET]
        keys = [key for key in self.mfa_encryption_key.split(",") if key.strip()]
        if any(len(key.strip()) < SHORTEST_SECRET for key in keys):
            weak.append("MERX_MFA_ENCRYPTION_KEY")
        return weak

    def required_verifications(self, actor_type: str, auth_provider: str) -> list[str]:
        """The kinds of addresses that must be verified for this log-in."""
        wanted = [part.strip().split(":") for part in self.auth_verifications.split(",")]
        return [part[2] for part in wanted if part[:2] == [actor_type, auth_provider]]

    def unfinished(self) -> list[str]:
        """Further settings that are needed for the configured ones to work."""
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
    """The same settings, with unset secrets taken from the data folder, created there on first use.

    They survive restarts, so a restart logs nobody out.
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
    """The origins of a CORS setting: plain ones as text, `/…/` as a regular expression."""
    return [
        re.compile(part[1:-1]) if len(part) > 1 and part[0] == part[-1] == "/" else part
        for part in named(text)
    ]
