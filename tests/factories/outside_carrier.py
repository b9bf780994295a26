"""An external carrier: it can be slow, refuse, or kill the process that calls it.

It stores its requests in a folder, as a carrier does on its own machines, so they survive when the
calling process is killed.
"""

import os
import signal
from pathlib import Path

from merx.core.database import Transaction
from merx.providers.fulfillment import Accepted, Data, Handover, ManualProvider

CARRIER = "outside_carrier"


class OutsideCarrier(ManualProvider):
    """`mood` names the call that kills the process, and whether it does so before or after it."""

    id = CARRIER
    is_local = False

    def __init__(self, folder: Path, mood: str = "") -> None:
        self.folder = folder
        self.mood = mood

    async def create_fulfillment(self, handover: Handover) -> Accepted:
        """Accept the goods once for each key."""
        self._do("taken", handover.key)
        return Accepted({"number": handover.key})

    async def cancel_fulfillment(self, key: str, data: Data) -> None:
        """Cancel the shipment."""
        self._do("let go", key)

    def _do(self, what: str, key: str) -> None:
        if self.mood == f"dies before {what}":
            os.kill(os.getpid(), signal.SIGKILL)
        (self.folder / f"{what} {key}").touch()
        if self.mood == f"dies after {what}":
            os.kill(os.getpid(), signal.SIGKILL)

    def keys(self, what: str) -> list[str]:
        """The idempotency keys of its `what` operations."""
        return sorted(path.name.removeprefix(f"{what} ") for path in self.folder.glob(f"{what} *"))


async def carry_by(tx: Transaction, provider_id: str = CARRIER) -> None:
    """Make the carrier the provider of all shipping options."""
    await tx.execute("INSERT INTO fulfillment_provider (id) VALUES ($1)", provider_id)
    await tx.execute("UPDATE shipping_option SET provider_id = $1", provider_id)
