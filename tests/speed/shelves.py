"""Tables that are full enough to tell an index from a scan, and what is wrong with a plan."""

import json
import re
from collections.abc import Iterator
from typing import Any

from merx.core.database import Transaction

PRODUCTS = 1_500
VARIANTS = 3 * PRODUCTS
LISTS = 600

# Ids are made of a prefix and the number of the row: prod_7 has the variants variant_19 to 21.
# Of three price lists one is for a group of customers, one for a region, and one for everybody.
FILL = f"""
WITH
product AS (
  INSERT INTO product (id, title, handle)
  SELECT 'prod_' || n, 'Shirt ' || n, 'shirt-' || n FROM generate_series(1, {PRODUCTS}) n),
image AS (
  INSERT INTO image (id, url, product_id)
  SELECT 'img_' || n, 'front.png', 'prod_' || n FROM generate_series(1, {PRODUCTS}) n),
option AS (
  INSERT INTO product_option (id, title, is_exclusive)
  SELECT 'opt_' || n, 'Size', true FROM generate_series(1, {PRODUCTS}) n),
value AS (
  INSERT INTO product_option_value (id, value, option_id)
  SELECT 'optval_' || n, n, 'opt_' || (n + 2) / 3 FROM generate_series(1, {VARIANTS}) n),
used AS (
  INSERT INTO product_product_option (id, product_id, product_option_id)
  SELECT 'prodopt_' || n, 'prod_' || n, 'opt_' || n FROM generate_series(1, {PRODUCTS}) n),
offered AS (
  INSERT INTO product_product_option_value
    (id, product_product_option_id, product_option_value_id)
  SELECT 'prodoptval_' || n, 'prodopt_' || (n + 2) / 3, 'optval_' || n
  FROM generate_series(1, {VARIANTS}) n),
price_set AS (
  INSERT INTO price_set (id) SELECT 'pset_' || n FROM generate_series(1, {VARIANTS}) n),
variant AS (
  INSERT INTO product_variant (id, title, sku, ean, product_id, price_set_id, option_key)
  SELECT 'variant_' || n, n, 'SKU-' || n, 'EAN-' || n, 'prod_' || (n + 2) / 3, 'pset_' || n,
    'optval_' || n FROM generate_series(1, {VARIANTS}) n),
chosen AS (
  INSERT INTO product_variant_option (variant_id, option_value_id)
  SELECT 'variant_' || n, 'optval_' || n FROM generate_series(1, {VARIANTS}) n),
price AS (
  INSERT INTO price (id, price_set_id, currency_code, amount, rules_count, rules_key)
  SELECT 'price_' || n, 'pset_' || (n + 1) / 2, 'usd', n, n % 2,
    CASE n % 2 WHEN 1 THEN 'region_id' ELSE '' END
  FROM generate_series(1, {2 * VARIANTS}) n),
rule AS (
  INSERT INTO price_rule (id, price_id, attribute, value)
  SELECT 'prule_' || n, 'price_' || 2 * n, 'region_id', 'reg'
  FROM generate_series(1, {VARIANTS}) n),
region AS (INSERT INTO region (id, name, currency_code) VALUES ('reg', 'Here', 'usd')),
list AS (
  INSERT INTO price_list (id, title, description, status, rules_count)
  SELECT 'plist_' || n, n, '', 'active', (n % 3 > 0)::int FROM generate_series(1, {LISTS}) n),
list_rule AS (
  INSERT INTO price_list_rule (id, price_list_id, attribute, value)
  SELECT 'prule_' || n, 'plist_' || n,
    CASE n % 3 WHEN 1 THEN 'customer.groups.id' ELSE 'region_id' END,
    CASE n % 3 WHEN 1 THEN jsonb_build_array('cusgroup_' || n) ELSE '["reg"]'::jsonb END
  FROM generate_series(1, {LISTS}) n WHERE n % 3 > 0),
listed AS (
  INSERT INTO price (id, price_set_id, price_list_id, currency_code, amount)
  SELECT 'price_l' || n, 'pset_' || (n + 1) / 2, 'plist_' || n % {LISTS} + 1, 'usd', 1
  FROM generate_series(1, {2 * VARIANTS}) n),
item AS (
  INSERT INTO inventory_item (id, sku, title)
  SELECT 'iitem_' || n, 'SKU-' || n, n FROM generate_series(1, {VARIANTS}) n),
link AS (
  INSERT INTO product_variant_inventory_item (id, variant_id, inventory_item_id)
  SELECT 'pvitem_' || n, 'variant_' || n, 'iitem_' || n FROM generate_series(1, {VARIANTS}) n),
reservation AS (
  INSERT INTO reservation_item (id, inventory_item_id, location_id, quantity)
  SELECT 'resitem_' || n, 'iitem_' || n, 'sloc_1', 0 FROM generate_series(1, {VARIANTS}) n),
customer AS (
  INSERT INTO customer (id, email) SELECT 'cus_' || n, 'c' || n || '@shop.test'
  FROM generate_series(1, {VARIANTS}) n),
address AS (
  INSERT INTO customer_address (id, customer_id, is_default_shipping)
  SELECT 'cuaddr_' || n, 'cus_' || (n + 1) / 2, n % 2 = 0
  FROM generate_series(1, {2 * VARIANTS}) n),
customer_group AS (
  INSERT INTO customer_group (id, name) SELECT 'cusgroup_' || n, 'Group ' || n
  FROM generate_series(1, {PRODUCTS}) n),
membership AS (
  INSERT INTO customer_group_customer (id, customer_group_id, customer_id)
  SELECT 'cusgc_' || n, 'cusgroup_' || (n + 2) / 3, 'cus_' || n
  FROM generate_series(1, {VARIANTS}) n),
identity AS (
  INSERT INTO auth_identity (id, app_metadata)
  SELECT 'authid_' || n, jsonb_build_object('customer_id', 'cus_' || n)
  FROM generate_series(1, {VARIANTS}) n),
location AS (INSERT INTO stock_location (id, name) VALUES ('sloc_1', 'Warehouse')),
channel AS (INSERT INTO sales_channel (id, name) VALUES ('sc_1', 'Web')),
sold AS (
  INSERT INTO product_sales_channel (id, product_id, sales_channel_id)
  SELECT 'prodsc_' || n, 'prod_' || n, 'sc_1' FROM generate_series(1, {PRODUCTS}) n),
movement AS (
  INSERT INTO inventory_movement (id, inventory_level_id, inventory_item_id, location_id, quantity,
                                  delta, balance, reason)
  SELECT 'imov_' || n, 'ilev_' || n, 'iitem_' || n, 'sloc_1', 'stocked', 1, 1, 'set'
  FROM generate_series(1, {VARIANTS}) n)
INSERT INTO inventory_level (id, inventory_item_id, location_id)
SELECT 'ilev_' || n, 'iitem_' || n, 'sloc_1' FROM generate_series(1, {VARIANTS}) n"""

LARGE = {
    "auth_identity",
    "customer",
    "customer_address",
    "customer_group",
    "customer_group_customer",
    "image",
    "inventory_item",
    "inventory_level",
    "inventory_movement",
    "price",
    "price_list",
    "price_list_rule",
    "price_rule",
    "price_set",
    "product",
    "product_option",
    "product_option_value",
    "product_product_option",
    "product_product_option_value",
    "product_sales_channel",
    "product_variant",
    "product_variant_inventory_item",
    "product_variant_option",
    "reservation_item",
}

# The plan that is kept for all values; EXPLAIN takes a statement with parameters only like this.
_EXPLAIN = """
CREATE FUNCTION pg_temp.explain(statement text) RETURNS json LANGUAGE plpgsql AS $$
DECLARE plan json;
BEGIN
  EXECUTE 'EXPLAIN (GENERIC_PLAN, FORMAT JSON) ' || statement INTO plan;
  RETURN plan;
END $$"""

_COMPARED_ONE_BY_ONE = re.compile(r"= ANY|<> ALL")
_NOT_SELECTIVE = re.compile(r"\(\w+ IS NULL\)")


async def prepare_explain(connection: Transaction) -> None:
    """Let `weaknesses` ask this connection."""
    await connection.execute(_EXPLAIN)


async def weaknesses(connection: Transaction, statement: str) -> list[str]:
    """What in the statement's plan takes longer the more rows there are that it does not need."""
    raw = await connection.fetchval("SELECT pg_temp.explain($1)", statement)
    [explained] = json.loads(raw)
    nodes = list(_nodes(explained["Plan"]))
    given = {
        node["Subplan Name"].removeprefix("CTE ")
        for node in nodes
        if _is_given(node) and "Subplan Name" in node
    }
    return [words for node in nodes for words in _weak(node, given)]


def _nodes(node: dict[str, Any], table: str = "") -> Iterator[dict[str, Any]]:
    table = node.setdefault("Relation Name", table)
    yield node
    for child in node.get("Plans", []):
        # A scan of an index for a bitmap does not name its table, the node above it does.
        yield from _nodes(child, table if child["Node Type"] == "Bitmap Index Scan" else "")


def _is_given(node: dict[str, Any]) -> bool:
    """Whether its rows are those of the request, which may be 10,000."""
    return node["Node Type"] == "Function Scan" and node.get("Function Name") == "unnest"


def _is_long(node: dict[str, Any], given: set[str]) -> bool:
    """Whether it reads a large table or the rows of the request."""
    return any(
        each["Relation Name"] in LARGE or _is_given(each) or each.get("CTE Name") in given
        for each in _nodes(node)
    )


def _weak(node: dict[str, Any], given: set[str]) -> Iterator[str]:
    kind, table = node["Node Type"], node["Relation Name"]
    where = f"{kind} on {table}" if table else kind
    if table in LARGE and kind == "Seq Scan":
        yield where
    if table in LARGE and kind in ("Index Scan", "Index Only Scan", "Bitmap Index Scan"):
        condition = node.get("Index Cond", "")
        if not _NOT_SELECTIVE.sub("", condition).strip(" ()AND"):
            yield f"{where} using {node['Index Name']} as a whole: {condition}"
    for name in ("Filter", "Join Filter"):
        if _COMPARED_ONE_BY_ONE.search(node.get(name, "")):
            yield f"{where}, {name}: {node[name]}"
    if kind == "Nested Loop" and " = " in node.get("Join Filter", ""):
        _, inner = node["Plans"][:2]
        if _is_long(inner, given):
            yield f"{where}, each row with each: {node['Join Filter']}"
