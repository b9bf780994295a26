"""A carrier that is outside the shop: it can be slow, say no, or die with the process that asks.

It keeps what it was asked in a folder, as a carrier keeps it on its own machines: what a process
that is killed has asked stays asked.
"""

import os
import signal
from pathlib import Path

from merx.core.database import Transaction
from merx.providers.fulfillment import Accepted, Data, Handover, ManualProvider

CARRIER = "outside_carrier"


class OutsideCarrier(ManualProvider):
    """`mood` tells at which call the process is killed, and whether before or after it is done."""

    id = CARRIER
    is_local = False

    def __init__(self, folder: Path, mood: str = "") -> None:
        self.folder = folder
        self.mood = mood

    async def create_fulfillment(self, handover: Handover) -> Accepted:
        """Take it once for each key."""
        self._do("taken", handover.key)
        return Accepted({"number": handover.key})

    async def cancel_fulfillment(self, key: str, data: Data) -> None:
        """Let go of it."""
        self._do("let go", key)

    def _do(self, what: str, key: str) -> None:
        if self.mood == f"dies before {what}":
            os.kill(os.getpid(), signal.SIGKILL)
        (self.folder / f"{what} {key}").touch()
        if self.mood == f"dies after {what}":
            os.kill(os.getpid(), signal.SIGKILL)

    def keys(self, what: str) -> list[str]:
        """The keys under which it did something."""
        return sorted(path.name.removeprefix(f"{what} ") for path in self.folder.glob(f"{what} *"))


async def carry_by(tx: Transaction, provider_id: str = CARRIER) -> None:
    """Have all shipping options delivered by the carrier."""
    await tx.execute("INSERT INTO fulfillment_provider (id) VALUES ($1)", provider_id)
    await tx.execute("UPDATE shipping_option SET provider_id = $1", provider_id)
