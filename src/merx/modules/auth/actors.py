"""As whom an identity acts: bound when it becomes an actor, taken back when the actor goes."""

from collections.abc import Sequence
from datetime import datetime
from typing import Literal

from merx.core.database import Transaction

# Both types have an index over the identities that act as them.
ActorType = Literal["user", "customer"]


async def is_live_identity(tx: Transaction, identity_id: str, since: datetime) -> bool:
    """Whether the identity exists, and its credentials are the same since then: one look-up by
    primary key."""
    found = await tx.fetchval(
        "SELECT true FROM auth_identity WHERE id = $1 AND deleted_at IS NULL"
        " AND (credentials_changed_at IS NULL OR credentials_changed_at < $2)",
        identity_id,
        since,
    )
    return bool(found)


async def make_actor_of(
    tx: Transaction, identity_id: str, actor_type: ActorType, actor_id: str
) -> bool:
    """Let an identity that is no actor of this type yet act as this one; False when it is one,
    or gone. Of two who try at once, the second finds the first one's actor."""
    made = await tx.fetchval(
        "UPDATE auth_identity SET updated_at = now(), app_metadata ="
        " coalesce(app_metadata, '{}') || jsonb_build_object($2::text, $3::text)"
        " WHERE id = $1 AND deleted_at IS NULL"
        " AND coalesce(app_metadata ->> $2::text, '') = '' RETURNING true",
        identity_id,
        f"{actor_type}_id",
        actor_id,
    )
    return bool(made)


async def take_actors_away(
    tx: Transaction, actor_type: ActorType, actor_ids: Sequence[str]
) -> None:
    """Let nobody act as these actors any more: their identities and sessions end.

    An identity that stands for another actor too (a user who also buys) loses only this one. The
    identity's row is locked first by the UPDATE; `sessions.open_session` shares that lock, so no
    session slips in between.
    """
    # The key stands in the text, not among the values: so the index over it can be used.
    key = f"'{actor_type}_id'"
    rows = await tx.fetch(
        f"UPDATE auth_identity SET updated_at = now(), app_metadata = app_metadata - {key},"
        f" deleted_at = CASE WHEN app_metadata - {key} = '{{}}' THEN now() END"
        f" WHERE app_metadata ->> {key} = ANY($1::text[]) AND deleted_at IS NULL"
        " RETURNING id, deleted_at",
        list(actor_ids),
    )
    ended = [row["id"] for row in rows if row["deleted_at"] is not None]
    await tx.execute(
        "UPDATE provider_identity SET deleted_at = now(), updated_at = now()"
        " WHERE auth_identity_id = ANY($1::text[]) AND deleted_at IS NULL",
        ended,
    )
    await tx.execute(
        "DELETE FROM auth_session WHERE auth_identity_id = ANY($1::text[]) AND actor_type = $2",
        [row["id"] for row in rows],
        actor_type,
    )
