"""Error → status and JSON: the one place where errors become answers.

`{type, message, code?}` are the reference's; `errors` is ours and names every bad row and field.
"""

import re
from typing import Any

import asyncpg
import orjson
import structlog
from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException

from merx.core.errors import (
    Conflict,
    InvalidData,
    MerxError,
    NotFound,
    TooManyRequests,
    TooSlow,
    Unauthorized,
)
from merx.web.wording import invalid_request

_log = structlog.get_logger()

# A unique index and the words for its breach; `{value}` and the columns come from PostgreSQL.
UNIQUE = {
    "uq_product_handle": "Product with handle: {handle}, already exists.",
    "uq_product_variant_sku": "Product variant with sku: {sku}, already exists.",
    "uq_product_variant_ean": "Product variant with ean: {ean}, already exists.",
    "uq_product_variant_upc": "Product variant with upc: {upc}, already exists.",
    "uq_product_variant_barcode": "Product variant with barcode: {barcode}, already exists.",
    "uq_product_variant_product_id_option_key": "Variant with provided options already exists.",
    "uq_product_type_value": "Product type with value: {value}, already exists.",
    "uq_product_tag_value": "Product tag with value: {value}, already exists.",
    "uq_product_collection_handle": "Product collection with handle: {handle}, already exists.",
    "uq_product_category_handle": "Product category with handle: {handle}, already exists.",
    "uq_product_option_title": "Product option with title: {title}, already exists.",
    "uq_product_option_value_option_id_value": (
        "Product option value with option_id: {option_id}, value: {value}, already exists."
    ),
    "uq_translation_reference_id_locale_code": (
        "Translation with reference_id: {reference_id}, locale_code: {locale_code}, already exists."
    ),
    "uq_translation_settings_entity_type": (
        "Translation settings with entity_type: {entity_type}, already exists."
    ),
    "uq_inventory_item_sku": "Inventory item with sku: {sku}, already exists.",
    "uq_inventory_level_inventory_item_id_location_id": (
        "Inventory level with inventory_item_id: {inventory_item_id}, location_id: {location_id},"
        " already exists."
    ),
    "uq_shipping_profile_name": "Shipping profile with name: {name}, already exists.",
    "uq_fulfillment_set_name": "Fulfillment set with name: {name}, already exists.",
    "uq_service_zone_name": "Service zone with name: {name}, already exists.",
    "uq_price_rule_price_id_attribute_operator": (
        "Price rule with price_id: {price_id}, attribute: {attribute}, operator: {operator},"
        " already exists."
    ),
    "uq_stock_location_address_id": (
        "Stock location with address_id: {address_id}, already exists."
    ),
    "uq_price_preference_attribute_value": (
        "Price preference with attribute: {attribute}, value: {value}, already exists."
    ),
    "uq_tax_region_country_code": ("Tax region with country_code: {country_code}, already exists."),
    "uq_tax_region_country_code_province_code": (
        "Tax region with country_code: {country_code}, province_code: {province_code},"
        " already exists."
    ),
    "uq_tax_rate_tax_region_id": "Tax rate with tax_region_id: {tax_region_id}, already exists.",
    "uq_tax_rate_rule_tax_rate_id_reference_id": (
        "Tax rate rule with tax_rate_id: {tax_rate_id}, reference_id: {reference_id},"
        " already exists."
    ),
    "uq_customer_email_has_account": (
        "Customer with email: {email}, has_account: {has_account}, already exists."
    ),
    "uq_customer_group_name": "Customer group with name: {name}, already exists.",
    "uq_invite_email": "Invite with email: {email}, already exists.",
    "uq_user_email": "User with email: {email}, already exists.",
}

CHECK = {
    "ck_price_amount_not_negative": "An amount must not be negative",
    "ck_tax_rate_rate_not_negative": "A tax rate must not be negative",
    "ck_price_quantity_bounds": "min_quantity must not be greater than max_quantity",
    "ck_product_variant_inventory_item_required_quantity_positive": (
        "required_quantity must be greater than 0"
    ),
    "ck_inventory_level_reserved_not_negative": "reserved_quantity must not be negative",
    "ck_inventory_level_incoming_not_negative": "incoming_quantity must not be negative",
    "ck_fulfillment_canceled_unshipped": "A fulfillment that was shipped cannot be canceled",
    "ck_fulfillment_canceled_undelivered": "A fulfillment that was delivered cannot be canceled",
    "ck_fulfillment_item_quantity_positive": "quantity must be greater than 0",
    "ck_tax_region_child_province": "A tax region below another one needs a province_code",
    "ck_tax_region_child_provider": "A tax region below another one has its parent's provider",
    "ck_tax_region_top_provider": "A tax region of a country needs a provider_id",
    "ck_inventory_level_shortfall": "Not enough stock available",
}

# As PostgreSQL shows booleans in a detail.
_FLAGS = {"t": "true", "f": "false"}
_DETAIL = re.compile(r"Key \((?P<names>.*?)\)=\((?P<values>.*)\)", re.DOTALL)


def add_failure_answers(app: FastAPI) -> None:
    """Let the application answer every kind of error in one shape."""
    app.add_exception_handler(MerxError, _answer_merx_error)
    app.add_exception_handler(RequestValidationError, _answer_invalid_request)
    app.add_exception_handler(HTTPException, _answer_http_error)
    app.add_exception_handler(asyncpg.PostgresError, _answer_database_error)
    app.add_exception_handler(Exception, _answer_fault)


def render(error: MerxError) -> Response:
    """The answer for an error that a client is meant to see."""
    if isinstance(error, Unauthorized):
        body: dict[str, Any] = {"message": error.message}
    else:
        body = {"type": error.type, "message": error.message}
    if error.code:
        body["code"] = error.code
    if error.problems:
        body["errors"] = error.problems
    headers = dict[str, str]()
    if isinstance(error, TooManyRequests):
        headers["retry-after"] = str(error.retry_after)
    return Response(orjson.dumps(body), error.status, headers, "application/json")


def from_database(error: asyncpg.PostgresError) -> MerxError | None:
    """The client's error for a broken constraint or a lost race; None for a fault of ours."""
    name = getattr(error, "constraint_name", None) or ""
    values = _key_of(error)
    match error:
        case asyncpg.UniqueViolationError() if name in UNIQUE:
            return InvalidData(UNIQUE[name].format_map(values))
        case asyncpg.CheckViolationError() if name in CHECK:
            return InvalidData(CHECK[name])
        case asyncpg.ForeignKeyViolationError():
            return NotFound(_missing(values))
        case asyncpg.CharacterNotInRepertoireError() | asyncpg.UntranslatableCharacterError():
            return InvalidData("Invalid request: Text must not contain the character NUL")
        case asyncpg.InvalidRegularExpressionError():
            return InvalidData("Invalid request: A regular expression of the filters is not valid")
        case asyncpg.NumericValueOutOfRangeError():
            return InvalidData("Invalid request: A number is out of range")
        case asyncpg.DeadlockDetectedError() | asyncpg.SerializationError():
            return Conflict("Another request changed the same rows at the same time; try again")
        case asyncpg.QueryCanceledError():
            return TooSlow("The request took too long and was stopped; ask for less at once")
        case asyncpg.ProgramLimitExceededError():
            return InvalidData("Invalid request: A value is too large to be stored and indexed")
        case _:
            return None


def _missing(values: dict[str, str]) -> str:
    name, value = next(iter(values.items()), ("row", "unknown"))
    return f"You tried to set relationship {name}: {value}, but such entity does not exist"


def _key_of(error: asyncpg.PostgresError) -> dict[str, str]:
    found = _DETAIL.search(getattr(error, "detail", None) or "")
    if found is None:
        return {}
    names = found["names"].split(", ")
    values = found["values"].split(", ", len(names) - 1)
    return {
        name.strip('"'): _FLAGS.get(value, value) if name.startswith(("has_", "is_")) else value
        for name, value in zip(names, values, strict=False)
    }


async def _answer_merx_error(_: Request, error: Exception) -> Response:
    assert isinstance(error, MerxError)
    return render(error)


async def _answer_invalid_request(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    broken: MerxError | None = getattr(request.state, "body_error", None)
    return render(broken or invalid_request(error.errors()))


async def _answer_http_error(_: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    kind = "not_found" if error.status_code in (404, 405) else "invalid_data"
    status = 404 if error.status_code == 405 else error.status_code
    body = {"type": kind, "message": error.detail}
    return Response(orjson.dumps(body), status, error.headers, "application/json")


async def _answer_database_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, asyncpg.PostgresError)
    known = from_database(error)
    return render(known) if known else await _answer_fault(request, error)


async def _answer_fault(request: Request, error: Exception) -> Response:
    _log.error("request failed", path=request.url.path, exc_info=error)
    body = {
        "code": "unknown_error",
        "type": "unknown_error",
        "message": "An unknown error occurred.",
    }
    return Response(orjson.dumps(body), 500, media_type="application/json")
