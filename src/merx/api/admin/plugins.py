"""/admin/plugins: what the dashboard can expect beyond the core."""

from merx.web.router import Router

# A plugin on the reference, where every installation has it; here its routes are part of Merx.
_PLUGINS = [{"name": "@medusajs/draft-order"}]

router = Router(prefix="/plugins", tags=["plugins"])


@router.get("")
async def list_plugins() -> dict[str, list[dict[str, str]]]:
    """List the parts that the dashboard knows as plugins."""
    return {"plugins": _PLUGINS}
