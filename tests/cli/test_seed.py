"""`merx seed`."""

from tests.sql import fetch_value

from .conftest import Merx


def test_a_large_catalogue_is_written_and_added_to(merx: Merx, clone_url: str) -> None:
    size = ("seed", "--size", "large", "--products", "700")

    ended = [merx(*size, DATABASE_URL=clone_url) for _ in range(2)]

    assert [one.code for one in ended] == [0, 0], ended
    # In a pipe, where no bar can be drawn, progress is printed line by line.
    told = [line for line in ended[0].out.splitlines() if line.startswith("Products: ")]
    assert told[0] == "Products: 0 of 700"
    assert told[-1] == "Products: 700 of 700"
    assert "Wrote 700 products with 3,500 variants." in ended[1].out
    assert fetch_value(clone_url, "SELECT count(*) FROM product") == 1400
    assert fetch_value(clone_url, "SELECT count(*) FROM product_variant") == 7000
