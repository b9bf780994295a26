"""Which actor an identity acts as: set when the actor is created, removed when it is deleted."""

from collections.abc import Sequence
from datetime import datetime
from typing import Literal

from merx.core.database import Transaction

# Both types have an index over the identities that act as them.
ActorType = Literal["user", "customer"]


async def is_live_identity(tx: Transaction, identity_id: str, since: datetime) -> bool:
    """Whether the identity exists and its credentials have not changed since: one look-up by
    primary key.
    """
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
    """Make an identity act as this actor; False if it already acts as one of this type, or is
    deleted.

    Of two concurrent calls, the second one finds the first one's actor.
    """
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
    """Unlink these actors from their identities; the identities without another actor and their
    sessions end.

    An identity that also acts as another actor (a user who is a customer too) loses only this one.
    The UPDATE locks the identity first, and `sessions.open_session` takes a shared lock on it, so
    no session can be opened in between.
    """
    # The key is part of the SQL text, not a parameter, so that the index over it can be used.
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
