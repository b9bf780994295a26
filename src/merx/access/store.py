"""Who may call `/store`: whoever shows a publishable key, and sees what its channels sell.

A publishable key is no secret. It says for which sales channels a storefront asks; still, one that
is revoked opens nothing from the next request on, on every worker.
"""

from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Request

from merx.access.key_use import note_key_use
from merx.core.errors import NotAllowed
from merx.modules.api_key.service import find_publishable_key
from merx.web.door import Door
from merx.web.transactions import database

HEADER = "x-publishable-api-key"
_PREFIX = "pk_"


@dataclass(frozen=True, slots=True)
class Storefront:
    """The key that a request shows, and the sales channels that it opens."""

    key_id: str
    sales_channel_ids: tuple[str, ...]


async def let_storefront_in(request: Request) -> Storefront:
    """The storefront that calls, asked for once a request; NotAllowed without a live key."""
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
    # What cannot be a key takes no connection.
    if token.startswith(_PREFIX) and token.isascii():
        async with database(request).read() as tx:
            found = await find_publishable_key(tx, token)
        if found is not None:
            key, channels = found
            note_key_use(request, key)
            return Storefront(key.id, channels)
    raise NotAllowed("A valid publishable key is required to proceed with the request")


Shop = Annotated[Storefront, Depends(let_storefront_in)]
STORE = Door(let_storefront_in, ({"publishable": []},))
