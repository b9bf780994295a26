"""Which condition a query starts from when it would otherwise read a whole table."""

import pytest

from merx.links import GRAPH
from merx.query.conditions import (
    Compare,
    Condition,
    Either,
    Every,
    Negation,
    Operator,
    Related,
    Search,
)
from merx.query.leading import conjuncts, is_found, leading


def of(path: str, operator: Operator = "=") -> Compare:
    return Compare(tuple(path.split(".")), operator, "x")


TITLE, STATUS = of("title", "ILIKE"), of("status")
TAG, CHANNEL, VARIANT = of("tags.id"), of("sales_channels.id"), of("variants.sku")
SHIRT = Search("shirt")


@pytest.mark.parametrize(
    ("entity", "parts", "expected"),
    [
        pytest.param("product", [], None, id="nothing"),
        pytest.param("product", [TITLE, STATUS], None, id="columns alone"),
        pytest.param("product", [STATUS, TAG], 1, id="a relation"),
        pytest.param("product", [STATUS, CHANNEL], 1, id="a broad relation, if nothing else can"),
        pytest.param("product", [CHANNEL, TAG], 1, id="rather a relation that is not broad"),
        pytest.param("product", [TAG, CHANNEL], 0, id="in either order"),
        pytest.param("product", [TAG, VARIANT], 0, id="the first of equals"),
        pytest.param("product", [TAG, of("id")], None, id="an index finds the row"),
        pytest.param("product", [TAG, of("id", "IN")], None, id="or the rows"),
        pytest.param("product", [TAG, of("id", "<>")], 0, id="but not all other rows"),
        pytest.param("product", [TAG, of("id"), SHIRT], 2, id="a search finds fewer"),
        pytest.param("product", [TAG, Search("  ")], 0, id="a search without words"),
        pytest.param("product", [of("tags.id", "IS NULL")], None, id="rows without any"),
        pytest.param("product", [Related("tags", of("id"))], 0, id="what is nested"),
        pytest.param("product", [Negation(TAG)], None, id="what is denied"),
        pytest.param("product", [Either((TAG, CHANNEL))], None, id="alternatives"),
        pytest.param("product", [of("variants.calculated_price")], None, id="what is computed"),
        pytest.param(
            "product",
            [Related("variants", Every((of("sku"), of("calculated_price"))))],
            None,
            id="what is computed, beside others",
        ),
        pytest.param(
            "product",
            [Related("variants", Either((of("sku"), of("title"))))],
            0,
            id="alternatives of a relation",
        ),
        pytest.param(
            "product", [of("variants.inventory.sku")], 0, id="a relation of a relation"
        ),
        pytest.param("product_variant", [of("images.url")], None, id="what leads one way only"),
        pytest.param(
            "product", [of("variants.images.url")], 0, id="what leads one way only, further on"
        ),
        pytest.param("product_variant", [of("product.tags.id")], 0, id="a relation of the one"),
        pytest.param("customer", [Search("ann"), of("groups.id")], 0, id="a plain search"),
        pytest.param(
            "customer", [Search("ann"), of("email")], None, id="which an index beats"
        ),
        pytest.param("inventory_level", [Search("x")], None, id="where nothing is searched"),
        pytest.param("product_variant", [of("has_option_values")], None, id="a predicate"),
        pytest.param("product", [of("options.title")], 0, id="what a link leads to"),
        pytest.param("product", [of("options.values.value")], None, id="what a link has chosen"),
        pytest.param(
            "product",
            [Related("options", of("product.title"))],
            None,
            id="what a link leads back to",
        ),
    ],
)  # fmt: skip
def test_the_leading_condition(entity: str, parts: list[Condition], expected: int | None) -> None:
    assert leading(GRAPH, GRAPH[entity], parts) == expected


@pytest.mark.parametrize(
    ("entity", "part", "expected"),
    [
        ("product", of("id"), True),
        ("product", of("handle", "IN"), True),
        ("product", of("handle", "<>"), False),
        ("product", of("title"), False),
        ("product", TAG, False),
        ("product_variant", of("has_option_values"), True),
        ("product_variant", of("in_region"), False),
        ("product", SHIRT, False),
    ],
)
def test_an_index_finds_the_rows(entity: str, part: Condition, *, expected: bool) -> None:
    assert is_found(GRAPH[entity], [TITLE, part]) is expected


def test_a_conjunction_has_the_parts_of_those_in_it() -> None:
    nested = Every((TITLE, Every((TAG, Every(()))), Either((STATUS, CHANNEL))))

    assert list(conjuncts(nested)) == [TITLE, TAG, Either((STATUS, CHANNEL))]
