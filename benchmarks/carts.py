"""A sale over HTTP, step by step, on Merx and the reference; and the same steps on the floor.

Each side gets its own shop: a region with one country and a tax, a channel with a key, a shipping
option, and 101 variants with stock.
"""

import time
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Protocol

from benchmarks.cpu import CPU, cpu_of_floor, cpu_of_nobody
from benchmarks.floor import new_id
from benchmarks.floor_carts import CartFloor, LineFloor, Template
from benchmarks.measure import Say, Series, Table, repetitions
from benchmarks.sides import Sample
from benchmarks.wire import Answer, Connection
from merx.api.store.carts.placed_order import PLACED_ORDER
from merx.api.store.carts.resources import CART
from merx.links import GRAPH
from merx.query.plan import Plan
from merx.query.sql import select_one
from merx.web.resource import Resource

VARIANTS = 120
PLENTY = 1_000_000
SIZES = (1, 10, 100)
# Sales until the connections in use have planned their statements.
_WARM_UP = 5
STEPS = ("create", "add", "address", "method", "collection", "session", "complete")
WHOLE = "a whole checkout"
ROWS = {
    "create": "create a cart",
    "add": "add a line to a cart of 1",
    "address": "set addresses",
    "method": "choose a shipping method",
    "collection": "owe for the cart",
    "session": "begin to pay",
    "complete": "complete a cart",
}
# Countries that other regions rarely use: a country can be in only one region.
_COUNTRIES = ("ad", "mc", "sm", "li", "va", "fo", "gi", "je", "gg", "im")
_ADDRESS = {
    "first_name": "Ada",
    "last_name": "Byron",
    "address_1": "Long Street 1",
    "city": "Town",
    "postal_code": "1000",
}


class Till:
    """One shop, and the current cart."""

    def __init__(
        self,
        name: str,
        admin: Connection,
        url: str,
        cpu: CPU | None = None,
        *,
        stock: int = PLENTY,
    ) -> None:
        self.name = name
        self._stock = stock
        self.url = url
        self.variants: list[str] = []
        self.cart_id = self.order_id = self.region_id = self.option_id = self.country = ""
        self._admin = admin
        self._store = Connection(url)
        self._cpu = cpu or cpu_of_nobody()
        self._collection_id = self._tax_id = ""

    async def open(self) -> "Till":
        """Create the rows that a purchase needs."""
        await self.connect()
        channel = await self._made("/sales-channels", {"name": new_id("Channel")}, "sales_channel")
        key = await self._made(
            "/api-keys", {"title": new_id("Key"), "type": "publishable"}, "api_key"
        )
        await self._post(f"/api-keys/{key['id']}/sales-channels", {"add": [channel["id"]]})
        self._store.headers["x-publishable-api-key"] = key["token"]
        await self._open_region()
        profile = {"name": new_id("Profile"), "type": "default"}
        profile_id = (await self._made("/shipping-profiles", profile, "shipping_profile"))["id"]
        place_id = await self._open_way(channel["id"], profile_id)
        for _ in range(VARIANTS // 20):
            await self._open_product(channel["id"], profile_id, place_id)
        return self

    async def close(self) -> None:
        """Delete the region, so that its country can be used again."""
        for path in (f"/regions/{self.region_id}", f"/tax-regions/{self._tax_id}"):
            await self._admin.call("DELETE", f"/admin{path}")
        self.hang_up()

    def another(self) -> "Till":
        """The same shop over a separate connection, for a concurrent shopper."""
        other = Till(self.name, self._admin, self.url)
        other.variants, other.region_id = self.variants, self.region_id
        other.option_id, other.country = self.option_id, self.country
        other._store.headers = self._store.headers
        return other

    async def connect(self) -> None:
        """Open the connection."""
        await self._store.open()

    def hang_up(self) -> None:
        """Close the connection."""
        self._store.close()

    async def step(self, name: str, *, variant: int = 0) -> Sample:
        """One step of the sale."""
        await self._cpu.begin()
        answer = await self._asked(name, variant)
        return Sample(answer.ms, len(answer.body), self._cpu.ms(), answer.statements)

    async def fill(self, count: int) -> None:
        """A cart with `count` lines."""
        items = [{"variant_id": one, "quantity": 1} for one in self.variants[:count]]
        await self._created({"region_id": self.region_id, "items": items})

    async def _asked(self, name: str, variant: int) -> Answer:
        cart = f"/carts/{self.cart_id}"
        if name == "create":
            return await self._created({"region_id": self.region_id})
        if name == "add":
            body = {"variant_id": self.variants[variant], "quantity": 1}
            return await self._buy(f"{cart}/line-items", body)
        if name == "address":
            address = {**_ADDRESS, "country_code": self.country}
            body = {
                "email": "buyer@example.com",
                "shipping_address": address,
                "billing_address": address,
            }
            return await self._buy(cart, body)
        if name == "method":
            return await self._buy(f"{cart}/shipping-methods", {"option_id": self.option_id})
        if name == "collection":
            answer = await self._buy("/payment-collections", {"cart_id": self.cart_id})
            self._collection_id = answer.json()["payment_collection"]["id"]
            return answer
        if name == "session":
            path = f"/payment-collections/{self._collection_id}/payment-sessions"
            return await self._buy(path, {"provider_id": "pp_system_default"})
        answer = await self._buy(f"{cart}/complete", {})
        self.order_id = answer.json()["order"]["id"]
        return answer

    async def _created(self, body: Any) -> Answer:
        answer = await self._buy("/carts", body)
        self.cart_id = answer.json()["cart"]["id"]
        return answer

    async def _buy(self, path: str, body: Any) -> Answer:
        return await self._store.call("POST", f"/store{path}", body)

    async def _post(self, path: str, body: Any) -> Any:
        return (await self._admin.call("POST", f"/admin{path}", body)).json()

    async def _made(self, path: str, body: Any, name: str) -> Any:
        return (await self._post(path, body))[name]

    async def _open_region(self) -> None:
        for country in _COUNTRIES:
            body = {
                "name": new_id("Region"),
                "currency_code": "eur",
                "countries": [country],
                "payment_providers": ["pp_system_default"],
            }
            request = self._admin.prepare("POST", "/admin/regions", body)
            answer = await self._admin.send(request)
            if answer.status == 200:
                self.country, self.region_id = country, answer.json()["region"]["id"]
                break
        else:
            raise RuntimeError("Every country of the benchmark has a region")
        taxes = {
            "country_code": self.country,
            "provider_id": "tp_system",
            "default_tax_rate": {"name": "VAT", "code": "vat", "rate": 19},
        }
        self._tax_id = (await self._made("/tax-regions", taxes, "tax_region"))["id"]

    async def _open_way(self, channel_id: str, profile_id: str) -> str:
        place = await self._made("/stock-locations", {"name": new_id("Place")}, "stock_location")
        path = f"/stock-locations/{place['id']}"
        await self._post(f"{path}/sales-channels", {"add": [channel_id]})
        await self._post(f"{path}/fulfillment-providers", {"add": ["manual_manual"]})
        fields = "fields=id,fulfillment_sets.id"
        body = {"name": new_id("Set"), "type": "shipping"}
        made = await self._made(f"{path}/fulfillment-sets?{fields}", body, "stock_location")
        zones = f"/fulfillment-sets/{made['fulfillment_sets'][0]['id']}/service-zones"
        zone = {
            "name": new_id("Zone"),
            "geo_zones": [{"type": "country", "country_code": self.country}],
        }
        made = await self._made(zones, zone, "fulfillment_set")
        option = {
            "name": "Standard",
            "service_zone_id": made["service_zones"][0]["id"],
            "shipping_profile_id": profile_id,
            "provider_id": "manual_manual",
            "price_type": "flat",
            "type": {"label": "Standard", "description": "By post", "code": "standard"},
            "prices": [{"currency_code": "eur", "amount": 5}],
        }
        self.option_id = (await self._made("/shipping-options", option, "shipping_option"))["id"]
        return place["id"]

    async def _open_product(self, channel_id: str, profile_id: str, place_id: str) -> None:
        sizes = [str(number) for number in range(20)]
        variants = [
            {
                "title": size,
                "sku": new_id("sku"),
                "options": {"Size": size},
                "prices": [{"currency_code": "eur", "amount": 9.99}],
            }
            for size in sizes
        ]
        body = {
            "title": new_id("Goods"),
            "status": "published",
            "shipping_profile_id": profile_id,
            "sales_channels": [{"id": channel_id}],
            "options": [{"title": "Size", "values": sizes}],
            "variants": variants,
        }
        fields = "fields=id,variants.id,variants.inventory_items.inventory_item_id"
        made = await self._made(f"/products?{fields}", body, "product")
        self.variants += [variant["id"] for variant in made["variants"]]
        levels = [
            {
                "inventory_item_id": variant["inventory_items"][0]["inventory_item_id"],
                "location_id": place_id,
                "stocked_quantity": self._stock,
            }
            for variant in made["variants"]
        ]
        await self._post("/inventory-items/location-levels/batch", {"create": levels})


class Statements(Protocol):
    """The statements of Merx's own sale, without Merx (`own_sql.py`)."""

    @property
    def sale(self) -> "Bare":
        """A sale step by step."""
        ...

    async def lines(self, size: int) -> LineFloor:
        """Adding a line to a cart that has `size` lines then."""
        ...


async def measure_carts(
    tills: Sequence[Till], floor: Any, own: Statements, quick: bool, say: Say
) -> Table:
    """All rows; the sides take turns, and the first turns are a warm-up."""
    table: Table = {}
    times = repetitions(1, quick)
    say(f"{WHOLE}, {times} times")
    sides = [await _bare(tills[0], floor), own.sale, *tills]
    for turn in range(-_WARM_UP, times):
        for side in sides:
            await _sale(table if turn >= 0 else {}, side.name, side.step)
    for size in SIZES[1:]:
        times = repetitions(size, quick)
        say(f"add a line to a cart of {size}, {times} times")
        lines = {
            "floor": await LineFloor(floor, tills[0].country, _read_of(CART)).open(),
            own.sale.name: await own.lines(size),
        }
        for turn in range(times + 1):
            samples = {
                name: await _add_bare(one, tills[0], size, cpu_of_floor(one.connection))
                for name, one in lines.items()
            }
            for till in tills:
                await till.fill(size - 1)
                samples[till.name] = await till.step("add", variant=size)
            for name, sample in samples.items() if turn else ():
                _add(table, f"add a line to a cart of {size}", name, sample)
    return table


async def _add_bare(lines: LineFloor, till: Till, size: int, cpu: CPU) -> Sample:
    """Adding a line to a cart of Merx, in bare SQL."""
    await till.fill(size - 1)
    await cpu.begin()
    started = time.perf_counter()
    body = await lines.add(till.cart_id)
    return Sample((time.perf_counter() - started) * 1000, len(body), cpu.ms())


async def _sale(table: Table, name: str, step: Callable[[str], Awaitable[Sample]]) -> None:
    whole = Sample(0, 0)
    for one in STEPS:
        sample = await step(one)
        _add(table, ROWS[one], name, sample)
        whole = Sample(whole.ms + sample.ms, whole.size + sample.size, whole.cpu_ms + sample.cpu_ms)
    _add(table, WHOLE, name, whole)


def _add(table: Table, row: str, name: str, sample: Sample) -> None:
    table.setdefault(row, {}).setdefault(name, Series()).samples.append(sample)


class Bare:
    """The floor as a shopper: the first step starts a new cart."""

    def __init__(self, floor: CartFloor, cpu: CPU, name: str = "floor") -> None:
        self.name = name
        self._floor = floor
        self._cpu = cpu

    async def step(self, name: str) -> Sample:
        """One step of the sale."""
        if name == STEPS[0]:
            self._floor.begin()
        await self._cpu.begin()
        started = time.perf_counter()
        body = await self._floor.step(name)
        return Sample((time.perf_counter() - started) * 1000, len(body), self._cpu.ms())


async def _bare(till: Till, connection: Any) -> Bare:
    """The floor, with a sale on Merx as its template."""
    for step in STEPS:
        await till.step(step)
    template = Template(till.cart_id, till.order_id, till.country, till.region_id, till.option_id)
    reads = {"cart": _read_of(CART), "order": _read_of(PLACED_ORDER)}
    floor = await CartFloor(connection, template, reads).open()
    return Bare(floor, cpu_of_floor(connection))


def _read_of(resource: Resource) -> str:
    """The statement with which Merx reads a cart."""
    statement = select_one(GRAPH, Plan(resource.selection(None)), "")
    assert statement.values == [""]
    return statement.text
