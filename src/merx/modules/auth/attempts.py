"""Rate limits for log-ins: a budget of failures per e-mail and per address, kept in the database.

An attempt is taken before the password is checked and returned if it was right, so parallel guesses
get no more attempts than sequential ones, on any number of workers. While the budget of an e-mail
is exhausted its owner cannot log in either (open sessions and tokens stay valid). It is therefore
ten times that of an e-mail from a single address, and its window is short.
"""

import hashlib
import ipaddress
import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from merx.core.database import Transaction
from merx.core.errors import TooManyRequests


@dataclass(frozen=True, slots=True)
class Budget:
    """A key whose failures are counted, and how many its window allows."""

    key: str
    limit: int


# One guarded upsert: a row with an exhausted budget is not updated and so not returned.
_TAKE = """
INSERT INTO login_attempt AS a (key, remaining, window_ends_at)
SELECT key, "limit" - 1, now() + $3::interval FROM unnest($1::text[], $2::int[]) AS t(key, "limit")
ORDER BY key
ON CONFLICT (key) DO UPDATE SET
    remaining = CASE WHEN a.window_ends_at > now() THEN a.remaining - 1 ELSE EXCLUDED.remaining END,
    window_ends_at = CASE WHEN a.window_ends_at > now() THEN a.window_ends_at
                          ELSE EXCLUDED.window_ends_at END
WHERE a.remaining > 0 OR a.window_ends_at <= now()
RETURNING key"""

# Locks in the same order as `_TAKE`.
_GIVE_BACK = """
WITH locked AS (
    SELECT a.key, t."limit" FROM login_attempt a
    JOIN unnest($1::text[], $2::int[]) AS t(key, "limit") USING (key) ORDER BY a.key FOR UPDATE OF a
)
UPDATE login_attempt a SET remaining = least(a.remaining + 1, locked."limit")
FROM locked WHERE a.key = locked.key"""


def email_key(email: str) -> str:
    """Of an e-mail, hashed because anything may have been typed there."""
    return f"email:{_hash(email.lower())}"


def address_key(address: str) -> str:
    """Of a network address; for IPv6 of its /64, the usual size for one subscriber."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return f"address:{_hash(address)}"
    if isinstance(parsed, ipaddress.IPv6Address):
        if parsed.ipv4_mapped:
            return f"address:{parsed.ipv4_mapped}"
        return f"address:{ipaddress.ip_network((parsed, 64), strict=False)}"
    return f"address:{parsed}"


def login_budgets(
    email: str, address: str, per_pair: int, per_email: int, per_address: int
) -> list[Budget]:
    """The budgets of a log-in.

    The budget of an e-mail from one address is small; that of the e-mail from everywhere is large,
    since exhausting it locks the owner out.
    """
    budgets = list[Budget]()
    if per_pair:
        budgets.append(Budget(f"{email_key(email)}:{address_key(address)}", per_pair))
    if per_email:
        budgets.append(Budget(email_key(email), per_email))
    if per_address and address:
        budgets.append(Budget(address_key(address), per_address))
    return budgets


def mailbox_budget(email: str, limit: int) -> Budget:
    """The budget of messages that strangers can cause to be sent to an address."""
    return Budget(f"mailbox:{_hash(email.lower())}", limit)


def registration_budget(address: str, limit: int) -> Budget:
    """The budget of log-ins registered from an address: each is a permanent row."""
    return Budget(f"registration:{address_key(address)}", limit)


def reset_budgets(email: str, address: str, per_email: int, per_address: int) -> list[Budget]:
    """The budgets of password reset requests, separate from those of logging in."""
    budgets = list[Budget]()
    if per_email:
        budgets.append(Budget(f"reset:{email_key(email)}", per_email))
    if per_address and address:
        budgets.append(Budget(f"reset:{address_key(address)}", per_address))
    return budgets


def code_budget(identity_id: str, limit: int) -> Budget:
    """The budget of wrong second-factor codes of an identity, across challenges."""
    return Budget(f"code:{identity_id}", limit)


def verification_budgets(
    entity: str, address: str, per_entity: int, per_address: int
) -> list[Budget]:
    """The budgets of requested verifications: of the recipient and of the caller."""
    budgets = list[Budget]()
    if per_entity:
        budgets.append(Budget(f"verify:{email_key(entity)}", per_entity))
    if per_address and address:
        budgets.append(Budget(f"verify:{address_key(address)}", per_address))
    return budgets


def newcomer_budget(identity_id: str, limit: int) -> Budget:
    """The budget of an identity that registers as a customer, since it learns which e-mails are
    taken.
    """
    return Budget(f"newcomer:{identity_id}", limit)


def authorization_budgets(address: str, per_address: int) -> list[Budget]:
    """The budget of starting a log-in at a provider: each start is a row, and blocks no log-in."""
    if not per_address or not address:
        return []
    return [Budget(f"authorization:{address_key(address)}", per_address)]


async def take_attempt(
    tx: Transaction,
    budgets: Sequence[Budget],
    *,
    window: timedelta,
    of: str = "failed login attempts",
) -> None:
    """Take one attempt from each budget, or raise `TooManyRequests`, which rolls it back."""
    keys = [budget.key for budget in budgets]
    taken = await tx.fetch(_TAKE, keys, [budget.limit for budget in budgets], window)
    if len(taken) < len(budgets):
        used_up = set(keys) - {row["key"] for row in taken}
        seconds = await _seconds_left(tx, list(used_up))
        raise TooManyRequests(f"Too many {of}. Try again in {seconds} seconds", retry_after=seconds)
    await tx.execute(
        "DELETE FROM login_attempt WHERE key IN (SELECT key FROM login_attempt"
        " WHERE window_ends_at <= now() LIMIT 100 FOR UPDATE SKIP LOCKED)"
    )


async def count_mail(tx: Transaction, to: str, limit: int) -> None:
    """Count a message against the address's budget of the day, or raise `TooManyRequests`."""
    if limit:
        budgets = [mailbox_budget(to, limit)]
        await take_attempt(tx, budgets, window=timedelta(days=1), of="messages to this address")


async def give_back_attempt(tx: Transaction, budgets: Sequence[Budget]) -> None:
    """Return the attempt of a successful log-in; other failures from the address stay counted."""
    keys, limits = [budget.key for budget in budgets], [budget.limit for budget in budgets]
    await tx.execute(_GIVE_BACK, keys, limits)


async def _seconds_left(tx: Transaction, keys: list[str]) -> int:
    seconds = await tx.fetchval(
        "SELECT extract(epoch FROM max(window_ends_at) - now()) FROM login_attempt"
        " WHERE key = ANY($1::text[])",
        keys,
    )
    return max(1, math.ceil(seconds or 1))


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
