"""Verifications: a code goes to the address and comes back; what attackers try."""

from collections.abc import Awaitable, Callable, Iterator
from contextlib import suppress

import httpx
import pytest
from fastapi import FastAPI

from merx.core.database import Database, Transaction
from merx.modules.notification.letters import Pages
from merx.providers.notification import Message
from merx.settings import Settings
from merx.workflows.people.mails import Postage, send_mail
from tests.answers import good
from tests.factories.people import Person, bearer, claims, log_in, make_person
from tests.factories.second_factors import KEY, answer_challenge, log_in_half, make_factor

ASK, CONFIRM = "/auth/verification/request", "/auth/verification/confirm"
NO_CODE = (
    400,
    {"type": "not_allowed", "message": "Verification code is invalid or already used"},
)


class Mailbox:
    """Takes messages instead of sending them; a broken one raises."""

    id = "mailbox"

    def __init__(self) -> None:
        self.messages: list[Message] = []
        self.is_broken = False

    async def send(self, message: Message) -> None:
        if self.is_broken:
            raise OSError("no line")
        self.messages.append(message)

    @property
    def code(self) -> str:
        return self.messages[-1].data["code"]


@pytest.fixture
def mailbox(app: FastAPI) -> Iterator[Mailbox]:
    own, app.state.notifications = app.state.notifications, Mailbox()
    yield app.state.notifications
    app.state.notifications = own


@pytest.fixture
def strict(app: FastAPI, settings: Settings) -> Iterator[None]:
    """The shop asks its users for a verified e-mail."""
    wanted = {"auth_verifications": "user:emailpass:email", "mfa_encryption_key": KEY}
    app.state.settings = settings.model_copy(update=wanted)
    yield
    app.state.settings = settings


@pytest.fixture
async def ada(tx: Transaction) -> Person:
    return await make_person(tx)


Ask = Callable[..., Awaitable[httpx.Response]]


@pytest.fixture
def ask(
    client: httpx.AsyncClient,
    tx: Transaction,
    database: Database,
    settings: Settings,
    mailbox: Mailbox,
) -> Ask:
    """Asks for a verification, and lets the mails leave."""
    pages = Pages("https://admin.test", "https://shop.test")
    postage = Postage(mailbox, pages, settings.jwt_secret)

    async def ask(headers: dict[str, str], entity_id: str = "ada@shop.test") -> httpx.Response:
        body = {"entity_id": entity_id, "entity_type": "email"}
        answer = await client.post(ASK, json=body, headers=headers)
        for row in await tx.fetch("SELECT id FROM mail WHERE sent_at IS NULL ORDER BY id"):
            with suppress(OSError):
                await send_mail(database, row["id"], postage)
        return answer

    return ask


async def confirm(client: httpx.AsyncClient, code: str) -> tuple[int, dict[str, object]]:
    answer = await client.post(CONFIRM, json={"code": code})
    return answer.status_code, answer.json()


async def test_a_code_goes_to_the_address_and_not_to_who_asks(
    client: httpx.AsyncClient, settings: Settings, ada: Person, mailbox: Mailbox, ask: Ask
) -> None:
    answer = await ask(ada.bearer(settings))

    assert answer.status_code == 201
    (message,) = mailbox.messages
    assert (message.to, message.channel) == ("ada@shop.test", "email")
    assert message.template == "auth.verification_requested"
    assert len(mailbox.code) == 43
    assert mailbox.code not in answer.text
    assert mailbox.code not in repr(message)


async def test_a_code_confirms_once(
    client: httpx.AsyncClient, settings: Settings, ada: Person, mailbox: Mailbox, ask: Ask
) -> None:
    await ask(ada.bearer(settings))

    status, body = await confirm(client, mailbox.code)

    assert status == 200
    assert str(body.pop("verified_at")).endswith("Z")
    assert body == {
        "entity_id": "ada@shop.test",
        "entity_type": "email",
        "code_provider": "token",
    }
    assert await confirm(client, mailbox.code) == NO_CODE


async def test_asking_again_ends_the_code_of_before(
    client: httpx.AsyncClient, settings: Settings, ada: Person, mailbox: Mailbox, ask: Ask
) -> None:
    await ask(ada.bearer(settings))
    first = mailbox.code
    await ask(ada.bearer(settings))

    assert await confirm(client, first) == NO_CODE
    assert (await confirm(client, mailbox.code))[0] == 200


async def test_what_is_verified_is_answered_and_not_sent_again(
    client: httpx.AsyncClient, settings: Settings, ada: Person, mailbox: Mailbox, ask: Ask
) -> None:
    await ask(ada.bearer(settings))
    await confirm(client, mailbox.code)

    answer = await ask(ada.bearer(settings))

    assert answer.status_code == 201
    assert answer.json()["verification"]["verified_at"] is not None
    assert len(mailbox.messages) == 1


async def test_each_is_answered_with_the_verification_of_their_own(
    client: httpx.AsyncClient,
    tx: Transaction,
    settings: Settings,
    ada: Person,
    mailbox: Mailbox,
    ask: Ask,
) -> None:
    first = dict[str, str]()
    people = [ada, await make_person(tx, "eve@shop.test")]
    for person in people:
        answer = await ask(person.bearer(settings), person.email)
        first[person.email] = answer.json()["verification"]["id"]
        await confirm(client, mailbox.code)

    again = [
        (await ask(person.bearer(settings), person.email)).json()["verification"]
        for person in people
    ]

    assert {row["entity_id"]: row["id"] for row in again} == first
    # One that was deleted proves nothing: the address is asked for anew.
    await tx.execute(
        "UPDATE auth_verification SET deleted_at = now() WHERE id = $1", again[0]["id"]
    )
    anew = (await ask(ada.bearer(settings), ada.email)).json()["verification"]
    assert (anew["id"] == again[0]["id"], anew["verified_at"]) == (False, None)
    assert len(mailbox.messages) == 3


async def test_a_code_ends(
    client: httpx.AsyncClient,
    tx: Transaction,
    settings: Settings,
    ada: Person,
    mailbox: Mailbox,
    ask: Ask,
) -> None:
    await ask(ada.bearer(settings))
    await tx.execute("UPDATE auth_verification SET code_at = now() - interval '15 minutes'")

    assert await confirm(client, mailbox.code) == NO_CODE


async def test_a_code_of_a_deleted_user_confirms_nothing(
    client: httpx.AsyncClient,
    tx: Transaction,
    settings: Settings,
    ada: Person,
    mailbox: Mailbox,
    ask: Ask,
) -> None:
    eve = await make_person(tx, "eve@shop.test")
    await ask(eve.bearer(settings), eve.email)
    await client.delete(f"/admin/users/{eve.user_id}", headers=ada.bearer(settings))

    assert await confirm(client, mailbox.code) == NO_CODE
    assert (await ask(eve.bearer(settings), eve.email)).status_code == 401


@pytest.mark.parametrize("code", ["x", "' OR true --", "\0", "x" * 50_000, "%"])
async def test_made_up_codes_confirm_nothing(client: httpx.AsyncClient, code: str) -> None:
    assert await confirm(client, code) == NO_CODE


async def test_the_database_holds_no_code(
    client: httpx.AsyncClient,
    tx: Transaction,
    settings: Settings,
    ada: Person,
    mailbox: Mailbox,
    ask: Ask,
) -> None:
    await ask(ada.bearer(settings))

    stored = await tx.fetchval("SELECT auth_verification::text FROM auth_verification")
    assert mailbox.code not in stored


async def test_nobodys_mailbox_is_flooded(
    client: httpx.AsyncClient,
    tx: Transaction,
    settings: Settings,
    ada: Person,
    mailbox: Mailbox,
    ask: Ask,
) -> None:
    for _ in range(settings.login_attempts):
        assert (await ask(ada.bearer(settings), "victim@shop.test")).status_code == 201

    eve = await make_person(tx, "eve@shop.test")
    for person in (ada, eve):
        refused = await ask(person.bearer(settings), "victim@shop.test")
        assert (refused.status_code, refused.json()["type"]) == (429, "too_many_requests")
    assert len(mailbox.messages) == settings.login_attempts


async def test_a_message_that_cannot_be_sent_is_no_answer(
    client: httpx.AsyncClient, settings: Settings, ada: Person, mailbox: Mailbox, ask: Ask
) -> None:
    mailbox.is_broken = True

    assert (await ask(ada.bearer(settings))).status_code == 201


async def test_a_telephone_is_reached_by_text_message(
    client: httpx.AsyncClient, settings: Settings, ada: Person, mailbox: Mailbox
) -> None:
    body = {"entity_id": "+4915112345", "entity_type": "phone_number"}
    await client.post(ASK, json=body, headers=ada.bearer(settings))

    assert mailbox.messages[-1].channel == "sms"


@pytest.mark.usefixtures("strict")
async def test_a_shop_can_ask_for_a_verified_email(
    client: httpx.AsyncClient, ada: Person, mailbox: Mailbox, ask: Ask
) -> None:
    body = good(await log_in(client))
    assert list(body) == ["verification_required", "token"]
    half = bearer(body["token"])
    assert claims(body["token"])["actor_id"] == ""
    assert (await client.get("/admin/users/me", headers=half)).status_code == 401

    await ask(half)
    again = good(await log_in(client))
    assert again["verification"]["verified_at"] is None
    await confirm(client, mailbox.code)

    whole = good(await client.post("/auth/token/refresh", headers=half))
    assert claims(whole["token"])["actor_id"] == ada.user_id


@pytest.mark.usefixtures("strict")
async def test_another_address_verified_is_of_no_use(
    client: httpx.AsyncClient, ada: Person, mailbox: Mailbox, ask: Ask
) -> None:
    half = bearer(good(await log_in(client))["token"])
    await ask(half, "mine@else.test")
    await confirm(client, mailbox.code)

    assert good(await log_in(client))["verification_required"] is True


@pytest.mark.usefixtures("strict")
async def test_somebody_elses_verification_is_of_no_use(
    client: httpx.AsyncClient,
    tx: Transaction,
    settings: Settings,
    ada: Person,
    mailbox: Mailbox,
    ask: Ask,
) -> None:
    eve = await make_person(tx, "eve@shop.test")
    await ask(eve.bearer(settings), ada.email)
    await confirm(client, mailbox.code)

    assert good(await log_in(client))["verification_required"] is True


@pytest.mark.usefixtures("strict")
async def test_a_verification_stands_in_for_no_second_factor(
    client: httpx.AsyncClient, settings: Settings, ada: Person, mailbox: Mailbox, ask: Ask
) -> None:
    factor = await make_factor(client, ada.bearer(settings))
    body = good(await log_in(client))
    assert body["verification_required"] is True
    half = bearer(body["token"])
    refused = await client.get("/auth/mfa/factors", headers=half)
    assert "MFA verification is required" in refused.json()["message"]

    await ask(half)
    await confirm(client, mailbox.code)

    challenge = await log_in_half(client)
    whole = good(await answer_challenge(client, challenge, factor.code()))
    assert claims(whole["token"])["actor_id"] == ada.user_id


@pytest.mark.parametrize("text", ["customer", "customer:emailpass", "a:b:c:d", "a:b:c,", "a: :c"])
def test_a_setting_that_says_nothing_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="auth_verifications"):
        Settings(auth_verifications=text)


def test_the_setting_names_who_must_verify_what() -> None:
    chosen = Settings(auth_verifications="customer:emailpass:email, user:sms:phone")

    assert chosen.required_verifications("customer", "emailpass") == ["email"]
    assert chosen.required_verifications("user", "emailpass") == []
