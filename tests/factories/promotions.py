"""Promotions and campaigns, created over HTTP."""

from typing import Any

import httpx

from tests.answers import good

PROMOTIONS = "/admin/promotions"


async def make_promotion(admin: httpx.AsyncClient, code: str, **more: Any) -> dict[str, Any]:
    """An active promotion of 10 % on all lines; `method` overrides its application method."""
    method = {"type": "percentage", "target_type": "items", "allocation": "across", "value": 10}
    method |= more.pop("method", {})
    body = {"code": code, "type": "standard", "status": "active", **more}
    answer = await admin.post(PROMOTIONS, json={**body, "application_method": method})
    return good(answer)["promotion"]


async def read_promotion(admin: httpx.AsyncClient, promotion_id: str) -> dict[str, Any]:
    """A promotion with its campaign, budget and usages."""
    fields = "id,used,campaign.budget.used,campaign.budget.usages.*"
    return good(await admin.get(f"{PROMOTIONS}/{promotion_id}?fields={fields}"))["promotion"]
