"""Put things into a group and take things out of it: one table for every `{add, remove}` route."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import FromClause

from merx.batch import Insert, insert_all
from merx.core.database import Transaction
from merx.core.errors import NotFound
from merx.core.ids import new_id
from merx.modules.product.models import ProductSalesChannel
from merx.modules.stock_location.models import (
    LocationFulfillmentProvider,
    SalesChannelStockLocation,
)


@dataclass(frozen=True, slots=True)
class Join:
    """A join table, its columns of the group and of the member, and the tables they name."""

    table: FromClause
    group: str
    member: str
    prefix: str

    @property
    def group_table(self) -> str:
        """The table of the groups."""
        return _table(self.table, self.group)

    @property
    def member_table(self) -> str:
        """The table of the members."""
        return _table(self.table, self.member)


def _table(table: FromClause, column: str) -> str:
    [key] = table.columns[column].foreign_keys
    return key.column.table.name


CHANNEL_PRODUCTS = Join(ProductSalesChannel.__table__, "sales_channel_id", "product_id", "prodsc")
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
    if not await _lock(tx, join.group_table, [group_id]):
        raise unknown
    wanted = list(dict.fromkeys(add))
    present = await _lock(tx, join.member_table, wanted) if wanted else set[str]()
    missing = [member_id for member_id in wanted if member_id not in present]
    if missing:
        raise NotFound(
            f"You tried to set relationship {join.member}: {', '.join(missing)},"
            " but such entity does not exist"
        )
    gone = await _remove(tx, join, group_id, remove) if remove else []
    [come] = await insert_all(tx, _insert(join, group_id, wanted))
    return sorted({*gone, *come})


async def _lock(tx: Transaction, table: str, ids: Sequence[str]) -> set[str]:
    """The live rows among the ids, held against deletion until the end."""
    records = await tx.fetch(
        f'SELECT id FROM "{table}" WHERE id = ANY($1::text[]) AND deleted_at IS NULL'
        " ORDER BY id FOR SHARE",
        list(ids),
    )
    return {record[0] for record in records}


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
        {join.group: group_id, join.member: member_id, "id": new_id(join.prefix)}
        for member_id in sorted(members)
    ]
    return Insert(join.table, rows, skip_conflicts=True, returning=join.member)
