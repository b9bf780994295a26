"""A shop with hidden rows: drafts, deleted products, products of other channels."""

from dataclasses import dataclass

from merx.core.database import Transaction
from tests.factories.catalogue import make_collection, make_region, make_tag, make_type
from tests.factories.categories import make_category
from tests.factories.keys import make_key, storefront
from tests.factories.products import COLORS, make_product, make_sales_channel, prices, variants


@dataclass
class Window:
    """A shop with hidden rows; `secrets` are the names that must not appear."""

    headers: dict[str, str]
    ids: dict[str, str]
    region_id: str
    secrets: tuple[str, ...] = ("Hidden", "HIDDEN")


async def key_of(tx: Transaction, *channels: str) -> dict[str, str]:
    key_id, token = await make_key(tx)
    for channel in channels:
        await tx.execute(
            "INSERT INTO publishable_api_key_sales_channel (id, publishable_key_id,"
            " sales_channel_id) VALUES ($1, $2, $3)",
            f"pksc_{channel}",
            key_id,
            channel,
        )
    return storefront(token)


async def make_window(tx: Transaction) -> Window:
    mine, other = await make_sales_channel(tx), await make_sales_channel(tx, "Other")
    top = await make_category(tx, "Top", is_active=True)
    hidden = await make_category(tx, "Hidden inactive", top, is_active=False)
    internal = await make_category(tx, "Hidden internal", top, is_active=True, is_internal=True)
    groups = {
        "collection_id": await make_collection(tx, "Summer"),
        "type_id": await make_type(tx, "Shirt"),
    }
    tag = await make_tag(tx, "new")

    async def sell(title: str, channel: str, status: str, sku: str) -> str:
        made = await make_product(
            tx,
            title,
            status=status,
            variants=variants(COLORS, 1, sku=sku, prices=prices(eur=9)),
            sales_channels=[{"id": channel}],
            categories=[{"id": id} for id in (top, hidden, internal)],
            tags=[{"id": tag}],
            **groups,
        )
        return made.id

    ids = {
        "products": await sell("Shirt", mine, "published", "SHIRT"),
        "product-categories": top,
        "collections": groups["collection_id"],
        "product-types": groups["type_id"],
        "product-tags": tag,
    }
    await sell("Hidden draft", mine, "draft", "HIDDEN-1")
    ids["elsewhere"] = await sell("Hidden elsewhere", other, "published", "HIDDEN-2")
    deleted = await sell("Hidden deleted", mine, "published", "HIDDEN-3")
    await tx.execute("UPDATE product SET deleted_at = now() WHERE id = $1", deleted)
    return Window(await key_of(tx, mine), ids, await make_region(tx, "eur"))
