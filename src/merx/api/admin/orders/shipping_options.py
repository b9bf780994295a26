"""/admin/orders/{id}/shipping-options: how an order could be shipped."""

import orjson
from fastapi import Request, Response

from merx.api.admin.orders.resources import UNKNOWN
from merx.core.errors import NotFound
from merx.links import GRAPH
from merx.modules.order.load import load_order
from merx.providers.fulfillment import Destination
from merx.query.selection import parse_fields, select
from merx.web.bodies import JSONRoute
from merx.web.reads import wrap
from merx.web.router import Router
from merx.web.transactions import Read
from merx.workflows.orders.new_lines import buying
from merx.workflows.selling.shipping_options import ShippingContext, list_options

router = Router(prefix="/orders", tags=["orders"], route_class=JSONRoute)

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


@router.get("/{id}/shipping-options")
async def list_order_shipping_options(id: str, request: Request, tx: Read) -> Response:
    """The options that serve the order's address and channel."""
    try:
        head = (await load_order(tx, id)).head
    except NotFound as error:
        raise NotFound(UNKNOWN.format(id=id)) from error
    who = await buying(tx, head)
    to = None
    if (place := who.place) is not None:
        to = Destination(place.country_code, place.province_code, place.city, place.postal_code)
    context = ShippingContext(
        head.currency_code,
        head.region_id,
        head.sales_channel_id,
        to=to,
        customer_id=head.customer_id,
    )
    rows = await list_options(tx, context, _SHOWN)
    options = [{**row, "insufficient_inventory": False} for row in rows]
    return wrap(shipping_options=orjson.dumps(options))
