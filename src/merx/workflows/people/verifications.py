"""Verifications: requested, and mailed to the address."""

from dataclasses import replace

from merx.core.database import Transaction
from merx.modules.auth.schemas import RequestVerification
from merx.modules.auth.verifications import Requested, request_verification
from merx.modules.notification.letters import VERIFICATION
from merx.modules.notification.mails import request_mail

EMAIL = "email"


async def ask_for_verification(
    tx: Transaction, identity_id: str, actor_type: str, wanted: RequestVerification
) -> Requested:
    """Request a verification for the identity; any `code` is for the caller to deliver.

    For an e-mail there is none: the mail creates its own when it is sent, so that no row holds one.
    """
    asked = await request_verification(
        tx, identity_id, wanted.entity_id, wanted.entity_type, wanted.metadata
    )
    if asked.code is None or wanted.entity_type != EMAIL:
        return asked
    data = {
        "verification_id": asked.row["id"],
        "entity_type": EMAIL,
        "code_provider": wanted.code_provider,
        "actor_type": actor_type,
        "metadata": asked.row["metadata"],
    }
    await request_mail(tx, wanted.entity_id, VERIFICATION, data)
    return replace(asked, code=None)
