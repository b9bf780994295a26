"""Customers' accounts at payment providers, and their saved payment methods."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from merx.core.database import Transaction
from merx.core.errors import NotAllowed, NotFound, TooSlow
from merx.core.ids import new_id
from merx.core.shapes import Json
from merx.modules.payment.till import Till
from merx.providers.payment import Holder, PaymentFailed, PaymentProvider, Person, SavedMethod

# The data about its buyer that a session sends to a provider, as on the reference.
_BUYER = """SELECT c.email, c.first_name, c.last_name, c.phone, jsonb_build_object(
  'id', c.id, 'email', c.email, 'phone', c.phone, 'metadata', c.metadata,
  'first_name', c.first_name, 'last_name', c.last_name, 'company_name', c.company_name,
  'addresses', (SELECT coalesce(jsonb_agg(to_jsonb(a) ORDER BY a.id), '[]')
    FROM customer_address a WHERE a.customer_id = c.id AND a.deleted_at IS NULL),
  'account_holders', (SELECT coalesce(jsonb_agg(to_jsonb(h) ORDER BY h.id), '[]')
    FROM customer_account_holder l
    JOIN account_holder h ON h.id = l.account_holder_id AND h.deleted_at IS NULL
    WHERE l.customer_id = c.id)) AS shown
FROM customer c WHERE c.id = $1 AND c.deleted_at IS NULL"""
_FIND = """SELECT to_jsonb(h) FROM customer_account_holder l
JOIN account_holder h ON h.id = l.account_holder_id AND h.deleted_at IS NULL
WHERE l.customer_id = $1 AND h.provider_id = $2"""
_KEEP = """WITH kept AS (INSERT INTO account_holder (id, provider_id, external_id, email, data)
  VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING RETURNING id)
INSERT INTO customer_account_holder (customer_id, account_holder_id, id)
SELECT $6, kept.id, $7 FROM kept"""


@dataclass(frozen=True, slots=True)
class Buyer:
    """A payer: the account at the provider, and what the session stores about it."""

    holder: Holder
    context: dict[str, Any]


async def find_buyer(till: Till, provider: PaymentProvider, customer_id: str) -> Buyer | None:
    """The customer with an account at the provider, which is created if there is none.

    No transaction is open while the provider is asked; for two concurrent calls, the idempotency
    key makes the provider return the same account.
    """
    async with till.database.read() as tx:
        row = await tx.fetchrow(_BUYER, customer_id)
        kept = await tx.fetchval(_FIND, customer_id, provider.id)
    if row is None or not provider.has_accounts:
        return None
    if kept is None:
        name = " ".join(part for part in (row["first_name"], row["last_name"]) if part)
        person = Person(customer_id, row["email"], name or None, row["phone"])
        kept = await _open(till, provider, person)
    context = {"customer": row["shown"], "account_holder": kept}
    return Buyer(Holder(kept["external_id"], kept["data"]), context)


async def saved_methods(till: Till, account_holder_id: str) -> Sequence[SavedMethod]:
    """The payment methods saved in an account; NotFound if the account does not exist."""
    async with till.database.read() as tx:
        provider_id, holder = await _holder(tx, account_holder_id)
    try:
        return await till.provider(provider_id).saved_methods(holder)
    except PaymentFailed as error:
        raise NotAllowed(str(error)) from error


async def save_method(till: Till, account_holder_id: str, data: Json) -> SavedMethod:
    """Save another payment method in an account."""
    async with till.database.read() as tx:
        provider_id, holder = await _holder(tx, account_holder_id)
    try:
        return await till.provider(provider_id).save_method(holder, data, new_id("paymeth"))
    except PaymentFailed as error:
        raise NotAllowed(str(error)) from error


async def _open(till: Till, provider: PaymentProvider, person: Person) -> Json:
    try:
        holder = await provider.open_account(person, f"acchld_{provider.id}_{person.id}")
    except PaymentFailed as error:
        raise NotAllowed(str(error)) from error
    except Exception as error:
        raise TooSlow("The payment provider has not answered; try again") from error
    async with till.write() as tx:
        await tx.execute(
            _KEEP,
            new_id("acchld"),
            provider.id,
            holder.external_id,
            person.email,
            dict(holder.data),
            person.id,
            new_id("cusacc"),
        )
        kept: dict[str, Any] | None = await tx.fetchval(_FIND, person.id, provider.id)
    if kept is None:
        raise NotAllowed(f"The account at {provider.id} belongs to another customer")
    return kept


async def _holder(tx: Transaction, account_holder_id: str) -> tuple[str, Holder]:
    row = await tx.fetchrow(
        "SELECT provider_id, external_id, data FROM account_holder"
        " WHERE id = $1 AND deleted_at IS NULL",
        account_holder_id,
    )
    if row is None:
        raise NotFound(f"AccountHolder id not found: {account_holder_id}")
    return row["provider_id"], Holder(row["external_id"], row["data"])
