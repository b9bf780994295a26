"""Options of imported products: shared ones by id or title, and further values of used ones."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from merx.batch import Insert, Row, insert_all
from merx.core.database import Transaction
from merx.core.shapes import Json
from merx.modules.product.manage_options import create_options, value_rows
from merx.modules.product.models import ProductOptionValue, ProductProductOptionValue
from merx.modules.product.offered_options import Use, add_options, offered_row
from merx.modules.product.option_schemas import CreateOption
from merx.modules.product.schemas import OptionInput
from merx.workflows.imports.drafts import OptionDraft, ProductDraft

_SHARED = """
SELECT o.id, o.title, v.id AS value_id, v.value FROM product_option o
LEFT JOIN product_option_value v ON v.option_id = o.id AND v.deleted_at IS NULL
WHERE o.deleted_at IS NULL AND NOT o.is_exclusive AND (o.id IN (
  SELECT s.id FROM unnest($1::text[]) AS given(id) JOIN product_option s ON s.id = given.id)
  OR o.title = ANY($2::text[])) ORDER BY v.id"""

_IN_USE = """
SELECT used.product_id, used.id AS used_id, o.id AS option_id, o.title, v.value, v.id AS value_id,
  EXISTS (SELECT FROM product_product_option_value offered
    WHERE offered.product_product_option_id = used.id AND offered.product_option_value_id = v.id
    AND offered.deleted_at IS NULL) AS is_offered
FROM product_product_option used
JOIN product_option o ON o.id = used.product_option_id AND o.deleted_at IS NULL
LEFT JOIN product_option_value v ON v.option_id = o.id AND v.deleted_at IS NULL
WHERE used.product_id = ANY($1::text[]) AND used.deleted_at IS NULL"""


class Shared(NamedTuple):
    """An option that many products use, with the ids of its values by text."""

    id: str
    title: str
    values: dict[str, str]


async def shared_options(tx: Transaction, drafts: Sequence[ProductDraft]) -> Mapping[str, Shared]:
    """The shared options that drafts use, by id and by title; missing options and values are
    created.
    """
    wanted = [option for draft in drafts for option in draft.options]
    ids = list({option.id: None for option in wanted if option.id})
    titles = list({option.title: None for option in wanted if not option.is_exclusive})
    if not ids and not titles:
        return {}
    found: dict[str, Shared] = {}
    for record in await tx.fetch(_SHARED, ids, titles):
        shared = found.setdefault(record["id"], Shared(record["id"], record["title"], {}))
        found.setdefault(record["title"], shared)
        if record["value_id"]:
            shared.values.setdefault(record["value"], record["value_id"])
    new = _values_by_title(one for one in wanted if not one.is_exclusive and one.title not in found)
    made = await create_options(
        tx, [CreateOption(title=title, values=list(values)) for title, values in new.items()]
    )
    if made:
        return await shared_options(tx, drafts)
    rows: list[Row] = []
    for option in wanted:
        shared = shared_of(option, found)
        missing = [value for value in option.values if shared and value not in shared.values]
        if shared and missing:
            added = value_rows(shared.id, missing)
            rows.extend(added)
            shared.values.update((row["value"], row["id"]) for row in added)
    await insert_all(tx, Insert(ProductOptionValue.__table__, rows))
    return found


def shared_of(option: OptionDraft, found: Mapping[str, Shared]) -> Shared | None:
    """The shared option that is meant; None if the product gets its own."""
    by_id = found.get(option.id) if option.id else None
    if by_id is not None and by_id.title == option.title:
        return by_id
    return None if option.is_exclusive else found.get(option.title)


def _values_by_title(options: Any) -> dict[str, dict[str, None]]:
    values: dict[str, dict[str, None]] = {}
    for option in options:
        values.setdefault(option.title, {}).update(dict.fromkeys(option.values))
    return values


def option_body(option: OptionDraft, found: Mapping[str, Shared]) -> Json:
    """The option as in the body of a product."""
    shared = shared_of(option, found)
    if shared is None:
        return {"title": option.title, "values": option.values}
    return {"id": shared.id, "value_ids": [shared.values[value] for value in option.values]}


async def offer_missing(
    tx: Transaction, drafts: Mapping[str, ProductDraft], found: Mapping[str, Shared]
) -> None:
    """Make existing products (locked; by id) offer the values that their drafts name."""
    used: dict[tuple[str, str], tuple[str, str, dict[str, tuple[str, bool]]]] = {}
    for row in await tx.fetch(_IN_USE, list(drafts)) if drafts else []:
        key = (row["product_id"], row["title"])
        _, _, values = used.setdefault(key, (row["used_id"], row["option_id"], {}))
        if row["value_id"]:
            values[row["value"]] = (row["value_id"], row["is_offered"])
    new: list[Row] = []
    offered: list[dict[str, str]] = []
    uses: list[Use] = []
    for product_id, draft in drafts.items():
        for option in draft.options:
            if (product_id, option.title) not in used:
                body = OptionInput.model_validate(option_body(option, found))
                uses.append(Use(product_id, body, ""))
                continue
            used_id, option_id, values = used[product_id, option.title]
            missing = [value for value in option.values if value not in values]
            rows = value_rows(option_id, missing)
            new.extend(rows)
            offered.extend(offered_row(used_id, row["id"]) for row in rows)
            offered.extend(
                offered_row(used_id, values[value][0])
                for value in option.values
                if value in values and not values[value][1]
            )
    await insert_all(
        tx,
        Insert(ProductOptionValue.__table__, new),
        Insert(ProductProductOptionValue.__table__, offered),
    )
    await add_options(tx, uses)
