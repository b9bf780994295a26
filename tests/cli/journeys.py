"""What people do in the demo shop, over HTTP."""

import httpx


def log_in(url: str, password: str, email: str = "admin@example.com") -> str:
    body = {"email": email, "password": password}
    answer = httpx.post(f"{url}/auth/user/emailpass", json=body)
    return answer.raise_for_status().json()["token"]


def count_products(url: str, token: str) -> int:
    answer = httpx.get(f"{url}/admin/products", headers={"authorization": f"Bearer {token}"})
    return answer.raise_for_status().json()["count"]


def bought(url: str, key: str) -> str:
    """What becomes of a cart of the demo shop that is paid."""
    with httpx.Client(base_url=f"{url}/store", headers={"x-publishable-api-key": key}) as shop:
        [product] = shop.get("/products", params={"limit": 1}).json()["products"]
        line = {"variant_id": product["variants"][0]["id"], "quantity": 1}
        home = {"country_code": "dk"}
        made = shop.post("/carts", json={"items": [line], "shipping_address": home}).json()["cart"]
        cart = f"/carts/{made['id']}"
        [option, *_] = shop.get("/shipping-options", params={"cart_id": made["id"]}).json()[
            "shipping_options"
        ]
        shop.post(f"{cart}/shipping-methods", json={"option_id": option["id"]})
        owed = shop.post("/payment-collections", json={"cart_id": made["id"]}).json()
        paying = f"/payment-collections/{owed['payment_collection']['id']}/payment-sessions"
        shop.post(paying, json={"provider_id": "pp_system_default"})
        return shop.post(f"{cart}/complete").json()["type"]
