"""A shop with all kinds of taxes, prices and discounts, made alike on two servers."""

from dataclasses import dataclass, field
from typing import Any

import httpx

EMAIL = "admin@test.com"
PLACES = (
    ("li", "eur", 8.1),
    ("mc", "eur", 20),
    ("kz", "usd", 12),
    ("kr", "jpy", 10),
    ("sm", "kwd", 5.5),
)
# Where the prices of the region itself include the tax.
INCLUSIVE = ("mc", "kr")
PRICES = (0.1, 0.333, 1, 4.99, 9.99, 14.5, 99.99, 1234.56)
FIELDS = ",".join(
    (
        "id",
        "total",
        "subtotal",
        "tax_total",
        "discount_total",
        "discount_subtotal",
        "discount_tax_total",
        "original_total",
        "original_subtotal",
        "original_tax_total",
        "item_total",
        "item_subtotal",
        "item_tax_total",
        "item_discount_total",
        "original_item_total",
        "original_item_subtotal",
        "original_item_tax_total",
        "shipping_total",
        "shipping_subtotal",
        "shipping_tax_total",
        "shipping_discount_total",
        "original_shipping_total",
        "original_shipping_subtotal",
        "original_shipping_tax_total",
        "credit_line_total",
        "items.title",
        "items.quantity",
        "items.unit_price",
        "items.is_tax_inclusive",
        "items.total",
        "items.subtotal",
        "items.tax_total",
        "items.discount_total",
        "items.discount_tax_total",
        "items.original_total",
        "items.original_subtotal",
        "items.original_tax_total",
        "shipping_methods.amount",
        "shipping_methods.total",
        "shipping_methods.subtotal",
        "shipping_methods.tax_total",
        "shipping_methods.discount_total",
        "promotions.code",
    )
)


@dataclass
class Side:
    """One of the two servers, with the ids that it gave to things."""

    url: str
    password: str
    ids: dict[str, str] = field(default_factory=dict[str, str])
    key: str = ""

    def __post_init__(self) -> None:
        self.client = httpx.Client(base_url=self.url, timeout=120)
        login = {"email": EMAIL, "password": self.password}
        token = self.client.post("/auth/user/emailpass", json=login).raise_for_status()
        self.client.headers["authorization"] = f"Bearer {token.json()['token']}"

    def admin(self, path: str, body: Any, **query: str) -> Any:
        answer = self.client.post(f"/admin{path}", json=body, params=query)
        if answer.status_code != 200:
            raise SystemExit(f"{self.url}/admin{path}: {answer.status_code} {answer.text}")
        return answer.json()

    def store(self, path: str, body: Any) -> Any:
        headers = {"x-publishable-api-key": self.key, "authorization": ""}
        answer = self.client.post(
            f"/store{path}", json=body, params={"fields": FIELDS}, headers=headers
        )
        if answer.status_code != 200:
            raise SystemExit(f"{self.url}/store{path}: {answer.status_code} {answer.text}")
        return answer.json()["cart"]

    def delete(self, path: str) -> None:
        self.client.delete(f"/admin{path}")


def build(side: Side, run: str) -> None:
    """The shop that the carts are of."""
    ids = side.ids
    channel = side.admin("/sales-channels", {"name": f"Totals {run}"})["sales_channel"]["id"]
    key = side.admin("/api-keys", {"title": f"Totals {run}", "type": "publishable"})["api_key"]
    side.key = key["token"]
    side.admin(f"/api-keys/{key['id']}/sales-channels", {"add": [channel]})
    _places(side, run)
    profile = side.admin("/shipping-profiles", {"name": f"Totals {run}", "type": "default"})
    ids["profile"] = profile["shipping_profile"]["id"]
    _ways(side, run, channel)
    for number, price in enumerate(PRICES):
        _product(side, run, channel, f"product {number}", price)
    _promotions(side, run)


def _places(side: Side, run: str) -> None:
    for country, currency, rate in PLACES:
        region = side.admin(
            "/regions",
            {
                "name": f"{country} {run}",
                "currency_code": currency,
                "countries": [country],
                "is_tax_inclusive": country in INCLUSIVE,
            },
        )
        side.ids[country] = region["region"]["id"]
        rates = {"name": "VAT", "code": "vat", "rate": rate}
        taxes = side.admin(
            "/tax-regions",
            {"country_code": country, "provider_id": "tp_system", "default_tax_rate": rates},
        )
        side.ids[f"tax {country}"] = taxes["tax_region"]["id"]
        # In some places all prices include the tax.


def _ways(side: Side, run: str, channel: str) -> None:
    place = side.admin("/stock-locations", {"name": f"Totals {run}"})["stock_location"]["id"]
    side.admin(f"/stock-locations/{place}/sales-channels", {"add": [channel]})
    side.admin(f"/stock-locations/{place}/fulfillment-providers", {"add": ["manual_manual"]})
    made = side.admin(
        f"/stock-locations/{place}/fulfillment-sets",
        {"name": f"Totals {run}", "type": "shipping"},
        fields="id,fulfillment_sets.id",
    )
    set_id = made["stock_location"]["fulfillment_sets"][0]["id"]
    zones = [{"type": "country", "country_code": country} for country, *_ in PLACES]
    made = side.admin(
        f"/fulfillment-sets/{set_id}/service-zones", {"name": f"Totals {run}", "geo_zones": zones}
    )
    zone = made["fulfillment_set"]["service_zones"][0]["id"]
    for name, amount in (("cheap", 3.33), ("dear", 10)):
        option = side.admin(
            "/shipping-options",
            {
                "name": name,
                "service_zone_id": zone,
                "shipping_profile_id": side.ids["profile"],
                "provider_id": "manual_manual",
                "price_type": "flat",
                "type": {"label": name, "description": name, "code": name},
                "prices": [_ruled(one) for one in _prices(side, amount)],
            },
        )
        side.ids[name] = option["shipping_option"]["id"]


def _prices(side: Side, amount: float) -> list[dict[str, Any]]:
    """A price in each currency, and one of each region whose prices include the tax."""
    plain = [
        {"currency_code": code, "amount": amount}
        for code in dict.fromkeys(currency for _, currency, _ in PLACES)
    ]
    own = [
        {"currency_code": currency, "amount": amount, "rules": {"region_id": side.ids[country]}}
        for country, currency, _ in PLACES
        if country in INCLUSIVE
    ]
    return [*plain, *own]


def _ruled(price: dict[str, Any]) -> dict[str, Any]:
    """A price as shipping options take it: a region's is named by its region alone."""
    rules = price.get("rules")
    return price if rules is None else {"amount": price["amount"], **rules}


def _product(side: Side, run: str, channel: str, name: str, price: float) -> None:
    made = side.admin(
        "/products",
        {
            "title": name,
            "handle": f"{name.replace(' ', '-')}-{run}",
            "status": "published",
            "discountable": name != "product 3",
            "shipping_profile_id": side.ids["profile"],
            "sales_channels": [{"id": channel}],
            "options": [{"title": "Size", "values": ["S"]}],
            "variants": [
                {
                    "title": name,
                    "options": {"Size": "S"},
                    "manage_inventory": False,
                    "prices": _prices(side, price),
                }
            ],
        },
        fields="id,variants.id",
    )
    side.ids[name] = made["product"]["variants"][0]["id"]
    side.ids[f"{name} itself"] = made["product"]["id"]


def _promotions(side: Side, run: str) -> None:
    only = [
        {
            "attribute": "items.product.id",
            "operator": "in",
            "values": [side.ids["product 4 itself"], side.ids["product 5 itself"]],
        }
    ]
    kinds: dict[str, tuple[bool, dict[str, Any]]] = {
        "ten": (False, {"type": "percentage", "value": 10, "allocation": "across"}),
        "third": (True, {"type": "percentage", "value": 33.3, "allocation": "across"}),
        "each": (
            False,
            {"type": "percentage", "value": 7, "allocation": "each", "max_quantity": 2},
        ),
        "some": (
            False,
            {
                "type": "percentage",
                "value": 20,
                "allocation": "across",
                "target_rules": only,
            },
        ),
        "ship": (
            False,
            {
                "type": "percentage",
                "value": 50,
                "allocation": "across",
                "target_type": "shipping_methods",
            },
        ),
    }
    for currency in dict.fromkeys(currency for _, currency, _ in PLACES):
        fixed = {"type": "fixed", "value": 6, "currency_code": currency, "allocation": "across"}
        kinds[f"six {currency}"] = (False, fixed)
        kinds[f"incl {currency}"] = (True, fixed)
        kinds[f"order {currency}"] = (
            False,
            {"type": "fixed", "value": 5, "currency_code": currency, "target_type": "order"},
        )
    for name, (inclusive, method) in kinds.items():
        code = f"{name.replace(' ', '').upper()}{run}"
        body = {
            "code": code,
            "type": "standard",
            "status": "active",
            "is_tax_inclusive": inclusive,
            "application_method": {"target_type": "items", **method},
        }
        side.admin("/promotions", body)
        side.ids[f"code {name}"] = code


def clear(side: Side) -> None:
    """Give the countries back."""
    for country, *_ in PLACES:
        if country in side.ids:
            side.delete(f"/regions/{side.ids[country]}")
        if f"tax {country}" in side.ids:
            side.delete(f"/tax-regions/{side.ids[f'tax {country}']}")
