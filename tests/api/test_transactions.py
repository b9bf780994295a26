"""A request is one transaction: committed before its response, rolled back if anything fails."""

import pytest

from merx.app import create_app
from merx.core.errors import InvalidData, NotAllowed
from merx.extension import Extension
from merx.modules.product.hooks import PRODUCTS, VARIANTS
from tests.factories.products import link, make_item, make_product, make_variant, prices, variant
from tests.workflows.support import contents, faulty_requests_to

pytestmark = pytest.mark.commits

OPTIONS = [{"title": "Color", "values": ["Blue"]}]

AT_COMMIT = """
CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN {} END $$;
CREATE CONSTRAINT TRIGGER refuse AFTER INSERT OR UPDATE OR DELETE ON {}
DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION refuse()"""
FAULT = "RAISE EXCEPTION 'the commit fails';"
TAKEN = """
RAISE unique_violation USING TABLE = 'product_variant',
  CONSTRAINT = 'uq_product_variant_sku',
  DETAIL = 'Key (sku)=(S-1) already exists.';"""
LOST = "RAISE serialization_failure;"


@pytest.fixture
async def shop(tx):
    """The ids of a product, its variant, a second one with an item, and the item."""
    product = await make_product(tx, variants=[variant(sku="OLD", prices=prices(usd=1))])
    kit = await make_variant(tx, product.id, "Kit", manage_inventory=False)
    item_id = await make_item(tx, "PART")
    await link(tx, product.id, kit, item_id)
    [old] = product.variant_ids
    return {"product": product.id, "variant": old, "kit": kit, "item": item_id}


WRITES = {
    "create a product": (
        "POST",
        "/admin/products",
        {"title": "Hat", "options": OPTIONS, "variants": [variant()]},
    ),
    "change a product": ("POST", "/admin/products/{product}", {"title": "New"}),
    "delete a product": ("DELETE", "/admin/products/{product}", None),
    "create a variant": ("POST", "/admin/products/{product}/variants", variant(sku="NEW")),
    "change a variant": ("POST", "/admin/products/{product}/variants/{variant}", {"title": "New"}),
    "delete a variant": ("DELETE", "/admin/products/{product}/variants/{variant}", None),
    "batch variants": (
        "POST",
        "/admin/products/{product}/variants/batch",
        {"create": [variant(sku="NEW", prices=prices(usd=1))]},
    ),
    "create an item": ("POST", "/admin/inventory-items", {"sku": "NEW"}),
}


@pytest.mark.parametrize("name", WRITES)
async def test_a_commit_that_fails_is_the_answer(admin, tx, shop, name):
    method, path, body = WRITES[name]
    await tx.execute(AT_COMMIT.format(FAULT, "event"))
    before = await contents(tx)

    answer = await admin.request(method, path.format(**shop), json=body)

    assert (answer.status_code, answer.json()["type"]) == (500, "unknown_error")
    assert await contents(tx) == before


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("POST", "/inventory-items", {"inventory_item_id": "{item}", "required_quantity": 2}),
        ("POST", "/inventory-items/{item}", {"required_quantity": 2}),
        ("DELETE", "/inventory-items/{item}", None),
    ],
    ids=["create", "change", "delete"],
)
async def test_a_commit_of_a_link_that_fails_is_the_answer(admin, tx, shop, method, path, body):
    await tx.execute(AT_COMMIT.format(FAULT, "product_variant_inventory_item"))
    before = await contents(tx)
    given = {
        name: value.format(**shop) if isinstance(value, str) else value
        for name, value in (body or {}).items()
    }

    whole = f"/admin/products/{{product}}/variants/{{kit}}{path}".format(**shop)
    answer = await admin.request(method, whole, json=given or None)

    assert (answer.status_code, answer.json()["type"]) == (500, "unknown_error")
    assert await contents(tx) == before


@pytest.mark.parametrize(
    ("refusal", "status", "kind", "message"),
    [
        (TAKEN, 400, "invalid_data", "Product variant with sku: S-1, already exists."),
        (
            LOST,
            409,
            "conflict",
            "Another request changed the same rows at the same time; try again",
        ),
    ],
    ids=["unique", "serialization"],
)
async def test_what_the_database_refuses_at_the_commit_is_told_as_if_before(
    admin, tx, shop, refusal, status, kind, message
):
    await tx.execute(AT_COMMIT.format(refusal, "event"))
    before = await contents(tx)

    path = f"/admin/products/{shop['product']}/variants"
    answer = await admin.post(path, json=variant(sku="S-1"))

    assert answer.status_code == status
    assert (answer.json()["type"], answer.json()["message"]) == (kind, message)
    assert await contents(tx) == before


@pytest.fixture
def extended(settings, database, admin):
    """Clients of the app with an extension's hooks."""

    def connect(hooks):
        app = create_app(settings, [Extension("test", hooks=hooks)])
        app.state.database = database
        app.state.wake_relay = lambda: None
        return faulty_requests_to(app, admin)

    return connect


class Hearing:
    """A hook that records its arguments and the rows that it sees in the database."""

    def __init__(self, table="product_variant"):
        self.calls = []
        self.seen = []
        self._query = f"SELECT title FROM {table} WHERE id = ANY($1::text[]) ORDER BY id"

    async def __call__(self, tx, rows):
        ids = [row.id for row in rows]
        self.calls.append((ids, rows[0].additional_data))
        self.seen.append([record[0] for record in await tx.fetch(self._query, ids)])


@pytest.mark.parametrize(
    ("path", "hook", "table"),
    [
        ("/admin/products/{product}/variants", VARIANTS.created, "product_variant"),
        ("/admin/products/{product}/variants/{variant}", VARIANTS.updated, "product_variant"),
        ("/admin/products", PRODUCTS.created, "product"),
        ("/admin/products/{product}", PRODUCTS.updated, "product"),
    ],
)
async def test_a_hook_gets_ids_and_additional_data_inside_the_transaction(
    extended, shop, path, hook, table
):
    hearing = Hearing(table)
    body = {"title": "New", "additional_data": {"color": "blue"}}
    needed = {VARIANTS.created: {"prices": []}, PRODUCTS.created: {"options": OPTIONS}}

    async with extended({hook: (hearing,)}) as client:
        answer = await client.post(path.format(**shop), json={**body, **needed.get(hook, {})})

    assert answer.status_code == 200, answer.text
    [(ids, additional)] = hearing.calls
    assert additional == {"color": "blue"}
    assert hearing.seen == [["New"]]
    assert ids[0] in answer.text


async def test_a_hook_of_a_batch_gets_all_ids_at_once(extended, shop):
    created, updated = Hearing(), Hearing()
    body = {
        "create": [variant("One"), variant("Two")],
        "update": [{"id": shop["kit"], "title": "New"}],
    }

    async with extended({VARIANTS.created: (created,), VARIANTS.updated: (updated,)}) as client:
        path = f"/admin/products/{shop['product']}/variants/batch"
        answer = (await client.post(path, json=body)).json()

    assert created.calls == [([row["id"] for row in answer["created"]], {})]
    assert created.seen == [["One", "Two"]]
    assert updated.calls == [([shop["kit"]], {})]


async def test_what_a_hook_writes_is_in_the_answer(extended, shop):
    async def write(tx, rows):
        query = "UPDATE product_variant SET material = $2 WHERE id = ANY($1::text[])"
        [row] = rows
        await tx.execute(query, [row.id], row.additional_data["material"])

    async with extended({VARIANTS.created: (write,)}) as client:
        path = f"/admin/products/{shop['product']}/variants"
        body = variant("New", additional_data={"material": "wool"})
        answer = (await client.post(path, json=body)).json()

    [made] = [row for row in answer["product"]["variants"] if row["title"] == "New"]
    assert made["material"] == "wool"


@pytest.mark.parametrize(
    ("error", "status", "kind"),
    [
        (NotAllowed("Blue is sold out"), 400, "not_allowed"),
        (InvalidData("Blue is sold out"), 400, "invalid_data"),
    ],
    ids=["not allowed", "invalid data"],
)
async def test_the_error_of_a_hook_is_the_answer_and_nothing_is_left(
    extended, tx, shop, error, status, kind
):
    async def refuse(tx, rows):
        await tx.execute("UPDATE product SET title = 'Changed by a hook'")
        raise error

    later = Hearing()
    before = await contents(tx)

    async with extended({VARIANTS.created: (refuse, later)}) as client:
        path = f"/admin/products/{shop['product']}/variants"
        answer = await client.post(path, json=variant(sku="NEW", prices=prices(usd=1)))

    assert answer.status_code == status
    assert answer.json() == {"type": kind, "message": "Blue is sold out"}
    assert later.calls == []
    assert await contents(tx) == before


async def test_the_fault_of_a_hook_leaves_nothing(extended, tx, shop):
    async def fail(tx, rows):
        raise ZeroDivisionError

    before = await contents(tx)

    async with extended({VARIANTS.created: (fail,)}) as client:
        path = f"/admin/products/{shop['product']}/variants"
        answer = await client.post(path, json=variant(sku="NEW"))

    assert (answer.status_code, answer.json()["type"]) == (500, "unknown_error")
    assert await contents(tx) == before


async def test_additional_data_without_a_hook_is_accepted(admin, shop):
    path = f"/admin/products/{shop['product']}/variants"

    answer = await admin.post(path, json=variant("New", additional_data={"color": "blue"}))

    assert answer.status_code == 200


@pytest.mark.parametrize(
    ("method", "path", "point"),
    [
        ("POST", "/admin/products/{product}/variants", VARIANTS.creating),
        ("POST", "/admin/products/{product}/variants/{variant}", VARIANTS.updating),
        ("DELETE", "/admin/products/{product}/variants/{variant}", VARIANTS.deleting),
        ("DELETE", "/admin/products/{product}/variants/{variant}", VARIANTS.deleted),
        ("POST", "/admin/products/{product}", PRODUCTS.updating),
        ("DELETE", "/admin/products/{product}", PRODUCTS.deleting),
        ("DELETE", "/admin/products/{product}", PRODUCTS.deleted),
        ("DELETE", "/admin/products/{product}", VARIANTS.deleted),
    ],
    ids=str,
)
async def test_a_hook_refuses_a_change_before_or_after_it(extended, tx, shop, method, path, point):
    async def refuse(tx, rows):
        raise NotAllowed(f"Not {len(rows)} of them")

    body = variant(sku="NEW", prices=[]) if point == VARIANTS.creating else {"title": "New"}
    before = await contents(tx)

    async with extended({point: (refuse,)}) as client:
        answer = await client.request(
            method, path.format(**shop), json=body if method == "POST" else None
        )

    assert answer.status_code == 400
    assert answer.json()["message"].startswith("Not ")
    assert await contents(tx) == before
