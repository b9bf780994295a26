"""Routes are called as FastAPI would call them, though almost all bypass it."""

from collections.abc import AsyncIterator, Iterator
from typing import Annotated

import httpx
import pytest
from fastapi import Depends, FastAPI, Request, Response
from fastapi.routing import APIRoute, iter_route_contexts
from pydantic import BaseModel
from starlette.requests import ClientDisconnect
from starlette.types import Message

from merx.core.errors import NotAllowed
from merx.settings import Settings
from merx.web.areas import add_area
from merx.web.bodies import JSONRoute
from merx.web.directory import Directory
from merx.web.door import OPEN
from merx.web.error_answers import add_failure_answers
from merx.web.router import Router
from merx.web.solving import handler_of


class Body(BaseModel):
    word: str


async def _depth(request: Request) -> int:
    request.state.steps.append("depth")
    return 1


Depth = Annotated[int, Depends(_depth)]


async def _opened(request: Request, depth: Depth) -> AsyncIterator[str]:
    request.state.steps.append("open")
    try:
        yield f"open {depth}"
    except ValueError:
        request.state.steps.append("undo")
        raise
    request.state.steps.append("close")


Opened = Annotated[str, Depends(_opened, scope="function")]


async def answer(id: str, request: Request, body: Body, depth: Depth, opened: Opened) -> Response:
    request.state.steps.append("answer")
    if body.word == "fail":
        raise ValueError(body.word)
    return Response(f"{id} {body.word} {depth} {opened}")


@pytest.fixture
def router() -> Router:
    router = Router(prefix="/things", door=OPEN)
    router.add_api_route("/{id}", answer, methods=["POST"])
    return router


def request_of(body: bytes, *, is_gone: bool = False) -> Request:
    async def receive() -> Message:
        return {"type": "http.disconnect"} if is_gone else {"type": "http.request", "body": body}

    headers = [(b"content-type", b"application/json")]
    scope = {"type": "http", "method": "POST", "path": "/", "headers": headers, "query_string": b""}
    request = Request({**scope, "path_params": {"id": "7"}}, receive)
    request.state.steps = []
    return request


def handler(router: Router) -> APIRoute:
    (route,) = router.routes
    assert isinstance(route, APIRoute)
    return route


async def test_each_dependency_is_called_once_and_ends_before_the_answer(router: Router) -> None:
    handle = handler_of(handler(router))
    assert handle is not None
    request = request_of(b'{"word": "hello"}')
    response = await handle(request)
    assert response.body == b"7 hello 1 open 1"
    assert request.state.steps == ["depth", "open", "answer", "close"]


async def test_an_error_reaches_what_is_open(router: Router) -> None:
    handle = handler_of(handler(router))
    assert handle is not None
    request = request_of(b'{"word": "fail"}')
    with pytest.raises(ValueError, match="fail"):
        await handle(request)
    assert request.state.steps == ["depth", "open", "answer", "undo"]


async def test_a_client_that_has_gone_is_no_fault_of_the_server(router: Router) -> None:
    handle = handler_of(handler(router))
    assert handle is not None
    with pytest.raises(Exception, match="error parsing the body") as refused:
        await handle(request_of(b"", is_gone=True))
    assert isinstance(refused.value.__cause__, ClientDisconnect)


async def _refuse() -> None:
    raise NotAllowed("by what the router was included with")


async def test_dependencies_of_an_included_router_are_called(router: Router) -> None:
    outer = Router(door=OPEN)
    outer.include_router(router, dependencies=[Depends(_refuse)])
    app = FastAPI()
    app.state.hooks, app.state.settings = {}, Settings(database_url="postgresql://nowhere")
    add_failure_answers(app)
    add_area(Directory(app), "store", OPEN, [outer])
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(app), base_url="http://shop"
    ) as client:
        refused = await client.post("/store/things/1", json={"word": "hello"})
    assert (refused.status_code, refused.json()["message"]) == (
        400,
        "by what the router was included with",
    )


async def _sync() -> str:
    return ""


def _sync_dependency() -> str:
    return ""


@pytest.mark.parametrize("what", ["query", "plain function", "whole request", "model"])
def test_a_route_that_needs_more_is_left_to_fastapi(what: str) -> None:
    async def query(word: str) -> Response:
        return Response(word)

    async def plain(word: Annotated[str, Depends(_sync_dependency)]) -> Response:
        return Response(word)

    async def whole(word: Annotated[str, Depends(_opened)]) -> Response:
        return Response(word)

    async def model() -> Body:
        return Body(word="")

    endpoints = {"query": query, "plain function": plain, "whole request": whole, "model": model}
    assert handler_of(APIRoute("/", endpoints[what])) is None


def paths(app: FastAPI) -> Iterator[tuple[str, APIRoute]]:
    """The path of each route, and the route."""
    for context in iter_route_contexts(app.routes):
        if isinstance(context.original_route, APIRoute):
            yield context.path or "", context.original_route


def test_what_a_shop_is_asked_most_needs_no_more(app: FastAPI) -> None:
    left = {
        path
        for path, route in paths(app)
        if not isinstance(route, JSONRoute) or handler_of(route) is None
    }
    assert not any(path.startswith("/store") for path in left)
    assert not left & {"/admin/products/{id}/variants", "/admin/products/{id}/variants/batch"}
    assert "/admin/products/{id}/variants/inventory-items/batch" not in left


def test_routes_take_json_unless_they_read_their_bodies_themselves(app: FastAPI) -> None:
    others = {path for path, route in paths(app) if not isinstance(route, JSONRoute)}
    files = {"/admin/uploads", "/admin/bulk", "/admin/products/import"}
    assert {path for path in others if path.startswith(("/admin", "/store"))} == files
