"""Put things into a group and take things out of it: one table for every `{add, remove}` route."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import FromClause

from merx.batch import Insert, delete_rows, insert_all, lock_rows, soft_delete_rows
from merx.core.database import Transaction
from merx.core.errors import NotFound
from merx.core.ids import new_id
from merx.modules.api_key.models import PublishableApiKeySalesChannel
from merx.modules.customer.models import CustomerGroupCustomer
from merx.modules.product.models import (
    ProductCategoryLink,
    ProductSalesChannel,
    ProductTagLink,
)
from merx.modules.stock_location.models import (
    LocationFulfillmentProvider,
    SalesChannelStockLocation,
)


@dataclass(frozen=True, slots=True)
class Join:
    """A join table, its columns of the group and of the member, and the tables they name.

    `prefix` is that of the links' own ids, where they have any.
    """

    table: FromClause
    group: str
    member: str
    prefix: str = ""

    @property
    def groups(self) -> FromClause:
        """The table of the groups."""
        return _target(self.table, self.group)

    @property
    def members(self) -> FromClause:
        """The table of the members."""
        return _target(self.table, self.member)


def _target(table: FromClause, column: str) -> FromClause:
    [key] = table.columns[column].foreign_keys
    return key.column.table


KEY_CHANNELS = Join(
    PublishableApiKeySalesChannel.__table__, "publishable_key_id", "sales_channel_id", "pksc"
)
CHANNEL_PRODUCTS = Join(ProductSalesChannel.__table__, "sales_channel_id", "product_id", "prodsc")
TAG_PRODUCTS = Join(ProductTagLink.__table__, "product_tag_id", "product_id")
CATEGORY_PRODUCTS = Join(ProductCategoryLink.__table__, "product_category_id", "product_id")
GROUP_CUSTOMERS = Join(CustomerGroupCustomer.__table__, "customer_group_id", "customer_id", "cusgc")
CUSTOMER_GROUPS = Join(CustomerGroupCustomer.__table__, "customer_id", "customer_group_id", "cusgc")
LOCATION_CHANNELS = Join(
    SalesChannelStockLocation.__table__, "stock_location_id", "sales_channel_id", "scloc"
)
LOCATION_PROVIDERS = Join(
    LocationFulfillmentProvider.__table__,
    "stock_location_id",
    "fulfillment_provider_id",
    "locfp",
)


async def change_members(
    tx: Transaction,
    join: Join,
    group_id: str,
    *,
    add: Sequence[str],
    remove: Sequence[str],
    unknown: NotFound,
) -> list[str]:
    """Take members out of a group, then put members in; the ids of those that came or went.

    Raises `unknown` when there is no such group, NotFound that names members nobody has.
    """
    if not await lock_rows(tx, join.groups, [group_id], shared=True):
        raise unknown
    wanted = list(dict.fromkeys(add))
    present = {row["id"] for row in await lock_rows(tx, join.members, wanted, shared=True)}
    missing = [member_id for member_id in wanted if member_id not in present]
    if missing:
        raise NotFound(
            f"You tried to set relationship {join.member}: {', '.join(missing)},"
            " but such entity does not exist"
        )
    gone = await _remove(tx, join, group_id, remove) if remove else []
    come = await add_members(tx, join, group_id, wanted)
    return sorted({*gone, *come})


async def add_members(
    tx: Transaction, join: Join, group_id: str, members: Sequence[str]
) -> list[str]:
    """Put members that are held already into a group that is; those that were not in it."""
    [come] = await insert_all(tx, _insert(join, group_id, members))
    return sorted(come)


async def delete_groups(tx: Transaction, join: Join, ids: Sequence[str]) -> list[str]:
    """Delete the groups among the ids, softly, and their links; the ids of those deleted."""
    records = await lock_rows(tx, join.groups, ids)
    found: list[str] = [record["id"] for record in records]
    await delete_rows(tx, join.table, join.group, found)
    return await soft_delete_rows(tx, join.groups, found)


async def _remove(tx: Transaction, join: Join, group_id: str, members: Sequence[str]) -> list[str]:
    records = await tx.fetch(
        f'DELETE FROM "{join.table}" WHERE "{join.group}" = $1'
        f' AND "{join.member}" = ANY($2::text[]) RETURNING "{join.member}"',
        group_id,
        list(members),
    )
    return [record[0] for record in records]


def _insert(join: Join, group_id: str, members: Sequence[str]) -> Insert:
    # Sorted, so that two requests with the same members do not wait for each other both.
    rows: list[dict[str, Any]] = [
        {join.group: group_id, join.member: member_id, **_own_id(join)}
        for member_id in sorted(members)
    ]
    return Insert(join.table, rows, skip_conflicts=True, returning=join.member)


def _own_id(join: Join) -> dict[str, str]:
    return {"id": new_id(join.prefix)} if join.prefix else {}
