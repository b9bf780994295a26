"""Creates and deletes users; changing one is a plain route."""

from collections.abc import Sequence

from merx.batch import Insert, Row, insert_all, soft_delete_rows
from merx.core.database import Transaction
from merx.core.errors import InvalidData
from merx.core.ids import new_ids
from merx.modules.user.models import User


async def create_users(tx: Transaction, users: Sequence[Row]) -> list[str]:
    """Create users from their columns; returns their ids. Refuses an e-mail that is taken."""
    ids = new_ids("user", len(users))
    rows = [{"id": user_id, **user} for user_id, user in zip(ids, users, strict=True)]
    insert = Insert(User.__table__, rows, skip_conflicts=True, returning="id")
    (created,) = await insert_all(tx, insert)
    for row in rows:
        if row["id"] not in created:
            raise InvalidData(f"User with email: {row['email']}, already exists.")
    return ids


async def delete_users(tx: Transaction, user_ids: Sequence[str]) -> list[str]:
    """Soft-delete users; returns those that existed. `remove_users` ends their log-ins too."""
    return await soft_delete_rows(tx, User.__table__, user_ids)


async def is_live_user(tx: Transaction, user_id: str) -> bool:
    """Whether the user exists and is not deleted: one look-up by primary key."""
    found = await tx.fetchval(
        'SELECT true FROM "user" WHERE id = $1 AND deleted_at IS NULL', user_id
    )
    return bool(found)
