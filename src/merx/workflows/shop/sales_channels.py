"""Deletes sales channels, and changes their products."""

from collections.abc import Sequence

from merx.batch import delete_rows, lock_rows, soft_delete_rows
from merx.batch.members import change_members
from merx.core.database import Transaction
from merx.core.errors import InvalidData, NotFound
from merx.links.catalogue import PRODUCT_CHANNELS
from merx.modules.api_key.models import PublishableApiKeySalesChannel
from merx.modules.product.models import ProductSalesChannel
from merx.modules.sales_channel.models import SalesChannel
from merx.modules.stock_location.models import SalesChannelStockLocation
from merx.outbox import emit, emit_all


async def delete_sales_channels(tx: Transaction, ids: Sequence[str]) -> None:
    """Delete the channels among the ids with their links; ids that do not exist are ignored.

    Raises InvalidData naming those that are a store's default.
    """
    records = await lock_rows(tx, SalesChannel.__table__, ids)
    found: list[str] = [record["id"] for record in records]
    defaults = await tx.fetch(
        "SELECT DISTINCT default_sales_channel_id FROM store"
        " WHERE default_sales_channel_id = ANY($1::text[]) AND deleted_at IS NULL ORDER BY 1",
        found,
    )
    if defaults:
        named = ", ".join(record[0] for record in defaults)
        raise InvalidData(f"Cannot delete default sales channels: {named}")
    for joined in (ProductSalesChannel, SalesChannelStockLocation, PublishableApiKeySalesChannel):
        await delete_rows(tx, joined.__table__, "sales_channel_id", found)
    await soft_delete_rows(tx, SalesChannel.__table__, found)
    await emit(tx, "sales-channel.deleted", found)


async def change_products(
    tx: Transaction,
    channel_id: str,
    *,
    add: Sequence[str],
    remove: Sequence[str],
    unknown: NotFound,
) -> None:
    """Add products to the channel and remove them; raises the errors of `change_members`."""
    products = await change_members(
        tx, PRODUCT_CHANNELS.back, channel_id, add=add, remove=remove, unknown=unknown
    )
    await emit_all(tx, {"sales-channel.updated": [channel_id], "product.updated": products})
