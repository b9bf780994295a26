"""A catalogue of any size, for testing how the shop behaves at scale."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from itertools import islice

from sqlalchemy import FromClause

from merx.batch import insert_rows
from merx.core.database import Database, Transaction
from merx.core.ids import new_id
from merx.modules.product.group_schemas import CreateCollection, CreateProductCategory
from merx.modules.product.manage_categories import create_categories
from merx.modules.product.manage_collections import create_collections
from merx.modules.product.models import ProductTag, ProductType
from merx.modules.product.schemas import CreateProduct
from merx.query.graph import table_name
from merx.workflows.catalogue.create_products import create_products

VARIANTS = 5
_CHUNK = 500
_KINDS = ("Shirt", "Mug", "Poster", "Lamp", "Chair", "Bag", "Scarf", "Clock", "Rug", "Bowl")
_SIZES = ("XS", "S", "M", "L", "XL")
_TAGS = ("new", "sale", "gift", "local", "handmade", "organic", "classic", "limited")
# Subcategories of each kind: a product is in one of them.
_SHELVES = 20
_COLLECTIONS = 50


@dataclass(frozen=True, slots=True)
class _Groups:
    """Ids of what the products belong to; `_SHELVES` categories of each kind in turn."""

    channel_id: str | None
    categories: Sequence[str]
    collections: Sequence[str]
    types: Sequence[str]
    tags: Sequence[str]


async def seed_catalogue(database: Database, products: int) -> AsyncIterator[int]:
    """Create that many published products with five variants each, 500 per transaction.

    Each has a type, a collection, a category, two tags and an image. Yields the number created
    after each transaction. A second call continues the numbering, so skus and handles stay unique.
    """
    async with database.write() as tx:
        first: int = await tx.fetchval("SELECT count(*) FROM product")
        groups = await _groups(tx)
    numbers = iter(range(first, first + products))
    done = 0
    while chunk := list(islice(numbers, _CHUNK)):
        async with database.write() as tx:
            await create_products(tx, [_product(number, groups) for number in chunk])
        done += len(chunk)
        yield done


async def _groups(tx: Transaction) -> _Groups:
    channel_id = await tx.fetchval(
        "SELECT default_sales_channel_id FROM store ORDER BY created_at LIMIT 1"
    )
    return _Groups(
        channel_id,
        await _categories(tx),
        await _collections(tx),
        await _words(tx, ProductType.__table__, "ptyp", _KINDS),
        await _words(tx, ProductTag.__table__, "ptag", _TAGS),
    )


async def _categories(tx: Transaction) -> list[str]:
    """Subcategories of a category of each kind; those of an earlier seed are reused."""
    roots = [CreateProductCategory(name=kind, handle=kind.lower()) for kind in _KINDS]
    parents = await _category_ids(tx, roots)
    shelves = [
        CreateProductCategory(
            name=f"{kind} {number}", handle=f"{kind.lower()}-shelf-{number}",
            is_active=True, parent_category_id=parent_id,
        )
        for kind, parent_id in zip(_KINDS, parents, strict=True)
        for number in range(_SHELVES)
    ]  # fmt: skip
    return await _category_ids(tx, shelves)


async def _category_ids(tx: Transaction, drafts: Sequence[CreateProductCategory]) -> list[str]:
    handles = [draft.handle for draft in drafts]
    ids = await _live(tx, "product_category", "handle", handles)
    missing = [draft for draft in drafts if draft.handle not in ids]
    made = await create_categories(tx, missing) if missing else []
    ids |= {draft.handle: row_id for draft, row_id in zip(missing, made, strict=True)}
    return [ids[handle] for handle in handles]


async def _collections(tx: Transaction) -> list[str]:
    handles = [f"season-{number}" for number in range(_COLLECTIONS)]
    ids = await _live(tx, "product_collection", "handle", handles)
    drafts = [
        CreateCollection(title=handle.replace("-", " ").title(), handle=handle)
        for handle in handles
        if handle not in ids
    ]
    made = await create_collections(tx, drafts) if drafts else []
    ids |= {draft.handle: row_id for draft, row_id in zip(drafts, made, strict=True)}
    return [ids[handle] for handle in handles]


async def _words(
    tx: Transaction, table: FromClause, prefix: str, words: Sequence[str]
) -> list[str]:
    """The ids of types or tags with these values."""
    ids = await _live(tx, table_name(table), "value", words)
    rows = [{"id": new_id(prefix), "value": word} for word in words if word not in ids]
    await insert_rows(tx, table, rows)
    ids |= {row["value"]: row["id"] for row in rows}
    return [ids[word] for word in words]


async def _live(tx: Transaction, table: str, column: str, values: Sequence[str]) -> dict[str, str]:
    records = await tx.fetch(
        f"SELECT {column}, id FROM {table} WHERE {column} = ANY($1::text[]) AND deleted_at IS NULL",
        list(values),
    )
    return {record[0]: record[1] for record in records}


def _product(number: int, groups: _Groups) -> CreateProduct:
    place, round_ = number % len(_KINDS), number // len(_KINDS)
    kind = _KINDS[place]
    tags = {groups.tags[round_ % len(_TAGS)], groups.tags[round_ // 3 % len(_TAGS)]}
    return CreateProduct.model_validate(
        {
            "title": f"{kind} {number}",
            "handle": f"{kind.lower()}-{number}",
            "description": f"The {kind.lower()} that is number {number} of many.",
            "status": "published",
            "type_id": groups.types[place],
            "collection_id": groups.collections[round_ % _COLLECTIONS],
            "categories": [{"id": groups.categories[place * _SHELVES + round_ % _SHELVES]}],
            "tags": [{"id": tag_id} for tag_id in sorted(tags)],
            "images": [{"url": f"https://example.com/{kind.lower()}-{number}.jpg"}],
            "options": [{"title": "Size", "values": list(_SIZES)}],
            "sales_channels": [{"id": groups.channel_id}] if groups.channel_id else [],
            "variants": [_variant(kind, number, size) for size in _SIZES],
        }
    )


def _variant(kind: str, number: int, size: str) -> dict[str, object]:
    return {
        "title": size,
        "sku": f"{kind[:2].upper()}-{number}-{size}",
        "options": {"Size": size},
        "prices": [
            {"currency_code": "eur", "amount": 10 + number % 90},
            {"currency_code": "usd", "amount": 12 + number % 90},
        ],
    }
