"""Log-ins, resets and layouts take a fixed number of statements, so timing reveals nothing."""

import pytest

from tests.factories.people import make_person


async def test_asking_for_a_password_runs_the_same_statements_for_everybody(client, tx, statements):
    await make_person(tx)

    async def ask(email):
        path = "/auth/user/emailpass/reset-password"
        return await statements.all_of(client.post(path, json={"identifier": email}), 201)

    known, unknown = await ask("ada@shop.test"), await ask("nobody@shop.test")

    assert known == unknown
    # Two of them count the mails of the mailbox.
    assert len(known) == 5, known


@pytest.mark.parametrize(("is_default", "number"), [(False, 2), (True, 3)])
async def test_arranging_a_layout(admin, statements, is_default, number):
    body = {"configuration": {"widgets": {"a": {"order": 1}}}, "is_default": is_default}

    taken = await statements.of(admin.post("/admin/layouts/z/configuration", json=body))

    assert len(taken) == number, taken


@pytest.mark.parametrize(
    ("method", "path", "number"),
    [
        ("GET", "/admin/layouts/z/configuration", 1),
        ("GET", "/admin/layouts/configurations", 1),
        ("DELETE", "/admin/layouts/z/configuration", 1),
        ("GET", "/admin/plugins", 0),
        ("GET", "/admin/workflows-executions", 0),
    ],
)
async def test_the_rest_of_the_dashboard(admin, statements, method, path, number):
    taken = await statements.of(admin.request(method, path))

    assert len(taken) == number, taken
