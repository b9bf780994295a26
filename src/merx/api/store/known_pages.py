"""Pages that were read before are read again without routing.

A storefront sends the same few requests all the time. What such a request means never changes: its
path, its query, its key and its language lead to one statement. So the first answer leaves its
statement here, and the next request of the same kind runs it right away, together with the look-up
of its key. This is to requests what a prepared statement is to SQL: nothing of an answer is kept.

Whatever is unusual takes the usual way through the routes: a customer, a body, a key that has
changed, a page without rows, an error.
"""

from dataclasses import dataclass
from typing import Any, NamedTuple

from fastapi import Request, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from merx.access.store import HEADER, Storefront, key_lookup_of, seen_storefront
from merx.query.lookups import Lookup
from merx.query.run import run_page
from merx.query.sql import Statement
from merx.web.queries import PageQuery
from merx.web.reads import wrap_page
from merx.web.resource import Resource
from merx.web.transactions import reading

LANGUAGE_HEADER = "x-medusa-locale"
_AREA = "/store/"
# Pages that a process knows, some 20 kB each, and how long their queries may be.
_MOST = 256
LONGEST_QUERY = 1000
_KEY, _LANGUAGE = _TOLD = HEADER.encode(), LANGUAGE_HEADER.encode()
# With one of these, the answer may be another person's, or the request has a body. Some clients
# say that they send none: `content-length: 0`.
_UNUSUAL = {b"authorization", b"cookie", b"content-length", b"transfer-encoding"}


@dataclass(frozen=True, slots=True)
class KnownPage:
    """How a page is read: the statement includes the look-up of the key, and is for the storefront
    as it was then. `told` is what the routing says of the request.
    """

    resource: Resource
    page: PageQuery
    statement: Statement
    storefront: Storefront
    told: dict[str, Any]

    async def read(self, request: Request, token: str) -> Response | None:
        """The page as it is now; None if it is to be read the usual way."""
        lookup = key_lookup_of(token)
        async with reading(request) as tx:
            found = await run_page(tx, self.page.plan, self.statement, lookup)
        if not found.count or not found.is_few:
            return None
        if seen_storefront(request, lookup) != self.storefront:
            return None
        return wrap_page(self.resource, found, self.page)


def remember(
    request: Request, resource: Resource, page: PageQuery, statement: Statement, lookup: Lookup
) -> None:
    """Let later requests like this one read the page by its statement, which made the look-up."""
    storefront: Storefront = request.state.storefront
    if seen_storefront(request, lookup) == storefront:
        told = {name: request.scope[name] for name in ("route", "is_shared")}
        request.state.known_page = KnownPage(resource, page, statement, storefront, told)


class _Asked(NamedTuple):
    path: str
    query: bytes
    token: str
    language: bytes


class KnownPages:
    """Reads the pages it knows, and gets to know those that the routes read."""

    def __init__(self, routes: ASGIApp) -> None:
        self._routes = routes
        self._known: dict[_Asked, KnownPage] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        asked = _asked(scope) if scope["type"] == "http" else None
        known = self._known.get(asked) if asked else None
        if asked is not None and known is not None:
            scope.update(known.told)
            answer = await known.read(Request(scope, receive), asked.token)
            if answer is not None:
                await answer(scope, receive, send)
                return
            self._known.pop(asked, None)
        await self._routes(scope, receive, send)
        page = scope.get("state", {}).get("known_page")
        if asked is not None and page is not None:
            self._keep(asked, page)

    def _keep(self, asked: _Asked, page: KnownPage) -> None:
        self._known.pop(asked, None)
        if len(self._known) >= _MOST:
            del self._known[next(iter(self._known))]
        self._known[asked] = page


def _asked(scope: Scope) -> _Asked | None:
    """What tells a page of a guest from others; None for other requests."""
    query: bytes = scope["query_string"]
    if scope["method"] != "GET" or not scope["path"].startswith(_AREA):
        return None
    given: dict[bytes, bytes] = {}
    for name, value in scope["headers"]:
        if name in _UNUSUAL and value != b"0":
            return None
        if name in _TOLD:
            # Of a header that is sent twice the routes read one; which one is their business.
            if name in given:
                return None
            given[name] = value
    token = given.get(_KEY, b"").decode("latin-1")
    if not token or len(query) > LONGEST_QUERY:
        return None
    return _Asked(scope["path"], query, token, given.get(_LANGUAGE, b""))
