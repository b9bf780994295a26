"""The options of products: new ones with their values, or existing ones by id."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from merx.batch import Insert, Row, insert_all, lock_rows, soft_delete_rows
from merx.core.database import Transaction
from merx.core.errors import InvalidData, MerxError, Problem, below, refuse
from merx.core.ids import new_id
from merx.modules.product.manage_options import (
    equal_titles,
    refuse_equal_titles,
    titles_explained,
    value_rows,
)
from merx.modules.product.models import (
    ProductOption,
    ProductOptionValue,
    ProductProductOption,
    ProductProductOptionValue,
)
from merx.modules.product.options import repeats
from merx.modules.product.product_links import no_such_entity
from merx.modules.product.schemas import OptionInput
from merx.modules.product.updates import ProductUpdate

# Locked options, each with whether a product uses it and with its values.
_STATE = """
SELECT given.id,
  EXISTS (SELECT 1 FROM product_product_option used
          WHERE used.product_option_id = given.id AND used.deleted_at IS NULL) AS is_used,
  ARRAY(SELECT v.id FROM product_option_value v
        WHERE v.option_id = given.id AND v.value IS NOT NULL AND v.deleted_at IS NULL
        ORDER BY v.id) AS value_ids
FROM unnest($1::text[]) AS given(id)"""

# The options that products use: the product, the option and the id of the use.
_USES = """
SELECT used.product_id, used.product_option_id, used.id FROM unnest($1::text[]) AS given(id)
CROSS JOIN LATERAL (
  SELECT * FROM product_product_option u WHERE u.product_id = given.id OFFSET 0) used
WHERE used.deleted_at IS NULL ORDER BY used.id"""

_CHOSEN = """
SELECT v.id FROM unnest($1::text[]) AS given(id)
CROSS JOIN LATERAL (SELECT * FROM product_product_option u WHERE u.id = given.id OFFSET 0) used
CROSS JOIN LATERAL (
  SELECT * FROM product_variant p WHERE p.product_id = used.product_id OFFSET 0) v
CROSS JOIN LATERAL (
  SELECT * FROM product_variant_option c WHERE c.variant_id = v.id OFFSET 0) chosen
CROSS JOIN LATERAL (
  SELECT * FROM product_option_value o WHERE o.id = chosen.option_value_id OFFSET 0) value
WHERE v.deleted_at IS NULL AND value.option_id = used.product_option_id LIMIT 1"""


class _Locked(NamedTuple):
    """A locked option: its title, its values, and whether a product uses it."""

    title: str
    value_ids: list[str]
    is_used: bool


class Use(NamedTuple):
    """An option that a product is to use, and its path in the request."""

    product_id: str
    option: OptionInput
    path: str


@dataclass(slots=True)
class _Rows:
    options: list[Row] = field(default_factory=list[Row])
    values: list[Row] = field(default_factory=list[Row])
    used: list[Row] = field(default_factory=list[Row])
    offered: list[Row] = field(default_factory=list[Row])

    def use(self, product_id: str, option_id: str, value_ids: Sequence[str]) -> None:
        used_id = new_id("prodopt")
        self.used.append({"id": used_id, "product_id": product_id, "product_option_id": option_id})
        self.offered.extend(offered_row(used_id, value_id) for value_id in value_ids)

    def add_option(self, product_id: str, option: OptionInput) -> None:
        option_id = new_id("opt")
        columns = option.model_dump(include={"title", "is_exclusive", "metadata"})
        self.options.append({"id": option_id, **columns})
        values = value_rows(option_id, option.values or [], option.ranks)
        self.values.extend(values)
        self.use(product_id, option_id, [value["id"] for value in values])


def offered_row(used_id: str, value_id: str) -> dict[str, str]:
    """The row of a value that a product offers of an option it uses."""
    return {
        "id": new_id("prodoptval"),
        "product_product_option_id": used_id,
        "product_option_value_id": value_id,
    }


def not_found(missing: Sequence[tuple[str, str]]) -> InvalidData:
    """The error for option ids, each with its path, that do not exist."""
    words = "Some product options were not found: [{}]"
    problems: list[Problem] = [
        {"path": path, "message": words.format(option_id)} for option_id, path in missing
    ]
    return InvalidData(words.format(", ".join(given for given, _ in missing)), problems=problems)


async def add_options(
    tx: Transaction,
    uses: Sequence[Use],
    missing: Callable[[Sequence[tuple[str, str]]], MerxError] = not_found,
) -> None:
    """Make products use options: new ones, or existing ones with some or all of their values.

    Raises the error of `missing` for options that do not exist, InvalidData for exclusive options
    of another product, NotFound for values that do not belong to their option.
    """
    present = await _lock_options(tx, [use for use in uses if use.option.id is not None], missing)
    _refuse_repeated_values(uses)
    _refuse_equal_titles(uses, present)
    rows = _Rows()
    unknown: list[tuple[str, str]] = []
    for product_id, option, path in uses:
        if option.id is None:
            rows.add_option(product_id, option)
            continue
        value_ids = present[option.id].value_ids
        unknown.extend(_unknown_values(option, value_ids, path))
        chosen = value_ids if option.value_ids is None else option.value_ids
        rows.use(product_id, option.id, list(dict.fromkeys(chosen)))
    if unknown:
        raise no_such_entity("product_option_value_id", unknown)
    shared = [use for use in uses if use.option.id is None and not use.option.is_exclusive]
    titles = [(use.option.title or "", below(use.path, "title")) for use in shared]
    async with titles_explained(tx, titles):
        await insert_all(
            tx,
            Insert(ProductOption.__table__, rows.options),
            Insert(ProductOptionValue.__table__, rows.values),
            Insert(ProductProductOption.__table__, rows.used),
            Insert(ProductProductOptionValue.__table__, rows.offered),
        )


def _refuse_equal_titles(uses: Sequence[Use], present: Mapping[str, _Locked]) -> None:
    """Variants refer to options by title, so two with equal titles would be ambiguous."""
    seen: set[tuple[str, str]] = set()
    problems: list[Problem] = []
    for product_id, option, path in uses:
        title = option.title if option.id is None else present[option.id].title
        key = (product_id, title or "")
        if key in seen:
            problems.append({"path": below(path, "title"), "message": equal_titles(title or "")})
        seen.add(key)
    refuse(problems)


def _refuse_repeated_values(uses: Sequence[Use]) -> None:
    words = "Product option value with option_id: {}, value: {}, already exists."
    problems: list[Problem] = [
        {
            "path": below(use.path, f"values[{place}]"),
            "message": words.format(new_id("opt"), value),
        }
        for use in uses
        for values in [use.option.values or []]
        for place in repeats(values)
        for value in [values[place]]
    ]
    refuse(problems)


async def _lock_options(
    tx: Transaction,
    uses: Sequence[Use],
    missing: Callable[[Sequence[tuple[str, str]]], MerxError],
) -> dict[str, _Locked]:
    """Lock the options that are given by id until the end; returns them by id."""
    named = [(use.option.id or "", below(use.path, "id")) for use in uses]
    ids = [option_id for option_id, _ in named]
    records = await lock_rows(tx, ProductOption.__table__, ids, "is_exclusive", "title")
    titles: dict[str, str] = {record["id"]: record["title"] for record in records}
    absent = [(option_id, path) for option_id, path in named if option_id not in titles]
    if absent:
        raise missing(absent)
    if not titles:
        return {}
    # Checked once the rows are locked: what was true before the wait may no longer be.
    locked = {
        record["id"]: _Locked(titles[record["id"]], record["value_ids"], record["is_used"])
        for record in await tx.fetch(_STATE, list(titles))
    }
    exclusive = {record["id"] for record in records if record["is_exclusive"]}
    counts = Counter(ids)
    taken = [
        (option_id, path)
        for option_id, path in named
        if option_id in exclusive and (locked[option_id].is_used or counts[option_id] > 1)
    ]
    if taken:
        raise _assigned(taken)
    return locked


def _assigned(taken: Sequence[tuple[str, str]]) -> InvalidData:
    words = "Product options are already assigned to another product: {}"
    problems: list[Problem] = [
        {"path": path, "message": words.format(option_id)} for option_id, path in taken
    ]
    return InvalidData(words.format(", ".join(given for given, _ in taken)), problems=problems)


def _unknown_values(
    option: OptionInput, present: Sequence[str], path: str
) -> list[tuple[str, str]]:
    known = set(present)
    return [
        (value_id, below(path, f"value_ids[{place}]"))
        for place, value_id in enumerate(option.value_ids or [])
        if value_id not in known
    ]


async def used_options(tx: Transaction, product_ids: Sequence[str]) -> dict[str, dict[str, str]]:
    """The options that locked products use: the id of the use by option, by product."""
    uses: dict[str, dict[str, str]] = {product_id: {} for product_id in product_ids}
    for record in await tx.fetch(_USES, list(uses)):
        uses[record["product_id"]][record["product_option_id"]] = record["id"]
    return uses


async def replace_options(tx: Transaction, updates: Sequence[ProductUpdate]) -> None:
    """Make each product, locked exclusively, use exactly the options in its patch; newly used ones
    offer all their values.

    Raises InvalidData if a live variant uses a value of an option that is removed.
    """
    if not updates:
        return
    ids = [one.id for one in updates]
    present = await used_options(tx, ids)
    gone = [
        used_id
        for one in updates
        for option_id, used_id in present[one.id].items()
        if option_id not in one.patch.option_ids
    ]
    added = [
        Use(one.id, OptionInput(id=given), below(one.path, f"option_ids[{place}]"))
        for one in updates
        for place, given in enumerate(one.patch.option_ids)
        if given not in present[one.id] and given not in one.patch.option_ids[:place]
    ]
    await add_options(tx, added)
    await stop_using(tx, gone)
    if added:
        await refuse_equal_titles(tx, ids)


async def stop_using(tx: Transaction, used_ids: Sequence[str]) -> None:
    """End uses of options by locked products; exclusive options are deleted.

    Raises InvalidData if a live variant of the product has a value of the option.
    """
    if not used_ids:
        return
    if await tx.fetchval(_CHOSEN, list(used_ids)) is not None:
        raise InvalidData(
            "Cannot unassign product option from product which has variants for that option"
        )
    await soft_delete_rows(
        tx, ProductProductOptionValue.__table__, used_ids, by="product_product_option_id"
    )
    records = await tx.fetch(
        "UPDATE product_product_option AS used SET deleted_at = now(), updated_at = now()"
        " FROM unnest($1::text[]) AS given(id) WHERE used.id = given.id"
        " RETURNING used.product_option_id",
        list(used_ids),
    )
    options = await lock_rows(
        tx, ProductOption.__table__, [record[0] for record in records], "is_exclusive"
    )
    exclusive = [record["id"] for record in options if record["is_exclusive"]]
    await soft_delete_rows(tx, ProductOptionValue.__table__, exclusive, by="option_id")
    await soft_delete_rows(tx, ProductOption.__table__, exclusive)
