"""/store/locales: the locales of the store."""

from fastapi import Response
from typing_extensions import TypedDict

from merx.modules.store.locales import read_spoken_locales
from merx.web.answers import answers
from merx.web.reads import wrap
from merx.web.router import Router
from merx.web.transactions import Read

router = Router(prefix="/locales", tags=["store locales"], is_shared=True)


class Locale(TypedDict):
    """A locale of the store."""

    code: str
    name: str


@router.get("", openapi_extra=answers(locales=list[Locale]))
async def list_store_locales(tx: Read) -> Response:
    """List the locales of the store; empty until some are chosen."""
    return wrap(locales=await read_spoken_locales(tx))
