"""The metrics that Prometheus reads from the configured port."""

import socket
from pathlib import Path

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families

from tests.server import running_server

from .conftest import Merx

pytestmark = [pytest.mark.slow, pytest.mark.commits]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def sample(text: str, name: str, **labels: str) -> float:
    [value] = [
        one.value
        for family in text_string_to_metric_families(text)
        for one in family.samples
        if one.name == name and labels.items() <= one.labels.items()
    ]
    return value


def test_all_workers_count_as_one(database_url: str, tmp_path: Path) -> None:
    port = free_port()
    options = {"METRICS_PORT": str(port), "METRICS_HOST": "127.0.0.1"}
    with running_server(database_url, tmp_path, "--workers", "2", **options) as server:
        body = {"email": server.email, "password": server.password}
        token = httpx.post(f"{server.url}/auth/user/emailpass", json=body).json()["token"]
        for number in range(20):
            # A connection each, so that both workers are asked.
            httpx.get(
                f"{server.url}/admin/products/prod_{number}",
                headers={"authorization": f"Bearer {token}"},
            )
        text = httpx.get(f"http://127.0.0.1:{port}/metrics").text

    route = "/admin/products/{id}"
    assert sample(text, "merx_request_seconds_count", method="GET", route=route, status="404") == 20
    assert sample(text, "merx_statement_seconds_count") > 20
    assert sample(text, "merx_connections", state="busy") >= 0
    assert sample(text, "merx_waiting", of="failed deliveries") == 0
    assert sample(text, "merx_waiting", of="events") >= 0
    assert sample(text, "merx_waiting_seconds", of="events") >= 0
    assert sample(text, "merx_waiting", of="jobs") >= 0
    assert sample(text, "merx_waiting_seconds", of="jobs") >= 0
    assert "prod_1" not in text


def test_a_port_in_use_is_named(merx: Merx, database_url: str) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        ended = merx(
            "start",
            "--port",
            "0",
            DATABASE_URL=database_url,
            METRICS_PORT=port,
            METRICS_HOST="127.0.0.1",
        )

    assert ended.code == 1
    assert ended.err.endswith(f"merx: MERX_METRICS_PORT {port}: Address already in use\n")
