"""What ends, ends on every worker: nothing about who may call is kept in a process."""

from pathlib import Path

import httpx
import pytest

from merx.cli.database import run_in_transaction
from merx.modules.api_key.service import create_api_key
from tests.factories.keys import basic, storefront
from tests.factories.people import bearer
from tests.server import running_server


@pytest.mark.commits
@pytest.mark.slow
def test_a_revoked_key_is_refused_at_once_on_every_worker(clone_url: str, tmp_path: Path) -> None:
    with running_server(clone_url, tmp_path, "--workers", "2") as server:
        keys = {
            kind: run_in_transaction(
                clone_url, lambda tx, kind=kind: create_api_key(tx, title=kind, key_type=kind)
            )
            for kind in ("secret", "publishable")
        }

        # Each request takes a connection of its own, so that workers take turns.
        client = httpx.Client(base_url=server.url, headers={"connection": "close"})

        def statuses(times: int) -> list[tuple[int, int]]:
            return [
                (
                    client.get("/admin/users", headers=basic(secret)).status_code,
                    client.get("/store/regions", headers=storefront(pub)).status_code,
                )
                for _ in range(times)
            ]

        secret, pub = keys["secret"][1], keys["publishable"][1]
        assert set(statuses(12)) == {(200, 200)}
        given = {"email": server.email, "password": server.password}
        token = client.post("/auth/user/emailpass", json=given).json()["token"]
        for key_id, _ in keys.values():
            path = f"/admin/api-keys/{key_id}/revoke"
            assert client.post(path, json={}, headers=bearer(token)).status_code == 200

        # Sooner than within a second: the next requests are refused.
        assert set(statuses(12)) == {(401, 400)}
        client.close()
