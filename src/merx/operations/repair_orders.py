"""Orders whose amounts are inconsistent: found here, to be fixed by people.

The state machine test of orders checks the same three rules after each step.
"""

# An order's total is that of its lines and shipping methods, less its credit lines.
UNEVEN = """
SELECT o.id, 'total ' || trim_scale(o.total) || ', by its rows ' || trim_scale(due.amount)
FROM "order" o CROSS JOIN LATERAL (SELECT
  coalesce((SELECT sum(i.total) FROM order_item i
    WHERE i.order_id = o.id AND i.version = o.version), 0)
  + coalesce((SELECT sum(s.total) FROM order_shipping s
    WHERE s.order_id = o.id AND s.version = o.version), 0)
  - coalesce((SELECT sum(c.amount) FROM order_credit_line c
    WHERE c.order_id = o.id AND c.version = o.version), 0) AS amount) due
WHERE o.deleted_at IS NULL AND abs(o.total - due.amount) > 0.000001"""

# The amounts paid and refunded are those of its transactions.
UNSUMMED = """
SELECT o.id, 'paid ' || trim_scale(s.paid_total) || ' and refunded '
  || trim_scale(s.refunded_total) || ', by its transactions ' || trim_scale(due.paid)
  || ' and ' || trim_scale(due.refunded)
FROM "order" o
JOIN order_summary s ON s.order_id = o.id AND s.version = o.version
CROSS JOIN LATERAL (SELECT coalesce(sum(t.amount) FILTER (WHERE t.amount > 0), 0) AS paid,
  coalesce(-sum(t.amount) FILTER (WHERE t.amount < 0), 0) AS refunded
  FROM order_transaction t WHERE t.order_id = o.id AND t.deleted_at IS NULL) due
WHERE o.deleted_at IS NULL AND (s.paid_total <> due.paid OR s.refunded_total <> due.refunded
  OR abs(s.accounting_total - o.total) > 0.000001)"""

# Its transactions match the captures and refunds made for it.
UNPAID = """
SELECT o.id, 'transactions ' || trim_scale(told.amount) || ', by its payments '
  || trim_scale(due.amount)
FROM "order" o
CROSS JOIN LATERAL (SELECT coalesce(sum(t.amount), 0) AS amount FROM order_transaction t
  WHERE t.order_id = o.id AND t.deleted_at IS NULL
  AND t.reference IN ('capture', 'refund')) told
CROSS JOIN LATERAL (SELECT coalesce(sum(
    coalesce((SELECT sum(c.amount) FROM capture c
      WHERE c.payment_id = p.id AND c.deleted_at IS NULL), 0)
    - coalesce((SELECT sum(r.amount) FROM refund r
      WHERE r.payment_id = p.id AND r.deleted_at IS NULL), 0)), 0) AS amount
  FROM order_payment_collection l
  JOIN payment p ON p.payment_collection_id = l.payment_collection_id
  WHERE l.order_id = o.id AND p.deleted_at IS NULL) due
WHERE o.deleted_at IS NULL AND told.amount <> due.amount"""
