"""Changes of webhooks: create, update, rotate the secret, delete."""

import secrets
from base64 import b64encode

from merx.batch import Row, insert_rows, patch_row, soft_delete_rows
from merx.core.database import Transaction
from merx.core.ids import new_id
from merx.modules.webhook.models import Webhook
from merx.modules.webhook.schemas import UpdateWebhook
from merx.outbox import emit

SECRET_BYTES = 32
# Both secrets sign for this long after a rotation, so receivers can be updated one by one.
OVERLAP_HOURS = 24

_ROTATE = f"""
UPDATE webhook SET previous_secret = secret, secret = $2, updated_at = now(),
  previous_until = now() + interval '{OVERLAP_HOURS} hours'
WHERE id = $1 AND deleted_at IS NULL"""


async def create_webhook(tx: Transaction, values: Row) -> tuple[str, str]:
    """The id of the new webhook, and its secret, which cannot be shown again."""
    webhook_id, secret = new_id("whk"), _new_secret()
    await insert_rows(tx, Webhook.__table__, [{"id": webhook_id, "secret": secret, **values}])
    await emit(tx, "webhook.created", [webhook_id])
    return webhook_id, secret


async def update_webhook(tx: Transaction, webhook_id: str, patch: UpdateWebhook) -> bool:
    """Change the given columns; False if it does not exist. Enabling one resets its failures."""
    values = patch.model_dump(exclude_unset=True)
    anew = (
        {"disabled_reason": None, "failures": 0, "due_at": await tx.fetchval("SELECT now()")}
        if ("enabled" in values and patch.enabled) or "url" in values
        else {}
    )
    if not await patch_row(tx, Webhook.__table__, webhook_id, {**values, **anew}):
        return False
    await emit(tx, "webhook.updated", [webhook_id])
    return True


async def rotate_secret(tx: Transaction, webhook_id: str) -> str | None:
    """The new secret; None if the webhook does not exist. The old one keeps signing for a day."""
    secret = _new_secret()
    if await tx.execute(_ROTATE, webhook_id, secret) != "UPDATE 1":
        return None
    await emit(tx, "webhook.updated", [webhook_id])
    return secret


async def delete_webhook(tx: Transaction, webhook_id: str) -> None:
    """Delete a webhook; deleting an id that does not exist succeeds."""
    deleted = await soft_delete_rows(tx, Webhook.__table__, [webhook_id])
    await emit(tx, "webhook.deleted", deleted)


def _new_secret() -> str:
    """A secret in the format of Standard Webhooks."""
    return f"whsec_{b64encode(secrets.token_bytes(SECRET_BYTES)).decode()}"
