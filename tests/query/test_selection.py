"""How the `fields` text is read, and what of the graph it takes."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from merx.core.errors import InvalidData
from merx.links import GRAPH
from merx.query.selection import MAX_DEPTH, MAX_LENGTH, Node, check_length, parse_fields, select
from tests.query.strategies import fields

PRODUCT = GRAPH["product"]
DEFAULTS = ("id", "title", "metadata", "*tags", "*variants", "*variants.prices")
GENERATED = settings(max_examples=100, deadline=None, derandomize=True, database=None)


def taken(text: str | None, defaults: tuple[str, ...] = DEFAULTS) -> dict[str, Any]:
    """What the text takes of a product: field names and, by relation, what is below."""
    check_length(text or "")
    return shape(select(GRAPH, PRODUCT, parse_fields(text, defaults)))


def shape(node: Node) -> dict[str, Any]:
    below = {name: shape(child) for name, child in node.children.items()}
    return {"": sorted(node.fields), **below}


@pytest.mark.parametrize(
    ("text", "root"),
    [
        pytest.param(None, ["id", "metadata", "title"], id="nothing: the defaults"),
        pytest.param("handle", ["handle", "id"], id="a plain name replaces"),
        pytest.param("+handle", ["handle", "id", "metadata", "title"], id="plus adds"),
        pytest.param(" handle", ["handle", "id", "metadata", "title"], id="an undecoded plus"),
        pytest.param("-title", ["id", "metadata"], id="minus removes"),
        pytest.param("-id", ["id", "metadata", "title"], id="but not the id"),
        pytest.param("handle,-handle", ["handle", "id"], id="beside plain names minus adds"),
        pytest.param("", ["id"], id="empty: the id"),
        pytest.param(",,", ["id"], id="only commas: the id"),
        pytest.param("handle,handle", ["handle", "id"], id="twice is once"),
        pytest.param("foo", ["id"], id="unknown names"),
        pytest.param("price_set_id", ["id"], id="names of other entities"),
        pytest.param("title.foo", ["id"], id="below a column"),
    ],
)
def test_columns(text: str | None, root: list[str]) -> None:
    assert taken(text)[""] == root


@pytest.mark.parametrize("text", ["*tags", "tags.*", "id,*tags", "tags,*tags", "*tags,-tags,id"])
def test_a_starred_relation_is_taken_with_its_columns(text: str) -> None:
    columns = sorted(GRAPH["product_tag"].fields)

    assert taken(text)["tags"][""] == columns


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        pytest.param("title,type", {"type": {"": ["id"]}}, id="to one"),
        pytest.param("title,-type", {"type": {"": ["id"]}}, id="minus beside plain names"),
        pytest.param("title,type,type.value", {"type": {"": ["value"]}}, id="and a column of it"),
        pytest.param("title,type.value,type", {"type": {"": ["value"]}}, id="in any order"),
        pytest.param("title,tags,variants,-options", {}, id="to many"),
        pytest.param("title,sales_channels,shipping_profile", {}, id="of another module"),
        pytest.param(
            "title,variants.id,-variants", {"variants": {"": ["id"]}}, id="minus takes nothing away"
        ),
        pytest.param("variants.prices", {"variants": {"": ["id"]}}, id="below, of another module"),
        pytest.param("variants.product", {"variants": {"": ["id"]}}, id="back to the root"),
        pytest.param(
            "variants.options.option",
            {"variants": {"": ["id"], "options": {"": [], "option": {"": ["id"]}}}},
            id="below, to one",
        ),
        pytest.param(
            "options.values",
            {"options": {"": [], "values": {"": sorted(GRAPH["product_option_value"].fields)}}},
            id="below, to many of its module",
        ),
    ],
)
def test_a_relation_without_a_star_shows_what_the_reference_shows(
    text: str, shown: dict[str, Any]
) -> None:
    found = taken(text)
    found.pop("")

    assert found == shown


def test_minus_takes_all_below_a_relation_away() -> None:
    assert "variants" not in taken("-variants")
    assert "prices" not in taken("-variants.prices")["variants"]
    assert "variants" in taken("-variants.prices")


def test_a_path_opens_what_lies_on_its_way() -> None:
    assert taken("variants.inventory_items.inventory.sku") == {
        "": ["id"],
        "variants": {
            "": ["id"],
            "inventory_items": {
                "": ["inventory_item_id", "variant_id"],
                "inventory": {"": ["id", "sku"]},
            },
        },
    }


def test_an_alias_is_skipped() -> None:
    assert taken("variants.price_set.prices.amount") == taken("variants.prices.amount")


def test_a_computed_object_is_taken_whole_whatever_part_is_asked_for() -> None:
    whole = taken("*variants.calculated_price,id")

    assert taken("variants.calculated_price.calculated_amount") == whole
    assert "calculated_price" in whole["variants"][""]
    assert "calculated_price" not in taken("*variants")["variants"][""]


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(".".join(["variants", "product"] * MAX_DEPTH), id="deep"),
        pytest.param("a" * (MAX_LENGTH + 1), id="long"),
        pytest.param("+" + "categories.parent_category." * MAX_DEPTH + "name", id="a long line"),
    ],
)
def test_what_is_out_of_bounds_is_refused_before_the_database_is_asked(text: str) -> None:
    with pytest.raises(InvalidData, match=r"^Invalid request: 'fields' "):
        taken(text)


@GENERATED
@given(text=fields(PRODUCT))
def test_reading_a_text_is_total(text: str) -> None:
    try:
        found = taken(text)
    except InvalidData:
        return
    assert "id" in found[""]


@GENERATED
@given(items=st.lists(fields(PRODUCT).filter(lambda text: "," not in text), max_size=5))
def test_the_order_of_items_and_their_number_do_not_matter(items: list[str]) -> None:
    items = [item for item in items if item]

    def result(chosen: list[str]) -> Any:
        try:
            return taken(",".join(chosen))
        except InvalidData:
            return "refused"

    once = result(items)

    assert result(items[::-1]) == once
    assert result(items + items) == once


@GENERATED
@given(text=fields(PRODUCT))
def test_only_what_the_graph_knows_is_taken(text: str) -> None:
    def check(node: Node) -> None:
        assert set(node.fields) <= set(node.entity.fields)
        for name, child in node.children.items():
            assert child.entity is GRAPH.target(node.entity, name)
            check(child)

    try:
        check(select(GRAPH, PRODUCT, parse_fields(text, DEFAULTS)))
    except InvalidData:
        return
