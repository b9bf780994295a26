"""/admin/feature-flags: which parts of the API exist; open to everybody, as on the reference.

The dashboard asks before anybody has logged in. The names are the reference's; the values depend
only on Merx's version.
"""

from merx.web.door import OPEN
from merx.web.router import Router

_FLAGS = {
    "backend_hmr": False,
    "caching": False,
    "index_engine": False,
    "rbac": False,
    "rbac_filter_fields": False,
    "translation": True,
    "view_configurations": False,
}

open_router = Router(prefix="/feature-flags", tags=["feature flags"], door=OPEN)


@open_router.get("")
async def list_feature_flags() -> dict[str, dict[str, bool]]:
    """List the optional parts of the API, and whether they are available."""
    return {"feature_flags": _FLAGS}
