"""/admin/translations: texts in other languages, what is translated, and how much of it."""

from typing import Any

import httpx
import pytest

from merx.core.database import Transaction
from merx.modules.translation.service import install_settings
from merx.modules.translation.texts import TEXTS, locale_code
from tests.answers import good, problems, refused
from tests.factories.products import Body, make_product, variant
from tests.observed import emitted

PATH = "/admin/translations"


def text(reference_id: str, code: str = "de-DE", kind: str = "product", **texts: str) -> Body:
    """The body of a new translation."""
    return {
        "reference_id": reference_id,
        "reference": kind,
        "locale_code": code,
        "translations": texts,
    }


async def batch(admin: httpx.AsyncClient, **body: Any) -> httpx.Response:
    return await admin.post(f"{PATH}/batch", json=body)


async def read(admin: httpx.AsyncClient, path: str, **params: Any) -> Body:
    return good(await admin.get(f"{PATH}{path}", params=params))


@pytest.mark.parametrize(
    ("given", "stored"),
    [
        ("de", "de"),
        ("DE-at", "de-AT"),
        ("zh-hans-cn", "zh-Hans-CN"),
        ("roa-tara", "roa-Tara"),
        ("es-419", "es-419"),
        ("", ""),
        ("-", "-"),
        ("EN-us-X-foo", "EN-us-X-foo"),
    ],
)
def test_codes_are_written_in_one_way(given: str, stored: str) -> None:
    assert locale_code(given) == stored


async def test_a_changed_code_is_written_in_that_way_too(admin: httpx.AsyncClient) -> None:
    [made] = good(await batch(admin, create=[text("prod_1", title="a")]))["created"]

    answer = good(await batch(admin, update=[{"id": made["id"], "locale_code": "FR-fr"}]))

    assert answer["updated"][0]["locale_code"] == "fr-FR"


async def test_answers_stand_in_the_order_of_the_request(admin: httpx.AsyncClient) -> None:
    codes = ["sv-SE", "da-DK", "nb-NO", "fi-FI", "de-DE"]

    made = good(await batch(admin, create=[text("x", code) for code in codes]))["created"]
    ids = [row["id"] for row in reversed(made)]
    changed = good(await batch(admin, update=[{"id": given} for given in ids]))["updated"]

    assert [row["locale_code"] for row in made] == codes
    assert [row["id"] for row in changed] == ids


async def test_what_is_missing_is_named(admin: httpx.AsyncClient) -> None:
    answer = await batch(admin, create=[text("x")], update=[{"id": "a"}, {"id": "b"}])

    assert refused(answer, 404) == 'Translation with id "a" not found'
    assert list(problems(answer)) == ["update[0].id", "update[1].id"]


async def test_a_refused_batch_leaves_nothing(admin: httpx.AsyncClient, tx: Transaction) -> None:
    [made] = good(await batch(admin, create=[text("x", title="a")]))["created"]

    answer = await batch(
        admin,
        delete=[made["id"]],
        create=[text("x"), text("x")],
    )

    assert refused(answer).startswith("Translation with reference_id: x, locale_code: de-DE")
    assert (await read(admin, "", reference_id="x"))["count"] == 1


async def test_the_count_follows_the_texts_that_show(
    admin: httpx.AsyncClient, tx: Transaction
) -> None:
    [made] = good(
        await batch(admin, create=[text("x", title="a", subtitle="", description="c", nope="d")])
    )["created"]
    fields = {"reference_id": "x", "fields": "translated_field_count,translations"}
    before = (await read(admin, "", **fields))["translations"][0]

    good(await batch(admin, update=[{"id": made["id"], "translations": {"material": "m"}}]))
    after = (await read(admin, "", **fields))["translations"][0]
    await tx.execute("UPDATE translation_settings SET is_active = false")
    hidden = (await read(admin, "", **fields))["translations"][0]

    assert before["translations"] == {"title": "a", "subtitle": "", "description": "c"}
    assert [row["translated_field_count"] for row in (before, after, hidden)] == [2, 3, 0]
    assert hidden["translations"] == {}


async def test_statistics_count_texts_by_language(
    admin: httpx.AsyncClient, tx: Transaction
) -> None:
    one = await make_product(tx, "One", variants=[variant("a"), variant("b")])
    await make_product(tx, "Two")
    texts = [
        text(one.id, title="a", description=""),
        text(one.id, "fr-FR", title="a", material="b"),
    ]
    good(await batch(admin, create=texts))

    found = await read(
        admin,
        "/statistics",
        locales=["de-de", "fr-FR"],
        entity_types=["product", "product_variant"],
    )

    product, variants = found["statistics"]["product"], found["statistics"]["product_variant"]
    assert product["by_locale"] == {
        "de-DE": {"expected": 8, "translated": 1, "missing": 7},
        "fr-FR": {"expected": 8, "translated": 2, "missing": 6},
    }
    assert (product["expected"], product["translated"], product["missing"]) == (16, 3, 13)
    assert (variants["expected"], variants["translated"]) == (8, 0)


async def test_entities_show_what_their_settings_name(
    admin: httpx.AsyncClient, tx: Transaction
) -> None:
    made = await make_product(tx, "Shirt", subtitle="s")
    good(await batch(admin, create=[text(made.id, title="Hemd")]))
    setting = (await read(admin, "/settings", entity_type="product"))["translation_settings"]

    [whole] = (await read(admin, "/entities", type="product"))["data"]
    update = [{"id": setting["product"]["id"], "fields": ["subtitle"]}]
    good(await admin.post(f"{PATH}/settings/batch", json={"update": update}))
    [less] = (await read(admin, "/entities", type="product"))["data"]

    assert set(whole) == {"id", *TEXTS["product"], "translations"}
    assert set(less) == {"id", "subtitle", "translations"}
    assert less["translations"][0]["translations"] == {}


async def test_entities_come_a_page_at_a_time(admin: httpx.AsyncClient, tx: Transaction) -> None:
    for title in ("A", "B", "C"):
        await make_product(tx, title)

    page = await read(admin, "/entities", type="product", order="-title", limit=1, offset=1)

    assert [row["title"] for row in page["data"]] == ["B"]
    assert (page["count"], page["offset"], page["limit"]) == (3, 1, 1)


async def test_every_kind_of_text_has_settings_from_the_start(admin: httpx.AsyncClient) -> None:
    found = (await read(admin, "/settings"))["translation_settings"]

    assert {kind: tuple(setting["fields"]) for kind, setting in found.items()} == TEXTS


async def test_settings_that_were_deleted_are_not_installed_again(
    admin: httpx.AsyncClient, tx: Transaction
) -> None:
    found = (await read(admin, "/settings", entity_type="region"))["translation_settings"]
    body = {"delete": [found["region"]["id"]]}
    good(await admin.post(f"{PATH}/settings/batch", json=body))

    await install_settings(tx)

    assert (await read(admin, "/settings", entity_type="region"))["translation_settings"] == {}


async def test_settings_of_no_texts_are_named_all_at_once(admin: httpx.AsyncClient) -> None:
    body = {
        "create": [{"entity_type": "order", "fields": ["email"]}],
        "update": [{"id": "trset_none", "entity_type": "product"}],
    }
    answer = await admin.post(f"{PATH}/settings/batch", json=body)

    assert refused(answer) == (
        "Invalid translation settings:\n- order is not a translatable entity"
        "\n- undefined is not a translatable entity"
    )
    assert list(problems(answer)) == ["create[0].entity_type", "update[0].entity_type"]


async def test_translations_are_told_of(admin: httpx.AsyncClient, tx: Transaction) -> None:
    [made] = good(await batch(admin, create=[text("x")]))["created"]
    good(await batch(admin, update=[{"id": made["id"], "translations": {"title": "a"}}]))
    good(await batch(admin, delete=[made["id"], "trans_none"]))

    events = await emitted(tx)
    for name in ("created", "updated", "deleted"):
        assert events[f"translation.{name}"] == [made["id"]]
