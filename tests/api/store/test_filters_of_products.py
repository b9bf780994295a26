"""Any filters of /store/products find what plain Python finds, and nothing that is hidden."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import httpx
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from merx.core.database import Transaction
from tests.answers import good
from tests.factories.catalogue import make_collection, make_tag, make_type
from tests.factories.categories import make_category
from tests.factories.products import COLORS, make_product, prices, variants
from tests.factories.window import Window

MANY = settings(
    max_examples=60,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=list(HealthCheck),
)
SMALL = st.integers(0, 11)
WAYS = {
    "gte": lambda amount, edge: amount >= edge,
    "gt": lambda amount, edge: amount > edge,
    "lte": lambda amount, edge: amount <= edge,
    "lt": lambda amount, edge: amount < edge,
}  # fmt: skip


@dataclass(frozen=True)
class Sold:
    """A product as the oracle knows it; `number` decides all that it has."""

    id: str
    number: int
    is_seen: bool

    @property
    def price(self) -> int:
        return self.number % 5 + 1


@dataclass(frozen=True)
class Clause:
    """A filter, and whether a product meets it."""

    query: dict[str, Any]
    met: Callable[[Sold], bool]


class Shelf:
    """The groups by place, and the products in the order of their ids."""

    def __init__(self, groups: dict[str, list[str]], products: list[Sold]) -> None:
        self.groups = groups
        self.products = products

    def clause(self, draw: Callable[..., Any]) -> Clause:
        kind = draw(st.sampled_from([
            "tag_id", "category_id", "collection_id", "type_id", "id", "title", "handle", "price",
            "sku", "is_giftcard", "available", "$or", "$and",
        ]))  # fmt: skip
        wanted = draw(st.sets(SMALL, min_size=1, max_size=3))
        number = min(wanted)
        match kind:
            case "tag_id" | "category_id" | "collection_id" | "type_id":
                held = self.groups[kind]
                chosen = {one % len(held) for one in wanted}
                ids = [held[one] for one in sorted(chosen)]
                return Clause({kind: ids}, lambda sold: sold.number % len(held) in chosen)
            case "id":
                ids = [one.id for one in self.products if one.number in wanted]
                return Clause({"id": ids}, lambda sold: sold.number in wanted)
            case "title":
                return Clause({"title": f"Thing {number % 3}"},
                              lambda sold: sold.number % 3 == number % 3)  # fmt: skip
            case "handle":
                return Clause({"handle": [f"thing-{one}" for one in sorted(wanted)]},
                              lambda sold: sold.number in wanted)  # fmt: skip
            case "price":
                way = draw(st.sampled_from(sorted(WAYS)))
                return Clause({"price": {way: number}},
                              lambda sold: WAYS[way](sold.price, number))  # fmt: skip
            case "sku":
                return Clause({"variants": {"sku": [f"THING-{one}" for one in sorted(wanted)]}},
                              lambda sold: sold.number in wanted)  # fmt: skip
            case "is_giftcard":
                truth = number % 2 == 0
                return Clause({"is_giftcard": str(truth).lower()},
                              lambda sold: (sold.number % 4 == 0) is truth)  # fmt: skip
            case "available":
                return Clause({"available": "true"}, lambda _: True)
            case word:
                parts = [self.clause(draw) for _ in range(draw(st.integers(1, 2)))]
                joined = any if word == "$or" else all
                return Clause({word: [part.query for part in parts]},
                              lambda sold: joined(part.met(sold) for part in parts))  # fmt: skip


def flat(value: Any, path: str = "") -> Iterator[tuple[str, str]]:
    """The pairs of a query string."""
    if isinstance(value, dict):
        for name, one in value.items():
            yield from flat(one, f"{path}[{name}]" if path else name)
    elif isinstance(value, list):
        for place, one in enumerate(value):
            yield from flat(one, f"{path}[{place}]")
    else:
        yield path, str(value)


async def fill(tx: Transaction, window: Window) -> Shelf:
    channels = [
        await tx.fetchval("SELECT sales_channel_id FROM product_sales_channel"
                          " WHERE product_id = $1", window.ids[which])
        for which in ("products", "elsewhere")
    ]  # fmt: skip
    groups = {
        "tag_id": [await make_tag(tx, f"tag {one}") for one in range(4)],
        "category_id": [await make_category(tx, f"Kind {one}", is_active=True) for one in range(3)],
        "collection_id": [await make_collection(tx, f"Row {one}") for one in range(5)],
        "type_id": [await make_type(tx, f"Type {one}") for one in range(2)],
    }
    products = list[Sold]()
    for number in range(12):
        for hidden in (False, True) if number % 3 == 0 else (False,):
            mark = f"{number}-hidden" if hidden else str(number)
            made = await make_product(
                tx,
                f"Thing {number % 3}",
                handle=f"thing-{mark}",
                is_giftcard=number % 4 == 0,
                status="draft" if hidden and number % 2 else "published",
                sales_channels=[{"id": channels[hidden and number % 2 == 0]}],
                tags=[{"id": groups["tag_id"][number % 4]}],
                categories=[{"id": groups["category_id"][number % 3]}],
                collection_id=groups["collection_id"][number % 5],
                type_id=groups["type_id"][number % 2],
                variants=variants(COLORS, 1, sku=f"THING-{mark}", manage_inventory=False,
                                  prices=prices(eur=number % 5 + 1)),
            )  # fmt: skip
            products.append(Sold(made.id, number, not hidden))
    return Shelf(groups, products)


async def test_filters_find_what_plain_python_finds(
    tx: Transaction, client: httpx.AsyncClient, window: Window
) -> None:
    await tx.execute("UPDATE product SET deleted_at = now()")
    shelf = await fill(tx, window)
    asked = list[tuple[Clause, list[Clause], str]]()

    @MANY
    @given(st.data())
    def collect(data: st.DataObject) -> None:
        clauses = [shelf.clause(data.draw) for _ in range(data.draw(st.integers(1, 3)))]
        asked.append((clauses[0], clauses, data.draw(st.sampled_from(["id", "-id"]))))

    collect()
    found = 0
    for _, clauses, order in asked:
        together = Clause(
            {"$and": [clause.query for clause in clauses]},
            lambda sold, clauses=clauses: all(clause.met(sold) for clause in clauses),
        )
        query = dict(flat({**together.query, "order": order, "fields": "id", "limit": 100}))
        query["region_id"] = window.region_id
        answer = good(await client.get("/store/products", params=query, headers=window.headers))

        wanted = [one.id for one in shelf.products if one.is_seen and together.met(one)]
        wanted.sort(reverse=order == "-id")
        assert [one["id"] for one in answer["products"]] == wanted, query
        assert answer["count"] == len(wanted), query
        found += bool(wanted)
    assert len(asked) >= 30
    assert 10 <= found < len(asked)  # Some find something, some nothing.
