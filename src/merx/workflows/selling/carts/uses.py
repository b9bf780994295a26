"""What a cart's promotions must be when it becomes an order."""

from merx.core.database import Transaction
from merx.core.errors import NotAllowed
from merx.workflows.selling.carts.draft import Draft

_GONE = """SELECT p.code FROM promotion p
LEFT JOIN promotion_campaign c ON c.id = p.campaign_id AND c.deleted_at IS NULL
WHERE p.id = ANY($1::text[]) AND (p.status <> 'active' OR p.deleted_at IS NOT NULL
  OR coalesce(c.ends_at < now(), false) OR coalesce(c.starts_at > now(), false)) ORDER BY p.id"""


async def use_cart_promotions(tx: Transaction, order_id: str, draft: Draft) -> None:
    """Raises NotAllowed for one that was switched off since, which the reference still honours."""
    if not draft.promotion_ids:
        return
    gone = [record[0] for record in await tx.fetch(_GONE, list(draft.promotion_ids))]
    if gone:
        raise NotAllowed(f"The promotion code {', '.join(gone)} is no longer valid")
