"""Deletes shipping profiles that no product and no shipping option uses."""

from collections.abc import Sequence

from merx.batch import lock_rows, soft_delete_rows
from merx.core.database import Transaction
from merx.core.errors import InvalidData, check_present
from merx.modules.fulfillment.models import ShippingProfile
from merx.outbox import emit

_SHIPPED = """
SELECT link.product_id FROM product_shipping_profile link
WHERE link.shipping_profile_id = ANY($1::text[])
  AND (SELECT p.deleted_at IS NULL FROM product p WHERE p.id = link.product_id)
ORDER BY link.product_id"""

_OPTIONS_OF = """
SELECT DISTINCT shipping_profile_id FROM shipping_option
WHERE shipping_profile_id = ANY($1::text[]) AND deleted_at IS NULL ORDER BY 1"""


async def delete_shipping_profiles(tx: Transaction, ids: Sequence[str]) -> None:
    """Delete profiles; NotFound names missing ones, InvalidData the products that use them or the
    profiles with options.
    """
    records = await lock_rows(tx, ShippingProfile.__table__, ids)
    found: list[str] = [record["id"] for record in records]
    check_present(ids, found, "ShippingProfile with id: {} was not found")
    products = [record[0] for record in await tx.fetch(_SHIPPED, found)]
    if products:
        raise InvalidData(
            "Cannot delete following shipping profiles because they are linked to products:"
            f" {', '.join(products)}"
        )
    served = [record[0] for record in await tx.fetch(_OPTIONS_OF, found)]
    if served:
        raise InvalidData(
            f"Cannot delete Shipping Profiles {', '.join(served)} with associated Shipping Options."
            " Delete Shipping Options first and try again."
        )
    await soft_delete_rows(tx, ShippingProfile.__table__, found)
    await emit(tx, "shipping-profile.deleted", found)
