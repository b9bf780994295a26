"""The options of products: new ones with their values, or existing ones by id."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from merx.batch import Insert, insert_all
from merx.core.database import Transaction
from merx.core.errors import InvalidData
from merx.core.ids import new_id
from merx.modules.product.models import (
    ProductOption,
    ProductOptionValue,
    ProductProductOption,
    ProductProductOptionValue,
)
from merx.modules.product.schemas import OptionInput
from merx.workflows.product_links import no_such_entity

_PRESENT = """
SELECT o.id, o.is_exclusive,
  EXISTS (SELECT 1 FROM product_product_option used
          WHERE used.product_option_id = o.id AND used.deleted_at IS NULL) AS is_used,
  ARRAY(SELECT v.id FROM product_option_value v
        WHERE v.option_id = o.id AND v.deleted_at IS NULL ORDER BY v.id) AS value_ids
FROM product_option o WHERE o.id = ANY($1::text[]) AND o.deleted_at IS NULL
ORDER BY o.id FOR UPDATE"""


@dataclass(slots=True)
class _Rows:
    options: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    values: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    used: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    offered: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])

    def use(self, product_id: str, option_id: str, value_ids: Sequence[str]) -> None:
        used_id = new_id("prodopt")
        self.used.append({"id": used_id, "product_id": product_id, "product_option_id": option_id})
        self.offered.extend(
            {
                "id": new_id("prodoptval"),
                "product_product_option_id": used_id,
                "product_option_value_id": value_id,
            }
            for value_id in value_ids
        )

    def add_option(self, product_id: str, option: OptionInput) -> None:
        option_id, ranks = new_id("opt"), option.ranks or {}
        self.options.append(
            {
                "id": option_id,
                "title": option.title,
                "is_exclusive": option.is_exclusive,
                "metadata": option.metadata,
            }
        )
        values: list[dict[str, Any]] = [
            {
                "id": new_id("optval"),
                "option_id": option_id,
                "value": value,
                "rank": ranks.get(value),
            }
            for value in option.values or []
        ]
        self.values.extend(values)
        self.use(product_id, option_id, [value["id"] for value in values])


async def add_options(tx: Transaction, wanted: Mapping[str, Sequence[OptionInput]]) -> None:
    """Add options to products (`wanted`: product id → options).

    Raises InvalidData for options that do not exist, belong to another product or come twice.
    """
    given = [option.id for options in wanted.values() for option in options if option.id]
    present = await _lock_options(tx, given)
    rows = _Rows()
    for product_id, options in wanted.items():
        for option in options:
            if option.id is None:
                rows.add_option(product_id, option)
            else:
                rows.use(product_id, option.id, _value_ids(option, present[option.id]))
    await insert_all(
        tx,
        Insert(ProductOption.__table__, rows.options),
        Insert(ProductOptionValue.__table__, rows.values),
        Insert(ProductProductOption.__table__, rows.used),
        Insert(ProductProductOptionValue.__table__, rows.offered),
    )


async def _lock_options(tx: Transaction, ids: Sequence[str]) -> dict[str, list[str]]:
    if not ids:
        return {}
    records = {record["id"]: record for record in await tx.fetch(_PRESENT, list(ids))}
    missing = [option_id for option_id in ids if option_id not in records]
    if missing:
        raise InvalidData(f"Some product options were not found: [{', '.join(missing)}]")
    taken = [
        option_id
        for option_id in ids
        if records[option_id]["is_exclusive"]
        and (records[option_id]["is_used"] or ids.count(option_id) > 1)
    ]
    if taken:
        raise InvalidData(
            f"Product options are already assigned to another product: {', '.join(taken)}"
        )
    return {option_id: record["value_ids"] for option_id, record in records.items()}


def _value_ids(option: OptionInput, present: Sequence[str]) -> Sequence[str]:
    if option.value_ids is None:
        return present
    unknown = [value_id for value_id in option.value_ids if value_id not in present]
    if unknown:
        missing = [(value_id, "options") for value_id in unknown]
        raise no_such_entity("product_option_value_id", missing)
    return list(dict.fromkeys(option.value_ids))


async def replace_options(tx: Transaction, product_id: str, option_ids: Sequence[str]) -> None:
    """Let a product (locked alone) use exactly these options, as they are.

    Raises InvalidData when a live variant uses a value of an option that goes.
    """
    records = await tx.fetch(
        "SELECT id, product_option_id FROM product_product_option"
        " WHERE product_id = $1 AND deleted_at IS NULL ORDER BY id",
        product_id,
    )
    present = {record["product_option_id"]: record["id"] for record in records}
    gone = [used_id for option_id, used_id in present.items() if option_id not in option_ids]
    await _stop_offering(tx, product_id, gone)
    added = [OptionInput(id=given) for given in dict.fromkeys(option_ids) if given not in present]
    await add_options(tx, {product_id: added})


_STILL_CHOSEN = """
SELECT DISTINCT v.title FROM product_product_option used
JOIN product_option_value value ON value.option_id = used.product_option_id
JOIN product_variant_option chosen ON chosen.option_value_id = value.id
JOIN product_variant v ON v.id = chosen.variant_id AND v.deleted_at IS NULL
WHERE used.id = ANY($1::text[]) AND v.product_id = $2 ORDER BY 1"""


async def _stop_offering(tx: Transaction, product_id: str, used_ids: Sequence[str]) -> None:
    if not used_ids:
        return
    chosen = [record[0] for record in await tx.fetch(_STILL_CHOSEN, list(used_ids), product_id)]
    if chosen:
        raise InvalidData(f"Cannot remove options that variants still use: {', '.join(chosen)}")
    await tx.execute(
        "WITH used AS (UPDATE product_product_option SET deleted_at = now(), updated_at = now()"
        "  WHERE id = ANY($1::text[]) RETURNING id)"
        " UPDATE product_product_option_value SET deleted_at = now(), updated_at = now()"
        " WHERE product_product_option_id IN (SELECT id FROM used) AND deleted_at IS NULL",
        list(used_ids),
    )
