"""Options of products, shared or exclusive to one."""

from dataclasses import dataclass
from typing import Any

import httpx

from merx.core.database import Transaction
from merx.modules.product.manage_options import create_options
from merx.modules.product.option_schemas import CreateOption
from tests.answers import good


@dataclass(frozen=True)
class Option:
    """An option, and the ids of its values by their text."""

    id: str
    values: dict[str, str]


async def make_option(tx: Transaction, title: str, *values: str, **fields: Any) -> Option:
    """An option with values."""
    draft = CreateOption(title=title, values=list(values), **fields)
    [option_id] = await create_options(tx, [draft])
    records = await tx.fetch(
        "SELECT value, id FROM product_option_value WHERE option_id = $1", option_id
    )
    return Option(option_id, {record["value"]: record["id"] for record in records})


async def make_shirt(admin: httpx.AsyncClient, option: Option, *offered: str) -> str:
    """A product that offers some values of the option; its id."""
    use = {"id": option.id, "value_ids": [option.values[value] for value in offered]}
    body = {"title": f"Shirt {option.id}", "options": [use]}
    return good(await admin.post("/admin/products", json=body))["product"]["id"]


async def change(admin: httpx.AsyncClient, product_id: str, **batch: Any) -> httpx.Response:
    """The answer to a change of a product's options."""
    fields = {"fields": "options.title,options.values.value,variants.options.value"}
    return await admin.post(
        f"/admin/products/{product_id}/options/batch", params=fields, json=batch
    )


def offered(answer: httpx.Response) -> dict[str, set[str]]:
    """The values by option that the product of an answer offers."""
    return {
        option["title"]: {value["value"] for value in option["values"]}
        for option in good(answer)["product"]["options"]
    }
