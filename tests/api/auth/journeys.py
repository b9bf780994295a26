"""The way to a provider and back, as a browser goes it."""

from urllib.parse import parse_qs, urlsplit

import httpx


async def leave(client: httpx.AsyncClient, actor_type: str = "customer", **body: object) -> str:
    """The URL to which the shop sends somebody."""
    answer = await client.post(f"/auth/{actor_type}/oidc", json=body)
    assert answer.status_code == 200, answer.text
    return answer.json()["location"]


def query_of(location: str) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(urlsplit(location).query).items()}


async def come_back(
    client: httpx.AsyncClient, location: str, code: str, path: str = "/auth/customer/oidc/callback"
) -> httpx.Response:
    return await client.get(path, params={"code": code, "state": query_of(location)["state"]})
