"""The logs and traces of a served shop: JSON lines, and OTLP."""

from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread

import httpx
import orjson
import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from tests.server import running_server

pytestmark = [pytest.mark.slow, pytest.mark.commits]


@contextmanager
def collector() -> Iterator[tuple[str, list[bytes]]]:
    """The address of what takes traces, and what it was sent."""
    sent: list[bytes] = []

    class Taking(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            sent.append(self.rfile.read(int(self.headers["content-length"])))
            self.send_response(200)
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None: ...

    server = HTTPServer(("127.0.0.1", 0), Taking)
    Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/v1/traces", sent
    finally:
        server.shutdown()
        server.server_close()


def test_lines_of_a_request_carry_its_id_and_that_of_its_trace(
    database_url: str, folder: Path
) -> None:
    options = {"LOG_FORMAT": "json", "LOG_LEVEL": "info", "ACCESS_LOG": "on"}
    with collector() as (url, sent):
        with running_server(database_url, folder, TRACES_URL=url, **options) as server:
            httpx.get(f"{server.url}/admin/products", headers={"x-request-id": "mine-1"})
        lines = [orjson.loads(line) for line in (folder / "stderr").read_text().splitlines()]

    [line] = [one for one in lines if one.get("request_id") == "mine-1"]
    assert line["event"] == "request"
    assert (line["method"], line["path"], line["status"]) == ("GET", "/admin/products", 401)
    assert line["level"] == "info"
    assert line["timestamp"].endswith("Z")
    requests = [ExportTraceServiceRequest.FromString(body) for body in sent]
    spans = {
        span.trace_id.hex(): span.name
        for request in requests
        for resource in request.resource_spans
        for scope in resource.scope_spans
        for span in scope.spans
        if span.name.startswith("GET ")
    }
    assert spans[line["trace_id"]] == "GET /admin/products"
