"""The OpenAPI document describes every operation completely, and no /admin route is public."""

import asyncio
import re
from collections.abc import Iterator
from functools import cache
from typing import Any

import httpx
import jsonschema_rs
import openapi_spec_validator
import pytest
from openapi_schema_validator import OAS31Validator
from openapi_schema_validator._specifications import REGISTRY

from merx.app import create_app
from merx.settings import Settings
from tests.api_document import Document, written
from tests.conformance.examples import FILE, text

# Public on purpose.
OPEN = {"/admin/feature-flags"}


def needs_an_admin(path: str) -> bool:
    return path.startswith("/admin") and path not in OPEN


@pytest.fixture
async def document(client: httpx.AsyncClient) -> dict[str, Any]:
    """The document, which is public."""
    return (await client.get("/openapi.json")).json()


def operations(document: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Each method and path with its description."""
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            yield method.upper(), path, operation


async def test_the_pages_of_the_api_are_open(client: httpx.AsyncClient) -> None:
    answer = await client.get("/docs")

    assert answer.status_code == 200
    assert "/openapi.json" in answer.text


async def test_the_pages_of_the_api_load_nothing_from_elsewhere(client: httpx.AsyncClient) -> None:
    page = await client.get("/docs")

    loaded = re.findall(r"""(?:src|href)=["']([^"']+)["']""", page.text)
    assert len(loaded) == 3
    for path in loaded:
        answer = await client.get(path)
        assert (path[:13], answer.status_code) == ("/docs-assets/", 200)
        assert len(answer.content) > 1000
    assert re.findall(r"https?://", page.text) == []
    # Swagger UI would send the document's URL to its vendor, to show a badge.
    assert '"validatorUrl": null' in page.text
    assert "default-src 'none'" in page.headers["content-security-policy"]
    assert (await client.get("/redoc")).status_code == 404


async def test_every_operation_has_a_name_of_its_own_and_says_what_it_does(
    document: dict[str, Any],
) -> None:
    found = list(operations(document))

    names = [operation["operationId"] for _, _, operation in found]
    assert len(set(names)) == len(names)
    assert "PostProductsIdVariantsBatch" in names
    assert [path for _, path, operation in found if not operation["tags"]] == []
    assert [path for _, path, operation in found if not operation["summary"]] == []


async def test_every_operation_tells_of_the_errors_that_it_answers(
    document: dict[str, Any],
) -> None:
    for method, path, operation in operations(document):
        answers = set(operation["responses"])
        assert "400" in answers, (method, path)
        is_change = method != "GET" and path.startswith(("/admin", "/store"))
        assert ({"409", "422"} <= answers) == is_change, (method, path)
        assert "503" in answers or not path.startswith(("/admin", "/store")), (method, path)
        assert "401" in answers or not needs_an_admin(path), (method, path)
        assert "404" in answers or "{" not in path, (method, path)
        is_open = path.startswith(("/auth", "/hooks")) or path in OPEN
        assert bool(operation.get("security")) or is_open, (method, path)


async def test_every_reference_in_the_document_leads_somewhere(document: dict[str, Any]) -> None:
    def references(value: Any) -> Iterator[str]:
        if isinstance(value, dict):
            yield from [value["$ref"]] if isinstance(value.get("$ref"), str) else []
            value = list(value.values())
        if isinstance(value, list):
            for part in value:
                yield from references(part)

    known = {
        f"#/components/{kind}/{name}"
        for kind, components in document["components"].items()
        for name in components
    }
    assert set(references(document)) - known == set()


async def test_the_document_is_as_the_standard_wants_it(
    document: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(OAS31Validator, "check_schema", check_schema)

    openapi_spec_validator.validate(document)


def check_schema(schema: dict[str, Any], **_: object) -> None:
    """As the validator's own check, with the same meta-schema, but in a fifth of the time."""
    meta_schema().validate(schema)


@cache
def meta_schema() -> jsonschema_rs.Draft202012Validator:
    known = [(uri, REGISTRY.contents(uri)) for uri in REGISTRY]
    return jsonschema_rs.Draft202012Validator(
        OAS31Validator.META_SCHEMA,
        registry=jsonschema_rs.Registry(known),
        validate_formats=True,
    )


async def test_a_schema_that_is_none_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(OAS31Validator, "check_schema", check_schema)
    schemas = {"Part": {"properties": {"id": {"type": "strin"}}}}
    wrong = {"openapi": "3.1.0", "info": {"title": "A shop", "version": "1"}, "paths": {}}

    openapi_spec_validator.validate(wrong)
    with pytest.raises(jsonschema_rs.ValidationError, match="strin"):
        openapi_spec_validator.validate({**wrong, "components": {"schemas": schemas}})


async def test_every_success_has_a_schema_that_says_something(document: dict[str, Any]) -> None:
    empty = [
        (method, path, status)
        for method, path, operation in operations(document)
        for status, answer in operation["responses"].items()
        if status.startswith("2") and not says_something(answer)
    ]
    assert empty == []


def says_something(answer: dict[str, Any]) -> bool:
    """Whether a response has a schema beyond being an object."""
    schemas = [content["schema"] for content in answer.get("content", {}).values()]
    telling = {"$ref", "properties", "allOf", "maxProperties", "additionalProperties"}
    return bool(schemas) and all(
        telling & set(schema) and schema.get("additionalProperties") is not True
        for schema in schemas
        if schema != {"type": "string"}
    )


async def test_every_parameter_says_what_it_means(document: dict[str, Any]) -> None:
    given = [
        parameter
        for _, _, operation in operations(document)
        for parameter in operation.get("parameters", ())
        if "$ref" not in parameter
    ]
    shared = document["components"]["parameters"].values()
    assert [one for one in (*given, *shared) if not one.get("description")] == []


async def test_changes_tell_of_the_headers_that_make_them_safe(document: dict[str, Any]) -> None:
    change = document["paths"]["/admin/products/{id}/variants/batch"]["post"]
    known = document["components"]["parameters"]
    names = {
        known[one["$ref"].rpartition("/")[2]]["name"]
        for one in change["parameters"]
        if "$ref" in one
    }

    assert {"Idempotency-Key", "Prefer", "If-Match", "dry_run", "error_policy"} <= names
    assert {"207", "409", "412", "422"} <= set(change["responses"])


async def test_nullable_columns_and_checks_show_in_the_schemas(document: dict[str, Any]) -> None:
    product = document["components"]["schemas"]["AdminProduct"]["properties"]

    assert product["title"] == {"type": "string"}
    assert product["subtitle"] == {"type": ["string", "null"]}
    assert product["status"] == {
        "type": "string",
        "enum": ["draft", "proposed", "published", "rejected"],
    }
    assert product["variants"] == {
        "type": "array",
        "items": {"$ref": "#/components/schemas/AdminProductVariant"},
    }


async def test_the_document_is_the_same_each_time(document: dict[str, Any]) -> None:
    assert document == written()


async def test_the_document_is_written_when_it_is_asked_for() -> None:
    app = create_app(Settings())

    assert app.openapi_schema is None


@pytest.mark.parametrize(
    ("name", "required"),
    [
        ("CreateVariant", ["title", "prices"]),
        ("PriceInput", ["currency_code", "amount"]),
        ("BatchedLink", ["required_quantity", "inventory_item_id", "variant_id"]),
        ("CreateProduct", ["title"]),
    ],
)
async def test_bodies_say_what_they_need(
    document: dict[str, Any], name: str, required: list[str]
) -> None:
    schema = document["components"]["schemas"][name]

    assert sorted(schema["required"]) == sorted(required)


@pytest.mark.parametrize("credentials", ["Bearer x", "Basic eDo=", "Bearer ", "x"])
async def test_every_admin_operation_refuses_who_is_not_known(
    client: httpx.AsyncClient, document: dict[str, Any], credentials: str
) -> None:
    headers = {"authorization": credentials}
    open_doors: list[tuple[str, str]] = []

    for method, path, _ in operations(document):
        if needs_an_admin(path):
            answer = await client.request(method, path, headers=headers)
            if (answer.status_code, answer.json()) != (401, {"message": "Unauthorized"}):
                open_doors.append((method, path))

    assert open_doors == []


async def test_examples_are_those_of_the_recordings() -> None:
    assert FILE.read_text() == text(), "python -m tests.conformance.examples"


async def test_every_recorded_operation_has_an_example_that_fits_its_schema(
    document: dict[str, Any],
) -> None:
    known = Document()
    shown = 0
    for _, path, operation in operations(document):
        for status, answer in operation["responses"].items():
            example = answer.get("content", {}).get("application/json", {}).get("example")
            if example is not None:
                shown += 1
                assert known.mismatches((operation, path), int(status), example) == []
    assert shown > 360


async def test_bodies_of_examples_are_accepted(document: dict[str, Any]) -> None:
    known = Document()
    refused = [
        (method, path)
        for method, path, operation in operations(document)
        for content in operation.get("requestBody", {}).get("content", {}).values()
        if "example" in content and not known.accepts((operation, path), content["example"])
    ]
    assert refused == []


@pytest.mark.parametrize("entity", ["AdminProductVariant", "StoreProductVariant"])
async def test_calculated_prices_are_described(document: dict[str, Any], entity: str) -> None:
    price = document["components"]["schemas"][entity]["properties"]["calculated_price"]

    assert price["type"] == ["object", "null"]
    assert price["properties"]["calculated_amount"] == {"type": ["number", "null"]}
    assert price["properties"]["is_calculated_price_tax_inclusive"] == {"type": "boolean"}
    assert "price_list_type" in price["properties"]["calculated_price"]["properties"]


async def test_previews_of_orders_are_described(document: dict[str, Any]) -> None:
    schemas = document["components"]["schemas"]
    preview = schemas["PreviewOrder"]["properties"]
    line = schemas["PreviewOrderLine"]["properties"]

    assert preview["order_change"] == {"$ref": "#/components/schemas/PreviewOrderChange"}
    assert preview["return_requested_total"] == {"type": "number"}
    assert line["actions"]["items"] == {"$ref": "#/components/schemas/PreviewOrderChangeAction"}
    assert schemas["PreviewOrderItem"]["properties"]["quantity"] == {"type": "number"}


async def test_others_are_answered_while_the_document_is_written(settings: Settings) -> None:
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(create_app(settings)), base_url="http://shop"
    ) as shop:
        written = asyncio.create_task(shop.get("/openapi.json"))
        await asyncio.sleep(0)
        assert (await shop.get("/health")).text == "OK"
        assert not written.done()

        again = await shop.get("/openapi.json")

    assert (await written).content == again.content
