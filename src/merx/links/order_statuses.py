"""An order's payment and fulfillment status, computed from its rows."""

from merx.query.graph import Field

_COLLECTIONS = """(SELECT
    count(*) AS n, count(*) FILTER (WHERE c.status = 'canceled') AS canceled,
    count(*) FILTER (WHERE c.status = 'awaiting') AS awaiting,
    count(*) FILTER (WHERE c.status = 'authorized') AS authorized,
    count(*) FILTER (WHERE c.status = 'partially_authorized') AS partly_authorized,
    coalesce(sum(c.amount) FILTER (WHERE c.status <> 'canceled'), 0) AS owed,
    coalesce(sum(c.captured_amount), 0) AS captured,
    coalesce(sum(c.refunded_amount), 0) AS refunded
  FROM order_payment_collection l
  JOIN payment_collection c ON c.id = l.payment_collection_id AND c.deleted_at IS NULL
  WHERE l.order_id = {row}.id) p"""

# Money that was received or paid out decides, then what is authorized. Canceled collections count
# only if there is no other.
PAYMENT_STATUS = Field(
    f"""(SELECT CASE
    WHEN p.refunded > 0 AND p.refunded >= p.captured THEN 'refunded'
    WHEN p.refunded > 0 THEN 'partially_refunded'
    WHEN p.n > 0 AND p.canceled = p.n THEN 'canceled'
    WHEN p.captured > 0 AND p.captured >= p.owed THEN 'captured'
    WHEN p.captured > 0 THEN 'partially_captured'
    WHEN p.authorized > 0 AND p.authorized = p.n - p.canceled THEN 'authorized'
    WHEN p.authorized + p.partly_authorized > 0 THEN 'partially_authorized'
    WHEN p.awaiting > 0 AND p.awaiting = p.n - p.canceled THEN 'awaiting'
    ELSE 'not_paid' END FROM {_COLLECTIONS})""",
    starred=False,
)

_FULFILLMENTS = """(SELECT
    count(*) AS n, count(*) FILTER (WHERE f.canceled_at IS NOT NULL) AS canceled,
    count(*) FILTER (WHERE f.canceled_at IS NULL AND f.delivered_at IS NOT NULL) AS delivered,
    count(*) FILTER (WHERE f.canceled_at IS NULL
      AND (f.shipped_at IS NOT NULL OR f.delivered_at IS NOT NULL)) AS shipped
  FROM order_fulfillment l
  JOIN fulfillment f ON f.id = l.fulfillment_id AND f.deleted_at IS NULL
  WHERE l.order_id = {row}.id) f"""
_IS_OPEN = """EXISTS (SELECT FROM order_item i WHERE i.order_id = {row}.id
  AND i.version = {row}.version AND i.fulfilled_quantity < i.quantity)"""

FULFILLMENT_STATUS = Field(
    f"""(SELECT CASE WHEN f.n = 0 THEN 'not_fulfilled'
    WHEN f.n = f.canceled THEN 'canceled'
    ELSE CASE WHEN f.delivered + f.canceled < f.n AND f.delivered > 0
        OR f.delivered = 0 AND f.shipped > 0 AND f.shipped + f.canceled < f.n
        OR {_IS_OPEN} THEN 'partially_' ELSE '' END
      || CASE WHEN f.delivered > 0 THEN 'delivered' WHEN f.shipped > 0 THEN 'shipped'
         ELSE 'fulfilled' END END FROM {_FULFILLMENTS})""",
    starred=False,
)
