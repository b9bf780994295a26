"""Read-your-writes: a client sees its own changes even if a standby, which lags, answers its reads.

The answer to a change carries a signed position in the primary's log after that change, as a cookie
and as a header for clients without cookies. A read with a position is answered by a standby that
has replayed it, else by the primary. Without one, a standby answers only what all shoppers see
alike: a client that drops its position must not miss its own cart.
"""

import hashlib
from typing import Any

from fastapi import Request
from itsdangerous import BadSignature, Signer
from starlette.datastructures import MutableHeaders
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from merx.core.standbys import Standbys
from merx.settings import Settings

HEADER = "x-merx-position"
COOKIE = "merx.position"
# For clients that only read: any position is recent enough.
ANY = "any"
_READS = ("GET", "HEAD", "OPTIONS")


class Positions:
    """Adds a position to the answer of each request that may have changed something."""

    def __init__(self, app: ASGIApp, *, standbys: Standbys, settings: Settings) -> None:
        self._app = app
        self._standbys = standbys
        self._settings = settings

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] in _READS:
            await self._app(scope, receive, send)
            return

        async def send_with_position(message: Message) -> None:
            # Also after a failed change, some steps of which may have been committed.
            if message["type"] == "http.response.start":
                self._add(message, await self._standbys.written())
            await send(message)

        await self._app(scope, receive, send_with_position)

    def _add(self, message: Message, position: int) -> None:
        token = _signer(self._settings).sign(str(position)).decode()
        headers = MutableHeaders(scope=message)
        headers[HEADER] = token
        exposed = headers.get("access-control-expose-headers")
        headers["access-control-expose-headers"] = f"{exposed}, {HEADER}" if exposed else HEADER
        # Valid for the browser's session: the position stays true however far a standby is behind.
        cookie = Response()
        cookie.set_cookie(
            COOKIE, token, secure=self._settings.cookie_secure, httponly=True, samesite="lax"
        )
        headers.append("set-cookie", cookie.headers["set-cookie"])


def least_position(request: Request) -> int | None:
    """What a standby must have replayed to answer the request; None if the primary is to answer."""
    scope = request.scope
    # A retry goes to the primary, whatever went wrong the first time.
    if scope["method"] != "GET" or getattr(request.state, "try_number", 1) > 1:
        return None
    settings: Settings = request.app.state.settings
    area = scope["path"].split("/", 2)[1]
    if area != "store" and not (area == "admin" and settings.read_admin_lists and _is_list(scope)):
        return None
    shown = [value for value in _shown(request, settings) if value is not None]
    if shown:
        return max(shown)
    # With a cart, prices are those for the cart.
    is_shared = scope.get("is_shared", False) and "cart_id" not in request.query_params
    return 0 if is_shared else None


def _shown(request: Request, settings: Settings) -> tuple[int | None, int | None]:
    header, cookie = request.headers.get(HEADER), request.cookies.get(COOKIE)
    if header == ANY:
        return 0, None
    return _position(header, settings), _position(cookie, settings)


def _position(token: str | None, settings: Settings) -> int | None:
    """The position in a token; None for one that this shop did not sign."""
    if not token:
        return None
    try:
        return int(_signer(settings).unsign(token))
    except BadSignature:
        return None


def _is_list(scope: Scope) -> bool:
    answer: Any = getattr(getattr(scope.get("route"), "openapi_extra", None), "answer", None)
    return answer is not None and "count" in answer.parts


def _signer(settings: Settings) -> Signer:
    if not settings.cookie_secret:
        raise RuntimeError("MERX_COOKIE_SECRET is not set")
    return Signer(
        settings.cookie_secret, salt=COOKIE, key_derivation="hmac", digest_method=hashlib.sha256
    )
