"""What a storefront may not see it may not ask by either: fields, order, filters and q alike."""

import importlib
import pkgutil
from collections.abc import Iterator

import httpx
import pytest

import merx.api.store
from merx.core.database import Transaction
from merx.links import GRAPH
from merx.settings import Settings
from merx.web.filters import Filters, Nested
from merx.web.resource import Resource
from tests.factories.customers import make_buyer

# Filters of the contract on what shows all the same: by the rows that are shown themselves, or by
# what a storefront can read at another place.
OF_THE_CONTRACT = {
    # Ours: what the answer shows as calculated_price and inventory_quantity.
    "is_available",
    "variants.calculated_amount",
    "deleted_at",
    "is_return",
    "categories.id",
    "options.option_id",
    "product.description",
    "product.subtitle",
    "product.title",
    "regions.id",
    "variants.has_option_values",
    "variants.options.option_id",
}


def resources() -> list[tuple[str, Resource]]:
    found: dict[int, tuple[str, Resource]] = {}
    for module in pkgutil.walk_packages(merx.api.store.__path__, "merx.api.store."):
        for name, value in vars(importlib.import_module(module.name)).items():
            if isinstance(value, Resource):
                found.setdefault(id(value), (f"{module.name}.{name}", value))
    return list(found.values())


def paths(filters: Filters, at: tuple[str, ...] = ()) -> Iterator[str]:
    for one in filters.values():
        if isinstance(one, Nested):
            below = (*at, one.relation)
            yield from paths(one.filters, below)
            if one.plain:
                yield ".".join((*below, *one.plain.path))
        else:
            yield ".".join((*at, *one.path))


@pytest.mark.parametrize(("name", "resource"), resources(), ids=lambda value: str(value)[:60])
def test_filters_and_searches_look_at_what_may_be_seen(name: str, resource: Resource) -> None:
    asked = set(paths(resource.filters))
    if resource.searchable:
        asked |= set(GRAPH[resource.entity].search)

    assert resource.allowed, f"{name} shows everything"
    assert asked - set(resource.allowed) - OF_THE_CONTRACT == set()


@pytest.mark.parametrize(
    "path", ["customer.groups.name", "customer.created_by", "customer.metadata", "nope"]
)
async def test_a_list_is_not_ordered_by_what_may_not_be_seen(
    client: httpx.AsyncClient, tx: Transaction, settings: Settings, path: str
) -> None:
    bea = await make_buyer(tx)

    answer = await client.get(
        f"/store/customers/me/addresses?order={path}",
        headers=bea.headers(settings),
    )

    assert (answer.status_code, answer.json()["message"]) == (
        400,
        f"Order field {path} is not valid",
    )
