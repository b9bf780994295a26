"""/admin/shipping-options: delivery services of a zone, with their prices and rules."""

from fastapi import Request, Response

from merx.modules.fulfillment.option_rules import batch_rules
from merx.modules.fulfillment.option_schemas import (
    BatchOptionRules,
    CreateShippingOption,
    UpdateShippingOption,
)
from merx.web.bodies import check_rows
from merx.web.crud import plain_router
from merx.web.filters import boolean, texts, times
from merx.web.queries import read_query
from merx.web.reads import answer_one, find_given, wrap
from merx.web.resource import Resource
from merx.web.transactions import Write
from merx.workflows.delivery import shipping_options
from merx.workflows.delivery.deletions import delete_shipping_options

SHIPPING_OPTION = Resource(
    "shipping_option",
    "shipping_option",
    "shipping_options",
    "id, name, price_type, data, provider_id, metadata, created_at, updated_at, *rules, *type,"
    " *prices, *prices.price_rules, *service_zone, *shipping_profile, *provider",
    {
        "id": texts("id"),
        "service_zone_id": texts("service_zone_id"),
        "shipping_profile_id": texts("shipping_profile_id"),
        "provider_id": texts("provider_id"),
        "stock_location_id": texts("service_zone.fulfillment_set.location.id"),
        "is_return": boolean("is_return"),
        "admin_only": boolean("admin_only"),
        "shipping_option_type_id": texts("shipping_option_type_id"),
        "created_at": times("created_at"),
        "updated_at": times("updated_at"),
        "deleted_at": times("deleted_at"),
    },
    combines=False,
    missing="Shipping Option with id: {id} not found",
)
OPTION_RULE = Resource(
    "shipping_option_rule",
    "shipping_option_rule",
    "shipping_option_rules",
    "id, description, attribute, operator, values.value",
)

router = plain_router("/shipping-options", SHIPPING_OPTION)


@router.post("", openapi_extra=SHIPPING_OPTION.parameters)
async def create_shipping_option(
    request: Request, body: CreateShippingOption, tx: Write
) -> Response:
    """Create an option with its type, prices and rules."""
    check_rows(request, len(body.prices), len(body.rules))
    providers = request.app.state.fulfillment_providers
    option_id = await shipping_options.create_shipping_option(tx, providers, body)
    return await answer_one(tx, SHIPPING_OPTION, option_id, request)


@router.post("/{id}", openapi_extra=SHIPPING_OPTION.parameters)
async def update_shipping_option(
    id: str, request: Request, body: UpdateShippingOption, tx: Write
) -> Response:
    """Change an option; given prices and rules replace the old ones."""
    check_rows(request, len(body.prices), len(body.rules))
    providers = request.app.state.fulfillment_providers
    await shipping_options.update_shipping_option(tx, providers, id, body)
    return await answer_one(tx, SHIPPING_OPTION, id, request)


@router.delete("/{id}", openapi_extra=SHIPPING_OPTION.deletion)
async def delete_shipping_option(id: str, tx: Write) -> dict[str, object]:
    """Delete an option; deleting an id that does not exist succeeds."""
    await delete_shipping_options(tx, [id])
    return SHIPPING_OPTION.deleted(id)


@router.post("/{id}/rules/batch", openapi_extra=OPTION_RULE.batch)
async def batch_option_rules(
    id: str, request: Request, body: BatchOptionRules, tx: Write
) -> Response:
    """Delete, update and create rules of an option in one transaction."""
    check_rows(request, len(body.create), len(body.update), len(body.delete))
    query = read_query(request, OPTION_RULE)
    created = await batch_rules(tx, id, body)
    return wrap(
        created=await find_given(tx, OPTION_RULE, created, query),
        updated=await find_given(tx, OPTION_RULE, [rule.id for rule in body.update], query),
        deleted={"ids": body.delete, "object": OPTION_RULE.singular, "deleted": True},
    )
