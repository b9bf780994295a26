"""Every entity, field and relation that is declared can be read, filtered and ordered by."""

from collections.abc import Iterator

import httpx
import pytest

from merx.core.database import Transaction
from merx.links import GRAPH
from merx.query.conditions import Compare, Related
from merx.query.graph import Entity, Graph, Kind, one
from merx.query.plan import Order, Plan
from merx.query.run import read_page
from merx.query.selection import parse_fields, select
from merx.query.sql import select_page

# An option in use is known only in the context of the product that uses it.
NAMES = sorted({entity.name for entity in GRAPH} - {"product_option_in_use", "store_option"})
CONTEXT: dict[str, object] = {"currency_code": "eur", "region_id": "reg_none"}


@pytest.mark.parametrize("name", NAMES)
async def test_all_of_an_entity_and_what_is_next_to_it_can_be_read(
    tx: Transaction, name: str
) -> None:
    entity = GRAPH[name]
    whole = [*entity.fields, *(f"{relation}.*" for relation in entity.relations)]
    plan = Plan(select(GRAPH, entity, parse_fields(",".join(whole), ())), context=CONTEXT)

    _, count = await read_page(tx, GRAPH, plan, limit=1, offset=0)

    assert count >= 0


@pytest.mark.parametrize("name", NAMES)
async def test_every_field_of_an_entity_filters(tx: Transaction, name: str) -> None:
    entity = GRAPH[name]
    root = select(GRAPH, entity, parse_fields("", ()))

    for field, value in entity.fields.items():
        if value.kind is Kind.JSON or value.needs:
            continue
        plan = Plan(root, Compare((field,), "IS NULL"), (Order((field,)),))
        await read_page(tx, GRAPH, plan, limit=1, offset=0)
    for relation in entity.relations:
        key = GRAPH.target(entity, relation).key
        plan = Plan(root, Related(relation, Compare((key,), "=", "x")), (Order((relation, key)),))
        await read_page(tx, GRAPH, plan, limit=1, offset=0)


def order_paths() -> Iterator[str]:
    """Every field of products and of what is next to them."""
    product = GRAPH["product"]
    yield from product.fields
    for relation in product.relations:
        yield from (f"{relation}.{name}" for name in GRAPH.target(product, relation).fields)


async def test_every_field_near_a_product_orders_or_is_refused(reader: httpx.AsyncClient) -> None:
    answers = {
        path: await reader.get("/admin/products", params={"fields": "id", "order": path})
        for path in order_paths()
    }

    broken = {path: answer.status_code for path, answer in answers.items()}
    assert {path: status for path, status in broken.items() if status not in (200, 400)} == {}


def test_values_of_conditions_are_never_in_the_statement() -> None:
    root = select(GRAPH, GRAPH["product"], parse_fields("title", ()))
    secrets = ("a'b", 'c"d', "{row}", "$9", "; DROP TABLE product")

    for secret in secrets:
        condition = Compare(("variants", "sku"), "=", secret)
        statement = select_page(GRAPH, Plan(root, condition), 10, 0)
        assert secret not in statement.text
        assert secret in statement.values


def test_join_tables_whose_rows_are_soft_deleted_are_read_as_such() -> None:
    # Its rows show `deleted_at`, as on the reference, but a deletion removes them.
    for_good = {"product_variant_inventory_item"}
    joins = {
        relation.via.table.description: relation.via
        for entity in GRAPH
        for relation in entity.relations.values()
        if relation.via is not None
    }

    soft = {name for name, join in joins.items() if "deleted_at" in join.table.c} - for_good
    assert {name for name, join in joins.items() if join.soft} == soft
    assert len(soft) == 3


def test_a_relation_that_leads_nowhere_is_refused_at_the_start() -> None:
    lost = Entity("lost", "product", {}, {"owner": one("nobody", "owner_id")})

    with pytest.raises(LookupError, match=r"lost\.owner leads to unknown nobody"):
        Graph([lost], {}, {})
