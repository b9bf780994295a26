"""/admin/orders/{id}/shipping-options: shipping options available for an order."""

from typing import Any

import orjson
from fastapi import Request, Response

from merx.api.admin.orders.resources import UNKNOWN
from merx.core.errors import NotFound
from merx.links import GRAPH
from merx.query.selection import parse_fields, select
from merx.web.answers import answers
from merx.web.querystring import parse_query
from merx.web.reads import wrap
from merx.web.router import Router
from merx.web.transactions import Read
from merx.web.wording import invalid
from merx.workflows.orders.order_shipping_options import list_order_options

router = Router(prefix="/orders", tags=["orders"])

_SHOWN = select(
    GRAPH,
    GRAPH["shipping_option"],
    parse_fields(
        "id,name,price_type,service_zone_id,shipping_profile_id,provider_id,data,service_zone.id,"
        "service_zone.fulfillment_set_id,service_zone.fulfillment_set.id,"
        "service_zone.fulfillment_set.type,service_zone.fulfillment_set.location.id,"
        "service_zone.fulfillment_set.location.name,"
        "service_zone.fulfillment_set.location.address.*,type.id,type.label,type.description,"
        "type.code,provider.id,provider.is_enabled,rules.attribute,rules.value,rules.operator",
        (),
    ),
)


@router.get("/{id}/shipping-options", openapi_extra=answers(shipping_options=list[dict[str, Any]]))
async def list_order_shipping_options(id: str, request: Request, tx: Read) -> Response:
    """List the options for the order's address and channel."""
    if unknown := ", ".join(parse_query(request.url.query)):
        raise invalid([{"path": unknown, "message": f"Unrecognized fields: '{unknown}'"}])
    try:
        options = await list_order_options(tx, id, _SHOWN)
    except NotFound as error:
        raise NotFound(UNKNOWN.format(id=id)) from error
    return wrap(shipping_options=orjson.dumps(options))
