"""Images that show a variant in particular: what is refused, and what goes along."""

import httpx

from merx.core.database import Transaction
from tests.answers import good, problems, refused
from tests.factories.products import Made, make_product, variant
from tests.observed import emitted, forget_events


async def make_shirt(tx: Transaction, title: str = "Shirt") -> tuple[Made, list[str]]:
    """A product with two variants and two images, and the ids of those."""
    bodies, images = [variant("one"), variant("two")], [{"url": "a"}, {"url": "b"}]
    made = await make_product(tx, title, variants=bodies, images=images)
    records = await tx.fetch("SELECT id FROM image WHERE product_id = $1 ORDER BY rank", made.id)
    return made, [record["id"] for record in records]


async def shown(admin: httpx.AsyncClient, made: Made) -> list[list[str]]:
    """The images of each variant."""
    path, fields = f"/admin/products/{made.id}", {"fields": "variants.images.url"}
    variants = good(await admin.get(path, params=fields))["product"]["variants"]
    urls = {row["id"]: sorted(image["url"] for image in row["images"]) for row in variants}
    return [urls[variant_id] for variant_id in made.variant_ids]


async def test_an_image_of_one_variant_shows_on_no_other(
    admin: httpx.AsyncClient, tx: Transaction
) -> None:
    made, [a, _] = await make_shirt(tx)
    path = f"/admin/products/{made.id}/images/{a}/variants/batch"
    await forget_events(tx)

    answer = good(await admin.post(path, json={"add": made.variant_ids[:1]}))
    assigned = await shown(admin, made)
    good(await admin.post(path, json={"remove": made.variant_ids}))

    assert answer == {"added": made.variant_ids[:1], "removed": []}
    assert assigned == [["a", "b"], ["b"]]
    assert await shown(admin, made) == [["a", "b"], ["a", "b"]]
    assert await emitted(tx) == {
        "product-variant.updated": [made.variant_ids[0], *made.variant_ids],
    }


async def test_both_sides_say_the_same(admin: httpx.AsyncClient, tx: Transaction) -> None:
    made, [a, b] = await make_shirt(tx)
    [one, _] = made.variant_ids

    path = f"/admin/products/{made.id}/variants/{one}/images/batch"
    good(await admin.post(path, json={"add": [a, b, b]}))
    path = f"/admin/products/{made.id}/images/{b}/variants/batch"
    good(await admin.post(path, json={"remove": [one]}))

    assert await shown(admin, made) == [["a", "b"], ["b"]]


async def test_a_pair_that_is_added_and_removed_goes(
    admin: httpx.AsyncClient, tx: Transaction
) -> None:
    made, [a, _] = await make_shirt(tx)
    ids = made.variant_ids[:1]

    path = f"/admin/products/{made.id}/images/{a}/variants/batch"
    good(await admin.post(path, json={"add": ids, "remove": ids}))

    assert await shown(admin, made) == [["a", "b"], ["a", "b"]]


async def test_what_belongs_to_another_product_is_refused(
    admin: httpx.AsyncClient, tx: Transaction
) -> None:
    made, [a, _] = await make_shirt(tx)
    other, [c, _] = await make_shirt(tx, "Coat")
    path = f"/admin/products/{made.id}"
    ids = [made.variant_ids[0], other.variant_ids[0]]

    variants = await admin.post(f"{path}/images/{a}/variants/batch", json={"add": ids})
    images = await admin.post(f"{path}/variants/{ids[0]}/images/batch", json={"add": [a, c]})
    image = await admin.post(f"{path}/images/{c}/variants/batch", json={"add": ids[:1]})
    variant_ = await admin.post(f"{path}/variants/{ids[1]}/images/batch", json={"add": [a]})

    assert (
        refused(variants, 404) == f"Variants with ids: {ids[1]} were not found on product {made.id}"
    )
    assert list(problems(variants)) == ["add[1]"]
    assert c in refused(images, 404)
    assert list(problems(images)) == ["add[1]"]
    assert c in refused(image, 404)
    assert ids[1] in refused(variant_, 404)
    assert await tx.fetchval("SELECT count(*) FROM product_variant_product_image") == 0


async def test_a_thumbnail_of_another_product_stays(
    admin: httpx.AsyncClient, tx: Transaction
) -> None:
    made, [a, _] = await make_shirt(tx)
    other, _ = await make_shirt(tx, "Coat")
    await tx.execute("UPDATE product_variant SET thumbnail = 'a'")
    ids = [made.variant_ids[0], other.variant_ids[0]]

    path = f"/admin/products/{made.id}/images/{a}/variants/batch"
    good(await admin.post(path, json={"remove": ids}))

    records = await tx.fetch("SELECT id FROM product_variant WHERE thumbnail IS NULL")
    assert [record["id"] for record in records] == ids[:1]


async def test_images_of_a_deleted_variant_show_on_the_others(
    admin: httpx.AsyncClient, tx: Transaction
) -> None:
    made, [a, _] = await make_shirt(tx)
    [one, two] = made.variant_ids
    path = f"/admin/products/{made.id}"
    good(await admin.post(f"{path}/images/{a}/variants/batch", json={"add": [one]}))

    good(await admin.delete(f"{path}/variants/{one}"))

    assert await shown(admin, Made(made.id, [two])) == [["a", "b"]]


async def test_the_images_of_a_variant_show_their_product_and_variants(
    admin: httpx.AsyncClient, tx: Transaction
) -> None:
    made, [a, _] = await make_shirt(tx)
    [one, _] = made.variant_ids
    path = f"/admin/products/{made.id}/variants/{one}"
    good(await admin.post(f"{path}/images/batch", json={"add": [a]}))

    images = good(await admin.get(f"{path}?fields=*images"))["variant"]["images"]
    below = good(await admin.get(f"/admin/products/{made.id}?fields=*variants.images"))["product"]

    assert [image["product"]["title"] for image in images] == ["Shirt", "Shirt"]
    assert [[row["id"] for row in image["variants"]] for image in images] == [[one], []]
    assert images[0]["variants"][0]["product"]["id"] == made.id
    assert "product" not in below["variants"][0]["images"][0]
