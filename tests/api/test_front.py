"""`/`: a page for browsers, the reference's 404 for other clients."""

import httpx

from merx import __version__

BROWSER = {"accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"}


async def test_a_browser_is_told_where_things_are(client: httpx.AsyncClient) -> None:
    answer = await client.get(str(client.base_url.join("/")), headers=BROWSER)

    assert answer.status_code == 200
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert f"Merx {__version__}" in answer.text
    assert 'href="/docs"' in answer.text


async def test_other_clients_are_told_that_there_is_nothing(client: httpx.AsyncClient) -> None:
    for accept in ("application/json", "*/*"):
        answer = await client.get(str(client.base_url.join("/")), headers={"accept": accept})

        assert (answer.status_code, answer.json()["type"]) == (404, "not_found")


async def test_what_is_outside_all_areas_is_named(client: httpx.AsyncClient) -> None:
    answer = await client.get(str(client.base_url.join("/nothing/%ff/here")))

    assert answer.status_code == 404
    assert answer.json() == {"type": "not_found", "message": "There is no /nothing/\ufffd/here"}
