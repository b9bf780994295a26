"""`/admin/users` and what of it is no business of a caller."""

import httpx
import pytest

from merx.core.database import Transaction
from merx.settings import Settings
from merx.workflows.people.user_accounts import create_user, set_password
from tests.factories.people import Person, log_in, make_person, start_session

FIELDS = [
    "id", "first_name", "last_name", "email", "avatar_url", "metadata", "created_at",
    "updated_at", "deleted_at",
]  # fmt: skip


@pytest.fixture
async def ada(tx: Transaction) -> Person:
    return await make_person(tx)


@pytest.fixture
async def admin(client: httpx.AsyncClient, ada: Person, settings: Settings) -> httpx.AsyncClient:
    """The client with Ada's token."""
    client.headers.update(ada.bearer(settings))
    return client


async def test_me_is_who_calls(admin: httpx.AsyncClient, ada: Person) -> None:
    user = (await admin.get("/admin/users/me")).json()["user"]

    assert sorted(user) == sorted(FIELDS)
    assert (user["id"], user["email"], user["first_name"]) == (ada.user_id, ada.email, None)


async def test_users_are_listed_and_filtered(
    admin: httpx.AsyncClient, tx: Transaction, ada: Person
) -> None:
    bob = await make_person(tx, "bob@other.test")

    everyone = (await admin.get("/admin/users?fields=id")).json()
    by_email = (await admin.get(f"/admin/users?fields=id&email={ada.email}")).json()
    searched = (await admin.get("/admin/users?fields=id&q=other")).json()

    assert everyone == {
        "users": [{"id": ada.user_id}, {"id": bob.user_id}], "count": 2, "offset": 0, "limit": 50
    }  # fmt: skip
    assert by_email["users"] == [{"id": ada.user_id}]
    assert searched["users"] == [{"id": bob.user_id}]


async def test_an_unknown_filter_is_refused(admin: httpx.AsyncClient) -> None:
    answer = await admin.get("/admin/users?$or[0][email]=x")

    assert answer.status_code == 400
    assert answer.json()["message"] == "Invalid request: Unrecognized fields: '$or'"


async def test_one_user_is_read_by_id(admin: httpx.AsyncClient, ada: Person) -> None:
    found = await admin.get(f"/admin/users/{ada.user_id}?fields=email")
    missing = await admin.get("/admin/users/nope")

    assert found.json() == {"user": {"id": ada.user_id, "email": ada.email}}
    assert missing.status_code == 404
    assert missing.json() == {"type": "not_found", "message": "User with id: nope was not found"}


async def test_a_user_is_changed_and_metadata_merged(admin: httpx.AsyncClient, ada: Person) -> None:
    path = f"/admin/users/{ada.user_id}"
    await admin.post(path, json={"first_name": "Ada", "metadata": {"a": 1, "b": 2}})

    answer = await admin.post(path, json={"last_name": "L", "metadata": {"a": "", "c": 3}})

    user = answer.json()["user"]
    assert (user["first_name"], user["last_name"]) == ("Ada", "L")
    assert user["metadata"] == {"b": 2, "c": 3}


async def test_empty_metadata_changes_nothing_and_null_clears(
    admin: httpx.AsyncClient, ada: Person
) -> None:
    path = f"/admin/users/{ada.user_id}"
    await admin.post(path, json={"metadata": {"a": 1}})

    same = (await admin.post(path, json={"metadata": {}})).json()["user"]
    none = (await admin.post(path, json={"metadata": None})).json()["user"]

    assert (same["metadata"], none["metadata"]) == ({"a": 1}, None)


@pytest.mark.parametrize("field", ["id", "email", "deleted_at", "created_at", "role", "password"])
async def test_what_is_not_to_be_changed_is_refused(
    admin: httpx.AsyncClient, ada: Person, field: str
) -> None:
    answer = await admin.post(f"/admin/users/{ada.user_id}", json={field: "x", "first_name": "E"})

    assert answer.status_code == 400
    assert answer.json()["message"] == f"Invalid request: Unrecognized fields: '{field}'"
    me = (await admin.get("/admin/users/me")).json()["user"]
    assert me["first_name"] is None


async def test_wrong_types_are_named(admin: httpx.AsyncClient, ada: Person) -> None:
    answer = await admin.post(f"/admin/users/{ada.user_id}", json={"first_name": 1, "metadata": 1})

    assert answer.status_code == 400
    assert answer.json()["message"] == (
        "Invalid request: Expected type: 'string' for field 'first_name', got: '1';"
        " Expected type: 'record' for field 'metadata', got: '1'"
    )


async def test_broken_json_is_refused(admin: httpx.AsyncClient, ada: Person) -> None:
    answer = await admin.post(
        f"/admin/users/{ada.user_id}",
        content=b"{broken",
        headers={"content-type": "application/json"},
    )

    assert (answer.status_code, answer.json()["type"]) == (400, "invalid_data")


async def test_an_unknown_user_cannot_be_changed(admin: httpx.AsyncClient) -> None:
    for user_id in ("nope", "me"):
        answer = await admin.post(f"/admin/users/{user_id}", json={"first_name": "E"})
        assert answer.status_code == 404
        assert answer.json()["message"] == f'User with id "{user_id}" not found'


async def test_a_deleted_user_is_gone(
    admin: httpx.AsyncClient, tx: Transaction, settings: Settings
) -> None:
    bob = await make_person(tx, "bob@shop.test")
    path = f"/admin/users/{bob.user_id}"

    answer = await admin.delete(path)

    assert answer.json() == {"id": bob.user_id, "object": "user", "deleted": True}
    assert (await admin.get(path)).status_code == 404
    assert (await admin.get(f"{path}/auth-providers")).json() == {"providers": []}
    assert (await admin.delete(path)).status_code == 200
    again = await admin.post(
        "/auth/user/emailpass/register", json={"email": bob.email, "password": "another one"}
    )
    assert again.status_code == 200


async def test_the_providers_of_a_user_are_listed(admin: httpx.AsyncClient, ada: Person) -> None:
    answer = await admin.get(f"/admin/users/{ada.user_id}/auth-providers")

    assert answer.json() == {"providers": ["emailpass"]}


async def test_no_path_of_fields_leads_to_credentials(
    admin: httpx.AsyncClient, ada: Person
) -> None:
    for fields in (
        "*", "*auth_identities", "auth_identity.provider_identities.*", "password",
        "provider_identities.provider_metadata", "*provider_identity", "+provider_metadata",
    ):  # fmt: skip
        answer = await admin.get("/admin/users", params={"fields": fields})
        assert "argon2" not in answer.text
        assert "authid_" not in answer.text


async def test_a_created_user_can_log_in(client: httpx.AsyncClient, tx: Transaction) -> None:
    user_id = await create_user(
        tx, email="new@shop.test", password="a password", first_name="N", last_name="P"
    )

    token = (await log_in(client, "new@shop.test", "a password")).json()["token"]

    me = await client.get("/admin/users/me", headers={"authorization": f"Bearer {token}"})
    user = me.json()["user"]
    assert (user["id"], user["first_name"], user["last_name"]) == (user_id, "N", "P")


async def test_a_changed_password_ends_sessions_and_the_old_password(
    client: httpx.AsyncClient, tx: Transaction, ada: Person, settings: Settings
) -> None:
    await start_session(client, ada, settings)

    await set_password(tx, email=ada.email, password="another password")

    assert (await client.get("/admin/users")).status_code == 401
    assert (await log_in(client)).status_code == 401
    assert (await log_in(client, password="another password")).status_code == 200


async def test_nobody_deletes_themselves(
    admin: httpx.AsyncClient, tx: Transaction, ada: Person
) -> None:
    bob = await make_person(tx, "bob@shop.test")

    answer = await admin.delete(f"/admin/users/{ada.user_id}")

    assert (answer.status_code, answer.json()["type"]) == (400, "not_allowed")
    assert answer.json()["message"] == "A user cannot delete itself"
    assert (await admin.get("/admin/users/me")).status_code == 200
    assert (await admin.delete(f"/admin/users/{bob.user_id}")).status_code == 200
