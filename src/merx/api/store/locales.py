"""/store/locales: the languages that the shop speaks."""

from fastapi import Response

from merx.modules.store.locales import read_spoken_locales
from merx.web.bodies import JSONRoute
from merx.web.reads import wrap
from merx.web.router import Router
from merx.web.transactions import Read

router = Router(prefix="/locales", tags=["store locales"], route_class=JSONRoute)


@router.get("")
async def list_store_locales(tx: Read) -> Response:
    """List the locales of the store; none until it chooses some."""
    return wrap(locales=await read_spoken_locales(tx))
