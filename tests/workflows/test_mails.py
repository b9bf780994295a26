"""Mails are sent after the commit, at least once, and contain only the shop's own words."""

import re
from collections.abc import AsyncIterator
from urllib.parse import parse_qs, urlsplit

import asyncpg
import httpx
import pytest

from merx.core.database import Database, Transaction
from merx.core.operator_errors import OperatorError
from merx.modules.notification.letters import Pages
from merx.modules.notification.mails import list_mails, request_mail
from merx.providers.notification import LocalNotifications, Message, Undeliverable
from merx.providers.smtp import SmtpNotifications, smtp_server
from merx.settings import Settings
from merx.subscribers.mail import mail_by
from merx.workflows.people.mails import Postage, send_mail
from tests.factories.people import bearer, log_in, make_person
from tests.factories.smtp_server import Postbox, running_smtp_server
from tests.outbox.support import make_due, relaying, until

PAGES = Pages("https://admin.test/app/", "https://shop.test")
FROM = "The Shop <shop@shop.test>"


@pytest.fixture
async def postbox() -> AsyncIterator[Postbox]:
    async with running_smtp_server() as running:
        yield running


@pytest.fixture
def postage(postbox: Postbox, settings: Settings) -> Postage:
    return Postage(SmtpNotifications(postbox.url, FROM), PAGES, settings.jwt_secret)


async def ask(client: httpx.AsyncClient, email: str, actor_type: str = "user") -> None:
    answer = await client.post(
        f"/auth/{actor_type}/emailpass/reset-password", json={"identifier": email}
    )
    assert (answer.status_code, answer.text) == (201, "Created")


async def waiting(tx: Transaction) -> list[str]:
    """The mails that the relay delivers."""
    rows = await tx.fetch("SELECT ids FROM event WHERE name = 'mail.requested' ORDER BY id")
    return [mail_id for row in rows for mail_id in row["ids"]]


def token_of(text: str) -> str:
    link = re.search(r"https://\S+", text)
    assert link is not None
    return parse_qs(urlsplit(link[0]).query)["token"][0]


async def test_who_asks_gets_a_link_that_sets_a_password_once(
    client: httpx.AsyncClient,
    tx: Transaction,
    database: Database,
    postbox: Postbox,
    postage: Postage,
) -> None:
    ada = await make_person(tx)
    await ask(client, ada.email)
    assert postbox.mails == []

    for mail_id in await waiting(tx):
        await send_mail(database, mail_id, postage)

    (mail,) = postbox.mails
    assert (mail["From"], mail["To"]) == ("The Shop <shop@shop.test>", ada.email)
    assert mail["Subject"] == "Set a new password"
    assert mail["Auto-Submitted"] == "auto-generated"
    text = mail.get_content()
    assert "https://admin.test/app/reset-password?token=" in text
    assert "within 15 minutes" in text
    headers = bearer(token_of(text))
    change = {"password": "another password"}
    first = await client.post("/auth/user/emailpass/update", json=change, headers=headers)
    second = await client.post("/auth/user/emailpass/update", json=change, headers=headers)
    assert (first.status_code, second.status_code) == (200, 401)
    assert (await log_in(client, password="another password")).status_code == 200


async def test_a_customer_is_led_to_the_storefront(
    client: httpx.AsyncClient,
    tx: Transaction,
    database: Database,
    postbox: Postbox,
    postage: Postage,
) -> None:
    ada = await make_person(tx)
    await ask(client, ada.email, "customer")

    (mail_id,) = await waiting(tx)
    await send_mail(database, mail_id, postage)

    assert "https://shop.test/reset-password?token=" in postbox.mails[0].get_content()


async def test_for_nobody_there_is_no_mail(client: httpx.AsyncClient, tx: Transaction) -> None:
    await ask(client, "nobody@shop.test")

    assert await waiting(tx) == []
    assert await list_mails(tx) == []


async def test_the_database_holds_no_token_and_no_words(
    client: httpx.AsyncClient,
    tx: Transaction,
    database: Database,
    postbox: Postbox,
    postage: Postage,
) -> None:
    ada = await make_person(tx)
    await ask(client, ada.email)
    (mail_id,) = await waiting(tx)
    await send_mail(database, mail_id, postage)

    (row,) = await tx.fetch("SELECT * FROM mail")

    assert token_of(postbox.mails[0].get_content()) not in str(dict(row))
    assert (row["provider"], row["text"], row["error"]) == ("smtp", None, None)
    assert row["sent_at"] is not None


async def test_what_has_left_does_not_leave_again(
    client: httpx.AsyncClient,
    tx: Transaction,
    database: Database,
    postbox: Postbox,
    postage: Postage,
) -> None:
    ada = await make_person(tx)
    await ask(client, ada.email)
    (mail_id,) = await waiting(tx)

    for _ in range(3):
        await send_mail(database, mail_id, postage)

    assert len(postbox.mails) == 1


async def test_a_mail_that_is_put_off_leaves_later_with_a_token_that_works(
    client: httpx.AsyncClient,
    tx: Transaction,
    database: Database,
    postbox: Postbox,
    postage: Postage,
) -> None:
    ada = await make_person(tx)
    await ask(client, ada.email)
    (mail_id,) = await waiting(tx)
    postbox.refusals = ["451 Come back later"]

    with pytest.raises(Exception, match="451"):
        await send_mail(database, mail_id, postage)
    (put_off,) = await list_mails(tx)
    await send_mail(database, mail_id, postage)

    assert put_off.state == "waiting"
    assert "451" in (put_off.error or "")
    token = token_of(postbox.mails[0].get_content())
    answer = await client.post(
        "/auth/user/emailpass/update", json={"password": "p" * 12}, headers=bearer(token)
    )
    assert answer.status_code == 200


async def test_an_address_that_the_server_never_takes_is_given_up(
    tx: Transaction, database: Database, postbox: Postbox, postage: Postage
) -> None:
    mail_id = await request_mail(tx, "gone@shop.test", "greeting", {})
    postbox.refusals = ["550 No such mailbox"]

    await send_mail(database, mail_id, postage)
    await send_mail(database, mail_id, postage)

    (mail,) = await list_mails(tx)
    assert (mail.state, mail.error) == ("given up", "The server refuses the address (550)")
    assert postbox.mails == []


async def test_a_token_that_an_admin_has_handed_out_since_stays(
    client: httpx.AsyncClient,
    admin: httpx.AsyncClient,
    tx: Transaction,
    database: Database,
    postbox: Postbox,
    postage: Postage,
) -> None:
    ada = await make_person(tx)
    await ask(client, ada.email)
    await tx.execute("UPDATE mail SET created_at = now() - interval '1 second'")
    handed = (await admin.post(f"/admin/users/{ada.user_id}/reset-password")).json()["token"]

    (mail_id,) = await waiting(tx)
    await send_mail(database, mail_id, postage)

    assert postbox.mails == []
    answer = await client.post(
        "/auth/user/emailpass/update", json={"password": "p" * 12}, headers=bearer(handed)
    )
    assert answer.status_code == 200


@pytest.mark.parametrize(
    "to",
    [
        "ann@shop.test\r\nBcc: everybody@evil.test",
        "ann@shop.test\nBcc: everybody@evil.test",
        "ann@shop.test, everybody@evil.test",
        "Ann <ann@shop.test>",
        "ann@shop.test (comment)",
        "ann@shop.test\0",
        "ann",
        "",
        "@",
        "a b@shop.test",
    ],
)
async def test_what_is_not_one_plain_address_gets_no_mail(postbox: Postbox, to: str) -> None:
    sender = SmtpNotifications(postbox.url, FROM)

    with pytest.raises(Undeliverable):
        await sender.send(Message(to, "email", "greeting", {}, "Hello", "Hello", "mail_1"))

    assert postbox.mails == []


async def test_a_line_break_in_a_subject_writes_no_header(postbox: Postbox) -> None:
    sender = SmtpNotifications(postbox.url, FROM)

    message = Message("a@b.test", "email", "x", {}, "Hi\r\nBcc: c@d.test", "Hello", "mail_1")

    with pytest.raises(Undeliverable, match="Not fit for a header"):
        await sender.send(message)

    assert postbox.mails == []


async def test_what_somebody_typed_stays_inside_the_text(
    tx: Transaction, database: Database, postbox: Postbox, postage: Postage
) -> None:
    data = {"name": "Ann\r\n.\r\nMAIL FROM:<evil@evil.test>\r\n\r\nBcc: c@d.test"}
    mail_id = await request_mail(tx, "ann@shop.test", "greeting", data)

    await send_mail(database, mail_id, postage)

    (mail,) = postbox.mails
    assert set(mail.keys()) == {
        "From", "To", "Subject", "Date", "Message-ID", "Auto-Submitted", "MIME-Version",
        "Content-Type", "Content-Transfer-Encoding",
    }  # fmt: skip
    assert postbox.envelopes[0].rcpt_tos == ["ann@shop.test"]
    assert "MAIL FROM:<evil@evil.test>" in mail.get_content()


async def test_nothing_is_said_in_clear_unless_the_operator_says_so(postbox: Postbox) -> None:
    sender = SmtpNotifications(postbox.url.removesuffix("?tls=off"), FROM)

    with pytest.raises(Exception, match="STARTTLS"):
        await sender.send(Message("ann@shop.test", "email", "x", {}, "Hi", "Hello", "mail_1"))

    assert postbox.mails == []


async def test_the_local_provider_keeps_the_words_for_developers(
    client: httpx.AsyncClient, tx: Transaction, database: Database, settings: Settings
) -> None:
    ada = await make_person(tx)
    await ask(client, ada.email)
    (mail_id,) = await waiting(tx)

    await send_mail(database, mail_id, Postage(LocalNotifications(), PAGES, settings.jwt_secret))

    (mail,) = await list_mails(tx, to=ada.email)
    assert (mail.state, mail.provider, mail.subject) == ("sent", "local", "Set a new password")
    assert mail.text is not None
    token = token_of(mail.text)
    answer = await client.post(
        "/auth/user/emailpass/update", json={"password": "p" * 12}, headers=bearer(token)
    )
    assert answer.status_code == 200


async def test_who_is_invited_is_told_and_told_nothing_once_the_invite_is_gone(
    admin: httpx.AsyncClient,
    tx: Transaction,
    database: Database,
    postbox: Postbox,
    postage: Postage,
) -> None:
    ids = []
    for name in ("ann", "bob"):
        answer = await admin.post("/admin/invites", json={"email": f"{name}@shop.test"})
        ids.append(answer.json()["invite"]["id"])
    await admin.delete(f"/admin/invites/{ids[1]}")

    for mail_id in await waiting(tx):
        await send_mail(database, mail_id, postage)

    (mail,) = postbox.mails
    invite = (await admin.get(f"/admin/invites/{ids[0]}")).json()["invite"]
    assert mail["To"] == "ann@shop.test"
    assert token_of(mail.get_content()) == invite["token"]
    assert "https://admin.test/app/invite?token=" in mail.get_content()


async def test_old_mails_are_taken_away(tx: Transaction) -> None:
    await request_mail(tx, "a@shop.test", "greeting", {})
    await tx.execute("UPDATE mail SET created_at = now() - interval '31 days'")

    await request_mail(tx, "b@shop.test", "greeting", {})

    assert [mail.to for mail in await list_mails(tx)] == ["b@shop.test"]


@pytest.mark.commits
async def test_the_relay_sends_after_the_commit_and_tries_again(
    database: Database, postbox: Postbox, settings: Settings
) -> None:
    subscriber = mail_by(SmtpNotifications(postbox.url, FROM), settings)
    postbox.refusals = ["451 Come back later"]

    async with relaying(database, subscriber):
        async with database.write() as tx:
            await request_mail(tx, "ann@shop.test", "greeting", {"name": "Ann"})
        with pytest.raises(asyncpg.UndefinedTableError):
            await _ask_in_vain(database)
        await until(lambda: not postbox.refusals)
        await until(lambda: _failed_once(database))
        await make_due(database)
        await until(lambda: postbox.mails)

    assert [mail["To"] for mail in postbox.mails] == ["ann@shop.test"]


async def _ask_in_vain(database: Database) -> None:
    async with database.write() as tx:
        await request_mail(tx, "undone@shop.test", "greeting", {})
        await tx.execute("SELECT FROM nothing")


async def _failed_once(database: Database) -> bool:
    async with database.read() as connection:
        query = "SELECT count(*) FROM event_delivery WHERE last_error IS NOT NULL"
        return bool(await connection.fetchval(query))


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("smtp://mail.test", ("mail.test", 587, False, True, None, None)),
        ("smtps://mail.test", ("mail.test", 465, True, False, None, None)),
        ("smtp://a%40b:p%2Fw@mail.test:25", ("mail.test", 25, False, True, "a@b", "p/w")),
        ("smtp://mail:1025?tls=off", ("mail", 1025, False, False, None, None)),
    ],
)
def test_a_server_is_named_by_its_url(url: str, expected: tuple[object, ...]) -> None:
    found = smtp_server(url)

    assert (
        found.host, found.port, found.use_tls, found.start_tls, found.username, found.password
    ) == expected  # fmt: skip


@pytest.mark.parametrize(
    "url", ["", "mail.test", "http://mail.test", "smtp://", "smtp://m:x", "smtp://m?tls=maybe"]
)
def test_another_url_is_a_failure(url: str) -> None:
    with pytest.raises(OperatorError, match="MERX_SMTP_URL"):
        smtp_server(url)


@pytest.mark.parametrize("sender", ["", "shop", "Shop <shop>", "a@b.test, c@d.test", "a@b.test\n"])
def test_a_sender_that_is_no_address_is_a_failure(sender: str) -> None:
    with pytest.raises(OperatorError, match="MERX_MAIL_FROM"):
        SmtpNotifications("smtp://mail.test", sender)
