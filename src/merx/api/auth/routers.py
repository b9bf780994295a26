"""The routers below /auth."""

from merx.api.auth import login, mfa, providers, reset_password, session, tokens, verification

# /auth/mfa/factors before /auth/{actor_type}/{auth_provider}.
ROUTERS = (
    session.router,
    tokens.router,
    mfa.router,
    verification.router,
    providers.router,
    login.router,
    reset_password.router,
)
