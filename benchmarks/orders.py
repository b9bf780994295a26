"""Lists and searches in a shop with a large number of orders: `python -m benchmarks.orders`.

Options: --orders 1000000, --shop FOLDER (keeps the shop for the next run). The orders are
written by SQL, each with two lines, an address and a shipping method, in one region and channel.
Then the lists that an admin opens are requested over HTTP, each `_TIMES` times.
"""

import argparse
import contextlib
import statistics
import sys
import tempfile
from pathlib import Path
from typing import Any

import uvloop

from benchmarks import server
from benchmarks.floor import connect
from benchmarks.wire import Connection, log_in
from merx.core.errors import MerxError
from merx.operations.repair_counts import count_again

_TIMES = 15
_CHUNK = 50_000
_STEPS = (
    """INSERT INTO order_address (id, first_name, last_name, address_1, city, postal_code,
      country_code)
    SELECT 'ordaddr_' || n, 'Ann' || n % 977, 'Buyer' || n, 'Street ' || n % 5003, 'Town',
      (n % 90000)::text, 'dk' FROM generate_series($1::int, $2::int) n""",
    """INSERT INTO "order" (id, display_id, email, currency_code, status, shipping_address_id,
      billing_address_id, total, subtotal, tax_total, item_total, item_subtotal, item_tax_total,
      shipping_total, shipping_subtotal, shipping_tax_total, created_at)
    SELECT 'order_' || lpad(n::text, 9, '0'), n, 'buyer' || n || '@example.com', 'eur',
      CASE WHEN n % 10 = 0 THEN 'completed' ELSE 'pending' END, 'ordaddr_' || n, 'ordaddr_' || n,
      60, 50, 10, 48, 40, 8, 12, 10, 2, timestamptz '2020-01-01' + n * interval '1 minute'
    FROM generate_series($1::int, $2::int) n""",
    """INSERT INTO order_summary (id, order_id, accounting_total, current_order_total,
      original_order_total, pending_difference)
    SELECT 'ordsum_' || n, 'order_' || lpad(n::text, 9, '0'), 60, 60, 60, 60
    FROM generate_series($1::int, $2::int) n""",
    """INSERT INTO order_line_item (id, title, unit_price)
    SELECT 'ordli_' || n || '_' || k, 'Shirt', 20 FROM generate_series($1::int, $2::int) n,
      generate_series(1, 2) k""",
    """INSERT INTO order_item (id, order_id, version, item_id, quantity, subtotal, total, tax_total,
      original_subtotal, original_total, original_tax_total)
    SELECT 'orditem_' || n || '_' || k, 'order_' || lpad(n::text, 9, '0'), 1,
      'ordli_' || n || '_' || k, 1, 20, 24, 4, 20, 24, 4
    FROM generate_series($1::int, $2::int) n, generate_series(1, 2) k""",
    """INSERT INTO order_shipping_method (id, name, amount)
    SELECT 'ordsm_' || n, 'Standard', 10 FROM generate_series($1::int, $2::int) n""",
    """INSERT INTO order_shipping (id, order_id, version, shipping_method_id, subtotal, total,
      tax_total, original_subtotal, original_total, original_tax_total)
    SELECT 'ordspmv_' || n, 'order_' || lpad(n::text, 9, '0'), 1, 'ordsm_' || n, 10, 12, 2, 10,
      12, 2 FROM generate_series($1::int, $2::int) n""",
)
_LISTED = "limit=50&order=-created_at"


def _questions(orders: int) -> dict[str, str]:
    middle = orders // 2
    return {
        "the newest 50 with all that a list shows": _LISTED,
        "the newest 50 with totals": f"{_LISTED}&fields=id,display_id,status,email,total,summary",
        "50 of a status": f"{_LISTED}&status=completed",
        "50 from further on": f"{_LISTED}&offset=5000",
        "q: an e-mail": f"{_LISTED}&q=buyer{middle}@example.com",
        "q: a last name": f"{_LISTED}&q=Buyer{middle}",
        "q: a first name that 1,000 share": f"{_LISTED}&q=Ann976",
        "q: nobody": f"{_LISTED}&q=zebra",
    }


def _say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


async def _fill(bare: Any, orders: int) -> None:
    first = await bare.fetchval('SELECT coalesce(max(display_id), 0) + 1 FROM "order"')
    if first > orders:
        return
    # These are created faster for many rows at once than row by row.
    pieces = await bare.fetch("SELECT indexname, indexdef FROM pg_indexes WHERE indexdef ~ 'grams'")
    for row in pieces:
        await bare.execute(f"DROP INDEX {row['indexname']}")
    # The rows written here are consistent; checking them one by one would be slow.
    await bare.execute("SET session_replication_role = replica")
    for start in range(first, orders + 1, _CHUNK):
        for step in _STEPS:
            await bare.execute(step, start, min(start + _CHUNK - 1, orders), timeout=None)
        _say(f"{min(start + _CHUNK - 1, orders):,} orders")
    await bare.execute("SET session_replication_role = origin")
    async with bare.transaction():
        await count_again(bare, ["order"])
    await bare.execute("SET maintenance_work_mem = '512MB'")
    for row in pieces:
        await bare.execute(row["indexdef"], timeout=None)
    await bare.execute("VACUUM ANALYZE", timeout=None)


async def measure_orders(folder: Path, orders: int) -> None:
    """Fill the shop in the folder up to that number of orders, and print the times of its lists."""
    async with server.running(folder, MERX_RELAY="false") as shop:
        with contextlib.suppress(MerxError):  # A shop that was measured before has the user.
            await server.add_user(folder)
        bare = await connect(server.database_url(folder))
        await _fill(bare, orders)
        merx = await Connection(shop.url).open()
        await log_in(merx, server.EMAIL, server.PASSWORD)
        for row, query in _questions(orders).items():
            answers = [await merx.call("GET", f"/admin/orders?{query}") for _ in range(_TIMES)]
            taken = sorted(one.ms for one in answers)
            _say(
                f"{row:42} {statistics.median(taken):8.1f} ms ({taken[0]:.1f} to {taken[-1]:.1f})"
                f" of {answers[0].json()['count']:,}"
            )
        merx.close()
        await bare.close()


def main() -> None:
    """Measure in the given folder, or in a temporary one."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--orders", type=int, default=1_000_000)
    parser.add_argument("--shop", type=Path)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = options.shop or Path(name)
        folder.mkdir(parents=True, exist_ok=True)
        uvloop.run(measure_orders(folder, options.orders))


if __name__ == "__main__":
    main()
