"""Deletes shipping option types that no option uses."""

from collections.abc import Sequence

from merx.batch import lock_rows, soft_delete_rows
from merx.core.database import Transaction
from merx.core.errors import InvalidData
from merx.modules.fulfillment.models import ShippingOptionType
from merx.outbox import emit

_TYPES = ShippingOptionType.__table__

_USED = """SELECT id FROM shipping_option
WHERE shipping_option_type_id = ANY($1::text[]) AND deleted_at IS NULL LIMIT 1"""


async def delete_option_types(tx: Transaction, ids: Sequence[str]) -> None:
    """Delete types; ids that do not exist are ignored. InvalidData if an option uses one."""
    found = [record["id"] for record in await lock_rows(tx, _TYPES, ids)]
    if await tx.fetch(_USED, found):
        raise InvalidData(
            "Cannot delete shipping option type because some shipping options are using it."
        )
    await soft_delete_rows(tx, _TYPES, found)
    await emit(tx, "shipping-option-type.deleted", found)
