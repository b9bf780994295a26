"""`merx outbox mail`: what a developer reads instead of a mailbox."""

from merx.cli.database import run_in_transaction
from merx.modules.notification.mails import note_sent, request_mail

from .conftest import Merx


def test_mails_are_listed_and_read(merx: Merx, clone_url: str) -> None:
    assert merx("outbox", "mail", DATABASE_URL=clone_url).out == "No mails.\n"

    async def send(tx) -> str:
        mail_id = await request_mail(tx, "ann@shop.test", "greeting", {})
        await note_sent(tx, mail_id, "local", "Hello", "Hello Ann\n")
        await request_mail(tx, "bob@shop.test\x1b[31m\nx", "greeting", {})
        return mail_id

    mail_id = run_in_transaction(clone_url, send)

    bob, ann = merx("outbox", "mail", DATABASE_URL=clone_url).out.splitlines()
    assert ann.startswith(mail_id)
    assert ann.split()[3:] == ["sent", "greeting", "ann@shop.test"]
    assert bob.split()[3:] == ["waiting", "greeting", "bob@shop.test?[31m?x"]
    filtered = merx("outbox", "mail", "--to", "ann@shop.test", DATABASE_URL=clone_url).out
    assert filtered.splitlines() == [ann]
    whole = merx("outbox", "mail", mail_id, DATABASE_URL=clone_url).out
    assert whole == f"{ann}\n\nTo: ann@shop.test\nSubject: Hello\n\nHello Ann\n\n"
    missing = merx("outbox", "mail", "mail_none", DATABASE_URL=clone_url)
    assert (missing.code, missing.err.splitlines()[1:]) == (1, ["merx: There is no mail mail_none"])


def test_half_a_provider_is_refused_by_name(merx: Merx) -> None:
    ended = merx("start", GOOGLE_CLIENT_ID="x", SMTP_URL="smtp://mail.test")

    assert ended.code == 1
    assert ended.err == (
        "merx: Set MERX_GOOGLE_CLIENT_SECRET and MERX_AUTH_CALLBACK_URLS and MERX_MAIL_FROM too"
        " (merx settings explains)\n"
    )


def test_an_issuer_in_clear_is_refused(merx: Merx) -> None:
    ended = merx("settings", OIDC_ISSUER="http://login.test")

    assert ended.code == 1
    assert ended.err.startswith("merx: MERX_OIDC_ISSUER: ")
