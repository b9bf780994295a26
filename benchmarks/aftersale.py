"""Measures orders after the sale, alternating between Merx and the reference.

`python -m benchmarks.aftersale [--times 12]`, with REFERENCE_URL, REFERENCE_EMAIL and
REFERENCE_PASSWORD as for recordings. Each round creates an order of one line on both sides, fulfils
it, requests and receives a return of one unit, and edits another; the medians are printed.
"""

import argparse
import os
import statistics
import sys
import tempfile
import time
import uuid
from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import uvloop

from benchmarks import server

REFERENCE = {
    "url": os.environ.get("REFERENCE_URL", "http://localhost:9100"),
    "email": os.environ.get("REFERENCE_EMAIL", "admin@test.com"),
    "password": os.environ.get("REFERENCE_PASSWORD", "supersecret"),
}


@dataclass
class Shop:
    """One side: an admin connection, and the ids that its orders need."""

    client: httpx.AsyncClient
    ids: dict[str, str] = field(default_factory=dict[str, str])
    taken: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list[float]))

    async def post(self, path: str, what: str = "", **body: Any) -> Any:
        """The response; its time is recorded under `what`."""
        started = time.perf_counter()
        answer = await self.client.post(f"/admin/{path}", json=body)
        took = (time.perf_counter() - started) * 1000
        if not answer.is_success:
            raise RuntimeError(f"{path}: {answer.text}")
        if what:
            self.taken[what].append(took)
        return answer.json()

    async def open(self, email: str, password: str) -> "Shop":
        """Log in, and create the goods."""
        credentials = {"email": email, "password": password}
        answer = await self.client.post("/auth/user/emailpass", json=credentials)
        self.client.headers["authorization"] = f"Bearer {answer.json()['token']}"
        name = f"b{uuid.uuid4().hex[:8]}"
        channel = (await self.post("sales-channels", name=name))["sales_channel"]["id"]
        region = (await self.post("regions", name=name, currency_code="eur"))["region"]["id"]
        place = (await self.post("stock-locations", name=name))["stock_location"]["id"]
        await self.post(f"stock-locations/{place}/sales-channels", add=[channel])
        profile = await self.post("shipping-profiles", name=name, type="default")
        variant = {
            "title": "S",
            "sku": name,
            "options": {"Size": "S"},
            "prices": [{"currency_code": "eur", "amount": 20}],
        }
        product = await self.post(
            "products",
            title=name,
            status="published",
            shipping_profile_id=profile["shipping_profile"]["id"],
            options=[{"title": "Size", "values": ["S"]}],
            sales_channels=[{"id": channel}],
            variants=[variant],
        )
        found = await self.client.get("/admin/inventory-items", params={"sku": name})
        item = found.json()["inventory_items"][0]["id"]
        levels = f"inventory-items/{item}/location-levels"
        await self.post(levels, location_id=place, stocked_quantity=100_000)
        self.ids = {
            "channel": channel,
            "region": region,
            "place": place,
            "variant": product["product"]["variants"][0]["id"],
        }
        await self._deliver(place, name, profile["shipping_profile"]["id"])
        return self

    async def _deliver(self, place: str, name: str, profile: str) -> None:
        await self.post(f"stock-locations/{place}/fulfillment-providers", add=["manual_manual"])
        made = await self.post(
            f"stock-locations/{place}/fulfillment-sets?fields=*fulfillment_sets",
            name=name,
            type="shipping",
        )
        fulfillment_set = made["stock_location"]["fulfillment_sets"][0]["id"]
        zone = await self.post(
            f"fulfillment-sets/{fulfillment_set}/service-zones",
            name=name,
            geo_zones=[{"type": "country", "country_code": "dk"}],
        )
        option = await self.post(
            "shipping-options",
            name=name,
            service_zone_id=zone["fulfillment_set"]["service_zones"][0]["id"],
            shipping_profile_id=profile,
            provider_id="manual_manual",
            price_type="flat",
            type={"label": "l", "description": "d", "code": "c"},
            prices=[{"currency_code": "eur", "amount": 5}],
        )
        self.ids["option"] = option["shipping_option"]["id"]

    async def order(self) -> tuple[str, str]:
        """A new order of three units; its id and that of its line."""
        draft = await self.post(
            "draft-orders",
            email="bench@example.com",
            region_id=self.ids["region"],
            sales_channel_id=self.ids["channel"],
            items=[{"variant_id": self.ids["variant"], "quantity": 3}],
            shipping_methods=[
                {"name": "Post", "shipping_option_id": self.ids["option"], "amount": 5}
            ],
            shipping_address={"country_code": "dk"},
        )
        order_id = draft["draft_order"]["id"]
        await self.post(f"draft-orders/{order_id}/convert-to-order", "convert a draft")
        return order_id, draft["draft_order"]["items"][0]["id"]

    async def round(self) -> None:
        """Run each operation once."""
        order_id, line_id = await self.order()
        items = [{"id": line_id, "quantity": 2}]
        place = self.ids["place"]
        path = f"orders/{order_id}/fulfillments"
        await self.post(path, "fulfil", items=items, location_id=place)
        begun = await self.post("returns", "begin a return", order_id=order_id, location_id=place)
        path = f"returns/{begun['return']['id']}"
        one = [{"id": line_id, "quantity": 1}]
        await self.post(f"{path}/request-items", "name what comes back", items=one)
        await self.post(f"{path}/request", "request the return")
        await self.post(f"{path}/receive", "begin to receive")
        await self.post(f"{path}/receive-items", "note what came", items=one)
        await self.post(f"{path}/receive/confirm", "receive")
        added = [{"variant_id": self.ids["variant"], "quantity": 1}]
        await self.post("order-edits", "begin an edit", order_id=order_id)
        await self.post(f"order-edits/{order_id}/items", "add a variant", items=added)
        await self.post(f"order-edits/{order_id}/confirm", "confirm the edit")
        started = time.perf_counter()
        await self.client.get(f"/admin/orders/{order_id}")
        self.taken["get an order"].append((time.perf_counter() - started) * 1000)


async def measure_aftersale(folder: Path, times: int) -> None:
    """Alternate rounds between the sides; the first of each is a warm-up."""
    async with server.running(folder, MERX_RELAY="false") as merx:
        await server.add_user(folder)
        ours = Shop(httpx.AsyncClient(base_url=merx.url, timeout=60))
        theirs = Shop(httpx.AsyncClient(base_url=REFERENCE["url"], timeout=60))
        await ours.open(server.EMAIL, server.PASSWORD)
        await theirs.open(REFERENCE["email"], REFERENCE["password"])
        for _ in range(times + 1):
            for shop in (ours, theirs):
                await shop.round()
        sys.stdout.write(f"{'':24}{'Merx':>10}{'reference':>12}\n")
        for what, taken in ours.taken.items():
            mine = statistics.median(taken[1:])
            other = statistics.median(theirs.taken[what][1:])
            sys.stdout.write(f"{what:24}{mine:7.1f} ms{other:9.1f} ms  {other / mine:5.1f} times\n")
        await ours.client.aclose()
        await theirs.client.aclose()


def main() -> None:
    """Measure in a temporary folder."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--times", type=int, default=12)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        uvloop.run(measure_aftersale(Path(name), options.times))


if __name__ == "__main__":
    main()
