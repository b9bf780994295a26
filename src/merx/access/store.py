"""Access to `/store`: by publishable key, which also says what its sales channels offer.

A publishable key is not a secret: it says which sales channels a storefront shows. Still, a revoked
key is refused from the next request on, on every worker; for reads that standbys answer, as soon as
they know.

A look-up of its own takes as long as a tenth of a page. So a `WindowRoute` presumes that a key is
as this process last saw it, and looks it up in the statement that reads the page. If it has changed
since, the page is dropped and the request handled again. Nothing is answered on a presumption.
"""

from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import Depends, Request, Response

from merx.access.key_use import note_key_use
from merx.core.errors import NotAllowed
from merx.modules.api_key.service import (
    PUBLISHABLE,
    LiveKey,
    find_publishable_key,
    read_publishable_key,
)
from merx.query.lookups import Lookup
from merx.web.bodies import JSONRoute
from merx.web.door import Door
from merx.web.transactions import reading

HEADER = "x-publishable-api-key"
_PREFIX = "pk_"
# How many keys a process remembers.
_REMEMBERED = 1000

Handler = Callable[[Request], Coroutine[Any, Any, Response]]


@dataclass(frozen=True, slots=True)
class Storefront:
    """The request's publishable key and its sales channels."""

    key_id: str
    sales_channel_ids: tuple[str, ...]


_last_seen: dict[str, Storefront] = {}


async def let_storefront_in(request: Request) -> Storefront:
    """The calling storefront, determined once per request; NotAllowed without a live key."""
    known: Storefront | None = getattr(request.state, "storefront", None)
    if known is None:
        known = request.state.storefront = await _find(request)
    return known


async def _find(request: Request) -> Storefront:
    token = request.headers.get(HEADER, "")
    if not token:
        raise NotAllowed(
            f"Publishable API key required in the request header: {HEADER}."
            " You can manage your keys in settings in the dashboard."
        )
    # Do not take a connection for something that cannot be a key.
    if token.startswith(_PREFIX) and token.isascii():
        async with reading(request) as tx:
            found = await find_publishable_key(tx, token)
        if found is not None:
            return _remember(request, token, *found)
        _last_seen.pop(token, None)
    raise NotAllowed("A valid publishable key is required to proceed with the request")


def _remember(request: Request, token: str, key: LiveKey, channels: tuple[str, ...]) -> Storefront:
    note_key_use(request, key)
    _last_seen.pop(token, None)
    if len(_last_seen) >= _REMEMBERED:
        del _last_seen[next(iter(_last_seen))]
    seen = _last_seen[token] = Storefront(key.id, channels)
    return seen


class WindowRoute(JSONRoute):
    """A read that looks up its key on the way: it passes on the request's `key_lookup`."""

    def get_route_handler(self) -> Handler:
        return _presuming(super().get_route_handler())


def key_lookup(request: Request) -> Lookup | None:
    """The look-up that a read is to make, if the storefront is only presumed."""
    return getattr(request.state, "key_lookup", None)


def key_lookup_of(token: str) -> Lookup:
    """The look-up of a publishable key."""
    return Lookup(PUBLISHABLE, token)


def seen_storefront(request: Request, lookup: Lookup) -> Storefront | None:
    """The storefront that the look-up found; None if its key is not live."""
    if lookup.row is None:
        _last_seen.pop(lookup.value, None)
        return None
    return _remember(request, lookup.value, *read_publishable_key(lookup.row))


def _presuming(handle: Handler) -> Handler:
    async def presume_and_handle(request: Request) -> Response:
        token = request.headers.get(HEADER, "")
        presumed = _last_seen.get(token)
        if presumed is None:
            return await handle(request)
        request.state.storefront = presumed
        request.state.key_lookup = key_lookup_of(token)
        try:
            answer = await handle(request)
        except Exception:
            if await _is_still(request, presumed):
                raise
        else:
            if await _is_still(request, presumed):
                return answer
        return await handle(request)

    return presume_and_handle


async def _is_still(request: Request, presumed: Storefront) -> bool:
    """Whether the storefront is as presumed. If not, the request knows the right one, or none."""
    lookup: Lookup = request.state.key_lookup
    request.state.key_lookup = None
    request.state.storefront = seen_storefront(request, lookup)
    if not lookup.is_made:
        # The read did not get that far, or it is one that makes no look-up.
        request.state.storefront = await let_storefront_in(request)
    return request.state.storefront == presumed


Shop = Annotated[Storefront, Depends(let_storefront_in)]
STORE = Door(let_storefront_in, ({"publishable": []},))
