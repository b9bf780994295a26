"""Replacing the prices of a variant, against a model of a dozen lines."""

from typing import Any

import httpx
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from merx.core.database import Transaction
from tests.answers import good
from tests.factories.products import make_product, make_variant

Key = tuple[str, Any, Any, tuple[tuple[str, str], ...]]
Price = dict[str, Any]

GENERATED = settings(
    max_examples=40,
    deadline=None,
    derandomize=True,
    database=None,
    # Shrinking would ask the database for minutes.
    phases=(Phase.explicit, Phase.generate),
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)

KEYS = st.fixed_dictionaries(
    {
        "currency_code": st.sampled_from(["usd", "eur", "USD"]),
        "min_quantity": st.sampled_from([None, 1, 10]),
        "max_quantity": st.sampled_from([None, 10]),
        "rules": st.sampled_from([{}, {"a": "1"}, {"a": "1", "b": "2"}, {"b": "2", "a": "1"}]),
    }
)
AMOUNTS = st.sampled_from([0, 1, 2.5, 9.95])
NEW = st.builds(lambda key, amount: {**key, "amount": amount}, KEYS, AMOUNTS)
# A change of a price that is there, by its place in the list.
CHANGE = st.builds(
    lambda place, change: {"place": place, **change},
    st.integers(0, 3),
    st.fixed_dictionaries({}, optional={"amount": AMOUNTS, "max_quantity": st.just(50)}),
)


def key_of(price: Price) -> Key:
    rules = tuple(sorted(price.get("rules", {}).items()))
    bounds = price.get("min_quantity"), price.get("max_quantity")
    return (price["currency_code"].lower(), *bounds, rules)


def expected(present: dict[str, Price], wanted: list[Price]) -> list[tuple[str, Key, float]]:
    """What the prices must be: their ids (empty for new ones), keys and amounts."""
    named = {price["id"] for price in wanted if "id" in price}
    by_key = {key_of(price): price_id for price_id, price in present.items()}
    kept: dict[str, Price] = {}
    new: dict[Key, Price] = {}
    for price in wanted:
        same = price.get("id") or by_key.get(key_of(price), "")
        if "id" in price or (same and same not in named):
            kept[same] = price
        else:
            new[key_of(price)] = price
    result = [
        (price_id, key_of({**present[price_id], **price}), price_of(present[price_id], price))
        for price_id, price in kept.items()
    ]
    return [*result, *(("", key_of(price), price["amount"]) for price in new.values())]


def price_of(present: Price, change: Price) -> float:
    return change.get("amount", present["amount"])


@GENERATED
@given(
    present=st.lists(NEW, max_size=4, unique_by=key_of),
    wanted=st.lists(NEW | CHANGE, max_size=5),
)
async def test_prices_that_stay_keep_their_ids(
    admin: httpx.AsyncClient, tx: Transaction, present: list[Price], wanted: list[Price]
) -> None:
    product = await make_product(
        tx, handle=f"p-{await tx.fetchval('SELECT count(*) FROM product')}"
    )
    variant_id = await make_variant(tx, product.id, prices=present)
    path = f"/admin/products/{product.id}/variants/{variant_id}"
    before = await read(admin, path)
    ids = list(before)
    body = [
        {"id": ids[price["place"]], **{k: v for k, v in price.items() if k != "place"}}
        if "place" in price
        else price
        for price in wanted
        if price.get("place", 0) < len(ids)
    ]
    body = [price for price in body if "id" in price or "currency_code" in price]

    good(await admin.post(path, json={"prices": body}))

    after = await read(admin, path)
    shown = [
        (price_id if price_id in before else "", key_of(price), price["amount"])
        for price_id, price in after.items()
    ]
    assert sorted(shown, key=str) == sorted(expected(before, body), key=str)


async def read(admin: httpx.AsyncClient, path: str) -> dict[str, Price]:
    """The prices of a variant by id."""
    answer = await admin.get(path, params={"fields": "+prices.*"})
    return {price["id"]: price for price in good(answer)["variant"]["prices"]}
