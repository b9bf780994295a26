"""The sales channels of publishable keys."""

from collections.abc import Sequence

from merx.batch import lock_rows
from merx.batch.members import change_members
from merx.core.database import Transaction
from merx.core.errors import InvalidData, NotFound
from merx.links.people import KEY_CHANNELS
from merx.modules.api_key.models import ApiKey
from merx.outbox import emit


async def change_channels_of_key(
    tx: Transaction,
    key_id: str,
    *,
    add: Sequence[str],
    remove: Sequence[str],
    unknown: NotFound,
) -> None:
    """Remove sales channels from a publishable key, then add sales channels."""
    rows = await lock_rows(tx, ApiKey.__table__, [key_id], "type", shared=True)
    if not rows:
        raise unknown
    if rows[0]["type"] != "publishable":
        raise InvalidData("Sales channels can only be associated with publishable API keys")
    wanted = list(dict.fromkeys(add))
    present = await lock_rows(tx, KEY_CHANNELS.members, wanted, shared=True)
    missing = sorted(set(wanted) - {row["id"] for row in present}, key=wanted.index)
    if missing:
        raise InvalidData(f"Sales channels with IDs {', '.join(missing)} do not exist")
    await change_members(tx, KEY_CHANNELS, key_id, add=wanted, remove=remove, unknown=unknown)
    await emit(tx, "api-key.updated", [key_id])
