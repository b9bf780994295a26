"""/cloud: logging in through the cloud of Medusa's vendor, which Merx does not have.

The dashboard's login page asks whether to offer it.
"""

from fastapi import Response

from merx.web.door import OPEN
from merx.web.reads import wrap
from merx.web.router import Router

router = Router(prefix="/cloud", door=OPEN, include_in_schema=False)


@router.get("/auth")
async def tell_cloud_auth() -> Response:
    """Not offered."""
    return wrap(enabled=False)
