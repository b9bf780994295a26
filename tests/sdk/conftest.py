"""Runs a script of this folder in Node against the running server."""

import asyncio
import json
import shutil
import uuid
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from merx.core.database import Database
from merx.modules.api_key.service import create_api_key
from tests.server import Server

FOLDER = Path(__file__).parent
Run = Callable[..., Awaitable[Any]]


@pytest.fixture(scope="session")
async def key(server: Server) -> str:
    """A secret API key of the running server."""
    database = Database(server.database_url, pool_size=1)
    await database.open()
    async with database.write() as tx:
        _, token = await create_api_key(tx, title="SDK", key_type="secret")
    await database.close()
    return token


@pytest.fixture
def name() -> str:
    """A name that no other test gives to anything on the shared server."""
    return f"n{uuid.uuid4().hex[:12]}"


@pytest.fixture
def run(server: Server, key: str) -> Run:
    """Run a script with arguments; what it reports."""
    node = shutil.which("node")
    assert node is not None, "Node is not installed: make test installs it"
    assert (FOLDER / "node_modules").exists(), "The SDK is not installed: make test installs it"
    shop = {
        "url": server.url,
        "email": server.email,
        "password": server.password,
        "key": key,
    }

    async def run_script(script: str, **arguments: str) -> Any:
        given = json.dumps({**shop, "arguments": arguments})
        pipes = {"stdout": asyncio.subprocess.PIPE, "stderr": asyncio.subprocess.PIPE}
        process = await asyncio.create_subprocess_exec(node, FOLDER / script, given, **pipes)
        printed, complaint = await process.communicate()
        assert process.returncode == 0, complaint.decode()
        return json.loads(printed)

    return run_script
