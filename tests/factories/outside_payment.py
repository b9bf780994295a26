"""An external payment provider: it can be slow, refuse, or not respond at all.

It stores its requests in a folder, as a provider does on its own machines, so they survive when the
calling process is killed.
"""

import asyncio
import os
import signal
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from merx.core.database import Transaction
from merx.providers.payment import (
    Action,
    Charge,
    Notice,
    Outcome,
    PaymentFailed,
    SessionStatus,
    SystemPaymentProvider,
)

OUTSIDE = "pp_outside_test"


@dataclass
class OutsidePayment(SystemPaymentProvider):
    """`mood` is its behaviour at `authorize`; it responds once the `gate` is open."""

    folder: Path
    mood: str = "yes"
    gate: asyncio.Event = field(default_factory=asyncio.Event)
    asked: asyncio.Event = field(default_factory=asyncio.Event)

    id = OUTSIDE
    is_local = False

    def __post_init__(self) -> None:
        self.gate.set()

    async def authorize(self, charge: Charge) -> Outcome:
        """Authorize once for each key, even if called repeatedly."""
        if self.mood == "dies before":
            os.kill(os.getpid(), signal.SIGKILL)
        self.asked.set()
        await self.gate.wait()
        if self.mood == "no":
            raise PaymentFailed("Your card was declined.")
        if self.mood == "more":
            return Outcome(SessionStatus.REQUIRES_MORE, {"url": "https://bank.test"})
        self._note("authorized", charge)
        if self.mood == "dies after":
            os.kill(os.getpid(), signal.SIGKILL)
        if self.mood == "silent":
            raise TimeoutError("no answer")
        return Outcome(SessionStatus.AUTHORIZED, {"reference": charge.key})

    async def cancel(self, charge: Charge) -> Outcome:
        """Release the authorized amount."""
        self._note("canceled", charge)
        return Outcome(SessionStatus.CANCELED, charge.data)

    async def read_notice(self, body: bytes, headers: Mapping[str, str]) -> Notice:
        """The body names a session that is authorized."""
        return Notice(Action.AUTHORIZED, body.decode())

    def _note(self, what: str, charge: Charge) -> None:
        (self.folder / f"{what}-{charge.key}").touch()

    def keys(self, what: str) -> list[str]:
        """The idempotency keys of its operations."""
        return sorted(path.name for path in self.folder.glob(f"{what}-*"))


async def offer_outside_payment(tx: Transaction, region_id: str) -> None:
    """Enable it in the region."""
    await tx.execute("INSERT INTO payment_provider (id) VALUES ($1)", OUTSIDE)
    await tx.execute(
        "INSERT INTO region_payment_provider (region_id, payment_provider_id, id)"
        " VALUES ($1, $2, 'regpp_2')",
        region_id,
        OUTSIDE,
    )
