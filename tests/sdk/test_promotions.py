"""Promotions and campaigns by the published JavaScript SDK."""

import pytest

pytestmark = pytest.mark.sdk


@pytest.mark.parametrize("how", ["bearer", "api-key"])
async def test_promotions_and_campaigns_are_managed(run, name, how):
    seen = await run("promotions.mjs", how=how, name=name)

    created = seen["created"]
    assert (created["code"], created["application_method"]["value"]) == (name, 10)
    assert seen["read"]["rules"][0]["attribute"] == "region.id"
    assert [one["id"] for one in seen["listed"]["promotions"]] == [created["id"]]
    assert (seen["changed"]["status"], seen["changed"]["application_method"]["value"]) == (
        "inactive",
        20,
    )
    [rule] = seen["added"]["created"]
    assert rule["values"] == [{"value": "prod_1"}]
    assert seen["updated"]["updated"][0]["values"] == [{"value": "prod_2"}]
    assert seen["removed"]["deleted"] == {
        "ids": [rule["id"]],
        "object": "promotion-rule",
        "deleted": True,
    }
    assert [one["attribute"] for one in seen["rules"]["rules"]] == ["region.id"]
    assert seen["attributes"]["attributes"][0]["id"] == "customer_group"
    assert seen["values"]["values"] == [{"label": "Euro", "value": "eur"}]

    campaign = seen["made"]
    assert seen["renamed"]["name"] == f"{name} 2"
    assert seen["joined"]["budget"]["limit"] == 5
    assert [one["id"] for one in seen["campaigns"]["campaigns"]] == [campaign["id"]]
    assert [one["id"] for one in seen["one"]["promotions"]] == [created["id"]]
    taken = f"Promotion campaign with campaign_identifier: {name}, already exists."
    assert (seen["taken"]["status"], seen["taken"]["message"]) == (400, taken)
    assert [one["object"] for one in seen["gone"]] == ["promotion", "campaign"]
    assert seen["missing"]["status"] == 404
