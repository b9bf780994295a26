"""/admin/tax-rates: tax rates, and what they apply to."""

from fastapi import Request, Response

from merx.modules.tax.rates import (
    add_rule,
    create_tax_rates,
    delete_tax_rates,
    remove_rule,
    update_tax_rate,
)
from merx.modules.tax.schemas import AddRule, CreateTaxRate, UpdateTaxRate
from merx.web.answers import answers_deleted
from merx.web.bodies import check_rows
from merx.web.crud import plain_router
from merx.web.filters import boolean, times, words
from merx.web.queries import read_query
from merx.web.reads import answer_one, find_one, wrap
from merx.web.resource import Resource
from merx.web.transactions import Write

TAX_RATE = Resource(
    "tax_rate",
    "tax_rate",
    "tax_rates",
    "id, name, code, rate, tax_region_id, is_default, is_combinable, created_by, created_at,"
    " updated_at, deleted_at, metadata, *tax_region, *rules",
    {
        "tax_region_id": words("tax_region_id"),
        "is_default": boolean("is_default"),
        "created_at": times("created_at"),
        "updated_at": times("updated_at"),
        "deleted_at": times("deleted_at"),
    },
    missing="Tax rate with id: {id} was not found",
)

router = plain_router("/tax-rates", TAX_RATE)


@router.post("", openapi_extra=TAX_RATE.parameters)
async def create_tax_rate(request: Request, body: CreateTaxRate, tx: Write) -> Response:
    """Create a rate of a tax region."""
    check_rows(request, len(body.rules))
    [rate_id] = await create_tax_rates(tx, [body])
    return await answer_one(tx, TAX_RATE, rate_id, request)


@router.post("/{id}", openapi_extra=TAX_RATE.parameters)
async def update_one_tax_rate(
    id: str, request: Request, body: UpdateTaxRate, tx: Write
) -> Response:
    """Change a rate; given rules replace the old ones."""
    check_rows(request, len(body.rules))
    await update_tax_rate(tx, id, body)
    return await answer_one(tx, TAX_RATE, id, request)


@router.delete("/{id}", openapi_extra=TAX_RATE.deletion)
async def delete_tax_rate(id: str, tx: Write) -> dict[str, object]:
    """Delete a rate with its rules; deleting an id that does not exist succeeds."""
    await delete_tax_rates(tx, [id])
    return TAX_RATE.deleted(id)


@router.post("/{id}/rules", openapi_extra=TAX_RATE.parameters)
async def add_tax_rate_rule(id: str, request: Request, body: AddRule, tx: Write) -> Response:
    """Add a rule to the rate."""
    await add_rule(tx, id, body)
    return await answer_one(tx, TAX_RATE, id, request)


@router.delete(
    "/{id}/rules/{rule_id}",
    openapi_extra=TAX_RATE.parameters | answers_deleted("tax_rate_rule", parent=TAX_RATE),
)
async def remove_tax_rate_rule(id: str, rule_id: str, request: Request, tx: Write) -> Response:
    """Remove a rule from the rate; removing an id that does not exist succeeds."""
    query = read_query(request, TAX_RATE)
    await remove_rule(tx, id, rule_id, unknown=TAX_RATE.not_found(id))
    parent = await find_one(tx, TAX_RATE, id, query)
    return wrap(id=rule_id, object="tax_rate_rule", deleted=True, parent=parent)
