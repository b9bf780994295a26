"""What a product belongs to: tags, categories, sales channels, shipping profile, type, …"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import FromClause

from merx.batch import Insert, delete_rows, insert_all
from merx.core.database import Transaction
from merx.core.errors import InvalidData, NotFound, Problem
from merx.core.ids import new_id
from merx.modules.product.models import (
    ProductCategoryLink,
    ProductSalesChannel,
    ProductShippingProfile,
    ProductTagLink,
)


@dataclass(frozen=True, slots=True)
class ProductLink:
    """A join table between products and other things; `prefix` is that of the link's own id."""

    table: FromClause
    target: str
    column: str
    prefix: str = ""


LINKS = {
    "tags": ProductLink(ProductTagLink.__table__, "product_tag", "product_tag_id"),
    "categories": ProductLink(
        ProductCategoryLink.__table__, "product_category", "product_category_id"
    ),
    "sales_channels": ProductLink(
        ProductSalesChannel.__table__, "sales_channel", "sales_channel_id", "prodsc"
    ),
    "shipping_profile_id": ProductLink(
        ProductShippingProfile.__table__, "shipping_profile", "shipping_profile_id", "prodsp"
    ),
}
_DIRECT = {"type_id": "product_type", "collection_id": "product_collection"}

# Locked against deletion until the link is written; names come from the tables above only.
_MISSING = """
SELECT given.id FROM unnest($1::text[]) WITH ORDINALITY AS given(id, place)
WHERE NOT EXISTS (SELECT 1 FROM {target} t WHERE t.id = given.id AND t.deleted_at IS NULL)
ORDER BY place"""


async def check_references(tx: Transaction, bodies: Iterable[Any], *, new: bool = False) -> None:
    """Refuse ids of types, collections, tags, … that do not exist, all of one kind by name.

    The reference has words of its own for the tags of a new product.
    """
    given = list(bodies)
    for field, target in (*_DIRECT.items(), *((n, link.target) for n, link in LINKS.items())):
        ids = list(dict.fromkeys(one for body in given for one in _ids(body, field)))
        if not ids:
            continue
        missing = [record[0] for record in await tx.fetch(_MISSING.format(target=target), ids)]
        if missing:
            if new and field == "tags":
                raise InvalidData(
                    f"Tag with id {missing[0]} not found."
                    " Please create the tag before associating it with the product."
                )
            column = LINKS[field].column if field in LINKS else field
            raise no_such_entity(column, missing, field)


def no_such_entity(column: str, ids: Sequence[str], path: str = "") -> NotFound:
    """The reference's words for ids that name nothing: the first in the message, all in errors."""
    words = "You tried to set relationship {}: {}, but such entity does not exist"
    problems: list[Problem] = [
        {"path": path or column, "message": words.format(column, given)} for given in ids
    ]
    return NotFound(words.format(column, ids[0]), problems=problems)


async def replace_links(
    tx: Transaction, field: str, wanted: Mapping[str, Any], *, new: bool = False
) -> None:
    """Give each product (`wanted`: product id → body) exactly the things its body names."""
    link = LINKS[field]
    if not new:
        await delete_rows(tx, link.table, "product_id", list(wanted))
    rows = [
        _row(link, product_id, target_id)
        for product_id, body in wanted.items()
        for target_id in dict.fromkeys(_ids(body, field))
    ]
    await insert_all(tx, Insert(link.table, rows))


def _row(link: ProductLink, product_id: str, target_id: str) -> dict[str, Any]:
    row: dict[str, Any] = {"product_id": product_id, link.column: target_id}
    return {**row, "id": new_id(link.prefix)} if link.prefix else row


def _ids(body: Any, field: str) -> Sequence[str]:
    value = getattr(body, field) if field in body.model_fields_set else None
    if not value:
        return []
    return [value] if isinstance(value, str) else [item.id for item in value]
