"""/store/carts: carts of shoppers."""

from fastapi import Request, Response

from merx.access.customer import CUSTOMER_DOOR, Customer
from merx.access.store import Shop
from merx.api.store.carts.channels import channel_for
from merx.api.store.carts.counter import AtCounter, Caller, answer_changed
from merx.api.store.carts.resources import CART
from merx.core.database import Transaction
from merx.modules.cart.schemas import CreateCart, UpdateCart
from merx.web.queries import read_query
from merx.web.reads import answer_one, find_one, wrap
from merx.web.router import Router
from merx.web.transactions import Read
from merx.workflows.selling.carts.change import nothing
from merx.workflows.selling.carts.create import create_cart
from merx.workflows.selling.carts.people import take_cart
from merx.workflows.selling.carts.update import update_cart

router = Router(prefix="/carts", tags=["store carts"])
own_router = Router(
    prefix="/carts",
    tags=["store carts"],
    door=CUSTOMER_DOOR,
)


@router.post("", openapi_extra=CART.parameters)
async def create(
    request: Request, body: CreateCart, shop: Shop, caller: Caller, at: AtCounter
) -> Response:
    """Create a cart, optionally with lines and codes."""
    query = read_query(request, CART)

    async def read(tx: Transaction, cart_id: str) -> bytes:
        return await find_one(tx, CART, cart_id, query)

    channel = channel_for(shop, body.sales_channel_id)
    cart = await create_cart(at, body, read, sales_channel_id=channel, customer_id=caller)
    return wrap(cart=cart)


@router.get("/{cart_id}", openapi_extra=CART.parameters)
async def get(cart_id: str, request: Request, tx: Read) -> Response:
    """Get a cart; its id is enough."""
    return await answer_one(tx, CART, cart_id, request)


@router.post("/{cart_id}", openapi_extra=CART.parameters)
async def update(
    cart_id: str, request: Request, body: UpdateCart, shop: Shop, at: AtCounter
) -> Response:
    """Change region, e-mail, addresses and the like."""
    return await answer_changed(request, at, cart_id, update_cart(body), body=body)


@router.post("/{cart_id}/taxes", openapi_extra=CART.parameters)
async def update_taxes(cart_id: str, request: Request, at: AtCounter) -> Response:
    """Calculate taxes, even if the region does so only on request."""
    return await answer_changed(request, at, cart_id, nothing, force_taxes=True)


@own_router.post("/{cart_id}/customer", openapi_extra=CART.parameters)
async def take(cart_id: str, request: Request, customer: Customer, at: AtCounter) -> Response:
    """Assign the cart to the logged-in customer."""
    return await answer_changed(request, at, cart_id, take_cart(customer.id))
