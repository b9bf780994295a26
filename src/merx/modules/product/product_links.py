"""What a product belongs to: tags, categories, sales channels, shipping profile, type, …"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import FromClause

from merx.batch import Insert, Row, delete_rows, insert_all, lock_rows
from merx.core.database import Transaction
from merx.core.errors import InvalidData, NotFound, Problem, below
from merx.core.ids import new_id
from merx.core.shapes import Document
from merx.modules.product.models import (
    Product,
    ProductCategoryLink,
    ProductSalesChannel,
    ProductShippingProfile,
    ProductTagLink,
)


@dataclass(frozen=True, slots=True)
class ProductLink:
    """A join table between products and other things; `prefix` is that of the link's own id."""

    table: FromClause
    column: str
    prefix: str = ""


LINKS = {
    "tags": ProductLink(ProductTagLink.__table__, "product_tag_id"),
    "categories": ProductLink(ProductCategoryLink.__table__, "product_category_id"),
    "sales_channels": ProductLink(ProductSalesChannel.__table__, "sales_channel_id", "prodsc"),
    "shipping_profile_id": ProductLink(
        ProductShippingProfile.__table__, "shipping_profile_id", "prodsp"
    ),
}
# The ids that a product's body may name, by the column that holds them.
_REFERENCES = {
    "type_id": (Product.__table__, "type_id"),
    "collection_id": (Product.__table__, "collection_id"),
    **{field: (link.table, link.column) for field, link in LINKS.items()},
}


async def check_references(
    tx: Transaction, bodies: Iterable[tuple[str, Any]], *, new: bool = False
) -> None:
    """Refuse ids of types, collections, tags, … that do not exist, naming all of one kind.

    The bodies come with their paths in the request. The named rows are locked against deletion
    until the end. The reference has a different message for the tags of a new product.
    """
    given = list(bodies)
    for field, (table, column) in _REFERENCES.items():
        ids = list(dict.fromkeys(one for _, body in given for one in _ids(body, field)))
        present = {
            row["id"] for row in await lock_rows(tx, _target(table, column), ids, shared=True)
        }
        missing = [
            (target_id, below(at, path))
            for at, body in given
            for target_id, path in _paths(body, field)
            if target_id not in present
        ]
        if missing and new and field == "tags":
            raise _no_such_tag(missing)
        if missing:
            raise no_such_entity(column, missing)


def _target(table: FromClause, column: str) -> Any:
    """The table that the column refers to."""
    [key] = table.columns[column].foreign_keys
    return key.column.table


def no_such_entity(column: str, missing: Sequence[tuple[str, str]]) -> NotFound:
    """The reference's message for ids, each with its path, that do not exist: the message has the
    first, `errors` all of them.
    """
    words = "You tried to set relationship {}: {}, but such entity does not exist"
    problems: list[Problem] = [
        {"path": path, "message": words.format(column, given)} for given, path in missing
    ]
    return NotFound.of(problems)


def _no_such_tag(missing: Sequence[tuple[str, str]]) -> InvalidData:
    problems: list[Problem] = [
        {
            "path": path,
            "message": f"Tag with id {tag_id} not found."
            " Please create the tag before associating it with the product.",
        }
        for tag_id, path in missing
    ]
    return InvalidData.of(problems)


async def replace_links(
    tx: Transaction, field: str, wanted: Document, *, new: bool = False
) -> None:
    """Make each product (`wanted`: product id → body) have exactly the links its body names."""
    if not wanted:
        return
    link = LINKS[field]
    if not new:
        await delete_rows(tx, link.table, "product_id", list(wanted))
    rows = [
        _row(link, product_id, target_id)
        for product_id, body in wanted.items()
        for target_id in dict.fromkeys(_ids(body, field))
    ]
    await insert_all(tx, Insert(link.table, rows))


def _row(link: ProductLink, product_id: str, target_id: str) -> Row:
    row: dict[str, Any] = {"product_id": product_id, link.column: target_id}
    return {**row, "id": new_id(link.prefix)} if link.prefix else row


def _ids(body: Any, field: str) -> Sequence[str]:
    value = getattr(body, field) if field in body.model_fields_set else None
    if not value:
        return []
    return [value] if isinstance(value, str) else [item.id for item in value]


def _paths(body: Any, field: str) -> list[tuple[str, str]]:
    """The ids that a body names in a field, each with its path."""
    ids = _ids(body, field)
    listed = not isinstance(getattr(body, field), str)
    return [(one, f"{field}[{place}].id" if listed else field) for place, one in enumerate(ids)]
