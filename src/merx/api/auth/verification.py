"""`/auth/verification`: prove the ownership of an address by a code that is sent there."""

from datetime import timedelta

import orjson
import structlog
from fastapi import Request, Response
from starlette.background import BackgroundTask
from typing_extensions import TypedDict

from merx.access.admin import settings
from merx.api.auth.caller import HalfLoggedIn, SmallRoute
from merx.api.auth.shapes import Verification, verification_json
from merx.api.auth.tokens import NOT_STORED
from merx.core.clock import write_time
from merx.core.database import Transaction
from merx.modules.auth.attempts import count_mail, take_attempt, verification_budgets
from merx.modules.auth.schemas import ConfirmVerification, RequestVerification
from merx.modules.auth.verifications import (
    LIFETIME,
    Requested,
    check_code_provider,
    confirm_verification,
)
from merx.modules.notification.letters import VERIFICATION
from merx.providers.notification import Message, NotificationProvider
from merx.web.answers import answers, answers_type
from merx.web.router import Router
from merx.web.transactions import BriefWrite
from merx.workflows.people.verifications import ask_for_verification

_log = structlog.get_logger()

router = Router(prefix="/auth/verification", tags=["auth"], route_class=SmallRoute)

# The channel of each kind of address; other kinds are their own channel. E-mails are sent as mails,
# from the outbox.
_CHANNELS = {"phone": "sms", "phone_number": "sms"}


class Confirmed(TypedDict):
    """An address that belongs to whoever confirmed it."""

    entity_id: str
    entity_type: str
    code_provider: str
    verified_at: str


@router.post("/request", status_code=201, openapi_extra=answers(verification=Verification))
async def ask(
    request: Request, body: RequestVerification, caller: HalfLoggedIn, tx: BriefWrite
) -> Response:
    """Send a code to an address that the caller claims; the answer does not contain it."""
    check_code_provider(body.code_provider)
    await _count(request, body.entity_id, tx)
    asked = await ask_for_verification(tx, caller.identity.id, caller.actor_type, body)
    sending = BackgroundTask(_send, request, asked) if asked.code else None
    shown = {"verification": verification_json(asked.row, is_new=asked.is_new)}
    return Response(orjson.dumps(shown), 201, NOT_STORED, "application/json", background=sending)


@router.post("/confirm", openapi_extra=answers_type(Confirmed))
async def confirm(body: ConfirmVerification, tx: BriefWrite) -> Response:
    """Confirm an address by its code; anybody with the code may, logged in or not."""
    check_code_provider(body.code_provider)
    row = await confirm_verification(tx, body.code)
    shown = {**row, "verified_at": write_time(row["verified_at"])}
    return Response(orjson.dumps(shown), 200, NOT_STORED, "application/json")


async def _count(request: Request, entity_id: str, tx: Transaction) -> None:
    """Limit requests, so that nobody can flood a mailbox, or many mailboxes from one address."""
    chosen = settings(request)
    address = request.client.host if request.client else ""
    budgets = verification_budgets(
        entity_id, address, chosen.login_attempts, chosen.login_attempts_per_address
    )
    if budgets:
        window = timedelta(seconds=chosen.login_window)
        await take_attempt(tx, budgets, window=window, of="requests for a verification")
    await count_mail(tx, entity_id, chosen.mails_per_day)


async def _send(request: Request, asked: Requested) -> None:
    sender: NotificationProvider = request.app.state.notifications
    kind: str = asked.row["entity_type"]
    data = {
        "code": asked.code,
        "entity_type": kind,
        "code_provider": asked.row["code_provider"],
        "expires_in": LIFETIME,
        "metadata": asked.row["metadata"],
    }
    try:
        channel = _CHANNELS.get(kind, kind)
        await sender.send(Message(asked.row["entity_id"], channel, VERIFICATION, data))
    except Exception as error:
        _log.error("a message was not sent", template=VERIFICATION, exc_info=error)
