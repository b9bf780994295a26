"""`/admin/tax-rates` and `/admin/tax-regions`: what Merx adds."""

from tests.answers import good, problems, refused
from tests.factories.catalogue import make_type
from tests.factories.taxes import make_tax_rate, make_tax_region
from tests.observed import emitted

RATES = "/admin/tax-rates"
TAX_REGIONS = "/admin/tax-regions"


async def test_every_bad_rule_is_named(admin, tx):
    region, kind = await make_tax_region(tx, "kp"), await make_type(tx, "Hats")
    rules = [
        {"reference": "banana", "reference_id": "prod_none"},
        {"reference": "product_type", "reference_id": kind},
        {"reference": "types", "reference_id": kind},
    ]

    body = {"tax_region_id": region, "code": "c", "name": "n", "rules": rules}
    answer = await admin.post(RATES, json=body)

    assert "product, product_type, shipping_option" in refused(answer)
    assert list(problems(answer)) == ["rules[0].reference", "rules[2].reference"]


async def test_a_rate_is_exact(admin, tx):
    region = await make_tax_region(tx, "kp")
    body = {"tax_region_id": region, "code": "c", "name": "n", "rate": 12.3456789}

    made = good(await admin.post(RATES, json=body))["tax_rate"]

    assert made["rate"] == 12.3456789


async def test_events_tell_of_rates_and_rules(admin, tx):
    region, kind = await make_tax_region(tx, "kp"), await make_type(tx, "Hats")
    body = {"tax_region_id": region, "code": "c", "name": "n"}
    rate = good(await admin.post(RATES, json=body))["tax_rate"]["id"]
    rule = {"reference": "product_type", "reference_id": kind}
    ruled = good(await admin.post(f"{RATES}/{rate}/rules", json=rule))["tax_rate"]
    rule_id = ruled["rules"][0]["id"]
    good(await admin.delete(f"{RATES}/{rate}/rules/{rule_id}"))
    good(await admin.delete(f"{TAX_REGIONS}/{region}"))

    events = await emitted(tx)
    assert events["tax-rate.created"] == events["tax-rate.deleted"] == [rate]
    assert events["tax-rate-rule.created"] == events["tax-rate-rule.deleted"] == [rule_id]
    assert events["tax-region.deleted"] == [region]


async def test_a_rule_of_another_rate_stays(admin, tx):
    region, kind = await make_tax_region(tx, "kp"), await make_type(tx, "Hats")
    mine = await make_tax_rate(tx, region, 5)
    theirs = await make_tax_rate(tx, region, 6, ("product_type", kind))
    rule = await tx.fetchval("SELECT id FROM tax_rate_rule WHERE tax_rate_id = $1", theirs)

    told = refused(await admin.delete(f"{RATES}/{mine}/rules/{rule}"), 404)

    assert told == f"Tax rate {mine} has no rule with id: {rule}"
    assert await tx.fetchval("SELECT count(*) FROM tax_rate_rule WHERE deleted_at IS NULL") == 1


async def test_a_province_code_is_kept_in_lower_case(admin, tx):
    country = await make_tax_region(tx, "kp")
    province = await make_tax_region(tx, "kp", "on", country)

    answer = await admin.post(f"{TAX_REGIONS}/{province}", json={"province_code": "QC"})

    assert good(answer)["tax_region"]["province_code"] == "qc"


async def test_a_country_takes_along_all_below_it(admin, tx):
    country = await make_tax_region(tx, "kp")
    province = await make_tax_region(tx, "kp", "qc", country)
    city = await make_tax_region(tx, "kp", "mtl", province)
    await make_tax_rate(tx, city, 5, ("product", "prod_1"))
    other = await make_tax_region(tx, "kr")

    good(await admin.delete(f"{TAX_REGIONS}/{country}"))

    left = await tx.fetch("SELECT id FROM tax_region WHERE deleted_at IS NULL")
    assert [record[0] for record in left] == [other]
    for table in ("tax_rate", "tax_rate_rule"):
        assert await tx.fetchval(f"SELECT count(*) FROM {table} WHERE deleted_at IS NULL") == 0


async def test_a_region_with_a_taken_default_leaves_nothing(admin, tx):
    region = await make_tax_region(tx, "kp")
    await make_tax_rate(tx, region, 5, is_default=True)
    body = {"tax_region_id": region, "code": "c", "name": "n", "is_default": True}

    assert "already exists" in refused(await admin.post(RATES, json=body))
    assert await tx.fetchval("SELECT count(*) FROM tax_rate") == 1


async def test_a_rate_is_not_negative(admin, tx):
    region = await make_tax_region(tx, "kp")
    rate = await make_tax_rate(tx, region, 5)
    body = {"tax_region_id": region, "code": "c", "name": "n", "rate": -100}
    default = {"country_code": "kr", "provider_id": "tp_system", "default_tax_rate": body}

    for path, sent in (
        (RATES, body),
        (f"{RATES}/{rate}", {"rate": -0.1}),
        (TAX_REGIONS, default),
    ):
        assert "must not be negative" in refused(await admin.post(path, json=sent))
    assert await tx.fetchval("SELECT sum(rate) FROM tax_rate") == 5
