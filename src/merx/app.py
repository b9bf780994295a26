"""The application: Merx and its extensions joined, and what stands around a request."""

import gc
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager

from fastapi import APIRouter, Depends, FastAPI, Request, Response
from fastapi.routing import APIRoute

from merx import __version__
from merx.access.admin import ADMIN
from merx.access.key_use import KeyUse
from merx.access.store import STORE
from merx.core.database import Database
from merx.core.errors import NotFound
from merx.extension import (
    Extension,
    Services,
    join_hooks,
    join_jobs,
    join_services,
    join_subscribers,
)
from merx.links import GRAPH
from merx.outbox import relay_events, run_jobs
from merx.settings import Settings
from merx.shop import shop
from merx.web.cross_origin import CrossOrigin
from merx.web.door import Door
from merx.web.failures import add_failure_answers
from merx.web.http_methods import HeadAsGet, tell_methods
from merx.web.openapi import complete_openapi
from merx.web.plain_path import PlainPath
from merx.web.readiness import health, ready
from merx.web.request_log import RequestLog
from merx.web.router import Router
from merx.web.second_read import SecondRead
from merx.workflows.hooks import in_force

_METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]


def create_app(settings: Settings, extensions: Sequence[Extension] = ()) -> FastAPI:
    """The shop as an ASGI application: Merx and what extensions add to it.

    It opens its pool, its relay and its jobs when it starts and closes them when it ends.
    """
    parts = (shop(settings), *extensions)
    services = join_services(settings, parts)
    for part in parts:
        # The map of the shop is one for the process, as are its tables.
        GRAPH.add(part.entities, part.links, part.fields)
    app = FastAPI(title="Merx", version=__version__, lifespan=_lifespan(parts, services))
    app.state.settings = settings
    app.state.hooks = join_hooks(parts)
    app.state.services = services
    app.state.files = services.files
    app.state.notifications = services.notifications
    app.state.auth_providers = services.auth
    app.state.payment_providers = services.payment
    app.state.payment_listeners = services.payment_listeners
    app.state.fulfillment_providers = services.fulfillment
    app.state.tax_providers = services.tax
    app.state.database = Database(
        settings.database_url or "",
        pool_size=settings.pool_size,
        statement_cache_size=settings.statement_cache_size,
        lock_seconds=settings.lock_seconds,
        connection_seconds=settings.connection_seconds,
    )
    add_failure_answers(app)
    complete_openapi(app, _doors(parts), [part.additional_data for part in parts])
    _add_routes(app, parts)
    _add_middleware(app, settings)
    return app


def _lifespan(
    parts: Sequence[Extension], services: Services
) -> Callable[[FastAPI], AbstractAsyncContextManager[None]]:
    """What runs as long as the app: its connections, the relay that hands out events, its jobs."""
    settings = services.settings
    subscribers = join_subscribers(parts, services)
    jobs = join_jobs(parts, services)

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncGenerator[None]:
        database: Database = app.state.database
        # For subscribers and jobs; a request sets its own.
        in_force.set(app.state.hooks)
        await database.open()
        async with database.write() as tx:
            for part in parts:
                await part.prepare(tx, services)
        delivering = relay_events(
            database,
            subscribers,
            here=settings.relay,
            attempts=settings.event_attempts,
            days=settings.event_days,
        )
        async with delivering as wake, run_jobs(database, jobs, here=settings.relay):
            # Where nobody is in a hurry, events are handed out now and then, not at each commit.
            hurried = any(not one.can_wait for one in subscribers)
            app.state.wake_relay = wake if hurried or not settings.relay else _rest
            _spare_garbage_collection()
            yield
        await database.close()

    return lifespan


def _add_routes(app: FastAPI, parts: Sequence[Extension]) -> None:
    # Those of extensions first: Merx's own may take any id where an extension has a word.
    parts = (*parts[1:], *parts[:1])
    open_admin = [router for one in parts for router in one.open_admin]
    admin = [router for one in parts for router in one.admin]
    store = [router for one in parts for router in one.store]
    for router in open_admin:
        if router.door is None:
            raise ValueError(f"The router {router.prefix} must say who may call it: Router(door=…)")
    _add_area(app, "admin", ADMIN, (*open_admin, *admin))
    _add_area(app, "store", STORE, store)
    for router in (router for one in parts for router in one.root):
        app.include_router(router)
    app.add_api_route("/health", health, include_in_schema=False)
    app.add_api_route("/ready", ready, include_in_schema=False)


def _add_area(app: FastAPI, area: str, door: Door, routers: Sequence[Router]) -> None:
    """Routers below `/<area>`, each behind its own door or that of the area, and what no route of
    them answers."""
    # One level of routers: nested ones are matched again at each level.
    for router in routers:
        router.door = router.door or door
        asked = [Depends(router.door.let_in)]
        app.include_router(router, prefix=f"/{area}", dependencies=asked)
    app.add_api_route(
        f"/{area}/{{path:path}}",
        _otherwise(area, routers),
        methods=_METHODS,
        dependencies=[Depends(door.let_in)],
        include_in_schema=False,
    )


def _doors(parts: Sequence[Extension]) -> dict[tuple[str, str], Door]:
    """The door of each operation below the areas, by its method and path."""
    areas = [("admin", one.admin, ADMIN) for one in parts]
    areas += [("admin", one.open_admin, ADMIN) for one in parts]
    areas += [("store", one.store, STORE) for one in parts]
    return {
        (method.lower(), f"/{area}{route.path}"): router.door or door
        for area, routers, door in areas
        for router in routers
        for route in router.routes
        if isinstance(route, APIRoute)
        for method in route.methods or ()
    }


def _add_middleware(app: FastAPI, settings: Settings) -> None:
    """What stands around each request; the last added is the outermost."""
    app.add_middleware(SecondRead)
    app.add_middleware(KeyUse)
    app.add_middleware(PlainPath)
    app.add_middleware(HeadAsGet)
    app.add_middleware(CrossOrigin, settings=settings)
    app.add_middleware(RequestLog, access_log=settings.access_log)


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
