"""Login attempts: a budget of failures per e-mail and per address, kept in the database.

An attempt is taken before the password is looked at and given back when it was right: a burst of
parallel guesses gets no more of them than a row of guesses, on however many workers. While an
e-mail's budget is used up its owner cannot log in either (open sessions and tokens go on): so it
is ten times as wide as that of the e-mail from one address, and the window is short.
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
    """A key whose failures are counted, and how many its window may hold."""

    key: str
    limit: int


# One guarded upsert: a row whose budget is used up is not updated and so not returned.
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

# Locked in the order in which `_TAKE` locks.
_GIVE_BACK = """
WITH locked AS (
    SELECT a.key, t."limit" FROM login_attempt a
    JOIN unnest($1::text[], $2::int[]) AS t(key, "limit") USING (key) ORDER BY a.key FOR UPDATE OF a
)
UPDATE login_attempt a SET remaining = least(a.remaining + 1, locked."limit")
FROM locked WHERE a.key = locked.key"""


def email_budget(email: str, limit: int) -> Budget:
    """The budget of an e-mail; hashed, since anything may have been typed there."""
    return Budget(f"email:{_hash(email.lower())}", limit)


def address_budget(address: str, limit: int) -> Budget:
    """The budget of a network address: of IPv6 the /64 that one subscriber commonly gets."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return Budget(f"address:{_hash(address)}", limit)
    if isinstance(parsed, ipaddress.IPv6Address):
        if parsed.ipv4_mapped:
            return Budget(f"address:{parsed.ipv4_mapped}", limit)
        return Budget(f"address:{ipaddress.ip_network((parsed, 64), strict=False)}", limit)
    return Budget(f"address:{parsed}", limit)


def login_budgets(
    email: str, address: str, per_pair: int, per_email: int, per_address: int
) -> list[Budget]:
    """The budgets of logging in. That of an e-mail from one address is small; that of the e-mail
    from everywhere is wide, for whoever uses it up keeps the owner out."""
    budgets = list[Budget]()
    if per_pair:
        pair = f"{email_budget(email, 0).key}:{address_budget(address, 0).key}"
        budgets.append(Budget(pair, per_pair))
    if per_email:
        budgets.append(email_budget(email, per_email))
    if per_address and address:
        budgets.append(address_budget(address, per_address))
    return budgets


def mailbox_budget(email: str, limit: int) -> Budget:
    """The budget of messages that strangers can have sent to an address, whatever they say."""
    return Budget(f"mailbox:{_hash(email.lower())}", limit)


def registration_budget(address: str, limit: int) -> Budget:
    """The budget of log-ins made from an address: each is a row for ever."""
    return Budget(f"registration:{address_budget(address, 0).key}", limit)


def reset_budgets(email: str, address: str, per_email: int, per_address: int) -> list[Budget]:
    """The budgets of asking for a new password, apart from those of logging in."""
    budgets = list[Budget]()
    if per_email:
        budgets.append(Budget(f"reset:{email_budget(email, 0).key}", per_email))
    if per_address and address:
        budgets.append(Budget(f"reset:{address_budget(address, 0).key}", per_address))
    return budgets


def code_budget(identity_id: str, limit: int) -> Budget:
    """The budget of wrong codes of an identity's second factor, whatever challenge asks for it."""
    return Budget(f"code:{identity_id}", limit)


def verification_budgets(
    entity: str, address: str, per_entity: int, per_address: int
) -> list[Budget]:
    """The budgets of asking for verifications: of who gets the messages and who asks for them."""
    budgets = list[Budget]()
    if per_entity:
        budgets.append(Budget(f"verify:{email_budget(entity, 0).key}", per_entity))
    if per_address and address:
        budgets.append(Budget(f"verify:{address_budget(address, 0).key}", per_address))
    return budgets


def newcomer_budget(identity_id: str, limit: int) -> Budget:
    """The budget of an identity that wants to become a customer: it learns who is one already."""
    return Budget(f"newcomer:{identity_id}", limit)


def authorization_budgets(address: str, per_address: int) -> list[Budget]:
    """The budget of leaving for a provider: each is a row, and costs nobody a log-in."""
    if not per_address or not address:
        return []
    return [Budget(f"authorization:{address_budget(address, 0).key}", per_address)]


async def take_attempt(
    tx: Transaction,
    budgets: Sequence[Budget],
    *,
    window: timedelta,
    of: str = "failed login attempts",
) -> None:
    """Take one attempt from each budget, or raise `TooManyRequests`, which undoes the taking."""
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
    """Count a message to an address against its day, or raise `TooManyRequests`."""
    if limit:
        budgets = [mailbox_budget(to, limit)]
        await take_attempt(tx, budgets, window=timedelta(days=1), of="messages to this address")


async def give_back_attempt(tx: Transaction, budgets: Sequence[Budget]) -> None:
    """Forget an attempt that succeeded; what others failed from the same address stays counted."""
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
