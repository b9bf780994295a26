"""Options and their values: what products can differ in, shared or of a single product."""

from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from functools import partial

from merx.batch import (
    Insert,
    Row,
    explained,
    insert_all,
    lock_rows,
    patch_row,
    soft_delete_rows,
    update_rows,
)
from merx.core.database import Transaction
from merx.core.errors import InvalidData, MerxError, NotFound, Problem, below, refuse
from merx.core.ids import new_id
from merx.modules.product.models import Product, ProductOption, ProductOptionValue
from merx.modules.product.option_schemas import CreateOption, UpdateOption, UpdateOptionValue
from merx.modules.product.options import fold, repeats
from merx.outbox import emit, emit_all

_OPTIONS = ProductOption.__table__
_VALUES = ProductOptionValue.__table__

_OFFERED = """
SELECT offered.product_option_value_id FROM unnest($1::text[]) AS given(id)
CROSS JOIN LATERAL (
  SELECT * FROM product_product_option_value o
  WHERE o.product_option_value_id = given.id OFFSET 0) offered
WHERE offered.deleted_at IS NULL LIMIT 1"""

_USED = """
SELECT used.product_option_id FROM unnest($1::text[]) AS given(id)
CROSS JOIN LATERAL (
  SELECT * FROM product_product_option u WHERE u.product_option_id = given.id OFFSET 0) used
WHERE used.deleted_at IS NULL LIMIT 1"""


# The shared options that have one of the titles.
_TAKEN = """
SELECT o.title FROM unnest($1::text[]) AS given(title)
JOIN product_option o ON o.title = given.title AND o.deleted_at IS NULL AND NOT o.is_exclusive"""


# Titles that two options of one product share.
_EQUAL_TITLES = """
SELECT o.title FROM unnest($1::text[]) AS given(product_id)
CROSS JOIN LATERAL (
  SELECT * FROM product_product_option u WHERE u.product_id = given.product_id OFFSET 0) used
CROSS JOIN LATERAL (
  SELECT * FROM product_option p WHERE p.id = used.product_option_id OFFSET 0) o
WHERE used.deleted_at IS NULL AND o.deleted_at IS NULL
GROUP BY given.product_id, o.title HAVING count(*) > 1 ORDER BY o.title LIMIT 1"""

_USERS = """
SELECT DISTINCT used.product_id FROM product_product_option used
WHERE used.product_option_id = $1 AND used.deleted_at IS NULL"""


def equal_titles(title: str) -> str:
    """The message for two options of one product with equal titles."""
    return f"Product has two options with title: {title}"


async def refuse_equal_titles(tx: Transaction, product_ids: Sequence[str]) -> None:
    """Refuse a change that has left two options with equal titles on a locked product."""
    title = await tx.fetchval(_EQUAL_TITLES, list(product_ids))
    if title is not None:
        raise InvalidData(equal_titles(title))


def titles_explained(
    tx: Transaction, titles: Sequence[tuple[str, str]]
) -> AbstractAsyncContextManager[None]:
    """Around a write of shared options: refuse titles, each with its path, that occur twice, and
    name those that are taken.
    """
    seen = Counter(title for title, _ in titles)
    if len(seen) < len(titles):
        raise _taken([(title, path) for title, path in titles if seen[title] > 1][1:])
    return explained(tx, partial(_explain, titles))


async def _explain(titles: Sequence[tuple[str, str]], connection: Transaction) -> MerxError:
    records = await connection.fetch(_TAKEN, [title for title, _ in titles])
    found = {record["title"] for record in records}
    return _taken([(title, path) for title, path in titles if title in found])


def _taken(titles: Sequence[tuple[str, str]]) -> InvalidData:
    words = "Product option with title: {}, already exists."
    problems: list[Problem] = [
        {"path": path, "message": words.format(title)} for title, path in titles
    ]
    if not problems:
        return InvalidData("Another request held the same title at that moment; try again.")
    return InvalidData.of(problems)


async def create_options(tx: Transaction, drafts: Sequence[CreateOption]) -> list[str]:
    """Create options with their values; returns their ids in the order of the drafts."""
    for draft in drafts:
        check_ranks(draft.ranks, draft.values)
        _refuse_repeats(new_id("opt"), draft.values)
    ids = [new_id("opt") for _ in drafts]
    rows = [
        {"id": option_id, **draft.model_dump(include={"title", "is_exclusive", "metadata"})}
        for option_id, draft in zip(ids, drafts, strict=True)
    ]
    values = [
        row
        for option_id, draft in zip(ids, drafts, strict=True)
        for row in value_rows(option_id, draft.values, draft.ranks)
    ]
    await insert_all(tx, Insert(_OPTIONS, rows), Insert(_VALUES, values))
    await emit(tx, "product-option.created", ids)
    return ids


def _refuse_repeats(option_id: str, values: Sequence[str]) -> None:
    problems = [
        _repeated(option_id, values[place], f"values[{place}]") for place in repeats(values)
    ]
    refuse(problems)


def _repeated(option_id: str, value: str, path: str) -> Problem:
    words = f"Product option value with option_id: {option_id}, value: {value}, already exists."
    return {"path": path, "message": words}


def value_rows(
    option_id: str, values: Sequence[str], ranks: Mapping[str, int] | None = None
) -> list[Row]:
    """New values of an option."""
    return [
        {
            "id": new_id("optval"),
            "option_id": option_id,
            "value": value,
            "rank": (ranks or {}).get(value),
        }
        for value in values
    ]


def check_ranks(ranks: Mapping[str, int] | None, values: Sequence[str], path: str = "") -> None:
    """Refuse ranks of texts that are not among the values."""
    words = 'Value "{}" is assigned a rank but is not defined in the list of values.'
    problems: list[Problem] = [
        {"path": f"{below(path, 'ranks')}.{value}", "message": words.format(value)}
        for value in ranks or {}
        if value not in values
    ]
    refuse(problems)


async def update_option(tx: Transaction, option_id: str, patch: UpdateOption) -> None:
    """Change an option; values in the list stay, new ones are created, the others are deleted.

    Products that use the option do not offer the new values automatically. Raises InvalidData if a
    product offers a value to be deleted.
    """
    given = patch.model_fields_set
    products: list[str] = []
    if "title" in given:
        # Locked before the option, in the same order as by changes that let a product use it.
        products = [record[0] for record in await tx.fetch(_USERS, option_id)]
        await lock_rows(tx, Product.__table__, products, shared=True)
    records = await lock_rows(tx, _OPTIONS, [option_id], "is_exclusive")
    if not records:
        raise NotFound(f'Product option with id "{option_id}" not found')
    if patch.is_exclusive and not records[0]["is_exclusive"]:
        raise InvalidData(
            f"Cannot change product option: {option_id} from global to exclusive.",
            problems=[{"path": "is_exclusive", "message": "A shared option stays shared."}],
        )
    if given & {"values", "ranks"}:
        await _replace_values(tx, option_id, patch)
    names = given & {"title", "is_exclusive", "metadata"}
    await update_rows(tx, _OPTIONS, {option_id: {name: getattr(patch, name) for name in names}})
    if products:
        await refuse_equal_titles(tx, products)
    await emit(tx, "product-option.updated", [option_id])


async def _replace_values(tx: Transaction, option_id: str, patch: UpdateOption) -> None:
    records = await tx.fetch(
        "SELECT id, value, rank FROM product_option_value"
        " WHERE option_id = $1 AND value IS NOT NULL AND deleted_at IS NULL ORDER BY id",
        option_id,
    )
    present = {record["value"]: record for record in records}
    wanted = patch.values if "values" in patch.model_fields_set else list(present)
    check_ranks(patch.ranks, wanted)
    _refuse_repeats(option_id, wanted)
    kept = set(wanted)
    await _delete_values(tx, [row["id"] for value, row in present.items() if value not in kept])
    ranks = {
        present[value]["id"]: {"rank": rank}
        for value, rank in patch.ranks.items()
        if value in present and present[value]["rank"] != rank
    }
    await update_rows(tx, _VALUES, ranks)
    new = value_rows(option_id, [value for value in wanted if value not in present], patch.ranks)
    await insert_all(tx, Insert(_VALUES, new))


async def _delete_values(tx: Transaction, value_ids: Sequence[str]) -> None:
    """Delete values of locked options; offering one to a product locks its option too."""
    if value_ids and await tx.fetchval(_OFFERED, list(value_ids)) is not None:
        raise InvalidData("Cannot delete product option values that are associated with products.")
    await soft_delete_rows(tx, _VALUES, value_ids)


async def delete_options(tx: Transaction, ids: Sequence[str]) -> None:
    """Delete options that no product uses, with their values; unknown ids are ignored."""
    found: list[str] = [record["id"] for record in await lock_rows(tx, _OPTIONS, ids)]
    if not found:
        return
    if await tx.fetchval(_USED, found) is not None:
        raise InvalidData("Cannot delete product options that are associated with products.")
    await soft_delete_rows(tx, _VALUES, found, by="option_id")
    await soft_delete_rows(tx, _OPTIONS, found)
    await emit(tx, "product-option.deleted", found)


async def update_option_value(
    tx: Transaction, option_id: str, value_id: str, patch: UpdateOptionValue
) -> None:
    """Change the text or metadata of a value; variants that have it show the new text."""
    await _lock_value(tx, option_id, value_id)
    if "value" in patch.model_fields_set:
        await _refuse_taken(tx, option_id, value_id, patch.value)
    await patch_row(tx, _VALUES, value_id, patch.model_dump(exclude_unset=True))
    await emit(tx, "product-option-value.updated", [value_id])


async def _refuse_taken(tx: Transaction, option_id: str, value_id: str, value: str) -> None:
    records = await tx.fetch(
        "SELECT value FROM product_option_value"
        " WHERE option_id = $1 AND id <> $2 AND value IS NOT NULL AND deleted_at IS NULL",
        option_id,
        value_id,
    )
    if fold(value) in {fold(record["value"]) for record in records}:
        raise InvalidData.of([_repeated(option_id, value, "value")])


async def delete_option_value(tx: Transaction, option_id: str, value_id: str) -> None:
    """Delete a value that no product offers."""
    await _lock_value(tx, option_id, value_id)
    await _delete_values(tx, [value_id])
    await emit_all(
        tx,
        {"product-option-value.deleted": [value_id], "product-option.updated": [option_id]},
    )


async def _lock_value(tx: Transaction, option_id: str, value_id: str) -> None:
    await lock_rows(tx, _OPTIONS, [option_id])
    records = await lock_rows(tx, _VALUES, [value_id], "option_id")
    if not records or records[0]["option_id"] != option_id:
        raise no_such_value(option_id, value_id)


def no_such_value(option_id: str, value_id: str) -> NotFound:
    """The error for an id that is not a value of the option."""
    return NotFound(
        f'Product option value with id "{value_id}" was not found for option with id "{option_id}"'
    )
