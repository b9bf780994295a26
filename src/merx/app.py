"""The application: lists of routers and subscribers, and what stands around a request."""

import gc
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager

from fastapi import APIRouter, FastAPI, Request, Response

from merx import __version__
from merx.access.admin import admin_only
from merx.access.key_use import KeyUse
from merx.access.store import store_only
from merx.api import static
from merx.api.admin import routers as admin
from merx.api.admin.inventory_items.export import read_export
from merx.api.auth import routers as auth
from merx.api.hooks import routers as hooks_from_outside
from merx.api.store import routers as store
from merx.core.database import Database
from merx.core.errors import NotFound
from merx.modules.payment.collections import add_providers
from merx.modules.payment.till import Listener
from merx.outbox import Subscriber, relay_events
from merx.providers import configured
from merx.providers.auth import AuthProvider
from merx.providers.file import FileProvider, StoredFiles
from merx.providers.fulfillment import FulfillmentProvider, FulfillmentProviders
from merx.providers.notification import NotificationProvider
from merx.providers.payment import PaymentProvider
from merx.providers.tax import TaxProvider
from merx.settings import Settings
from merx.subscribers.event_log import event_log
from merx.subscribers.inventory_export import inventory_export
from merx.subscribers.mail import mail_by
from merx.web.cross_origin import CrossOrigin
from merx.web.failures import add_failure_answers
from merx.web.http_methods import HeadAsGet, tell_methods
from merx.web.openapi import complete_openapi
from merx.web.plain_path import PlainPath
from merx.web.request_log import RequestLog
from merx.web.second_read import SecondRead
from merx.workflows.hooks import Hooks, in_force
from merx.workflows.selling.taxes import SYSTEM as SYSTEM_TAXES

_METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]


def create_app(
    settings: Settings,
    *,
    hooks: Hooks | None = None,
    subscribers: Sequence[Subscriber] | None = None,
    notifications: NotificationProvider | None = None,
    files: FileProvider | None = None,
    auth_providers: Sequence[AuthProvider] | None = None,
    fulfillment_providers: Sequence[FulfillmentProvider] = (),
    payment_providers: Sequence[PaymentProvider] | None = None,
    payment_listeners: Sequence[Listener] = (),
    tax_providers: Sequence[TaxProvider] = (SYSTEM_TAXES,),
) -> FastAPI:
    """The shop as an ASGI application; an extension brings hooks, subscribers, providers, routers.

    It opens its pool and its relay when it starts and closes them when it ends.
    """
    sender = notifications or configured.notification_provider(settings)
    kept = files or StoredFiles(settings.files)
    own = own_subscribers(settings, files=kept, notifications=sender)
    listening = own if subscribers is None else tuple(subscribers)
    known = configured.auth_providers(settings) if auth_providers is None else auth_providers
    app = FastAPI(title="Merx", version=__version__, lifespan=_lifespan(settings, listening))
    app.state.settings = settings
    app.state.hooks = hooks or {}
    app.state.files = kept
    app.state.notifications = sender
    app.state.auth_providers = {provider.id: provider for provider in known}
    app.state.fulfillment_providers = FulfillmentProviders.of(fulfillment_providers)
    paying = (
        configured.payment_providers(settings) if payment_providers is None else payment_providers
    )
    app.state.payment_providers = {provider.id: provider for provider in paying}
    app.state.payment_listeners = tuple(payment_listeners)
    app.state.tax_providers = {provider.id: provider for provider in tax_providers}
    app.state.database = Database(
        settings.database_url or "",
        pool_size=settings.pool_size,
        statement_cache_size=settings.statement_cache_size,
        lock_seconds=settings.lock_seconds,
        connection_seconds=settings.connection_seconds,
    )
    add_failure_answers(app)
    complete_openapi(app)
    _add_routes(app)
    _add_middleware(app, settings)
    return app


def _lifespan(
    settings: Settings, subscribers: Sequence[Subscriber]
) -> Callable[[FastAPI], AbstractAsyncContextManager[None]]:
    """What runs as long as the app: its connections, and the relay that hands out events."""

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncGenerator[None]:
        database: Database = app.state.database
        # For subscribers; a request sets its own.
        in_force.set(app.state.hooks)
        await database.open()
        async with database.write() as tx:
            await add_providers(tx, app.state.payment_providers)
        delivering = relay_events(
            database,
            subscribers,
            here=settings.relay,
            attempts=settings.event_attempts,
            days=settings.event_days,
        )
        async with delivering as wake:
            # Where nobody is in a hurry, events are handed out now and then, not at each commit.
            hurried = any(not one.can_wait for one in subscribers)
            app.state.wake_relay = wake if hurried or not settings.relay else _rest
            _spare_garbage_collection()
            yield
        await database.close()

    return lifespan


def _add_routes(app: FastAPI) -> None:
    for router in admin.OPEN_ROUTERS:
        app.include_router(router, prefix="/admin")
    # One level of routers: nested ones are matched again at each level.
    for router in admin.ROUTERS:
        app.include_router(router, prefix="/admin", dependencies=[admin_only])
    for router in store.ROUTERS:
        app.include_router(router, prefix="/store", dependencies=[store_only])
    for router in (*auth.ROUTERS, *hooks_from_outside.ROUTERS, static.router):
        app.include_router(router)
    app.add_api_route("/health", _health, include_in_schema=False)
    for area, door, routers in (
        ("admin", admin_only, (*admin.OPEN_ROUTERS, *admin.ROUTERS)),
        ("store", store_only, store.ROUTERS),
    ):
        app.add_api_route(
            f"/{area}/{{path:path}}",
            _otherwise(area, routers),
            methods=_METHODS,
            dependencies=[door],
            include_in_schema=False,
        )


def _add_middleware(app: FastAPI, settings: Settings) -> None:
    """What stands around each request; the last added is the outermost."""
    app.add_middleware(SecondRead)
    app.add_middleware(KeyUse)
    app.add_middleware(PlainPath)
    app.add_middleware(HeadAsGet)
    app.add_middleware(CrossOrigin, settings=settings)
    app.add_middleware(RequestLog, access_log=settings.access_log)


def own_subscribers(
    settings: Settings,
    *,
    files: FileProvider | None = None,
    notifications: NotificationProvider | None = None,
) -> tuple[Subscriber, ...]:
    """Merx's own subscribers; the log of events costs a delivery each, so it is for debugging."""
    exports = inventory_export(
        files or StoredFiles(settings.files),
        read_export,
        public_url=settings.public_url,
    )
    mail = mail_by(notifications or configured.notification_provider(settings), settings)
    return (exports, mail, event_log) if settings.log_level == "debug" else (exports, mail)


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


def _otherwise(
    area: str, routers: Sequence[APIRouter]
) -> Callable[[str, Request], Awaitable[Response]]:
    """What no route answers: the methods of a path, or that there is none. Told to those who may
    enter the area."""

    async def answer(path: str, request: Request) -> Response:
        told = tell_methods(request, path, routers) if request.method == "OPTIONS" else None
        if told is None:
            raise NotFound(f"There is no /{area}/{path}")
        return told

    return answer


async def _health() -> Response:
    return Response("OK", media_type="text/plain")
