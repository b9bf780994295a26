"""Access to `/store`: by publishable key, which also says what its sales channels offer.

A publishable key is not a secret: it says which sales channels a storefront shows. Still, a revoked
key is refused from the next request on, on every worker; for reads that standbys answer, as soon as
they know.
"""

from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Request

from merx.access.key_use import note_key_use
from merx.core.errors import NotAllowed
from merx.modules.api_key.service import find_publishable_key
from merx.web.door import Door
from merx.web.transactions import reading

HEADER = "x-publishable-api-key"
_PREFIX = "pk_"


@dataclass(frozen=True, slots=True)
class Storefront:
    """The request's publishable key and its sales channels."""

    key_id: str
    sales_channel_ids: tuple[str, ...]


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
            key, channels = found
            note_key_use(request, key)
            return Storefront(key.id, channels)
    raise NotAllowed("A valid publishable key is required to proceed with the request")


Shop = Annotated[Storefront, Depends(let_storefront_in)]
STORE = Door(let_storefront_in, ({"publishable": []},))
