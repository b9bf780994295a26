"""The catalogue of a storefront through the published JavaScript SDK."""

import pytest

pytestmark = pytest.mark.sdk


async def test_a_storefront_reads_the_catalogue(run, name):
    seen = await run("window.mjs", name=name, country="nr")

    shown = seen["shown"]
    assert seen["products"] == [shown, 1]
    assert seen["price"] == 7
    assert seen["one"] == [shown, name, 1]
    assert seen["byHandle"] == [shown]
    assert seen["facets"] == [1, 1]
    assert seen["after"] == "string"
    assert seen["categories"] == [shown]
    assert (seen["category"], seen["collection"], seen["tag"]) == (name, name, name)
    assert len(seen["collections"]) == 1
    assert (seen["region"], seen["regions"], seen["options"]) == ("eur", True, True)
    assert seen["types"] == [name]
    assert seen["hidden"]["status"] == 404
    assert seen["cheapFirst"] == seen["byWord"] == [shown]
    assert seen["bands"] == [{"gte": 5, "lt": 10, "count": 1, "is_estimate": False}]
    assert seen["optionCounts"] == [["shown", 1]]
    assert seen["variants"] == [[seen["variant"], 7]]
    assert seen["single"] == [seen["variant"], 0]
    assert seen["searched"]["status"] == 404
    assert seen["searched"]["message"] == 'No search index named "product"'
