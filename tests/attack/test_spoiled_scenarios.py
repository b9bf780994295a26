"""The recorded scenarios with each request spoiled first: none is answered with a fault.

Unlike what is made of the OpenAPI document, these reach carts, orders and changes in every state.
`STRANGE_SCENARIOS=0-90 STRANGE_EACH=3 STRANGE_SEED=7 pytest tests/attack` sends more.
"""

import json
import os
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import httpx
import pytest

from tests.attack.answers import Attacked, Report
from tests.attack.values import BROKEN, ODD_QUERIES, Chance
from tests.conformance.play import content, save, steps_of
from tests.conformance.scenario import Scenario, Step, fill, scenario_names

EACH = int(os.environ.get("STRANGE_EACH", "1"))
SEED = int(os.environ.get("STRANGE_SEED", "1"))
FIRST, LAST = (int(part) for part in os.environ.get("STRANGE_SCENARIOS", "0-9").split("-"))

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]


async def test_none_is_answered_with_a_fault(attacked: Attacked) -> None:
    chance, report = Chance(SEED), Report()
    names = scenario_names()
    Chance(SEED).shuffle(names)
    for number, name in enumerate(names[FIRST:LAST]):
        await play_spoiled(Scenario.read(name), attacked, chance, report, f"r{SEED}{number:09}")

    assert report.faults == {}, report.text()
    assert report.statuses[200] > report.statuses.total() / 10, report.counts()


async def play_spoiled(
    scenario: Scenario, attacked: Attacked, chance: Chance, report: Report, run: str
) -> None:
    """Its steps in order, each after spoiled ones; what these change may spoil later steps too."""
    saved: dict[str, Any] = {"run": run}
    for step in steps_of(scenario, ours=True):
        try:
            good = request_of(step, saved, attacked)
        except LookupError:
            continue
        for spoiled in spoiled_requests(good, chance):
            await report.send(attacked, spoiled)
        answer = await report.send(attacked, good)
        if answer is None:
            continue
        try:
            kept = save(scenario, step, content(answer), saved)
        except LookupError:
            continue
        saved |= kept
        chance.ids += [str(value) for value in kept.values() if isinstance(value, str)]


def request_of(step: Step, saved: dict[str, Any], attacked: Attacked) -> httpx.Request:
    """The step as it stands there."""
    headers = {"authorization": attacked.admin} if step.auth == "admin" else {}
    body = None
    if step.raw_body is not None:
        body = str(fill(step.raw_body, saved)).encode()
    elif step.body is not None:
        body = json.dumps(fill(step.body, saved)).encode()
    if body is not None:
        headers["content-type"] = "application/json"
    return attacked.client.build_request(
        step.method,
        fill(step.path, saved),
        params=fill(step.query, saved) or None,
        headers={**headers, **fill(step.headers, saved)},
        content=body,
    )


def spoiled_requests(good: httpx.Request, chance: Chance) -> Iterator[httpx.Request]:
    """The request with something wrong in its body, query or path."""
    for _ in range(EACH):
        url, body = str(good.url), good.content
        way = chance.randrange(8)
        if body and way < 5:
            body = spoiled_body(body, chance)
        elif way < 7:
            url += ("&" if "?" in url else "?") + chance.choice(ODD_QUERIES)
        else:
            url = spoiled_path(url, chance)
        headers = {name: value for name, value in good.headers.items() if name != "content-length"}
        yield httpx.Request(good.method, url, headers=headers, content=body)


def spoiled_body(body: bytes, chance: Chance) -> bytes:
    """Broken JSON now and then; else something in it is strange."""
    if chance.one_in(12):
        return chance.choice([*BROKEN, body[:-1], body[: len(body) // 2], b"[" + body + b"]"])
    try:
        value = json.loads(body)
    except ValueError:
        return chance.choice(BROKEN)
    for _ in range(chance.choice([1, 1, 1, 2, 3])):
        value = chance.spoiled(value)
    return json.dumps(value).encode()


def spoiled_path(url: str, chance: Chance) -> str:
    """One part of the path exchanged for an id of something else, or for a strange text."""
    address, mark, query = url.partition("?")
    parts = address.split("/")
    text = chance.any_id() if chance.one_in(2) else chance.text()[:200] or " "
    parts[chance.randrange(4, len(parts)) if len(parts) > 4 else -1] = quote(
        text, safe="", errors="surrogatepass"
    )
    return "/".join(parts) + mark + query
