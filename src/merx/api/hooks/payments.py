"""/hooks/payment/{provider}: webhooks of payment providers.

A call is answered after it is handled, so that the provider repeats one lost in a crash.
"""

from fastapi import Request, Response
from fastapi.routing import APIRoute

from merx.core.errors import TooLarge
from merx.web.answers import answers_text
from merx.web.router import Router
from merx.web.tills import Tills
from merx.workflows.selling.payment_notices import receive_notice

_MOST_BYTES = 1024 * 1024

router = Router(prefix="/hooks", tags=["payment hooks"], route_class=APIRoute)


@router.post("/payment/{provider}", openapi_extra=answers_text())
async def receive(provider: str, request: Request, till: Tills) -> Response:
    """Handle a provider's webhook; `provider` is its id without `pp_`."""
    await receive_notice(till, f"pp_{provider}", await _body(request), request.headers)
    return Response("OK", media_type="text/plain")


async def _body(request: Request) -> bytes:
    """The raw body, as it was signed."""
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > _MOST_BYTES:
            raise TooLarge(f"Request body is larger than the limit of {_MOST_BYTES} bytes")
    return body
