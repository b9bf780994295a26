"""The prices of a large sale: 100 variants in 200 price lists, for a buyer in all of the five
groups of the lists. Sides that are measured over HTTP create it through the API."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from benchmarks import goods
from benchmarks.wire import Connection

VARIANTS = 100
LISTS = 200
GROUPS = 5
ROW = f"price {VARIANTS} variants in {LISTS} lists"
_FIELDS = "id,*variants.calculated_price"


@dataclass(frozen=True, slots=True)
class Buyer:
    """The buyer and the product. `storefront` is the connection that reads the prices, if it is
    not an admin's."""

    product_id: str
    region_id: str
    customer_id: str
    path: str
    storefront: Connection | None = None


Register = Callable[[], Awaitable[str]]


async def fill_sale(connection: Connection, mark: str, register: Register) -> Buyer:
    """Create product, customer, groups and lists; the prices are read as an admin of Merx."""
    region = await _make(connection, "region", {"name": mark, "currency_code": "usd"})
    product = await _make(connection, "product", goods.product(f"{mark}-sale"))
    body = {"create": goods.variants(VARIANTS - 1, f"{mark}-sale")}
    await connection.call("POST", f"/admin/products/{product}/variants/batch?fields=id", body)
    asked = f"/admin/products/{product}/variants?limit={VARIANTS}&fields=id"
    found = (await connection.call("GET", asked)).json()["variants"]
    customer = await register()
    groups = [
        await _make(connection, "customer_group", {"name": f"{mark} {number}"})
        for number in range(GROUPS)
    ]
    for group in groups:
        path = f"/admin/customer-groups/{group}/customers"
        await connection.call("POST", path, {"add": [customer]})
    ids = [variant["id"] for variant in found]
    for number in range(LISTS):
        await _make(connection, "price_list", _sale(number, groups[number % GROUPS], ids))
    who = f"region_id={region}&customer_id={customer}&storefront=true"
    return Buyer(product, region, customer, f"/admin/products/{product}?fields={_FIELDS}&{who}")


def _sale(number: int, group: str, variant_ids: list[str]) -> goods.Body:
    """Each list has the lowest price for some variants."""
    prices = [
        {"variant_id": given, "currency_code": "usd", "amount": 1 + (place * 7 + number) % LISTS}
        for place, given in enumerate(variant_ids)
    ]
    rules = {"customer.groups.id": [group]}
    words = {"title": f"Sale {number}", "description": "", "status": "active"}
    return {**words, "type": "sale", "rules": rules, "prices": prices}


async def _make(connection: Connection, what: str, body: goods.Body) -> str:
    path = f"/admin/{what.replace('_', '-')}s?fields=id"
    return (await connection.call("POST", path, body)).json()[what]["id"]


async def fill_storefront_sale(connection: Connection, url: str, mark: str) -> Buyer:
    """The same for the reference, where a logged-in customer reads the prices."""
    channel = await _make(connection, "sales_channel", {"name": mark})
    key = {"title": mark, "type": "publishable"}
    made = (await connection.call("POST", "/admin/api-keys", key)).json()["api_key"]
    path = f"/admin/api-keys/{made['id']}/sales-channels"
    await connection.call("POST", path, {"add": [channel]})
    storefront = await Connection(url).open()
    storefront.headers["x-publishable-api-key"] = made["token"]

    async def register() -> str:
        body = {"email": f"{mark}@example.com", "password": "supersecret"}
        path = "/auth/customer/emailpass"
        await _authorize(storefront, f"{path}/register", body)
        answer = await storefront.call("POST", "/store/customers", {"email": body["email"]})
        await _authorize(storefront, path, body)
        return answer.json()["customer"]["id"]

    buyer = await fill_sale(connection, mark, register)
    offered = {"add": [buyer.product_id]}
    await connection.call("POST", f"/admin/sales-channels/{channel}/products", offered)
    path = f"/store/products/{buyer.product_id}?fields={_FIELDS}&region_id={buyer.region_id}"
    return Buyer(buyer.product_id, buyer.region_id, buyer.customer_id, path, storefront)


async def _authorize(connection: Connection, path: str, body: goods.Body) -> None:
    answer = await connection.call("POST", path, body)
    connection.headers["authorization"] = f"Bearer {answer.json()['token']}"
