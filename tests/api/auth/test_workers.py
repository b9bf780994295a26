"""What ends, ends in every process: nothing about who may call is kept in one."""

from pathlib import Path

import httpx
import pytest

from merx.cli.database import run_in_transaction
from merx.modules.api_key.service import create_api_key
from tests.factories.keys import basic, storefront
from tests.factories.people import bearer
from tests.server import address_of, running_server, started


@pytest.mark.commits
@pytest.mark.slow
def test_a_revoked_key_is_refused_at_once_by_every_process(clone_url: str, tmp_path: Path) -> None:
    folders = tmp_path / "one", tmp_path / "two"
    for folder in folders:
        folder.mkdir()
    with (
        running_server(clone_url, folders[0]) as server,
        started(folders[1], "--port", "0", DATABASE_URL=clone_url) as second,
        httpx.Client() as client,
    ):
        urls = server.url, address_of(second)
        keys = {
            kind: run_in_transaction(
                clone_url, lambda tx, kind=kind: create_api_key(tx, title=kind, key_type=kind)
            )
            for kind in ("secret", "publishable")
        }

        def statuses(times: int) -> list[tuple[int, int]]:
            return [
                (
                    client.get(f"{url}/admin/users", headers=basic(secret)).status_code,
                    client.get(f"{url}/store/regions", headers=storefront(pub)).status_code,
                )
                for _ in range(times)
                for url in urls
            ]

        secret, pub = keys["secret"][1], keys["publishable"][1]
        assert set(statuses(6)) == {(200, 200)}
        given = {"email": server.email, "password": server.password}
        token = client.post(f"{urls[0]}/auth/user/emailpass", json=given).json()["token"]
        for key_id, _ in keys.values():
            path = f"{urls[0]}/admin/api-keys/{key_id}/revoke"
            assert client.post(path, json={}, headers=bearer(token)).status_code == 200

        # Sooner than within a second: the next requests are refused.
        assert set(statuses(6)) == {(401, 400)}
