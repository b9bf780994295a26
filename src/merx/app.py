"""The application: the lists of routers, and what stands around every request."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import APIRouter, FastAPI, Response

from merx import __version__
from merx.api.admin import product_variants
from merx.api.admin.products import inventory_items, products, variants
from merx.api.failures import add_failure_answers
from merx.core.database import Database
from merx.settings import Settings
from merx.workflows.hooks import Hooks

# More specific paths first: /products/{id}/variants/batch before /products/{id}.
ADMIN_ROUTERS = (
    inventory_items.router,
    variants.router,
    products.router,
    product_variants.router,
)


def create_app(settings: Settings, *, hooks: Hooks = Hooks()) -> FastAPI:
    """The shop as an ASGI application; opens its pool when it starts and closes it when it ends."""

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        await app.state.database.open()
        yield
        await app.state.database.close()

    app = FastAPI(title="Merx", version=__version__, lifespan=lifespan)
    app.state.settings = settings
    app.state.database = Database(
        settings.database_url or "",
        pool_size=settings.pool_size,
        statement_cache_size=settings.statement_cache_size,
    )
    app.state.hooks = hooks
    add_failure_answers(app)
    admin = APIRouter(prefix="/admin")
    for router in ADMIN_ROUTERS:
        admin.include_router(router)
    app.include_router(admin)
    app.add_api_route("/health", _health, include_in_schema=False)
    return app


async def _health() -> Response:
    return Response("OK", media_type="text/plain")
