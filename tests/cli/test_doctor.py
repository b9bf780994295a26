"""`merx doctor`: what other hands broke is found, named and put right."""

import os
import time
from pathlib import Path

import pytest

from merx.batch.members import change_members
from merx.cli.database import run_in_transaction
from merx.core.database import Transaction
from merx.core.errors import NotFound
from merx.links.selling import LOCATION_PROVIDERS
from merx.modules.fulfillment.schemas import CreateFulfillmentSet
from merx.workflows.stock.stock_locations import add_fulfillment_set
from tests.factories.delivery import make_depot, make_option
from tests.factories.products import (
    item_of,
    make_item,
    make_location,
    make_product,
    make_sales_channel,
    make_variant,
    prices,
)
from tests.factories.stock import make_level
from tests.sql import fetch_value
from tests.workflows.stock_agrees import broken_promises

from .conftest import Merx

_BROKEN = {
    "level whose reserved quantity differs from its reservations": (
        "UPDATE reservation_item SET quantity = 1"
    ),
    "quantity of a level that differs from its ledger": (
        "UPDATE inventory_level SET stocked_quantity = 8"
    ),
    "reservation at a location without a level of its item": (
        "UPDATE inventory_level SET deleted_at = now()"
    ),
    "reservation of a deleted item, or at a deleted location": (
        "UPDATE inventory_item SET deleted_at = now()"
    ),
    "deleted level that still holds something": "UPDATE inventory_level SET deleted_at = now()",
    "level of a deleted item, or at a deleted location": (
        "UPDATE stock_location SET deleted_at = now()"
    ),
    "link to a deleted inventory_item": "UPDATE inventory_item SET deleted_at = now()",
    "link to a deleted product_variant": "UPDATE product_variant SET deleted_at = now()",
    "link to a deleted sales_channel": "UPDATE sales_channel SET deleted_at = now()",
    "link to a deleted stock_location": "UPDATE stock_location SET deleted_at = now()",
    "link to a deleted fulfillment_set": "UPDATE fulfillment_set SET deleted_at = now()",
    "service zone of a deleted fulfillment set": "UPDATE fulfillment_set SET deleted_at = now()",
    "shipping option of a deleted service zone": "UPDATE service_zone SET deleted_at = now()",
    "price set of a deleted shipping option": "UPDATE shipping_option SET deleted_at = now()",
    "variant of a deleted product": "UPDATE product SET deleted_at = now()",
    "price set of a deleted variant": "UPDATE product SET deleted_at = now()",
    "price of a deleted price set": "UPDATE price_set SET deleted_at = now()",
}


@pytest.fixture
def shop_url(clone_url: str) -> str:
    """A small shop with a variant in stock, part of which is reserved."""

    async def make(tx: Transaction) -> None:
        product = await make_product(tx)
        variant = await make_variant(tx, product.id, prices=prices(eur=5))
        item, place = await item_of(tx, variant), await make_location(tx)
        await make_level(tx, item, place, stocked=5, reserved=3)
        channel = await make_sales_channel(tx)
        await tx.execute(
            "INSERT INTO sales_channel_stock_location VALUES ($1, $2, 'scloc_1')", channel, place
        )
        await change_members(
            tx, LOCATION_PROVIDERS, place, add=["manual_manual"], remove=[], unknown=NotFound("")
        )
        delivery = CreateFulfillmentSet(name="Parcel", type="shipping")
        await add_fulfillment_set(tx, place, delivery, unknown=NotFound(""))
        await make_option(tx, await make_depot(tx))
        await make_item(tx)

    run_in_transaction(clone_url, make)
    return clone_url


def execute(url: str, *statements: str) -> None:
    async def run(tx: Transaction) -> None:
        for statement in statements:
            await tx.execute(statement)

    run_in_transaction(url, run)


def test_a_sound_shop_is_well(merx: Merx, shop_url: str) -> None:
    ended = merx("doctor", DATABASE_URL=shop_url)

    assert (ended.code, ended.out) == (0, "All is well.\n")


@pytest.mark.parametrize("words", _BROKEN)
def test_what_is_broken_is_named_and_repaired(merx: Merx, shop_url: str, words: str) -> None:
    execute(shop_url, _BROKEN[words])

    found = merx("doctor", DATABASE_URL=shop_url)
    repaired = merx("doctor", "--repair", DATABASE_URL=shop_url)
    again = merx("doctor", DATABASE_URL=shop_url)

    assert found.code == 1
    assert words in (repaired if words == "price set of a deleted variant" else found).out
    assert (repaired.code, again.out) == (0, "All is well.\n")
    assert run_in_transaction(shop_url, broken_promises) == {}
    links = fetch_value(
        shop_url,
        "SELECT count(*) FROM location_fulfillment_provider JOIN stock_location s"
        " ON s.id = stock_location_id WHERE s.deleted_at IS NOT NULL",
    )
    assert links == 0


def test_a_repair_stands_in_the_ledger(merx: Merx, shop_url: str) -> None:
    execute(
        shop_url,
        "UPDATE inventory_level SET stocked_quantity = 9",
        "UPDATE reservation_item SET quantity = 1",
    )

    merx("doctor", "--repair", DATABASE_URL=shop_url)

    told = fetch_value(
        shop_url,
        "SELECT string_agg(quantity || ' ' || delta || ' to ' || balance, ', ' ORDER BY id)"
        " FROM inventory_movement WHERE reason = 'doctor'",
    )
    assert told == "stocked 4 to 9, reserved -2 to 1"


def test_files_that_nothing_refers_to_are_named_and_deleted(
    merx: Merx, clone_url: str, tmp_path: Path
) -> None:
    old = time.time() - 2 * 24 * 3600
    for name in ("image.png", "kept-in-metadata.pdf", "lost.png", "just-uploaded.png", "sent.csv"):
        (tmp_path / name).write_bytes(b"1234")
        if name != "just-uploaded.png":
            os.utime(tmp_path / name, (old, old))

    async def refer(tx: Transaction) -> None:
        await make_product(
            tx,
            images=[{"url": "https://shop.test/static/image.png"}],
            metadata={"manual": ["see http://x/static/kept-in-metadata.pdf"]},
        )
        await tx.execute(
            "INSERT INTO product_import (id, file_name, file_key) VALUES ('a', 'a', 'sent.csv')"
        )

    run_in_transaction(clone_url, refer)
    settings = {"DATABASE_URL": clone_url, "FILES": str(tmp_path)}
    named = merx("doctor", **settings)
    deleted = merx("doctor", "--delete-files", **settings)
    again = merx("doctor", **settings)

    assert (named.code, named.out.splitlines()) == (
        0,
        [
            "lost.png  file that nothing refers to  (4 bytes)",
            "1 files. `merx doctor --delete-files` deletes them.",
            "All is well.",
        ],
    )
    assert deleted.out.splitlines()[1] == "1 files deleted."
    assert again.out == "All is well.\n"
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "image.png",
        "just-uploaded.png",
        "kept-in-metadata.pdf",
        "sent.csv",
    ]
