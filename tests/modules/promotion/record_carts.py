"""Records what the reference takes off generated carts (`python -m` this module).

REFERENCE_URL names the server, whose shop is filled with what is needed; SEED and COUNT say which
carts are made, ADD keeps those there are. The answers go to carts.json, with which
test_reference_carts.py compares the engine.
"""

import json
import os
import random
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

URL = os.environ.get("REFERENCE_URL", "http://localhost:9100")
SEED = int(os.environ.get("SEED", "1"))
COUNT = int(os.environ.get("COUNT", "200"))
CARTS = Path(__file__).with_name("carts.json")

_LINE_FIELDS = ("id", "quantity", "subtotal", "original_total", "is_discountable", "product_id")
_METHOD_FIELDS = ("id", "subtotal", "original_total", "shipping_option_id")
_FIELDS = ",".join(
    [
        "currency_code",
        "total",
        "*items",
        "*items.tax_lines",
        "*shipping_methods",
        "*shipping_methods.tax_lines",
        *(f"items.{name}" for name in _LINE_FIELDS),
        *(f"shipping_methods.{name}" for name in _METHOD_FIELDS),
        "*items.adjustments",
        "*shipping_methods.adjustments",
    ]
)


@dataclass
class Shop:
    """The reference's shop: where carts are made, and of what."""

    http: httpx.Client
    places: list[dict[str, Any]]
    profiles: list[str]
    products: list[dict[str, str]]
    run: str
    count: int = 0

    def call(self, method: str, path: str, body: Any = None) -> Any:
        """An answer; anything but success ends the run."""
        answer = self.http.request(method, path, json=body)
        if answer.status_code != 200:
            raise RuntimeError(f"{method} {path}: {answer.status_code} {answer.text}")
        return answer.json()


def main() -> int:
    """Make the carts and write down what came of them."""
    shop = set_up()
    chance = random.Random(SEED)
    known = json.loads(CARTS.read_text()) if os.environ.get("ADD") else []
    known += [record(shop, chance) for _ in range(COUNT)]
    CARTS.write_text("[\n" + ",\n".join(json.dumps(one) for one in known) + "\n]\n")
    sys.stdout.write(f"{len(known)} carts\n")
    return 0


def set_up() -> Shop:
    """A channel with a key; places without tax, with tax on top and with tax in the price."""
    http = httpx.Client(base_url=URL, timeout=60)
    admin = {"email": "admin@test.com", "password": "supersecret"}
    token = http.post("/auth/user/emailpass", json=admin).json()["token"]
    http.headers["authorization"] = f"Bearer {token}"
    shop = Shop(http, [], [], [], f"r{random.randrange(10**9)}")
    channel = shop.call("POST", "/admin/sales-channels", {"name": shop.run})["sales_channel"]["id"]
    key = {"title": shop.run, "type": "publishable"}
    made = shop.call("POST", "/admin/api-keys", key)["api_key"]
    shop.call("POST", f"/admin/api-keys/{made['id']}/sales-channels", {"add": [channel]})
    http.headers["x-publishable-api-key"] = made["token"]
    for number in (1, 2):
        profile = {"name": f"{shop.run}-{number}", "type": f"{shop.run}-{number}"}
        made = shop.call("POST", "/admin/shipping-profiles", profile)["shipping_profile"]
        shop.profiles.append(made["id"])
    set_up_places(shop, channel)
    prices = (10, 7, 3, 10, 20, 0.99, 19.99)
    for number, price in enumerate(prices):
        shop.products.append(make_product(shop, channel, number, price))
    return shop


def set_up_places(shop: Shop, channel: str) -> None:
    """The shop's three places, with two shipping options each."""
    location = shop.call("POST", "/admin/stock-locations", {"name": shop.run})["stock_location"]
    at = f"/admin/stock-locations/{location['id']}"
    shop.call("POST", f"{at}/sales-channels", {"add": [channel]})
    shop.call("POST", f"{at}/fulfillment-providers", {"add": ["manual_manual"]})
    fulfillment = {"name": shop.run, "type": "shipping"}
    shop.call("POST", f"{at}/fulfillment-sets", fulfillment)
    wanted = f"{at}?fields=fulfillment_sets.id"
    sets = shop.call("GET", wanted)["stock_location"]["fulfillment_sets"][0]["id"]
    preferences = shop.call("GET", "/admin/price-preferences?value=chf")["price_preferences"]
    if not preferences:
        inclusive = {"attribute": "currency_code", "value": "chf", "is_tax_inclusive": True}
        shop.call("POST", "/admin/price-preferences", inclusive)
    for country, currency, rate in (("lv", "eur", None), ("lt", "eur", 20), ("li", "chf", 10)):
        shop.places.append(make_place(shop, sets, country, currency, rate))


def make_place(
    shop: Shop, sets: str, country: str, currency: str, rate: float | None
) -> dict[str, Any]:
    """A country with its region, tax and shipping options."""
    found = shop.call("GET", "/admin/regions?fields=*countries&limit=100")["regions"]
    here = [one for one in found if any(of["iso_2"] == country for of in one["countries"])]
    region = {"name": country, "currency_code": currency, "countries": [country]}
    region_id = (here or [shop.call("POST", "/admin/regions", region)["region"]])[0]["id"]
    taxed = shop.call("GET", f"/admin/tax-regions?country_code={country}")["tax_regions"]
    if not taxed:
        tax: dict[str, Any] = {"country_code": country, "provider_id": "tp_system"}
        if rate is not None:
            tax["default_tax_rate"] = {"rate": rate, "name": "tax", "code": "tax"}
        shop.call("POST", "/admin/tax-regions", tax)
    zone = {
        "name": f"{shop.run}-{country}",
        "geo_zones": [{"type": "country", "country_code": country}],
    }
    zones = shop.call("POST", f"/admin/fulfillment-sets/{sets}/service-zones", zone)
    zone_id = next(
        one["id"]
        for one in zones["fulfillment_set"]["service_zones"]
        if one["name"] == zone["name"]
    )
    options = [
        make_option(shop, zone_id, profile, currency, amount)
        for profile, amount in zip(shop.profiles, (10, 4.5), strict=True)
    ]
    return {"region": region_id, "country": country, "currency": currency, "options": options}


def make_option(shop: Shop, zone: str, profile: str, currency: str, amount: float) -> str:
    """A shipping option at a flat price."""
    option = {
        "name": f"{amount}",
        "service_zone_id": zone,
        "shipping_profile_id": profile,
        "provider_id": "manual_manual",
        "price_type": "flat",
        "type": {"label": "x", "description": "x", "code": "x"},
        "prices": [{"currency_code": currency, "amount": amount}],
    }
    return shop.call("POST", "/admin/shipping-options", option)["shipping_option"]["id"]


def make_product(shop: Shop, channel: str, number: int, price: float) -> dict[str, str]:
    """A product with one variant; the fifth must not be discounted."""
    product = {
        "title": f"P{number}",
        "handle": f"{shop.run}-{number}",
        "status": "published",
        "discountable": number != 4,
        "options": [{"title": "o", "values": ["v"]}],
        "shipping_profile_id": shop.profiles[number % 2],
        "sales_channels": [{"id": channel}],
        "variants": [
            {
                "title": "v",
                "options": {"o": "v"},
                "manage_inventory": False,
                "prices": [{"currency_code": code, "amount": price} for code in ("eur", "chf")],
            }
        ],
    }
    made = shop.call("POST", "/admin/products", product)["product"]
    return {"name": f"P{number}", "id": made["id"], "variant": made["variants"][0]["id"]}


def record(shop: Shop, chance: random.Random) -> dict[str, Any]:
    """One cart with promotions, and what came of it; ids become short names."""
    place = chance.choice(shop.places)
    lines = chance.sample(shop.products, chance.randint(1, 5))
    items = [{"variant_id": one["variant"], "quantity": chance.randint(1, 6)} for one in lines]
    address = {"country_code": place["country"]}
    body = {"region_id": place["region"], "items": items, "shipping_address": address}
    cart_id = shop.call("POST", "/store/carts", body)["cart"]["id"]
    for option in place["options"][: chance.randint(0, 2)]:
        chosen = {"option_id": option}
        shop.call("POST", f"/store/carts/{cart_id}/shipping-methods", chosen)
    # Which of two equal values the reference applies first is chance.
    promotions: list[dict[str, Any]] = []
    for _ in range(chance.randint(1, 3)):
        values = {one["application_method"]["value"] for one in promotions}
        promotions.append(make_promotion(shop, chance, place, values))
    codes = [one["code"] for one in promotions]
    shop.call("POST", f"/store/carts/{cart_id}/promotions", {"promo_codes": codes})
    cart = shop.call("GET", f"/store/carts/{cart_id}?fields={_FIELDS}")["cart"]
    return named({"cart": cart, "promotions": promotions}, shop)


def make_promotion(
    shop: Shop, chance: random.Random, place: dict[str, Any], values: set[float]
) -> dict[str, Any]:
    """A promotion of any kind that the reference takes."""
    shop.count += 1
    is_buy_get = chance.random() < 0.3
    method: dict[str, Any] = {
        "type": chance.choice(["fixed", "percentage"]),
        "target_type": chance.choice(["items", "items", "items", "shipping_methods", "order"]),
        "allocation": chance.choice(["each", "across", "once"]),
    }
    percentages, amounts = [5, 10, 12.5, 33.3, 50, 100], [0.5, 1, 2.5, 6, 10, 33.33]
    if method["target_type"] == "order" and method["allocation"] == "once":
        method["allocation"] = "across"
    method["value"] = chance.choice(percentages if method["type"] == "percentage" else amounts)
    if method["type"] == "fixed":
        method["currency_code"] = place["currency"]
    if is_buy_get:
        method |= {"target_type": "items", "allocation": chance.choice(["each", "once"])}
        method |= {"apply_to_quantity": chance.randint(1, 3), "value": chance.choice([50, 100, 5])}
        method["buy_rules_min_quantity"] = chance.randint(1, 3)
        method["max_quantity"] = method["apply_to_quantity"] + chance.randint(0, 5)
        method["buy_rules"] = [product_rule(shop, chance)]
        method["target_rules"] = [product_rule(shop, chance)]
    elif method["allocation"] != "across":
        method["max_quantity"] = chance.randint(1, 5)
    if method["target_type"] == "items" and not is_buy_get and chance.random() < 0.4:
        method["target_rules"] = [product_rule(shop, chance)]
    body = {
        "code": f"{shop.run}-{shop.count}",
        "type": "buyget" if is_buy_get else "standard",
        "status": "active",
        "is_tax_inclusive": chance.random() < 0.2,
        "application_method": method,
    }
    if method["value"] in values:
        return make_promotion(shop, chance, place, values)
    shop.call("POST", "/admin/promotions", body)
    return body


def product_rule(shop: Shop, chance: random.Random) -> dict[str, Any]:
    """A rule that names some of the products, or all but some."""
    several = chance.sample(shop.products, chance.randint(1, 5))
    values = [one["id"] for one in several]
    operator = chance.choice(["in", "in", "eq", "ne"])
    return {"attribute": "items.product.id", "operator": operator, "values": values}


def named(recorded: dict[str, Any], shop: Shop) -> dict[str, Any]:
    """What was recorded, with short names for ids, which number lines as they were made."""
    names = {one["id"]: one["name"] for one in shop.products}
    cart = recorded["cart"]
    codes = {one["code"]: f"C{place}" for place, one in enumerate(recorded["promotions"])}
    names |= codes
    for key, prefix in (("items", "L"), ("shipping_methods", "M")):
        cart[key].sort(key=lambda row: row["id"])
        names |= {row["id"]: f"{prefix}{place}" for place, row in enumerate(cart[key])}
        kept = _LINE_FIELDS if key == "items" else _METHOD_FIELDS
        cart[key] = [{name: row[name] for name in (*kept, "adjustments")} for row in cart[key]]
        for row in cart[key]:
            row["adjustments"] = [
                [one["code"], one["amount"]]
                for one in sorted(row["adjustments"], key=lambda one: one["code"])
            ]
    cart = {name: cart[name] for name in ("currency_code", "items", "shipping_methods")}
    text = json.dumps({**recorded, "cart": cart})
    for long in sorted(names, key=len, reverse=True):
        text = text.replace(f'"{long}"', f'"{names[long]}"')
    return json.loads(text)


if __name__ == "__main__":
    sys.exit(main())
