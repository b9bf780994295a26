"""The application: Merx and its extensions joined, and the middleware around requests."""

from collections.abc import Sequence

from fastapi import FastAPI

from merx import __version__
from merx.access.admin import ADMIN
from merx.access.key_use import KeyUse
from merx.access.store import STORE
from merx.api.store.known_pages import KnownPages
from merx.core.tracing import start_tracing, tracer_provider
from merx.databases import database_of, standbys_of
from merx.extension import Extension, join_hooks, join_services
from merx.lifespan import lifespan
from merx.links import GRAPH
from merx.modules.product.search_index import POSTGRES
from merx.providers.search import Searches
from merx.settings import Settings
from merx.shop import shop
from merx.web.api_pages import add_api_pages
from merx.web.areas import Operation, add_area, operations_of
from merx.web.cross_origin import CrossOrigin
from merx.web.directory import Directory
from merx.web.error_answers import add_failure_answers
from merx.web.etags import Tagged
from merx.web.http_methods import HeadAsGet
from merx.web.idempotency import Idempotency, add_replays
from merx.web.openapi import complete_openapi
from merx.web.plain_path import PlainPath
from merx.web.positions import Positions
from merx.web.readiness import READINESS
from merx.web.request_log import RequestLog
from merx.web.second_try import SecondTry


def create_app(settings: Settings, extensions: Sequence[Extension] = ()) -> FastAPI:
    """The shop as an ASGI application: Merx and what extensions add to it.

    It opens its pool and starts its relay and jobs on startup, and ends them on shutdown.
    """
    if settings.traces_url and tracer_provider() is None:
        start_tracing(settings.traces_url)
    parts = (shop(settings), *extensions)
    services = join_services(settings, parts)
    for part in parts:
        # The graph is shared by the process, as are the tables.
        GRAPH.add(part.entities, part.links, part.fields)
    app = FastAPI(
        title="Merx",
        version=__version__,
        lifespan=lifespan(parts, services),
        openapi_url=None,
        docs_url=None,
        redoc_url=None,
    )
    app.state.settings = settings
    app.state.hooks = join_hooks(parts)
    app.state.services = services
    app.state.files = services.files
    app.state.notifications = services.notifications
    app.state.search = Searches(services.search, POSTGRES)
    app.state.auth_providers = services.auth
    app.state.payment_providers = services.payment
    app.state.payment_listeners = services.payment_listeners
    app.state.fulfillment_providers = services.fulfillment
    app.state.tax_providers = services.tax
    app.state.database = database_of(settings)
    app.state.standbys = standbys_of(settings, app.state.database)
    add_failure_answers(app)
    add_replays(app)
    complete_openapi(app, lambda: _operations(parts), [part.additional_data for part in parts])
    _add_routes(app, parts)
    _add_middleware(app, settings)
    return app


def _add_routes(app: FastAPI, parts: Sequence[Extension]) -> None:
    # Extensions first: a route of Merx such as `/products/{id}` would also match their paths.
    parts = (*parts[1:], *parts[:1])
    open_admin = [router for one in parts for router in one.open_admin]
    admin = [router for one in parts for router in one.admin]
    store = [router for one in parts for router in one.store]
    for router in open_admin:
        if router.door is None:
            raise ValueError(f"The router {router.prefix} must say who may call it: Router(door=…)")
    directory = Directory(app)
    app.router.middleware_stack = KnownPages(app.router.middleware_stack)
    add_area(directory, "admin", ADMIN, (*open_admin, *admin))
    add_area(directory, "store", STORE, store)
    for router in (READINESS, *(router for one in parts for router in one.root)):
        directory.include(router)
    add_api_pages(app)


def _operations(parts: Sequence[Extension]) -> dict[tuple[str, str], Operation]:
    """Every operation by its method and path."""
    found: dict[tuple[str, str], Operation] = {}
    for part in parts:
        found |= operations_of("admin", (*part.open_admin, *part.admin), ADMIN)
        found |= operations_of("store", part.store, STORE)
        found |= operations_of("", part.root)
    return found


def _add_middleware(app: FastAPI, settings: Settings) -> None:
    """The middleware; the last one added is the outermost."""
    app.add_middleware(Idempotency, areas=("/admin/", "/store/"))
    app.add_middleware(Tagged, areas=("/store/", "/admin/"))
    if app.state.standbys is not None:
        app.add_middleware(Positions, standbys=app.state.standbys, settings=settings)
    app.add_middleware(SecondTry)
    app.add_middleware(KeyUse)
    app.add_middleware(PlainPath)
    app.add_middleware(HeadAsGet)
    app.add_middleware(CrossOrigin, settings=settings)
    app.add_middleware(RequestLog, access_log=settings.access_log)
    if settings.metrics_port:
        # Its library is an optional dependency.
        from merx.web.metrics import Metrics  # noqa: PLC0415

        app.add_middleware(Metrics, database=app.state.database)
    if settings.traces_url:
        from merx.web.traces import Traces  # noqa: PLC0415

        app.add_middleware(Traces)
