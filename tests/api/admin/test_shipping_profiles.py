"""`/admin/shipping-profiles`: products that are shipped alike."""

import asyncio

import httpx
import pytest

from merx.core.database import Transaction
from tests.factories.products import make_product, make_shipping_profile
from tests.observed import emitted, statements_of

PATH = "/admin/shipping-profiles"


async def test_a_profile_comes_changes_and_goes(admin: httpx.AsyncClient, tx: Transaction) -> None:
    made = await admin.post(PATH, json={"name": "Parcels", "type": "default"})
    profile = made.json()["shipping_profile"]
    changed = await admin.post(f"{PATH}/{profile['id']}", json={"metadata": {"a": 1}})
    gone = await admin.delete(f"{PATH}/{profile['id']}")

    assert (profile["name"], profile["metadata"]) == ("Parcels", None)
    assert changed.json()["shipping_profile"]["metadata"] == {"a": 1}
    assert gone.json() == {"id": profile["id"], "object": "shipping_profile", "deleted": True}
    events = await emitted(tx)
    for what in ("created", "updated", "deleted"):
        assert events[f"shipping-profile.{what}"] == [profile["id"]]


async def test_a_page_is_one_statement(admin: httpx.AsyncClient, tx: Transaction) -> None:
    for name in ("Parcels", "Pallets", "Letters"):
        await make_shipping_profile(tx, name)

    async with statements_of(tx) as statements:
        page = (await admin.get(f"{PATH}?fields=name&order=-name&limit=2&q=l")).json()

    assert [profile["name"] for profile in page["shipping_profiles"]] == ["Parcels", "Pallets"]
    assert page["count"] == 3
    assert len([text for text in statements if "shipping_profile" in text]) == 1


@pytest.mark.parametrize(
    ("_case", "body", "message"),
    [
        ("nothing", {}, "Field 'name' is required; Field 'type' is required"),
        (
            "a number",
            {"name": 1, "type": "t"},
            "Expected type: 'string' for field 'name', got: '1'",
        ),
        ("more", {"name": "n", "type": "t", "more": 1}, "Unrecognized fields: 'more'"),
    ],
)
async def test_a_wrong_body_is_refused(
    admin: httpx.AsyncClient, _case: str, body: dict[str, object], message: str
) -> None:
    answer = await admin.post(PATH, json=body)

    assert answer.status_code == 400
    assert answer.json()["message"] == f"Invalid request: {message}"


async def test_a_name_is_free_again_after_deletion(
    admin: httpx.AsyncClient, tx: Transaction
) -> None:
    profile_id = await make_shipping_profile(tx, "Parcels")
    body = {"name": "Parcels", "type": "t"}

    taken = await admin.post(PATH, json=body)
    await admin.delete(f"{PATH}/{profile_id}")
    free = await admin.post(PATH, json=body)

    assert taken.json()["message"] == "Shipping profile with name: Parcels, already exists."
    assert free.status_code == 200


async def test_a_profile_that_products_use_stays(admin: httpx.AsyncClient, tx: Transaction) -> None:
    profile_id = await make_shipping_profile(tx)
    made = await make_product(tx, shipping_profile_id=profile_id)

    answer = await admin.delete(f"{PATH}/{profile_id}")

    assert answer.status_code == 400
    assert answer.json()["message"] == (
        f"Cannot delete following shipping profiles because they are linked to products: {made.id}"
    )


async def test_an_unknown_profile_is_not_found(admin: httpx.AsyncClient) -> None:
    path = f"{PATH}/sp_none"

    answers = [
        await admin.get(path), await admin.post(path, json={"name": "x"}), await admin.delete(path)
    ]  # fmt: skip

    assert [answer.status_code for answer in answers] == [404] * 3


@pytest.mark.commits
async def test_of_two_profiles_with_one_name_one_is_made(admin: httpx.AsyncClient) -> None:
    body = {"name": "Parcels", "type": "t"}

    answers = await asyncio.gather(*(admin.post(PATH, json=body) for _ in range(4)))

    assert sorted(answer.status_code for answer in answers) == [200, 400, 400, 400]
