"""/admin/feature-flags: which parts of the API there are; open to everybody, as on the reference.

The dashboard asks before anybody has logged in. The names are the reference's; what Merx has is
decided by its code, so the answer never changes while it runs.
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
    """The parts of the API that can be switched, and whether they are on."""
    return {"feature_flags": _FLAGS}
