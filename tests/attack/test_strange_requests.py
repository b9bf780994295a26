"""Strange requests over all routes of the OpenAPI document: none is answered with a fault.

`STRANGE_REQUESTS=10000 STRANGE_SEED=7 pytest tests/attack` sends more.
"""

import os
from collections.abc import Iterator
from itertools import islice

import httpx
import pytest

from tests.api_document import written
from tests.attack.answers import Attacked, Report
from tests.attack.strange_requests import Requests
from tests.attack.values import Chance

COUNT = int(os.environ.get("STRANGE_REQUESTS", "600"))
SEED = int(os.environ.get("STRANGE_SEED", "1"))

pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(300),
    # Starlette leaves the file of a torn form to the garbage collector.
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]


async def test_none_is_answered_with_a_fault(attacked: Attacked) -> None:
    chance, report = Chance(SEED), Report()
    requests = Requests(written(), chance)
    for _, path, _ in requests.operations:
        if "{" not in path:
            who = "buyer" if path.startswith("/store/") else "admin"
            headers = attacked.credentials[who]
            requests.learn(await attacked.client.get(path, headers=headers))

    for request in islice(strange(requests, attacked, chance), COUNT):
        answer = await report.send(attacked, request)
        if answer is not None:
            requests.learn(answer)

    assert report.faults == {}, report.text()
    assert report.statuses.total() == COUNT
    # Some requests may be valid and succeed.
    assert report.statuses[200] > COUNT / 10, report.counts()


def strange(requests: Requests, attacked: Attacked, chance: Chance) -> Iterator[httpx.Request]:
    """Of every operation as many, in changing order."""
    while True:
        for method, path, operation in chance.sample(requests.operations, len(requests.operations)):
            yield requests.make(attacked, method, path, operation)
