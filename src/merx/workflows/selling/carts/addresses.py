"""Addresses of a cart: a new one replaces the old one, one with its id changes it."""

from typing import Any

from merx.batch import Patch, Row, patch_row
from merx.core.database import Transaction
from merx.core.errors import InvalidData, NotFound
from merx.core.ids import new_id
from merx.modules.cart.models import CartAddress
from merx.workflows.selling.carts.draft import Address, Draft, Region

_FIND = """SELECT id, country_code, province, city, postal_code, address_1
FROM cart_address WHERE id = $1 AND deleted_at IS NULL"""

_TABLE = CartAddress.__table__


def new_address(draft: Draft, given: Row) -> Address:
    """A new address, inserted with the cart."""
    row: Row = {**dict.fromkeys(_COLUMNS), **given, "id": new_id("caaddr")}
    draft.new_addresses.append(row)
    return Address(*(row[name] for name in _DECIDING))


async def given_address(tx: Transaction, draft: Draft, kind: str, given: Any) -> Address | None:
    """The address that a new cart refers to by id or contains."""
    if given is None:
        return None
    if not isinstance(given, str):
        return new_address(draft, given.model_dump())
    record = await tx.fetchrow(_FIND, given)
    if record is None:
        raise NotFound(
            f"You tried to set relationship {kind}_address_id: {given}, but such entity does not"
            " exist"
        )
    return Address(*record)


async def changed_address(
    tx: Transaction,
    draft: Draft,
    patch: Patch,
    *,
    address_id: str | None,
    present_id: str | None,
) -> Address:
    """The changed address: with the id of the present one it is changed, otherwise replaced."""
    if address_id is None:
        return new_address(draft, patch)
    if address_id != present_id:
        raise NotFound(f'Address with id "{address_id}" not found')
    await patch_row(tx, _TABLE, address_id, patch)
    record = await tx.fetchrow(_FIND, address_id)
    assert record is not None
    return Address(*record)


def check_country(region: Region | None, country_code: str | None) -> None:
    """Raise InvalidData for a country that is not in the region."""
    if region is not None and country_code and country_code not in region.countries:
        raise InvalidData(f"Country with code {country_code} is not within region {region.name}")


def of_region(draft: Draft, region: Region | None) -> Address | None:
    """The address of a cart that has none, in a region of a single country."""
    if region is None or len(region.countries) != 1:
        return None
    return new_address(draft, {"country_code": region.countries[0]})


_COLUMNS = (
    "first_name",
    "last_name",
    "phone",
    "company",
    "address_1",
    "address_2",
    "city",
    "country_code",
    "province",
    "postal_code",
    "metadata",
)

# The fields of Address.
_DECIDING = ("id", "country_code", "province", "city", "postal_code", "address_1")
