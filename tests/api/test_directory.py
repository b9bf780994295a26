"""The router of a request is found by its method and the first words of its path."""

import httpx
import pytest
from fastapi import Depends, FastAPI, Request, Response

from merx.settings import Settings
from merx.web.bodies import JSONRoute
from merx.web.directory import Directory
from merx.web.door import OPEN, Door
from merx.web.router import Router
from merx.web.solving import Handler


def router_of(name: str, *paths: str, method: str = "GET", prefix: str = "") -> Router:
    """A router whose routes return the router's name and their path parameters."""
    router = Router(prefix=prefix, door=OPEN)

    def add(path: str) -> None:
        async def answer(id: str = "") -> str:
            return f"{name} {id}".strip()

        router.add_api_route(path, answer, methods=[method])

    for path in paths:
        add(path)
    return router


@pytest.fixture
def app() -> FastAPI:
    app = FastAPI()
    app.state.hooks, app.state.settings = {}, Settings()
    directory = Directory(app)
    directory.include(router_of("words", "/things/latest", prefix=""), "/area")
    directory.include(router_of("any", "/{id}", prefix="/things"), "/area")
    directory.include(router_of("change", "/{id}", method="POST", prefix="/things"), "/area")
    directory.include(router_of("kinds", "/{id}/kinds"), "/area")
    directory.include(router_of("rest", "/{id:path}"), "/area")
    directory.include(router_of("root", "/health"))
    app.add_api_route("/own", lambda: "own")
    return app


@pytest.mark.parametrize(
    ("method", "path", "answer"),
    [
        ("GET", "/area/things/latest", "words"),
        ("GET", "/area/things/1", "any 1"),
        ("GET", "/area/things/1%2F2", "rest things/1/2"),
        ("POST", "/area/things/latest", "change latest"),
        # A literal segment of another router, in a path of a router that accepts any segment.
        ("GET", "/area/things/kinds", "any kinds"),
        ("GET", "/area/other/kinds", "kinds other"),
        ("GET", "/area/things/1/2", "rest things/1/2"),
        ("GET", "/area/", "rest"),
        ("GET", "/health", "root"),
        ("GET", "/own", "own"),
    ],
)
async def test_the_first_router_that_has_the_path_answers(
    app: FastAPI, method: str, path: str, answer: str
) -> None:
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(app), base_url="http://shop.test"
    ) as client:
        told = await client.request(method, path)

    assert (told.status_code, told.json()) == (200, answer)


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [("GET", "/", 404), ("GET", "/nothing/at/all", 404), ("PUT", "/area/things/1", 405)],
)
async def test_what_it_does_not_find_the_app_answers(
    app: FastAPI, method: str, path: str, status: int
) -> None:
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(app), base_url="http://shop.test"
    ) as client:
        told = await client.request(method, path)

    assert told.status_code == status


async def test_below_a_root_path(app: FastAPI) -> None:
    transport = httpx.ASGITransport(app, root_path="/shop")
    async with httpx.AsyncClient(transport=transport, base_url="http://shop.test") as client:
        told = await client.get("/shop/area/things/1")

    assert told.json() == "any 1"


async def answer_of(router: Router, path: str) -> httpx.Response:
    """The answer of an app that has only this router."""
    app = FastAPI()
    app.state.hooks, app.state.settings = {}, Settings()
    Directory(app).include(router)
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(app), base_url="http://shop.test"
    ) as client:
        return await client.get(path)


class Marking(JSONRoute):
    """A kind of route that does something around the handler."""

    def get_route_handler(self) -> Handler:
        handle = super().get_route_handler()

        async def marked(request: Request) -> Response:
            response = await handle(request)
            response.headers["x-mark"] = request.path_params["id"]
            return response

        return marked


async def test_what_a_kind_of_route_adds_is_done_when_it_is_called_at_once() -> None:
    router = Router(door=OPEN, route_class=Marking)

    async def answer(id: str) -> Response:
        return Response(id)

    router.add_api_route("/things/{id}", answer, methods=["GET"])
    told = await answer_of(router, "/things/7")

    assert isinstance(router.routes[0], Marking)
    assert router.routes[0].direct is not None
    assert (told.text, told.headers["x-mark"]) == ("7", "7")


async def test_what_routers_in_a_router_depend_on_is_called() -> None:
    called: list[str] = []

    async def outside(request: Request) -> None:
        called.append("where it is included")

    async def inside(request: Request) -> None:
        called.append("its own")

    async def let_in(request: Request) -> None:
        called.append("its door")

    async def answer(request: Request) -> Response:
        return Response("here")

    inner = Router(prefix="/inner", door=Door(let_in), dependencies=[Depends(inside)])
    inner.add_api_route("/things", answer, methods=["GET"])
    outer = Router(prefix="/outer", door=OPEN)
    outer.include_router(inner, dependencies=[Depends(outside)])
    told = await answer_of(outer, "/outer/inner/things")

    assert told.text == "here"
    assert called == ["its door", "where it is included", "its own"]
