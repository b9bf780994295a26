"""Payments and their amounts: requested, captured, refunded.

The row is locked before any decision, and an amount counts from the moment it is requested from the
provider, so two concurrent captures cannot exceed the authorized amount.
"""

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from merx.core.database import Transaction
from merx.core.errors import InvalidData, NotFound
from merx.core.ids import new_id
from merx.core.shapes import Json
from merx.modules.payment.amounts import rounded
from merx.modules.payment.requests import ProviderRequest

_LOCK = """SELECT p.*, c.decimal_digits FROM payment p JOIN currency c ON c.code = p.currency_code
WHERE p.id = $1 FOR NO KEY UPDATE OF p"""

_TOO_MUCH = (
    "You cannot capture more than the authorized amount substracted by what is already captured."
)
_NOT_CAPTURED = "You are not allowed to refund more than the captured amount"


@dataclass(frozen=True, slots=True)
class Account:
    """A locked payment."""

    id: str
    amount: Decimal
    currency_code: str
    digits: int
    provider_id: str
    data: dict[str, Any]
    payment_collection_id: str
    payment_session_id: str
    captured: Decimal
    capturing: Decimal
    refunded: Decimal
    refunding: Decimal
    is_canceled: bool
    is_gone: bool

    @property
    def to_capture(self) -> Decimal:
        """The amount that may still be captured."""
        return self.amount - self.captured - self.capturing

    @property
    def to_refund(self) -> Decimal:
        """The amount that may still be refunded."""
        return self.captured - self.refunded - self.refunding


async def lock_account(tx: Transaction, payment_id: str, unknown: str) -> Account:
    """The live payment, locked; NotFound with the message `unknown` if there is none."""
    account = await find_account(tx, payment_id)
    if account is None or account.is_gone:
        raise NotFound(unknown.format(id=payment_id))
    return account


async def find_account(tx: Transaction, payment_id: str) -> Account | None:
    """The payment, locked, even if it is deleted."""
    row = await tx.fetchrow(_LOCK, payment_id)
    if row is None:
        return None
    return Account(
        row["id"],
        row["amount"],
        row["currency_code"],
        row["decimal_digits"],
        row["provider_id"],
        row["data"] or {},
        row["payment_collection_id"],
        row["payment_session_id"],
        row["captured_amount"],
        row["capturing_amount"],
        row["refunded_amount"],
        row["refunding_amount"],
        row["is_canceling"] or row["canceled_at"] is not None,
        row["deleted_at"] is not None,
    )


async def hold_capture(tx: Transaction, account: Account, amount: Decimal | None) -> Decimal:
    """Reserve an amount for a capture, by default all that is left; returns it, 0 if nothing is
    left.
    """
    if account.is_canceled:
        raise InvalidData(f"The payment: {account.id} has been canceled.")
    if account.captured == account.amount:
        return Decimal(0)
    wanted = account.to_capture if amount is None else rounded(amount, account.digits)
    if not 0 < wanted <= account.to_capture:
        raise InvalidData(_TOO_MUCH)
    await tx.execute(
        "UPDATE payment SET capturing_amount = capturing_amount + $2 WHERE id = $1",
        account.id,
        wanted,
    )
    return wanted


async def hold_refund(tx: Transaction, account: Account, amount: Decimal | None) -> Decimal:
    """Reserve an amount for a refund, by default all that is left."""
    wanted = account.to_refund if amount is None else rounded(amount, account.digits)
    if not 0 < wanted <= account.to_refund:
        raise InvalidData(_NOT_CAPTURED)
    await tx.execute(
        "UPDATE payment SET refunding_amount = refunding_amount + $2 WHERE id = $1",
        account.id,
        wanted,
    )
    return wanted


async def check_reason(tx: Transaction, reason_id: str) -> None:
    """Lock a refund reason until the transaction ends; NotFound if there is none."""
    held = await tx.fetchval(
        "SELECT true FROM refund_reason WHERE id = $1 AND deleted_at IS NULL FOR KEY SHARE",
        reason_id,
    )
    if not held:
        raise NotFound(f"RefundReason id not found: {reason_id}")


async def hold_cancel(tx: Transaction, account: Account) -> None:
    """Prevent further captures; InvalidData if something was captured."""
    if account.captured + account.capturing > 0:
        raise InvalidData("A payment that is captured cannot be canceled")
    await tx.execute("UPDATE payment SET is_canceling = true WHERE id = $1", account.id)


_CAPTURED = """UPDATE payment SET capturing_amount = capturing_amount - $2,
  captured_amount = captured_amount + $2, data = coalesce($3, data), updated_at = now(),
  captured_at = CASE WHEN captured_amount + $2 = amount THEN now() ELSE captured_at END
WHERE id = $1"""
_TAKEN = """UPDATE payment SET captured_amount = captured_amount + $2, updated_at = now(),
  captured_at = CASE WHEN captured_amount + $2 = amount THEN now() ELSE captured_at END
WHERE id = $1"""
_REFUNDED = """UPDATE payment SET refunding_amount = refunding_amount - $2,
  refunded_amount = refunded_amount + $2, data = coalesce($3, data), updated_at = now()
WHERE id = $1"""
_GIVEN_BACK = """UPDATE payment SET refunded_amount = refunded_amount + $2, updated_at = now()
WHERE id = $1"""
_CANCELED = """UPDATE payment SET is_canceling = false, canceled_at = now(),
  data = coalesce($2, data), updated_at = now() WHERE id = $1"""


# A payment without an order is deleted when it is canceled or refunded in full.
_FORGET = """WITH gone AS (UPDATE payment p SET deleted_at = now() WHERE p.id = $1
  AND p.refunded_amount = p.captured_amount AND p.capturing_amount = 0
  AND NOT EXISTS (SELECT FROM order_payment_collection l
    WHERE l.payment_collection_id = p.payment_collection_id)
  RETURNING p.payment_session_id AS id)
UPDATE payment_session s SET deleted_at = now(), status = 'canceled' FROM gone
WHERE s.id = gone.id"""


async def book_capture(tx: Transaction, request: ProviderRequest, data: Json | None) -> str:
    """Book a requested capture; returns its id."""
    capture_id = new_id("capt")
    await tx.execute(_CAPTURED, request.payment_id, request.charge.amount, data)
    await tx.execute(
        "INSERT INTO capture (id, amount, payment_id, created_by) VALUES ($1, $2, $3, $4)",
        capture_id,
        request.charge.amount,
        request.payment_id,
        request.created_by,
    )
    return capture_id


async def book_refund(tx: Transaction, request: ProviderRequest, data: Json | None) -> str:
    """Book a requested refund; returns its id."""
    refund_id = new_id("ref")
    await tx.execute(_REFUNDED, request.payment_id, request.charge.amount, data)
    await tx.execute(
        "INSERT INTO refund (id, amount, payment_id, refund_reason_id, note, created_by)"
        " VALUES ($1, $2, $3, $4, $5, $6)",
        refund_id,
        request.charge.amount,
        request.payment_id,
        request.refund_reason_id,
        request.note,
        request.created_by,
    )
    await tx.execute(_FORGET, request.payment_id)
    return refund_id


async def book_cancel(tx: Transaction, request: ProviderRequest, data: Json | None) -> str:
    """Book a cancellation; returns the payment's id."""
    assert request.payment_id is not None
    await give_up(tx, request.payment_id, data)
    return request.payment_id


async def book_taken(tx: Transaction, payment_id: str, amount: Decimal) -> str:
    """Book a capture that the provider made without a request from here; returns its id."""
    capture_id = new_id("capt")
    await tx.execute(_TAKEN, payment_id, amount)
    await tx.execute(
        "INSERT INTO capture (id, amount, payment_id) VALUES ($1, $2, $3)",
        capture_id,
        amount,
        payment_id,
    )
    return capture_id


async def book_given_back(tx: Transaction, payment_id: str, amount: Decimal) -> str:
    """Book a refund that the provider made without a request from here; returns its id."""
    refund_id = new_id("ref")
    await tx.execute(_GIVEN_BACK, payment_id, amount)
    await tx.execute(
        "INSERT INTO refund (id, amount, payment_id) VALUES ($1, $2, $3)",
        refund_id,
        amount,
        payment_id,
    )
    await tx.execute(_FORGET, payment_id)
    return refund_id


async def give_up(tx: Transaction, payment_id: str, data: Json | None = None) -> None:
    """Cancel the payment; without an order it is deleted, and its cart can be paid again."""
    await tx.execute(_CANCELED, payment_id, data)
    await tx.execute(_FORGET, payment_id)


async def release(tx: Transaction, request: ProviderRequest) -> None:
    """The provider refused: release the reserved amount."""
    column = {
        "capture": "capturing_amount = capturing_amount - $2",
        "refund": "refunding_amount = refunding_amount - $2",
        "cancel": "is_canceling = is_canceling AND $2 < 0",
    }[request.kind.value]
    await tx.execute(
        f"UPDATE payment SET {column} WHERE id = $1", request.payment_id, request.charge.amount
    )
