"""/admin/product-options: options and their values, shared by products or exclusive to one."""

from fastapi import Request, Response

from merx.core.errors import NotFound
from merx.modules.product.manage_options import (
    create_options,
    delete_option_value,
    delete_options,
    no_such_value,
    update_option,
    update_option_value,
)
from merx.modules.product.option_schemas import CreateOption, UpdateOption, UpdateOptionValue
from merx.query.conditions import Compare
from merx.web.bodies import check_rows
from merx.web.crud import plain_router
from merx.web.filters import boolean, texts, times
from merx.web.reads import answer_one, answer_page
from merx.web.resource import Resource
from merx.web.transactions import Read, Write

_TIMES = {name: times(name) for name in ("created_at", "updated_at", "deleted_at")}

OPTION = Resource(
    "product_option",
    "product_option",
    "product_options",
    "id, title, is_exclusive, values.*, products.*, created_at, updated_at, metadata",
    {
        "id": texts("id"),
        "title": texts("title"),
        "is_exclusive": boolean("is_exclusive"),
        **_TIMES,
    },
    missing="Product option with id: {id} was not found",
)

VALUE = Resource(
    "product_option_value",
    "product_option_value",
    "product_option_values",
    "id, value, rank, option_id, created_at, updated_at, metadata",
    {"id": texts("id"), "value": texts("value"), **_TIMES},
)

router = plain_router("/product-options", OPTION)


@router.post("", openapi_extra=OPTION.parameters)
async def create(request: Request, body: CreateOption, tx: Write) -> Response:
    """Create an option with its values."""
    check_rows(request, len(body.values))
    [option_id] = await create_options(tx, [body])
    return await answer_one(tx, OPTION, option_id, request)


@router.post("/{id}", openapi_extra=OPTION.parameters)
async def update(id: str, request: Request, body: UpdateOption, tx: Write) -> Response:
    """Change an option; given values replace the old ones, unless a product offers them."""
    check_rows(request, len(body.values))
    await update_option(tx, id, body)
    return await answer_one(tx, OPTION, id, request)


@router.delete("/{id}", openapi_extra=OPTION.deletion)
async def delete(id: str, tx: Write) -> dict[str, object]:
    """Delete an option that no product uses; deleting an id that does not exist succeeds."""
    await delete_options(tx, [id])
    return OPTION.deleted(id)


@router.get("/{id}/values", openapi_extra=VALUE.page_parameters)
async def list_values(id: str, request: Request, tx: Read) -> Response:
    """List the option's values."""
    return await answer_page(tx, VALUE, request, _of_option(id))


@router.get("/{id}/values/{value_id}", openapi_extra=VALUE.parameters)
async def get_value(id: str, value_id: str, request: Request, tx: Read) -> Response:
    """Get a value of the option."""
    try:
        return await answer_one(tx, VALUE, value_id, request, _of_option(id))
    except NotFound:
        raise no_such_value(id, value_id) from None


@router.post("/{id}/values/{value_id}", openapi_extra=VALUE.parameters)
async def update_value(
    id: str, value_id: str, request: Request, body: UpdateOptionValue, tx: Write
) -> Response:
    """Change the text or metadata of a value; variants that have it show the new text."""
    await update_option_value(tx, id, value_id, body)
    return await answer_one(tx, VALUE, value_id, request)


@router.delete("/{id}/values/{value_id}", openapi_extra=VALUE.deletion)
async def delete_value(id: str, value_id: str, tx: Write) -> dict[str, object]:
    """Delete a value that no product offers."""
    await delete_option_value(tx, id, value_id)
    return VALUE.deleted(value_id)


def _of_option(option_id: str) -> Compare:
    return Compare(("option_id",), "=", option_id)
