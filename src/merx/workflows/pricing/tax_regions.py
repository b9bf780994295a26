"""Creates, changes and deletes tax regions: countries and the provinces below them."""

from collections.abc import Sequence

from merx.batch import Insert, Row, insert_all, lock_rows, patch_row, soft_delete_rows
from merx.core.acting import acting
from merx.core.database import Transaction
from merx.core.errors import InvalidData, NotFound
from merx.core.ids import new_id
from merx.modules.tax.models import TaxRate, TaxRateRule, TaxRegion
from merx.modules.tax.schemas import CreateTaxRegion, UpdateTaxRegion
from merx.outbox import emit, emit_all

_REGIONS = TaxRegion.__table__
_TREE = 7_203_004

# Parents before children, so that rows are locked from the top down.
_BELOW = """WITH RECURSIVE tree(id) AS (
    SELECT t.id FROM tax_region t WHERE t.id = ANY($1::text[]) AND t.deleted_at IS NULL
  UNION
    SELECT c.id FROM tree JOIN tax_region c ON c.parent_id = tree.id AND c.deleted_at IS NULL)
SELECT id FROM tree"""


async def create_tax_regions(tx: Transaction, drafts: Sequence[CreateTaxRegion]) -> list[str]:
    """Create regions with their default rates; returns their ids in the order of the drafts."""
    await _check_countries(tx, drafts)
    await _check_parents(tx, drafts)
    regions = [_region_row(draft) for draft in drafts]
    ids: list[str] = [row["id"] for row in regions]
    rates = [
        _rate_row(region_id, draft)
        for region_id, draft in zip(ids, drafts, strict=True)
        if "default_tax_rate" in draft.model_fields_set
    ]
    await insert_all(tx, Insert(_REGIONS, regions), Insert(TaxRate.__table__, rates))
    made: list[str] = [rate["id"] for rate in rates]
    await emit_all(tx, {"tax-region.created": ids, "tax-rate.created": made})
    return ids


async def update_tax_region(tx: Transaction, region_id: str, patch: UpdateTaxRegion) -> None:
    """Change a region."""
    columns = patch.model_dump(exclude_unset=True)
    if columns.get("province_code"):
        columns["province_code"] = columns["province_code"].lower()
    if not await patch_row(tx, _REGIONS, region_id, columns):
        raise NotFound(f'TaxRegion with id "{region_id}" not found')
    await emit(tx, "tax-region.updated", [region_id])


async def delete_tax_regions(tx: Transaction, ids: Sequence[str]) -> None:
    """Delete the regions among the ids with those below them, their rates and rules."""
    # Locked first, so that no region can be added below one of them meanwhile.
    await tx.execute("SELECT pg_advisory_xact_lock($1)", _TREE)
    tree = [record["id"] for record in await tx.fetch(_BELOW, list(ids))]
    found = await soft_delete_rows(tx, _REGIONS, sorted(tree))
    rates = await soft_delete_rows(tx, TaxRate.__table__, found, by="tax_region_id")
    await soft_delete_rows(tx, TaxRateRule.__table__, rates, by="tax_rate_id")
    await emit_all(tx, {"tax-region.deleted": sorted(found), "tax-rate.deleted": sorted(rates)})


def _region_row(draft: CreateTaxRegion) -> Row:
    return {
        "id": new_id("txreg"),
        "country_code": draft.country_code.lower(),
        "province_code": draft.province_code.lower() if draft.province_code else None,
        "parent_id": draft.parent_id or None,
        "provider_id": draft.provider_id or None,
        "metadata": draft.metadata,
        "created_by": acting.get(),
    }


def _rate_row(region_id: str, draft: CreateTaxRegion) -> Row:
    return {
        "id": new_id("txr"),
        "tax_region_id": region_id,
        "is_default": True,
        "created_by": acting.get(),
        **draft.default_tax_rate.model_dump(),
    }


async def _check_countries(tx: Transaction, drafts: Sequence[CreateTaxRegion]) -> None:
    codes = list(dict.fromkeys(draft.country_code.lower() for draft in drafts))
    records = await tx.fetch(
        "SELECT given.code FROM unnest($1::text[]) WITH ORDINALITY AS given(code, place)"
        " WHERE NOT EXISTS (SELECT 1 FROM country c WHERE c.iso_2 = given.code)"
        " ORDER BY given.place",
        codes,
    )
    if records:
        named = ", ".join(record["code"] for record in records)
        raise InvalidData(f'Countries with codes: "{named}" do not exist')


async def _check_parents(tx: Transaction, drafts: Sequence[CreateTaxRegion]) -> None:
    """Lock the parents until the end; they must exist and have the same country."""
    wanted = [draft.parent_id for draft in drafts if draft.parent_id]
    if not wanted:
        return
    await tx.execute("SELECT pg_advisory_xact_lock_shared($1)", _TREE)
    records = await lock_rows(tx, _REGIONS, wanted, "country_code", shared=True)
    countries = {record["id"]: record["country_code"] for record in records}
    for draft in drafts:
        if not draft.parent_id:
            continue
        country = draft.country_code.lower()
        place = f"(country: {country}, province: {(draft.province_code or '').lower()})"
        refused = f"You are trying to create a province region with {place} but parent"
        if draft.parent_id not in countries:
            raise InvalidData(
                f"Province region must belong to a parent region. {refused} does not exist"
            )
        if countries[draft.parent_id] != country:
            raise InvalidData(
                "Province region must belong to a parent region with the same country code."
                f" {refused} expects (country: {countries[draft.parent_id]})"
            )
