"""Users are created, changed and deleted here."""

from collections.abc import Mapping, Sequence
from typing import Any

from merx.batch import Insert, insert_all, soft_delete_rows, update_rows
from merx.core.database import Transaction
from merx.core.errors import InvalidData, NotFound
from merx.core.ids import new_ids
from merx.core.metadata import merge_metadata
from merx.modules.user.models import User


async def create_users(tx: Transaction, users: Sequence[Mapping[str, Any]]) -> list[str]:
    """Users by the columns of their table; their ids. Refuses an e-mail that a user has already."""
    ids = new_ids("user", len(users))
    rows = [{"id": user_id, **user} for user_id, user in zip(ids, users, strict=True)]
    insert = Insert(User.__table__, rows, skip_conflicts=True, returning="id")
    (created,) = await insert_all(tx, insert)
    for row in rows:
        if row["id"] not in created:
            raise InvalidData(f"User with email: {row['email']}, already exists.")
    return ids


async def update_user(tx: Transaction, user_id: str, patch: dict[str, Any]) -> None:
    """Change one user by the columns of their table; metadata is merged into what is there."""
    row = await tx.fetchrow(
        'SELECT metadata FROM "user" WHERE id = $1 AND deleted_at IS NULL FOR NO KEY UPDATE',
        user_id,
    )
    if row is None:
        raise NotFound(f'User with id "{user_id}" not found')
    if "metadata" in patch:
        patch = {**patch, "metadata": merge_metadata(row["metadata"], patch["metadata"])}
    await update_rows(tx, User.__table__, {user_id: patch})


async def delete_users(tx: Transaction, user_ids: Sequence[str]) -> list[str]:
    """Softly delete users; those that were there. `remove_users` ends their log-ins too."""
    return await soft_delete_rows(tx, User.__table__, user_ids)


async def is_live_user(tx: Transaction, user_id: str) -> bool:
    """Whether the user exists and is not deleted: one look-up by primary key."""
    found = await tx.fetchval(
        'SELECT true FROM "user" WHERE id = $1 AND deleted_at IS NULL', user_id
    )
    return bool(found)
