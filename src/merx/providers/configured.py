"""The providers configured by the settings."""

from merx.providers.auth import AuthProvider
from merx.providers.github import GithubProvider
from merx.providers.notification import LocalNotifications, NotificationProvider
from merx.providers.oauth import Application
from merx.providers.openid import OpenIdProvider, google
from merx.providers.payment import PaymentProvider, SystemPaymentProvider
from merx.providers.search import SearchEngine
from merx.providers.smtp import SmtpNotifications
from merx.settings import Settings


def auth_providers(settings: Settings) -> list[AuthProvider]:
    """The configured providers of log-ins."""
    found: list[AuthProvider] = []
    if settings.github_client_id:
        application = Application(settings.github_client_id, settings.github_client_secret)
        found.append(GithubProvider(application))
    if settings.google_client_id:
        found.append(google(Application(settings.google_client_id, settings.google_client_secret)))
    if settings.oidc_issuer:
        application = Application(settings.oidc_client_id, settings.oidc_client_secret or None)
        name, issuer = settings.oidc_name, settings.oidc_issuer
        found.append(OpenIdProvider("oidc", name, issuer, application))
    return found


def notification_provider(settings: Settings) -> NotificationProvider:
    """The sender of mails: an SMTP server if configured, otherwise only the log and a table."""
    if settings.smtp_url is None:
        return LocalNotifications()
    return SmtpNotifications(settings.smtp_url, settings.mail_from)


def payment_providers(settings: Settings) -> list[PaymentProvider]:
    """The payment providers: the built-in one, and Stripe if its key is set."""
    found: list[PaymentProvider] = [SystemPaymentProvider()]
    if settings.stripe_api_key:
        # Its library takes half a second to import, and is an optional dependency.
        from merx.providers.stripe import StripePaymentProvider  # noqa: PLC0415

        stripe = StripePaymentProvider(
            settings.stripe_api_key,
            webhook_secret=settings.stripe_webhook_secret,
            captures_at_once=settings.stripe_captures_at_once,
            api_url=settings.stripe_api_url,
        )
        found.append(stripe)
    return found


def search_engine(settings: Settings) -> SearchEngine | None:
    """The search engine, if one is configured."""
    if not settings.meilisearch_url:
        return None
    # Its library is an optional dependency.
    from merx.providers.meilisearch import MeilisearchEngine  # noqa: PLC0415

    return MeilisearchEngine(
        settings.meilisearch_url, settings.meilisearch_api_key, settings.meilisearch_index
    )
