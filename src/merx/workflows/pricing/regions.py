"""Creates, changes and deletes regions with their countries and payment providers."""

from collections.abc import Sequence

from merx.batch import Insert, Row, delete_rows, insert_all, lock_rows, patch_row, soft_delete_rows
from merx.core.database import Transaction
from merx.core.errors import InvalidData, NotFound, check_present
from merx.core.ids import new_id
from merx.modules.payment.models import PaymentProvider
from merx.modules.pricing.preferences import delete_preferences, set_preferences
from merx.modules.pricing.service import unknown_currencies
from merx.modules.region.models import Region, RegionPaymentProvider
from merx.modules.region.schemas import CreateRegion, UpdateRegion
from merx.outbox import emit

_REGIONS = Region.__table__
_PAYING = RegionPaymentProvider.__table__

# Countries to add and to remove, locked together in the order of their codes.
_LOCK_COUNTRIES = """SELECT iso_2, region_id FROM country
WHERE iso_2 = ANY($1::text[]) OR region_id = ANY($2::text[]) ORDER BY iso_2 FOR NO KEY UPDATE"""
_TAKE_COUNTRIES = """UPDATE country SET region_id = given.region_id, updated_at = now()
FROM unnest($1::text[], $2::text[]) AS given(iso_2, region_id)
WHERE country.iso_2 = given.iso_2"""
_LEAVE_COUNTRIES = """UPDATE country SET region_id = NULL, updated_at = now()
WHERE region_id = ANY($1::text[]) AND iso_2 <> ALL($2::text[])"""


async def create_regions(tx: Transaction, drafts: Sequence[CreateRegion]) -> list[str]:
    """Create regions; returns their ids in the order of the drafts.

    Raises InvalidData for countries that do not exist or belong to another region, and for
    currencies that do not exist; NotFound for payment providers.
    """
    await _check_currencies(tx, [draft.currency_code for draft in drafts])
    ids = [new_id("reg") for _ in drafts]
    wanted = [
        (code.lower(), region_id)
        for region_id, draft in zip(ids, drafts, strict=True)
        for code in draft.countries
    ]
    if wanted:
        await _check_countries(tx, wanted)
    providers = [one for draft in drafts for one in draft.payment_providers]
    await _check_providers(tx, providers)
    regions = [_row(region_id, draft) for region_id, draft in zip(ids, drafts, strict=True)]
    paying = [
        row
        for region_id, draft in zip(ids, drafts, strict=True)
        for row in _paying(region_id, draft.payment_providers)
    ]
    await insert_all(tx, Insert(_REGIONS, regions), Insert(_PAYING, paying))
    await _take_countries(tx, wanted)
    inclusive = [draft.is_tax_inclusive for draft in drafts]
    await set_preferences(tx, "region_id", dict(zip(ids, inclusive, strict=True)))
    await emit(tx, "region.created", ids)
    return ids


async def update_region(tx: Transaction, region_id: str, patch: UpdateRegion) -> None:
    """Change a region; given lists replace the old ones. Raises the errors of a creation."""
    given = patch.model_fields_set
    if not await lock_rows(tx, _REGIONS, [region_id], referable=True):
        raise NotFound(f'Region with id "{region_id}" not found')
    columns = patch.model_dump(
        exclude_unset=True, exclude={"countries", "payment_providers", "is_tax_inclusive"}
    )
    if "currency_code" in given:
        await _check_currencies(tx, [patch.currency_code])
        columns["currency_code"] = patch.currency_code.lower()
    # Changing only countries or providers does not update the region's own row.
    if columns or not given:
        await patch_row(tx, _REGIONS, region_id, columns)
    if "countries" in given:
        await _replace_countries(tx, region_id, patch.countries)
    if "payment_providers" in given:
        await _check_providers(tx, patch.payment_providers)
        await delete_rows(tx, _PAYING, "region_id", [region_id])
        await insert_all(tx, Insert(_PAYING, _paying(region_id, patch.payment_providers)))
    if "is_tax_inclusive" in given:
        await set_preferences(tx, "region_id", {region_id: patch.is_tax_inclusive})
    await emit(tx, "region.updated", [region_id])


async def delete_regions(tx: Transaction, ids: Sequence[str]) -> None:
    """Delete the regions among the ids, which frees their countries.

    Deletes their price preferences, and unsets them as the default of stores.
    """
    records = await lock_rows(tx, _REGIONS, ids)
    found: list[str] = [record["id"] for record in records]
    if not found:
        return
    await tx.fetch(_LOCK_COUNTRIES, [], found)
    await tx.execute(_LEAVE_COUNTRIES, found, [])
    await delete_rows(tx, _PAYING, "region_id", found)
    await delete_preferences(tx, "region_id", found)
    await tx.execute(
        "UPDATE store SET default_region_id = NULL, updated_at = now()"
        " WHERE default_region_id = ANY($1::text[])",
        found,
    )
    await soft_delete_rows(tx, _REGIONS, found)
    await emit(tx, "region.deleted", found)


def _row(region_id: str, draft: CreateRegion) -> Row:
    return {
        "id": region_id,
        "name": draft.name,
        "currency_code": draft.currency_code.lower(),
        "automatic_taxes": draft.automatic_taxes,
        "metadata": draft.metadata,
    }


def _paying(region_id: str, providers: Sequence[str]) -> list[dict[str, str]]:
    return [
        {"region_id": region_id, "payment_provider_id": one, "id": new_id("regpp")}
        for one in dict.fromkeys(providers)
    ]


async def _replace_countries(tx: Transaction, region_id: str, codes: Sequence[str]) -> None:
    wanted = [(code.lower(), region_id) for code in codes]
    await _check_countries(tx, wanted, [region_id])
    await tx.execute(_LEAVE_COUNTRIES, [region_id], [code for code, _ in wanted])
    await _take_countries(tx, wanted)


async def _take_countries(tx: Transaction, wanted: Sequence[tuple[str, str]]) -> None:
    if wanted:
        codes, ids = zip(*wanted, strict=True)
        await tx.execute(_TAKE_COUNTRIES, list(codes), list(ids))


async def _check_countries(
    tx: Transaction, wanted: Sequence[tuple[str, str]], changed: Sequence[str] = ()
) -> None:
    """Lock the wanted countries and those of changed regions until the end.

    Each wanted country must exist, belong to no other region, and be named once.
    """
    records = await tx.fetch(_LOCK_COUNTRIES, [code for code, _ in wanted], list(changed))
    homes = {record["iso_2"]: record["region_id"] for record in records}
    missing = [code for code, _ in wanted if code not in homes]
    if missing:
        raise _countries(missing, "do not exist")
    seen = dict[str, str]()
    taken = list[str]()
    for code, region_id in wanted:
        if code in seen or homes[code] not in (None, region_id):
            taken.append(code)
        seen[code] = region_id
    if taken:
        raise _countries(taken, "are already assigned to a region")


def _countries(codes: Sequence[str], what: str) -> InvalidData:
    named = ", ".join(dict.fromkeys(codes))
    return InvalidData(f'Countries with codes: "{named}" {what}')


async def _check_currencies(tx: Transaction, codes: Sequence[str]) -> None:
    error = await unknown_currencies(tx, [("currency_code", code) for code in codes])
    if error:
        raise error


async def _check_providers(tx: Transaction, ids: Sequence[str]) -> None:
    """Lock the providers until the end; each must exist and be enabled."""
    records = await lock_rows(tx, PaymentProvider.__table__, ids, "is_enabled", shared=True)
    enabled = {record["id"] for record in records if record["is_enabled"]}
    check_present(ids, enabled, "Payment providers with ids {} not found or not enabled")
