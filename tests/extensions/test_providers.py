"""An extension's providers, of all seven kinds, asked by a shop over HTTP."""

from collections.abc import AsyncIterable, AsyncIterator, Sequence
from datetime import UTC, datetime
from decimal import Decimal

import httpx
import pytest
from fastapi import FastAPI

from merx.app import create_app
from merx.core.database import Database, Transaction
from merx.extension import Extension
from merx.providers.auth import AuthorizationRequest, LoginRefused, Profile
from merx.providers.file import KeptFile, ListedFile, Piece
from merx.providers.fulfillment import ManualProvider, ServiceOption
from merx.providers.notification import Message
from merx.providers.payment import Charge, Outcome, SessionStatus, SystemPaymentProvider
from merx.providers.search import Match, Wanted
from merx.providers.tax import Place, TaxableItem, TaxLine
from merx.settings import Settings
from merx.shop import shop as shop_parts
from tests.answers import good
from tests.factories.people import make_person
from tests.factories.shop import make_cart, make_goods, make_paid_cart, make_shop
from tests.fixtures import requests_to

CALLBACK = "https://shop.test/back"


class Points(SystemPaymentProvider):
    id = "pp_points_points"

    async def initiate(self, charge: Charge) -> Outcome:
        return Outcome(SessionStatus.PENDING, {"points": int(charge.amount)})


class Bicycle(ManualProvider):
    id = "bicycle_bicycle"

    async def options(self) -> Sequence[ServiceOption]:
        return (ServiceOption("by-bicycle", "By bicycle"),)


class FlatTax:
    id = "tp_flat"

    async def tax_lines(self, items: Sequence[TaxableItem], place: Place) -> list[TaxLine]:
        return [TaxLine(item.id, "flat", place.country_code, Decimal(7)) for item in items]


class Pigeons:
    id = "pigeons"

    def __init__(self) -> None:
        self.sent: list[Message] = []

    async def send(self, message: Message) -> None:
        self.sent.append(message)


class Badge:
    id = "badge"
    display_name = "Badge"

    async def location(self, authorization: AuthorizationRequest) -> str:
        return f"https://badge.test/?state={authorization.state}"

    async def recognise(self, code: str, authorization: AuthorizationRequest) -> Profile:
        if code != "gate 7":
            raise LoginRefused("Unknown badge")
        return Profile("badge-1", {"name": "Ada"})


class Memory:
    """Files in a dictionary."""

    def __init__(self) -> None:
        self.kept: dict[str, bytes] = {}

    async def write(self, key: str, chunks: AsyncIterable[bytes]) -> None:
        self.kept[key] = b"".join([chunk async for chunk in chunks])

    async def read(self, key: str, piece: Piece | None = None) -> KeptFile | None:
        if key not in self.kept:
            return None
        content = self.kept[key]
        start, end = piece.of(len(content)) if piece else (0, len(content))

        async def chunks() -> AsyncIterator[bytes]:
            yield content[start:end]

        return KeptFile(len(content), chunks(), start=start, end=end)

    async def has(self, key: str) -> bool:
        return key in self.kept

    async def delete(self, key: str) -> None:
        self.kept.pop(key, None)

    async def listed(self) -> AsyncIterator[ListedFile]:
        for key, content in self.kept.items():
            yield ListedFile(key, len(content), datetime.now(UTC))


class ByHandle:
    """Finds the product whose handle is the searched text, and nothing by other words."""

    id = "by-handle"

    def can(self, wanted: Wanted) -> bool:
        return True

    async def match(self, wanted: Wanted) -> Match:
        return Match((("handle", [wanted.text]),), "title")


FILES, PIGEONS = Memory(), Pigeons()
PROVIDERS = Extension(
    "providers",
    payment_providers=[Points()],
    fulfillment_providers=[Bicycle()],
    tax_providers=[FlatTax()],
    auth_providers=[Badge()],
    notifications=PIGEONS,
    files=FILES,
    search=ByHandle(),
)


@pytest.fixture(scope="module")
def provided(settings: Settings) -> FastAPI:
    """A shop with the extension."""
    chosen = {"search": True, "auth_callback_urls": CALLBACK}
    app = create_app(settings.model_copy(update=chosen), [PROVIDERS])
    app.state.wake_relay = lambda: None
    return app


@pytest.fixture
async def client(
    provided: FastAPI, database: Database, tx: Transaction, settings: Settings
) -> AsyncIterator[httpx.AsyncClient]:
    """Requests of an admin user of that shop, whose rows of providers are written."""
    provided.state.database = database
    await shop_parts(settings).prepare(tx, provided.state.services)
    person = await make_person(tx, "admin@shop.test")
    async with requests_to(provided) as client:
        client.headers.update(person.bearer(settings))
        yield client


async def test_a_payment_provider_begins_a_payment(
    client: httpx.AsyncClient, tx: Transaction
) -> None:
    shop = await make_shop(tx)
    await make_goods(tx, shop, "Mug", 5)
    body = {"payment_providers": ["pp_system_default", Points.id]}
    good(await client.post(f"/admin/regions/{shop.region_id}", json=body))
    cart = await make_paid_cart(client, shop, ("Mug", 2), provider_id=Points.id)

    path = f"/store/carts/{cart['id']}?fields=*payment_collection.payment_sessions"
    paid = good(await client.get(path, headers=shop.headers))["cart"]["payment_collection"]

    [session] = paid["payment_sessions"]
    assert session["provider_id"] == Points.id
    assert session["data"] == {"points": int(session["amount"])}


async def test_a_fulfillment_provider_offers_its_services(client: httpx.AsyncClient) -> None:
    listed = good(await client.get("/admin/fulfillment-providers"))["fulfillment_providers"]
    answer = good(await client.get(f"/admin/fulfillment-providers/{Bicycle.id}/options"))

    assert Bicycle.id in {one["id"] for one in listed}
    assert answer["fulfillment_options"] == [{"id": "by-bicycle", "name": "By bicycle"}]


async def test_a_tax_provider_taxes_a_cart(client: httpx.AsyncClient, tx: Transaction) -> None:
    shop = await make_shop(tx, rate=None)
    await make_goods(tx, shop, "Mug", 100)
    body = {"country_code": "de", "provider_id": FlatTax.id}
    good(await client.post("/admin/tax-regions", json=body))
    address = {"country_code": "de"}

    cart = await make_cart(client, shop, ("Mug", 1), shipping_address=address)
    await make_goods(tx, shop, "Cup", 200)
    body = {"variant_id": shop.goods["Cup"], "quantity": 1}
    path = f"/store/carts/{cart['id']}/line-items"
    filled = good(await client.post(path, json=body, headers=shop.headers))["cart"]

    assert (cart["item_tax_total"], cart["total"]) == (7, 107)
    assert (filled["item_tax_total"], filled["total"]) == (21, 321)
    [line] = cart["items"][0]["tax_lines"]
    assert (line["code"], line["rate"], line["provider_id"]) == ("flat", 7, "flat")


async def test_a_notification_provider_sends_messages(client: httpx.AsyncClient) -> None:
    body = {"entity_id": "+4915112345", "entity_type": "phone_number"}
    answer = await client.post("/auth/verification/request", json=body)

    assert answer.status_code == 201
    assert (PIGEONS.sent[-1].to, PIGEONS.sent[-1].channel) == ("+4915112345", "sms")


async def test_a_log_in_provider_sends_people_away_and_recognises_them(
    client: httpx.AsyncClient,
) -> None:
    listed = good(await client.get("/auth/customer/providers"))["providers"]
    body = {"callback_url": CALLBACK}
    location = good(await client.post("/auth/customer/badge", json=body))["location"]
    state = httpx.URL(location).params["state"]
    path = "/auth/customer/badge/callback"
    refused = await client.get(path, params={"state": state, "code": "gate 8"})
    location = good(await client.post("/auth/customer/badge", json=body))["location"]
    state = httpx.URL(location).params["state"]
    token = good(await client.get(path, params={"state": state, "code": "gate 7"}))["token"]

    assert "badge" in {one["id"] for one in listed}
    assert location.startswith("https://badge.test/")
    assert (refused.status_code, refused.json()["message"]) == (401, "Unknown badge")
    assert token.count(".") == 2


async def test_a_file_provider_stores_uploads_and_serves_them(client: httpx.AsyncClient) -> None:
    part = ("files", ("mug.txt", b"a white mug", "text/plain"))
    [file] = good(await client.post("/admin/uploads", files=[part]))["files"]
    path = httpx.URL(file["url"]).path

    whole = await client.get(path)
    piece = await client.get(path, headers={"range": "bytes=2-6"})
    good(await client.delete(f"/admin/uploads/{file['id']}"))
    gone = await client.get(path)

    assert (whole.status_code, whole.content) == (200, b"a white mug")
    assert (piece.status_code, piece.content) == (206, b"white")
    assert (gone.status_code, FILES.kept) == (404, {})


async def test_a_search_provider_finds_products(client: httpx.AsyncClient, tx: Transaction) -> None:
    shop = await make_shop(tx)
    await make_goods(tx, shop, "Mug", 5)
    await make_goods(tx, shop, "Mug with a lid", 6)

    async def found(text: str) -> list[str]:
        body = {"entity": "product", "filters": {"q": text}}
        answer = await client.post("/store/search", json=body, headers=shop.headers)
        return [row["title"] for row in good(answer)["data"]]

    assert await found("mug-with-a-lid") == ["Mug with a lid"]
    assert await found("lid") == []
