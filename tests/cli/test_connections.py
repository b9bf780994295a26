"""What a served shop bears: heads and bodies that do not end, and a database that is killed."""

import os
import signal
import socket
import time
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import psutil
import pytest

from tests.server import Server, address_of, started


def answer_to(url: str, *pieces: bytes, seconds: float = 60) -> bytes:
    """All that the server says until its answer is whole."""
    parts = urlsplit(url)
    with socket.create_connection((parts.hostname, parts.port), timeout=seconds) as client:
        for piece in pieces:
            try:
                client.sendall(piece)
            except OSError:
                break
        said = b""
        while not said.endswith(b"}"):
            try:
                part = client.recv(65536)
            except ConnectionResetError:
                return said
            if not part:
                return said
            said += part
        return said


@pytest.mark.parametrize(
    "pieces",
    [
        pytest.param([b"x: " + b"a" * 70_000 + b"\r\n\r\n"], id="one header"),
        pytest.param([b"x: " + b"a" * 1_000_000], id="a header without an end"),
        pytest.param([b"x: " + b"a" * 1000 + b"\r\n"] * 80, id="many headers"),
    ],
)
def test_a_large_head_is_refused(server: Server, pieces: list[bytes]) -> None:
    said = answer_to(server.url, b"GET /health HTTP/1.1\r\nHost: x\r\n", *pieces)

    assert said.startswith(b"HTTP/1.1 431 Request Header Fields Too Large\r\n")
    assert said.endswith(
        b'{"type":"invalid_data","message":'
        b'"The request\'s headers are larger than the limit of 65536 bytes"}'
    )


@pytest.mark.parametrize("hosts", [b"", b"Host: a\r\nHost: b\r\n"])
def test_a_host_is_required_once(server: Server, hosts: bytes) -> None:
    said = answer_to(server.url, b"GET /health HTTP/1.1\r\n" + hosts + b"\r\n")

    assert said.startswith(b"HTTP/1.1 400 Bad Request\r\n")
    assert said.endswith(
        b'{"type":"invalid_data","message":"The header Host is required exactly once"}'
    )


def test_a_head_of_usual_size_is_answered(server: Server) -> None:
    answer = httpx.get(f"{server.url}/health", headers={"x": "a" * 60_000})

    assert (answer.status_code, answer.text) == (200, "OK")


def test_ready_says_that_the_database_answers(server: Server) -> None:
    answer = httpx.get(f"{server.url}/ready")

    assert (answer.status_code, answer.text) == (200, "OK")


def test_a_database_that_is_killed_or_frozen_is_told_of(folder: Path) -> None:
    with started(folder, "--port", "0") as process:
        url = address_of(process)
        [pid_file] = folder.rglob("postmaster.pid")
        old = int(pid_file.read_text().split()[0])
        os.kill(old, signal.SIGKILL)
        away = httpx.get(f"{url}/ready", timeout=10)
        alive = httpx.get(f"{url}/health", timeout=10)

        assert becomes_ready(url)
        assert alive.status_code == 200
        assert away.status_code in (200, 503)
        postmaster = psutil.Process(int(pid_file.read_text().split()[0]))
        assert postmaster.pid != old

        # Frozen, as on a disk that hangs: asked in bounds, and ready again afterwards.
        family = [postmaster, *postmaster.children()]
        for one in family:
            one.suspend()
        asked = time.monotonic()
        frozen = httpx.get(f"{url}/ready", timeout=20)
        took = time.monotonic() - asked
        alive = httpx.get(f"{url}/health", timeout=20)
        for one in family:
            one.resume()

        assert (frozen.status_code, alive.status_code) == (503, 200)
        assert "retry-after" in frozen.headers
        assert 2.5 < took < 10
        assert becomes_ready(url)


def becomes_ready(url: str) -> bool:
    for _ in range(80):
        if httpx.get(f"{url}/ready", timeout=20).status_code == 200:
            return True
        time.sleep(0.5)
    return False
