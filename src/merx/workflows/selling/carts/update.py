"""Changes a cart's own fields: region, e-mail, addresses, channel, codes, metadata."""

from collections.abc import Collection, Sequence

from merx.core.database import Transaction
from merx.core.errors import NotFound
from merx.core.metadata import merge_metadata
from merx.modules.cart.schemas import UpdateCart
from merx.workflows.selling.carts.addresses import changed_address, check_country, of_region
from merx.workflows.selling.carts.change import Change
from merx.workflows.selling.carts.draft import Draft
from merx.workflows.selling.carts.load import find_region
from merx.workflows.selling.carts.outside import Answers
from merx.workflows.selling.carts.people import set_email

_CHANNEL = "SELECT true FROM sales_channel WHERE id = $1 AND deleted_at IS NULL"
_PROMOTIONS = "SELECT id FROM promotion WHERE code = ANY($1::text[]) AND deleted_at IS NULL"


def update_cart(body: UpdateCart) -> Change:
    """Apply the body; omitted fields keep their value."""
    given = body.model_fields_set

    async def change(tx: Transaction, draft: Draft, answers: Answers) -> None:
        if "region_id" in given:
            await _set_region(tx, draft, body.region_id, given)
        await _set_addresses(tx, draft, body, given)
        if body.email is not None:
            await set_email(tx, draft, body.email)
        if body.sales_channel_id is not None:
            await _set_channel(tx, draft, body.sales_channel_id)
        if "locale" in given:
            draft.locale = body.locale
            # Without a locale, lines keep their texts.
            draft.is_reworded = body.locale is not None
        if "metadata" in given:
            draft.metadata = merge_metadata(draft.metadata, body.metadata)
        if "promo_codes" in given:
            draft.promotion_ids, draft.new_codes = (), tuple(body.promo_codes)

    return change


def add_promotions(codes: Sequence[str]) -> Change:
    """Add these promotions; without any code, only automatic promotions remain."""

    async def change(tx: Transaction, draft: Draft, answers: Answers) -> None:
        draft.new_codes = tuple(codes)
        if not codes:
            draft.promotion_ids = ()

    return change


def remove_promotions(codes: Sequence[str]) -> Change:
    """Remove these promotions; an automatic one returns."""

    async def change(tx: Transaction, draft: Draft, answers: Answers) -> None:
        gone = {record[0] for record in await tx.fetch(_PROMOTIONS, list(codes))}
        draft.promotion_ids = tuple(one for one in draft.promotion_ids if one not in gone)

    return change


async def _set_region(
    tx: Transaction, draft: Draft, region_id: str, given: Collection[str]
) -> None:
    """Set the region, with its currency and taxes: every line needs a price there."""
    found = await find_region(tx, region_id)
    if found is None:
        raise NotFound(f"Region id not found: {region_id}")
    region = found.region
    draft.must_price = True
    if draft.region_id == region.id:
        return
    draft.region, draft.currency_code = region, region.currency_code
    if "shipping_address" not in given:
        draft.shipping_address = of_region(draft, region)


async def _set_addresses(
    tx: Transaction, draft: Draft, body: UpdateCart, given: Collection[str]
) -> None:
    if "shipping_address" in given:
        address = body.shipping_address.model_dump(exclude_unset=True)
        check_country(draft.region, address.get("country_code"))
        present = draft.shipping_address.id if draft.shipping_address else None
        draft.shipping_address = await changed_address(
            tx, draft, address, address_id=address.pop("id", None), present_id=present
        )
    if "billing_address" in given:
        address = body.billing_address.model_dump(exclude_unset=True)
        address_id, present = address.pop("id", None), draft.billing_address_id
        billing = await changed_address(
            tx, draft, address, address_id=address_id, present_id=present
        )
        draft.billing_address_id = billing.id


async def _set_channel(tx: Transaction, draft: Draft, channel_id: str) -> None:
    if not await tx.fetchval(_CHANNEL, channel_id):
        raise NotFound(f"SalesChannel with id: {channel_id} was not found")
    draft.sales_channel_id = channel_id
