"""An import makes as many statements for 40 products as for 4."""

from pathlib import Path

import pytest

from merx.core.database import Database, Transaction
from merx.workflows.imports.drafts import Faults, ReadingOptions
from merx.workflows.imports.reading import read_source
from merx.workflows.imports.writing import write_products
from tests.factories.products import make_location
from tests.statements import Statements

HEAD = (
    "Product Handle,Product Title,Product Tag 1,Product Category 1,Product Image 1,Variant Title,"
    "Variant Sku,Variant Option 1 Name,Variant Option 1 Value,Variant Price EUR,Variant Image 1,"
    "Variant Stock [Hall]\n"
)
OPTIONS = ReadingOptions(create_missing=True, update_existing=True)


def lines(name: str, count: int, price: int) -> str:
    """So many products of two variants, each with a tag of its own."""
    return HEAD + "".join(
        f"{name}-{n},P,{name} {n},{name},http://e/{n},{size},{name}-{n}-{size},Size,{size},{price},"
        f"http://e/{size},{n}\n"
        for n in range(count)
        for size in ("S", "M")
    )


@pytest.mark.parametrize("what", ["new", "changed"])
async def test_the_number_of_products_adds_no_statement(
    database: Database, tx: Transaction, tmp_path: Path, what: str
) -> None:
    await make_location(tx, "Hall")
    file = tmp_path / "products.csv"

    async def statements(name: str, count: int, price: int) -> int:
        file.write_text(lines(name, count, price))
        source = read_source(file, OPTIONS)
        drafts = list(source.staging.drafts(Faults()))
        source.close()
        counted = Statements(database)
        async with counted.write() as connection:
            await write_products(connection, drafts, OPTIONS)
        return len(counted.texts)

    if what == "changed":
        for name in ("few", "many"):
            await statements(name, 40, 1)
    few = await statements("few", 4, 2)
    many = await statements("many", 40, 2)

    assert few == many
    assert few < 70
