"""The example extension, installed as a package and tested over HTTP, together with the one that
docs/extending.md builds.
"""

import asyncio
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import httpx
import pytest

from merx.core.database import Database
from tests.databases import Cluster, scratch
from tests.processes import Forked
from tests.server import address_of, started

# Installing a package and starting a shop takes a while on a busy machine.
pytestmark = [pytest.mark.slow, pytest.mark.timeout(240)]

ROOT = Path(__file__).parents[2]
USER = {"email": "admin@example.com", "password": "a long password"}


@pytest.fixture(scope="module")
def packages() -> Iterator[Path]:
    """A folder of installed packages that holds the extension."""
    with tempfile.TemporaryDirectory(prefix="merx-", dir=scratch()) as name:
        uv = Path(sys.executable).parent / "uv"
        source = Path(name) / "source"
        # A copy: building must leave nothing in the checkout.
        subprocess.run(["cp", "-r", ROOT / "examples" / "loyalty", source], check=True)
        command = [uv, "pip", "install", "-q", "--offline", "--no-deps", "--target", name, source]
        subprocess.run(command, check=True, env={**os.environ, "UV_NO_CONFIG": "1"})
        write_documented(Path(name) / "reviews")
        yield Path(name)


def write_documented(package: Path) -> None:
    """Write the package whose source docs/extending.md shows."""
    text = (ROOT / "docs" / "extending.md").read_text()
    module, migration = re.findall(r"^```python\n(.*?)^```", text, re.DOTALL | re.MULTILINE)
    (package / "migrations").mkdir(parents=True)
    (package / "__init__.py").write_text(module)
    (package / "migrations" / "0001_reviews.py").write_text(migration)


def found(packages: Path) -> dict[str, str]:
    """What Merx finds both extensions by: one is installed, the other named."""
    return {"PYTHONPATH": str(packages), "MERX_EXTENSIONS": "reviews:REVIEWS"}


@pytest.fixture(scope="module")
def merx(packages: Path):
    """Runs a command of `merx` that finds the extension."""

    def run(*arguments: str, **settings: str) -> str:
        variables = {f"MERX_{name}": value for name, value in settings.items()}
        environment = {**os.environ, **variables, **found(packages)}
        stderr = packages / "stderr"
        ended = Forked("merx", *arguments, environment=environment, folder=packages, stderr=stderr)
        said, _ = ended.communicate()
        assert ended.wait() == 0, stderr.read_text()
        return said + stderr.read_text()

    return run


@pytest.fixture(scope="module")
async def database_url(cluster: Cluster) -> AsyncIterator[str]:
    async with cluster.database() as url:
        yield url


@pytest.fixture(scope="module")
async def shop(packages: Path, merx, database_url: str) -> AsyncIterator[httpx.AsyncClient]:
    """An admin of a shop that was there before the extension was installed."""
    migrated = merx("migrate", DATABASE_URL=database_url)
    assert migrated.startswith("Migrated: loyalty 0001, reviews 0001\n")
    merx("user", "create", "--email", USER["email"], "--password", USER["password"],
         DATABASE_URL=database_url)  # fmt: skip
    with tempfile.TemporaryDirectory(prefix="merx-", dir=scratch()) as name:
        os.environ["PYTHONPATH"] = str(packages)
        running = started(
            Path(name),
            "--port",
            "0",
            DATABASE_URL=database_url,
            LOYALTY_WELCOME_POINTS="25",
            EXTENSIONS="reviews:REVIEWS",
        )
        with running as process:
            del os.environ["PYTHONPATH"]
            async with httpx.AsyncClient(base_url=address_of(process), timeout=20) as client:
                answer = await client.post("/auth/user/emailpass", json=USER)
                client.headers["authorization"] = f"Bearer {answer.json()['token']}"
                yield client


async def made(shop: httpx.AsyncClient, email: str, **more: object) -> str:
    answer = await shop.post("/admin/customers", json={"email": email, **more})
    assert answer.status_code == 200, answer.text
    return answer.json()["customer"]["id"]


async def test_a_hook_opens_an_account_with_the_additional_data(shop: httpx.AsyncClient) -> None:
    customer = await made(shop, "ann@shop.test", additional_data={"loyalty_points": 5})

    answer = await shop.get("/admin/loyalty-accounts", params={"customer_id": customer})

    [account] = answer.json()["loyalty_accounts"]
    assert (account["points"], account["tier"]) == (30, "silver")


async def test_links_are_followed_from_both_sides(shop: httpx.AsyncClient) -> None:
    customer = await made(shop, "bob@shop.test")

    fields = "id,loyalty_points,*loyalty_account"
    near = (await shop.get(f"/admin/customers/{customer}", params={"fields": fields})).json()
    account = near["customer"]["loyalty_account"]["id"]
    path = f"/admin/loyalty-accounts/{account}"
    far = (await shop.get(path, params={"fields": "points,customer.email"})).json()

    assert near["customer"]["loyalty_points"] == near["customer"]["loyalty_account"]["points"] == 25
    assert (
        far["loyalty_account"]["customer"]
        == {
            "email": "bob@shop.test",
            "id": customer,
        }
        or far["loyalty_account"]["customer"]["email"] == "bob@shop.test"
    )


async def test_additional_data_is_checked_before_anything_is_written(
    shop: httpx.AsyncClient,
) -> None:
    sent = {"email": "bad@shop.test", "additional_data": {"loyalty_points": -1}}

    answer = await shop.post("/admin/customers", json=sent)

    assert answer.status_code == 400
    assert answer.json()["type"] == "invalid_data"
    assert answer.json()["message"] == (
        "Invalid request: additional_data.loyalty_points:"
        " Input should be greater than or equal to 0"
    )
    found = await shop.get("/admin/customers", params={"email": "bad@shop.test"})
    assert found.json()["customers"] == []


async def test_a_hook_refuses_a_deletion(shop: httpx.AsyncClient) -> None:
    customer = await made(shop, "rich@shop.test", additional_data={"loyalty_points": 500})

    answer = await shop.delete(f"/admin/customers/{customer}")

    assert answer.status_code == 400
    assert answer.json()["message"] == "A customer with 500 points or more cannot be deleted"


async def test_a_constraint_of_the_extension_is_told_in_its_words(shop: httpx.AsyncClient) -> None:
    customer = await made(shop, "poor@shop.test")
    listed = await shop.get("/admin/loyalty-accounts", params={"customer_id": customer})
    account = listed.json()["loyalty_accounts"][0]["id"]

    answer = await shop.post(f"/admin/loyalty-accounts/{account}", json={"points": -1})

    assert answer.status_code == 400
    assert answer.json()["message"] == "There are not so many points"


async def test_filters_and_order_work_as_everywhere(shop: httpx.AsyncClient) -> None:
    await made(shop, "many@shop.test", additional_data={"loyalty_points": 100})
    await made(shop, "more@shop.test", additional_data={"loyalty_points": 200})

    query = {"points[$gt]": "100", "order": "-points", "fields": "points", "limit": "2"}
    answer = await shop.get("/admin/loyalty-accounts", params=query)

    points = [row["points"] for row in answer.json()["loyalty_accounts"]]
    assert points == sorted(points, reverse=True)
    assert all(one > 100 for one in points)


async def test_customers_see_their_own_rows_and_no_others(shop: httpx.AsyncClient) -> None:
    other = await made(shop, "other@shop.test")
    listed = await shop.get("/admin/loyalty-accounts", params={"customer_id": other})
    [foreign] = listed.json()["loyalty_accounts"]
    answer = await shop.post("/admin/api-keys", json={"title": "Web", "type": "publishable"})
    user = {"email": "own@shop.test", "password": "a long password"}
    async with httpx.AsyncClient(base_url=shop.base_url) as customer:
        customer.headers["x-publishable-api-key"] = answer.json()["api_key"]["token"]
        path = "/auth/customer/emailpass"
        for step, sent in (("/register", {}), ("", {"email": user["email"]})):
            token = (await customer.post(path + step, json=user)).json()["token"]
            customer.headers["authorization"] = f"Bearer {token}"
            if not sent:
                joined = await customer.post("/store/customers", json={"email": user["email"]})
                assert joined.status_code == 200, joined.text

        query = {"fields": "points,tier", "points[$gte]": "25"}
        own = (await customer.get("/store/loyalty-accounts", params=query)).json()
        [account] = own["loyalty_accounts"]
        same = await customer.get(f"/store/loyalty-accounts/{account['id']}")
        hidden = await customer.get(f"/store/loyalty-accounts/{foreign['id']}")
        none = await customer.get("/store/loyalty-accounts", params={"points[$gt]": "25"})

    assert (own["count"], account["points"], account["tier"]) == (1, 25, "silver")
    assert same.json()["loyalty_account"]["points"] == 25
    assert hidden.status_code == 404
    message = f"loyalty_account with id: {foreign['id']} was not found"
    assert hidden.json()["message"] == message
    assert none.json()["loyalty_accounts"] == []


async def test_its_provider_offers_a_service(shop: httpx.AsyncClient) -> None:
    listed = (await shop.get("/admin/fulfillment-providers")).json()["fulfillment_providers"]
    answer = await shop.get("/admin/fulfillment-providers/loyalty_members/options")

    assert "loyalty_members" in {one["id"] for one in listed}
    assert answer.json()["fulfillment_options"] == [
        {"id": "member-delivery", "name": "Member delivery"}
    ]


async def test_the_documented_extension_does_what_its_page_says(shop: httpx.AsyncClient) -> None:
    options = [{"title": "Size", "values": ["S"]}]
    answer = await shop.post("/admin/products", json={"title": "Hat", "options": options})
    product = answer.json()["product"]["id"]
    for stars in (3, 5, 4):
        review = {"product_id": product, "stars": stars, "text": f"{stars} stars"}
        assert (await shop.post("/admin/reviews", json=review)).status_code == 200

    query = {"stars[$gte]": "4", "order": "-created_at", "fields": "stars,product.title"}
    reviews = (await shop.get("/admin/reviews", params=query)).json()["reviews"]
    path = f"/admin/products/{product}"
    shown = (await shop.get(path, params={"fields": "id,*reviews"})).json()["product"]["reviews"]
    refused = await shop.post("/admin/reviews", json={"product_id": product, "stars": 6})
    searched = (await shop.get("/admin/reviews", params={"q": "3 stars"})).json()["reviews"]
    gone = await shop.delete(f"/admin/reviews/{searched[0]['id']}")

    assert [(each["stars"], each["product"]["title"]) for each in reviews] == [
        (4, "Hat"),
        (5, "Hat"),
    ]
    assert sorted(each["stars"] for each in shown) == [3, 4, 5]
    assert refused.status_code == 400
    assert refused.json()["message"] == "A review has 1 to 5 stars"
    assert gone.json() == {"id": searched[0]["id"], "object": "review", "deleted": True}


def test_it_imports_merx_by_one_module() -> None:
    sources = (ROOT / "examples" / "loyalty" / "src").rglob("*.py")
    named = {
        name
        for source in sources
        for name in re.findall(r"^(?:from|import) (merx\S*)", source.read_text(), re.MULTILINE)
    }

    assert named == {"merx.extending"}


async def test_a_subscriber_hears_its_events(shop: httpx.AsyncClient, database_url: str) -> None:
    customer = await made(shop, "gold@shop.test", additional_data={"loyalty_points": 2000})

    path = f"/admin/customers/{customer}?fields=loyalty_account.tier"
    for _ in range(200):
        tier = (await shop.get(path)).json()["customer"]["loyalty_account"]["tier"]
        if tier == "gold":
            break
        await asyncio.sleep(0.05)

    assert tier == "gold"


async def test_the_job_is_known(database_url: str, shop: httpx.AsyncClient) -> None:
    database = Database(database_url, pool_size=1)
    await database.open()
    async with database.read() as tx:
        runs = await tx.fetchval("SELECT runs FROM job WHERE name = 'loyalty-expiry'")
    await database.close()

    assert runs == 1


async def test_its_routes_have_the_doors_of_their_areas(shop: httpx.AsyncClient) -> None:
    async with httpx.AsyncClient(base_url=shop.base_url) as stranger:
        assert (await stranger.get("/admin/loyalty-accounts")).status_code == 401
        keyless = await stranger.get("/store/loyalty-accounts")

    assert keyless.status_code == 400
    assert keyless.json()["type"] == "not_allowed"


async def test_openapi_shows_its_routes_and_its_additional_data(shop: httpx.AsyncClient) -> None:
    document = (await shop.get("/openapi.json")).json()

    schemas = document["components"]["schemas"]
    assert "/admin/loyalty-accounts/{id}" in document["paths"]
    assert "/store/loyalty-accounts/{id}" in document["paths"]
    listed = document["paths"]["/store/loyalty-accounts"]["get"]["parameters"]
    shared = document["components"]["parameters"]
    names = {shared[each["$ref"].rpartition("/")[2]]["name"] for each in listed}
    assert {"fields", "points", "tier", "created_at"} <= names
    assert "loyalty_points" in schemas["CustomerLoyalty"]["properties"]
    assert schemas["CreateCustomer"]["properties"]["additional_data"]["allOf"] == [
        {"$ref": "#/components/schemas/CustomerLoyalty"}
    ]


async def test_merx_has_its_command_and_knows_its_settings(merx, shop: httpx.AsyncClient) -> None:
    assert merx("loyalty", "rules", LOYALTY_WELCOME_POINTS="7") == "Welcome points: 7\n"


def test_a_shop_without_the_extension_does_not_mind_its_history(
    database_url: str, shop: httpx.AsyncClient
) -> None:
    command = [sys.executable, "-m", "merx", "migrate"]
    variables = {**os.environ, "MERX_DATABASE_URL": database_url}
    ended = subprocess.run(command, env=variables, capture_output=True, text=True, check=False)

    assert (ended.returncode, ended.stdout) == (0, "The database is up to date.\n")
