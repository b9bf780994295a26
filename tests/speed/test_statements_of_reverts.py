"""Undoing a batch takes as many statements for 100 rows as for two."""

from tests.api.admin.test_audit_log_revert import entry_of
from tests.factories.products import grid, make_product, prices, variants


async def test_a_revert_takes_as_many_statements_whatever_its_rows(tx, admin, statements):
    taken = {}
    for size in (2, 100):
        options = grid(2 * size + 1)
        bodies = [
            {**body, "sku": f"{size}-{place}"}
            for place, body in enumerate(variants(options, 2 * size + 1))
        ]
        product = await make_product(
            tx, options=options, variants=bodies[: size + 1], handle=f"p{size}"
        )
        _, *others = product.variant_ids
        batch = {
            "delete": others[: size // 2],
            "update": [
                {"id": one, "title": "New", "prices": prices(usd=1)} for one in others[size // 2 :]
            ],
            "create": bodies[size + 1 :],
        }
        path = f"/admin/products/{product.id}/variants/batch"
        answer = await admin.post(path, json=batch, headers={"x-request-id": f"of-{size}"})
        assert answer.status_code == 200, answer.text
        entry = await entry_of(admin, request_id=f"of-{size}")
        taken[size] = len(await statements.of(admin.post(f"/admin/audit-log/{entry}/revert")))

    assert taken[2] == taken[100]
    assert taken[2] < 60
