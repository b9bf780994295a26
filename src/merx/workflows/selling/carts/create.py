"""Creates a cart, priced and totalled like any changed one."""

from collections.abc import Sequence

from merx.core.database import Transaction
from merx.core.errors import InvalidData, NotFound
from merx.core.hooks import changes, run_hooks, without_ids
from merx.core.ids import new_id
from merx.modules.cart.hooks import CARTS
from merx.modules.cart.schemas import CreateCart
from merx.workflows.selling.carts.addresses import given_address, of_region
from merx.workflows.selling.carts.change import Counter, Reading, T
from merx.workflows.selling.carts.draft import Draft
from merx.workflows.selling.carts.lines import Wanted, append_line
from merx.workflows.selling.carts.load import FoundRegion, find_region
from merx.workflows.selling.carts.outside import Answers
from merx.workflows.selling.carts.people import buyer_of, find_buyer
from merx.workflows.selling.carts.refresh import refresh
from merx.workflows.selling.carts.save import insert_cart


async def create_cart(
    counter: Counter,
    body: CreateCart,
    read: Reading[T],
    *,
    sales_channel_id: str | None,
    customer_id: str | None = None,
) -> T:
    """A new cart of the logged-in customer, or of a guest; returns what `read` reads of it."""
    cart_id = new_id("cart")

    async def work(tx: Transaction, answers: Answers) -> T:
        await run_hooks(tx, CARTS.creating, without_ids([body]))
        region, has_offers = await _region(tx, body)
        draft = Draft(cart_id, region.currency_code, region, sales_channel_id)
        draft.has_offers = has_offers
        draft.metadata, draft.locale = body.metadata, body.locale
        draft.new_codes = tuple(body.promo_codes)
        await _set_buyer(tx, draft, body.email, customer_id)
        await _set_addresses(tx, draft, body)
        _append(draft, [Wanted(i.variant_id, i.quantity, i.metadata) for i in body.items])
        await refresh(tx, draft, answers)
        await insert_cart(tx, draft)
        await run_hooks(tx, CARTS.created, changes([cart_id], [body]))
        return await read(tx, cart_id)

    return await counter.serve(work)


async def _region(tx: Transaction, body: CreateCart) -> FoundRegion:
    found = await find_region(tx, body.region_id)
    if found is None:
        raise NotFound("No regions found")
    region = found.region
    if body.currency_code is not None and body.currency_code != region.currency_code:
        raise InvalidData(
            f"Currency code {body.currency_code} does not match the region's currency code"
            f" {region.currency_code}"
        )
    return found


async def _set_buyer(
    tx: Transaction, draft: Draft, email: str | None, customer_id: str | None
) -> None:
    buyer = None
    if customer_id is not None:
        buyer = await find_buyer(tx, customer_id)
    elif email is not None:
        buyer = await buyer_of(tx, email)
    if buyer is not None:
        draft.customer_id, draft.has_account = buyer.id, buyer.has_account
        draft.email = buyer.email
    draft.email = email or draft.email


async def _set_addresses(tx: Transaction, draft: Draft, body: CreateCart) -> None:
    shipping = await given_address(tx, draft, "shipping", body.shipping_address)
    billing = await given_address(tx, draft, "billing", body.billing_address)
    draft.shipping_address = shipping or of_region(draft, draft.region)
    draft.billing_address_id = billing.id if billing else None


def _append(draft: Draft, wanted: Sequence[Wanted]) -> None:
    for one in wanted:
        append_line(draft, one)
