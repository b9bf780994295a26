"""Generates the missing variants of the combinations that a product's options allow."""

import re
from collections.abc import Mapping, Sequence
from decimal import Decimal
from itertools import product as combine
from math import prod

from merx.core.database import Transaction
from merx.core.errors import InvalidData, NotFound, Problem, TooLarge, refuse
from merx.modules.product.generation_schemas import GenerateVariants
from merx.modules.product.option_schemas import BatchOptions, UsedOptionPatch
from merx.modules.product.options import OfferedOptions, option_key
from merx.modules.product.schemas import PriceInput, VariantInput
from merx.modules.product.service import lock_products, read_offered_options
from merx.workflows.catalogue.batch_options import batch_options
from merx.workflows.catalogue.create_variants import Draft, create_variants

_PLACE = re.compile(r"\{([^{}]*)\}")
_NOT_OF_SKUS = re.compile(r"[^0-9A-Za-z]+")

_OPTIONS = """
SELECT o.title, o.id FROM product_product_option used
JOIN product_option o ON o.id = used.product_option_id AND o.deleted_at IS NULL
WHERE used.product_id = $1 AND used.deleted_at IS NULL"""
_PRESENT = """
SELECT option_key FROM product_variant
WHERE product_id = $1 AND deleted_at IS NULL AND option_key IS NOT NULL"""
_HANDLE = "SELECT handle FROM product WHERE id = $1"

# The value of each option, by the option's title.
Combination = dict[str, str]


async def generate_variants(
    tx: Transaction, product_id: str, wanted: GenerateVariants, *, most: int
) -> list[str]:
    """Offer the further values, then create the missing combinations; returns the ids of the new
    variants.

    The product is locked exclusively, so of two such calls the second finds the first one's
    variants. Raises TooLarge for more than `most` combinations, and InvalidData naming each problem
    by its path.
    """
    if product_id not in await lock_products(tx, [product_id]):
        raise NotFound(f"Product with id: {product_id} was not found")
    await _offer(tx, product_id, wanted.options)
    offered = (await read_offered_options(tx, [product_id]))[product_id]
    titles = [title for title, _ in offered.values]
    _check(wanted, titles)
    found = _combinations(wanted, offered, most)
    present = {record[0] for record in await tx.fetch(_PRESENT, product_id)}
    handle: str = await tx.fetchval(_HANDLE, product_id)
    missing = {key: chosen for key, chosen in _keyed(found, offered).items() if key not in present}
    drafts = [
        Draft(product_id, _variant(wanted, chosen, handle), f"variants[{place}]")
        for place, chosen in enumerate(missing.values())
    ]
    return await create_variants(tx, drafts, after_changes=bool(wanted.options))


async def _offer(tx: Transaction, product_id: str, values: Mapping[str, Sequence[str]]) -> None:
    if not values:
        return
    ids = {record["title"]: record["id"] for record in await tx.fetch(_OPTIONS, product_id)}
    _refuse([(f"options.{title}", title) for title in values if title not in ids])
    patches = [
        UsedOptionPatch.model_validate(
            {"product_option_id": ids[title], "add": [{"value": text} for text in texts]}
        )
        for title, texts in values.items()
    ]
    await batch_options(tx, product_id, BatchOptions(update=patches))


def _check(wanted: GenerateVariants, titles: Sequence[str]) -> None:
    """Refuse options that the product does not use, wherever they occur."""
    if not titles or len(set(titles)) < len(titles):
        raise InvalidData("Variants are generated for products with options of different titles")
    named = [(f"surcharges.{title}", title) for title in wanted.surcharges]
    for name, pattern in (("title", wanted.title), ("sku", wanted.sku or "")):
        named += [(name, place) for place in _PLACE.findall(pattern) if place != "handle"]
    _refuse([(path, title) for path, title in named if title not in titles])


def _refuse(unknown: Sequence[tuple[str, str]]) -> None:
    problems = [
        Problem(path=path, code="not_found", message=f"The product has no option {title}")
        for path, title in unknown
    ]
    refuse(problems)


def _combinations(
    wanted: GenerateVariants, offered: OfferedOptions, most: int
) -> Sequence[Combination]:
    """The requested combinations, or all."""
    count = len(wanted.combinations) or prod(len(values) for _, values in offered.values)
    if count > most:
        raise TooLarge(f"{most} variants can be generated at once, these are {count}")
    if wanted.combinations:
        return wanted.combinations
    titles = [title for title, _ in offered.values]
    lists = [list(values) for _, values in offered.values]
    return [dict(zip(titles, chosen, strict=True)) for chosen in combine(*lists)]


def _keyed(found: Sequence[Combination], offered: OfferedOptions) -> dict[str | None, Combination]:
    """The distinct combinations by their key."""
    keyed: dict[str | None, Combination] = {}
    problems: list[Problem] = []
    for place, chosen in enumerate(found):
        ids = offered.choose(chosen, " / ".join(chosen.values()))
        if isinstance(ids, str):
            problems.append(Problem(path=f"combinations[{place}]", code="invalid", message=ids))
        else:
            keyed.setdefault(option_key(ids), chosen)
    refuse(problems)
    return keyed


def _variant(wanted: GenerateVariants, chosen: Combination, handle: str) -> VariantInput:
    values = {**chosen, "handle": handle}
    in_sku = {title: _NOT_OF_SKUS.sub("-", text).strip("-") for title, text in values.items()}
    return VariantInput(
        title=_filled(wanted.title, values) or " / ".join(chosen.values()),
        sku=_filled(wanted.sku, in_sku).upper() if wanted.sku else None,
        prices=_prices(wanted, chosen),
        options=chosen,
        manage_inventory=wanted.manage_inventory,
        allow_backorder=wanted.allow_backorder,
    )


def _filled(pattern: str, values: Mapping[str, str]) -> str:
    return _PLACE.sub(lambda found: values[found[1]], pattern)


def _prices(wanted: GenerateVariants, chosen: Combination) -> list[PriceInput]:
    more: dict[str, Decimal] = {}
    for title, value in chosen.items():
        for one in wanted.surcharges.get(title, {}).get(value, ()):
            code = one.currency_code.lower()
            more[code] = more.get(code, Decimal(0)) + one.amount
    return [
        price.model_copy(
            update={"amount": price.amount + more.get(price.currency_code.lower(), Decimal(0))}
        )
        for price in wanted.prices
    ]
