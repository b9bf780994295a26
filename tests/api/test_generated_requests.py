"""Valid and invalid requests generated from the OpenAPI document: none breaks the server, and the
responses match the document.

`GENERATED_REQUESTS=50 pytest tests/api/test_generated_requests.py` sends more to each operation.
"""

import os
from collections.abc import AsyncIterator, Generator
from functools import lru_cache
from itertools import pairwise
from typing import Any

import httpx
import orjson
import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from hypothesis.strategies import DataObject, SearchStrategy
from requests import Request
from schemathesis import Case, GenerationMode

from merx.app import create_app
from merx.core.database import Database
from merx.operations.demo import seed_demo
from merx.settings import Settings
from tests.api_document import Document
from tests.databases import Cluster
from tests.factories.customers import make_address, make_buyer, make_newcomer
from tests.factories.people import make_person
from tests.factories.second_factors import KEY

BASE_URL = "http://localhost:9000"
Headers = dict[str, str]


@schemathesis.serializer("application/x-ndjson")
def lines(_: Any, value: Any) -> bytes:
    """A body of lines, which is a string in the document."""
    return value.encode(errors="replace") if isinstance(value, str) else orjson.dumps(value)


TOLD = Document()
DOCUMENT = TOLD.document
SCHEMA = schemathesis.openapi.from_dict(DOCUMENT)
# The tests supply the credentials: with a generated token every request would be refused.
SCHEMA.config.generation.update(with_security_parameters=False)
OPERATIONS = {found.ok().label: found.ok() for found in SCHEMA.get_all_operations()}
FEW = settings(
    max_examples=int(os.environ.get("GENERATED_REQUESTS", "3")),
    deadline=None,
    derandomize=True,
    database=None,
    # Shrinking would take minutes.
    phases=(Phase.explicit, Phase.generate),
    suppress_health_check=list(HealthCheck),
)


@lru_cache
def cases(label: str) -> SearchStrategy[Case]:
    """Requests of an operation, half of them invalid."""
    operation = OPERATIONS[label]
    return operation.as_strategy() | operation.as_strategy(GenerationMode.NEGATIVE)


class Credentials(httpx.Auth):
    """The credentials for the path of a request: an admin's token, or a customer's."""

    def __init__(self, admin: Headers, buyer: Headers, newcomer: Headers) -> None:
        self._admin, self._buyer, self._newcomer = admin, buyer, newcomer

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        path = request.url.path
        if path == "/store/customers":
            request.headers.update(self._newcomer)
        else:
            request.headers.update(self._buyer if path.startswith("/store/") else self._admin)
        yield request


@pytest.fixture(scope="module")
async def caller(cluster: Cluster, settings: Settings) -> AsyncIterator[httpx.AsyncClient]:
    """The callers of the requests, in a demo shop that they may change freely."""
    async with cluster.database() as url:
        database = Database(url, pool_size=2)
        await database.open()
        async with database.write() as tx:
            await seed_demo(tx)
            person = await make_person(tx, "caller@shop.test")
            buyer, newcomer = await make_buyer(tx), await make_newcomer(tx)
            await make_address(tx, buyer.id)
        app = create_app(settings.model_copy(update={"mfa_encryption_key": KEY}))
        app.state.database = database
        app.state.wake_relay = lambda: None
        transport = httpx.ASGITransport(app, raise_app_exceptions=False)
        async with httpx.AsyncClient(
            transport=transport,
            base_url=BASE_URL,
            auth=Credentials(
                person.bearer(settings), buyer.headers(settings), newcomer.headers(settings)
            ),
        ) as client:
            yield client
        await database.close()


@pytest.fixture(scope="module")
async def ids(caller: httpx.AsyncClient) -> dict[str, str]:
    """The id of an existing row, by the path segment before it."""
    found = dict[str, str]()
    for path in DOCUMENT["paths"]:
        if "{" not in path and "get" in DOCUMENT["paths"][path]:
            answer = await caller.get(path, params={"limit": 1, "fields": "id"})
            rows = next((rows for rows in answer.json().values() if isinstance(rows, list)), [])
            found.update({path.rpartition("/")[2]: row["id"] for row in rows if "id" in row})
    assert {"products", "customers", "addresses"} <= set(found)
    return {**found, "variants": found["product-variants"]}


def aimed(case: Case, ids: dict[str, str]) -> Case:
    """The request, with ids of existing rows."""
    before = {part: prior for prior, part in pairwise(case.path.split("/"))}
    for name in case.path_parameters:
        case.path_parameters[name] = ids.get(before[f"{{{name}}}"], "none")
    return case


async def send(caller: httpx.AsyncClient, case: Case) -> httpx.Response:
    """The response to a generated request."""
    prepared = Request(**case.as_transport_kwargs(base_url=BASE_URL)).prepare()
    return await caller.request(
        str(prepared.method), str(prepared.url), headers=prepared.headers, content=prepared.body
    )


@pytest.mark.parametrize("label", sorted(OPERATIONS))
@FEW
@given(data=st.data())
async def test_a_request_is_answered_or_refused(
    caller: httpx.AsyncClient, ids: dict[str, str], label: str, data: DataObject
) -> None:
    case = data.draw(cases(label))
    if data.draw(st.booleans()) and case.method != "DELETE":
        case = aimed(case, ids)

    answer = await send(caller, case)

    assert answer.status_code < 500, f"{case.as_curl_command()}\n{answer.text}"
    if answer.status_code >= 400:
        assert answer.json()["message"]
    assert TOLD.faults(answer) == ""
