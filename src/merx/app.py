"""The application: lists of routers and subscribers, and what stands around a request."""

import gc
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager

from fastapi import FastAPI, Response

from merx import __version__
from merx.api.access import admin_only
from merx.api.admin import (
    absent,
    api_keys,
    collections,
    currencies,
    customer_groups,
    feature_flags,
    invites,
    layouts,
    locales,
    notifications,
    plugins,
    price_preferences,
    product_categories,
    product_options,
    product_tags,
    product_types,
    product_variants,
    regions,
    reservations,
    sales_channels,
    shipping_profiles,
    stock_locations,
    stores,
    tax_providers,
    tax_rates,
    tax_regions,
    translations,
    users,
    workflow_executions,
)
from merx.api.admin.inventory_items import items, location_levels, movements
from merx.api.admin.price_lists import price_lists
from merx.api.admin.price_lists import prices as listed_prices
from merx.api.admin.products import (
    batch,
    images,
    inventory_items,
    options,
    price_explanation,
    products,
    variants,
)
from merx.api.auth import login, mfa, providers, reset_password, session, tokens, verification
from merx.api.cross_origin import CrossOrigin
from merx.api.failures import add_failure_answers
from merx.api.key_use import KeyUse
from merx.api.openapi import complete_openapi
from merx.api.plain_path import PlainPath
from merx.api.request_log import RequestLog
from merx.api.store import currencies as store_currencies
from merx.api.store import locales as store_locales
from merx.api.store import regions as store_regions
from merx.api.store_access import store_only
from merx.core.database import Database
from merx.core.errors import NotFound
from merx.outbox import Subscriber, relay_events
from merx.providers import configured
from merx.providers.auth import AuthProvider
from merx.providers.notification import NotificationProvider
from merx.settings import Settings
from merx.subscribers import MAIL, subscribers_of
from merx.workflows.hooks import Hooks

# More specific paths first: /products/{id}/variants/batch before /products/{id}.
ADMIN_ROUTERS = (
    listed_prices.router,
    price_lists.router,
    inventory_items.router,
    images.router,
    options.router,
    price_explanation.router,
    variants.router,
    batch.router,
    products.router,
    product_variants.router,
    product_options.router,
    product_types.router,
    product_tags.router,
    collections.router,
    product_categories.router,
    location_levels.router,
    movements.router,
    items.router,
    reservations.router,
    stock_locations.router,
    shipping_profiles.router,
    sales_channels.router,
    translations.router,
    locales.router,
    users.router,
    api_keys.router,
    invites.router,
    layouts.router,
    notifications.router,
    plugins.router,
    workflow_executions.router,
    absent.router,
    currencies.router,
    customer_groups.router,
    price_preferences.router,
    regions.router,
    stores.router,
    tax_providers.router,
    tax_rates.router,
    tax_regions.router,
)
# Below /admin, and open to who is no user yet: before those that have the door.
OPEN_ADMIN_ROUTERS = (invites.open_router, feature_flags.open_router)
# /auth/mfa/factors before /auth/{actor_type}/{auth_provider}.
AUTH_ROUTERS = (
    session.router,
    tokens.router,
    mfa.router,
    verification.router,
    providers.router,
    login.router,
    reset_password.router,
)
STORE_ROUTERS = (store_currencies.router, store_locales.router, store_regions.router)

_METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]


def create_app(
    settings: Settings,
    *,
    hooks: Hooks | None = None,
    subscribers: Sequence[Subscriber] | None = None,
    notifications: NotificationProvider | None = None,
    auth_providers: Sequence[AuthProvider] | None = None,
) -> FastAPI:
    """The shop as an ASGI application; an extension brings hooks, subscribers, providers, routers.

    It opens its pool and its relay when it starts and closes them when it ends.
    """

    sender = notifications or configured.notification_provider(settings)
    listening = subscribers_of(settings, sender) if subscribers is None else tuple(subscribers)

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncGenerator[None]:
        database: Database = app.state.database
        await database.open()
        delivering = relay_events(
            database,
            listening,
            here=settings.relay,
            attempts=settings.event_attempts,
            days=settings.event_days,
        )
        async with delivering as wake:
            # Events that nobody waits for are marked as told now and then, not at once; mails
            # may wait that second, so that not every commit wakes a relay for them.
            is_awaited = any(one.name != MAIL for one in listening)
            app.state.wake_relay = wake if is_awaited or not settings.relay else _rest
            _spare_garbage_collection()
            yield
        await database.close()

    app = FastAPI(title="Merx", version=__version__, lifespan=lifespan)
    app.state.settings = settings
    app.state.hooks = hooks or Hooks()
    app.state.notifications = sender
    known = configured.auth_providers(settings) if auth_providers is None else auth_providers
    app.state.auth_providers = {provider.id: provider for provider in known}
    app.state.database = Database(
        settings.database_url or "",
        pool_size=settings.pool_size,
        statement_cache_size=settings.statement_cache_size,
    )
    add_failure_answers(app)
    complete_openapi(app)
    for router in OPEN_ADMIN_ROUTERS:
        app.include_router(router, prefix="/admin")
    # One level of routers: nested ones are matched again at each level.
    for router in ADMIN_ROUTERS:
        app.include_router(router, prefix="/admin", dependencies=[admin_only])
    for router in STORE_ROUTERS:
        app.include_router(router, prefix="/store", dependencies=[store_only])
    for router in AUTH_ROUTERS:
        app.include_router(router)
    app.add_api_route("/health", _health, include_in_schema=False)
    app.add_api_route(
        "/admin/{path:path}",
        _not_found,
        methods=_METHODS,
        dependencies=[admin_only],
        include_in_schema=False,
    )
    app.add_api_route(
        "/store/{path:path}",
        _not_in_store,
        methods=_METHODS,
        dependencies=[store_only],
        include_in_schema=False,
    )
    # The last added is the outermost.
    app.add_middleware(KeyUse)
    app.add_middleware(PlainPath)
    app.add_middleware(CrossOrigin, settings=settings)
    app.add_middleware(RequestLog, access_log=settings.access_log)
    return app


def _rest() -> None:
    pass


def _spare_garbage_collection() -> None:
    """Leave what was loaded at start out of collections, and collect less often.

    A large request makes many objects that die by themselves; walking the whole program for each
    of them took a third of the time of a batch of 1,000 variants.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 20)


async def _not_found(path: str) -> None:
    """What is not there is told only to those who may enter."""
    raise NotFound(f"There is no /admin/{path}")


async def _not_in_store(path: str) -> None:
    raise NotFound(f"There is no /store/{path}")


async def _health() -> Response:
    return Response("OK", media_type="text/plain")
