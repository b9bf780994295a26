"""`/admin/product-tags`: words that products are found by."""

import httpx
import pytest

from merx.core.database import Transaction
from tests.answers import good, problems, refused
from tests.factories.products import make_product
from tests.observed import emitted, statements_of
from tests.workflows.support import post_all, winner_and_losers

PATH = "/admin/product-tags"


async def test_a_tag_comes_changes_and_goes(admin: httpx.AsyncClient, tx: Transaction) -> None:
    made = good(await admin.post(PATH, json={"value": "Cloth", "metadata": {"a": 1}}))
    tag_id = made["product_tag"]["id"]
    changed = good(await admin.post(f"{PATH}/{tag_id}", json={"value": "Fabric"}))
    gone = good(await admin.delete(f"{PATH}/{tag_id}"))

    assert changed["product_tag"]["value"] == "Fabric"
    assert changed["product_tag"]["metadata"] == {"a": 1}
    assert gone == {"id": tag_id, "object": "product_tag", "deleted": True}
    assert refused(await admin.get(f"{PATH}/{tag_id}"), 404)
    events = await emitted(tx)
    for what in ("created", "updated", "deleted"):
        assert events[f"product-tag.{what}"] == [tag_id]


async def test_all_mistakes_are_named(admin: httpx.AsyncClient) -> None:
    answer = await admin.post(PATH, json={"external_id": 1, "metadata": 2, "color": 3})

    assert set(problems(answer)) == {"value", "external_id", "metadata", "color"}


async def test_a_page_is_one_statement(admin: httpx.AsyncClient, tx: Transaction) -> None:
    for value in ("Cloth", "Paper", "Parchment"):
        await admin.post(PATH, json={"value": value})

    async with statements_of(tx) as statements:
        page = good(await admin.get(f"{PATH}?q=pa&order=-value&fields=value,products.title"))

    assert [row["value"] for row in page["product_tags"]] == ["Parchment", "Paper"]
    assert (page["count"], page["limit"]) == (2, 20)
    assert len([text for text in statements if "product_tag" in text]) == 1


async def test_a_product_shows_a_deleted_tag_no_longer(
    admin: httpx.AsyncClient, tx: Transaction
) -> None:
    tag_id = good(await admin.post(PATH, json={"value": "Cloth"}))["product_tag"]["id"]
    made = await make_product(tx, tags=[{"id": tag_id}])

    await admin.delete(f"{PATH}/{tag_id}")

    product = good(await admin.get(f"/admin/products/{made.id}"))["product"]
    assert product["tags"] == []
    assert await tx.fetchval("SELECT count(*) FROM product_tags") == 0


@pytest.mark.commits
async def test_one_of_the_requests_for_one_value_wins(admin: httpx.AsyncClient) -> None:
    for number in range(5):
        answers = await post_all(admin, PATH, [{"value": f"Cloth {number}"}] * 6)

        _, told = winner_and_losers(answers)
        message = f"Product tag with value: Cloth {number}, already exists."
        assert set(told) == {(400, "invalid_data", message)}
