"""Changes which options a product uses, and which of their values it offers, in one call."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from merx.batch import Insert, Row, insert_all, lock_rows, soft_delete_rows
from merx.core.database import Transaction
from merx.core.errors import InvalidData, MerxError, NotFound, Problem
from merx.modules.product.manage_options import check_ranks, refuse_equal_titles, value_rows
from merx.modules.product.models import (
    ProductOption,
    ProductOptionValue,
    ProductProductOptionValue,
)
from merx.modules.product.offered_options import (
    Use,
    add_options,
    offered_row,
    stop_using,
    used_options,
)
from merx.modules.product.option_schemas import BatchOptions, UsedOptionPatch
from merx.modules.product.options import fold
from merx.modules.product.product_links import no_such_entity
from merx.modules.product.service import lock_products
from merx.outbox import emit_all
from merx.workflows.catalogue.batch_variants import missing_product

_VALUES = """
SELECT v.id, v.option_id, v.value FROM unnest($1::text[]) AS given(id)
CROSS JOIN LATERAL (
  SELECT * FROM product_option_value o WHERE o.option_id = given.id OFFSET 0) v
WHERE v.deleted_at IS NULL"""

_OFFERED = """
SELECT offered.id, offered.product_option_value_id AS value_id FROM unnest($1::text[]) AS given(id)
CROSS JOIN LATERAL (
  SELECT * FROM product_product_option_value o
  WHERE o.product_product_option_id = given.id OFFSET 0) offered
WHERE offered.deleted_at IS NULL"""

_WHO_CHOSE = """
SELECT DISTINCT v.title FROM unnest($2::text[]) AS given(value_id)
CROSS JOIN LATERAL (
  SELECT * FROM product_variant_option c WHERE c.option_value_id = given.value_id OFFSET 0) chosen
CROSS JOIN LATERAL (
  SELECT * FROM product_variant p WHERE p.id = chosen.variant_id OFFSET 0) v
WHERE v.product_id = $1 AND v.deleted_at IS NULL ORDER BY v.title"""


async def batch_options(tx: Transaction, product_id: str, batch: BatchOptions) -> None:
    """Stop using options, change offered values, then start using options.

    The product is locked exclusively, so no variant can get a value that the product stops
    offering. Variants keep the options they have. An option that is removed cannot also be changed
    or added in the same call.
    """
    if product_id not in await lock_products(tx, [product_id]):
        raise NotFound(_missing(product_id, batch))
    used = (await used_options(tx, [product_id]))[product_id]
    _check_added(product_id, batch, used)
    await _lock_options(tx, batch)
    for place, option in enumerate(batch.add):
        check_ranks(option.ranks, option.values or [], f"add[{place}]")
    gone = [used[given] for given in dict.fromkeys(batch.remove) if given in used]
    await stop_using(tx, gone)
    kept = {given: used_id for given, used_id in used.items() if given not in batch.remove}
    await _change_values(tx, product_id, batch.update, kept)
    uses = [Use(product_id, option, f"add[{place}]") for place, option in enumerate(batch.add)]
    await add_options(tx, uses, _no_such_option)
    if uses:
        await refuse_equal_titles(tx, [product_id])
    await emit_all(tx, {"product.updated": [product_id]})


async def _lock_options(tx: Transaction, batch: BatchOptions) -> None:
    """Lock all options that the batch names, always in the same order, so that no value is deleted
    or created twice meanwhile.
    """
    named = [*batch.remove, *(patch.product_option_id for patch in batch.update)]
    named += [option.id for option in batch.add if option.id]
    await lock_rows(tx, ProductOption.__table__, named)


def _missing(product_id: str, batch: BatchOptions) -> str:
    if batch.add and not (batch.update or batch.remove):
        return missing_product(product_id)
    return f"Product with id: {product_id} was not found"


def _no_such_option(missing: Sequence[tuple[str, str]]) -> MerxError:
    return no_such_entity("product_option_id", missing)


def _check_added(product_id: str, batch: BatchOptions, used: Mapping[str, str]) -> None:
    """Refuse options that are named twice, or that the product already uses."""
    seen: set[str] = set()
    twice: list[Problem] = []
    linked: list[Problem] = []
    for place, option in enumerate(batch.add):
        if option.id in seen:
            words = f"remove duplicate pairs: {product_id}_{option.id}"
            message = f"Duplicate product option assignments are not allowed; {words}"
            twice.append({"path": f"add[{place}]", "message": message})
        elif option.id in used:
            message = f"Product options are already linked to products: {option.id}"
            linked.append({"path": f"add[{place}]", "message": message})
        seen.update([option.id] if option.id else [])
    if problems := twice or linked:
        raise InvalidData.of(problems)


@dataclass(slots=True)
class _Change:
    """The changes to a product's offered values.

    `ids` and `texts` are the values its options have.
    """

    ids: Mapping[str, str]
    texts: dict[tuple[str, str], str]
    new: list[Row] = field(default_factory=list[Row])
    offered: dict[str, str] = field(default_factory=dict[str, str])
    removed: set[str] = field(default_factory=set[str])
    missing: list[tuple[str, str]] = field(default_factory=list[tuple[str, str]])

    def read(self, patch: UsedOptionPatch, used_id: str, path: str) -> None:
        """Collect one patch: values by id must belong to the option, others are found or created by
        text.
        """
        option_id = patch.product_option_id
        for place, value in enumerate(patch.add):
            if not isinstance(value, str):
                self.offered[self.value_of(option_id, value.value)] = used_id
            elif self.ids.get(value) == option_id:
                self.offered[value] = used_id
            else:
                self.missing.append((value, f"{path}.add[{place}]"))
        self.removed.update(patch.remove)

    def value_of(self, option_id: str, text: str) -> str:
        """The id of the option's value with that text, which may be new."""
        key = (option_id, fold(text))
        if key not in self.texts:
            [row] = value_rows(option_id, [text])
            self.new.append(row)
            self.texts[key] = row["id"]
        return self.texts[key]


async def _change_values(
    tx: Transaction,
    product_id: str,
    patches: Sequence[UsedOptionPatch],
    used: Mapping[str, str],
) -> None:
    changing = [(place, one) for place, one in enumerate(patches) if one.add or one.remove]
    _refuse_unused(product_id, changing, used)
    options = list(dict.fromkeys(patch.product_option_id for _, patch in changing))
    if not options:
        return
    values = await tx.fetch(_VALUES, options)
    change = _Change(
        {row["id"]: row["option_id"] for row in values},
        {(row["option_id"], fold(row["value"] or "")): row["id"] for row in values},
    )
    for place, patch in changing:
        change.read(patch, used[patch.product_option_id], f"update[{place}]")
    if change.missing:
        raise no_such_entity("product_option_value_id", change.missing)
    await _write(tx, product_id, change, [used[option_id] for option_id in options])


def _refuse_unused(
    product_id: str, changing: Sequence[tuple[int, UsedOptionPatch]], used: Mapping[str, str]
) -> None:
    words = "Some product options are not linked to products: [{}]"
    unused = [
        (patch.product_option_id, place)
        for place, patch in changing
        if patch.product_option_id not in used
    ]
    problems: list[Problem] = [
        {
            "path": f"update[{place}].product_option_id",
            "message": words.format(f"{product_id}:{option_id}"),
        }
        for option_id, place in unused
    ]
    if problems:
        pairs = ", ".join(f"{product_id}:{option_id}" for option_id, _ in unused)
        raise InvalidData(words.format(pairs), problems=problems)


async def _write(
    tx: Transaction, product_id: str, change: _Change, used_ids: Sequence[str]
) -> None:
    """A value that is both added and removed is removed, as on the reference."""
    present = {
        record["value_id"]: record["id"] for record in await tx.fetch(_OFFERED, list(used_ids))
    }
    gone = {value_id: present[value_id] for value_id in change.removed if value_id in present}
    if gone:
        chosen = [record[0] for record in await tx.fetch(_WHO_CHOSE, product_id, list(gone))]
        if chosen:
            raise InvalidData(
                "Cannot unassign option values from product because the following variant(s)"
                f" are using it: {', '.join(chosen)}"
            )
        await soft_delete_rows(tx, ProductProductOptionValue.__table__, sorted(gone.values()))
    rows = [
        offered_row(used_id, value_id)
        for value_id, used_id in change.offered.items()
        if value_id not in present and value_id not in change.removed
    ]
    await insert_all(
        tx,
        Insert(ProductOptionValue.__table__, change.new),
        Insert(ProductProductOptionValue.__table__, rows),
    )
