"""Prices of a bulk job: those of variants, and those of price lists.

A line is one price, identified by its variant, currency, quantities and rules; other prices stay.
"""

from collections.abc import Mapping
from typing import NamedTuple

from pydantic import ConfigDict

from merx.batch import lock_rows
from merx.core.database import Transaction
from merx.core.errors import NotFound, Problem
from merx.core.kinds import Money
from merx.modules.pricing.models import PriceList
from merx.modules.pricing.prices import Key as PriceKey
from merx.modules.pricing.prices import rule_columns
from merx.modules.pricing.schemas import BatchListedPrices, ListedPrice
from merx.modules.pricing.service import PresentPrice, lock_listed_prices, lock_prices
from merx.modules.product.models import Product
from merx.modules.product.schemas import PriceInput, PriceUpdate, VariantPatch
from merx.modules.product.service import lock_variants
from merx.modules.product.updates import VariantUpdate
from merx.workflows.bulk.step import Done, Step, find_named, not_found, taken
from merx.workflows.catalogue.update_variants import update_variants
from merx.workflows.pricing.price_list_prices import batch_prices


class _PriceLine(PriceInput):
    """The fields of a price apart from its variant; unknown ones are refused."""

    model_config = ConfigDict(extra="forbid")
    price_list_id: str | None = None


class _GoneLine(_PriceLine):
    """The same for a price to delete, which needs no amount."""

    amount: Money | None = None  # pyright: ignore[reportIncompatibleVariableOverride, reportGeneralTypeIssues]


class _Wanted(NamedTuple):
    """A price from a line."""

    place: int
    op: str
    variant_id: str
    price_set_id: str
    body: _PriceLine

    @property
    def key(self) -> PriceKey:
        body = self.body
        return PriceKey(
            body.currency_code.lower(),
            body.min_quantity,
            body.max_quantity,
            rule_columns(body.rules)["rules_key"],
        )


async def write_prices(tx: Transaction, step: Step) -> None:
    """Create, update and delete prices."""
    columns = ("product_id", "price_set_id")
    found = await find_named(tx, step, "product_variant", 0, *columns)
    lists: dict[str | None, list[_Wanted]] = {}
    for place, row in list(step.left()):
        model = _GoneLine if row.op == "delete" else _PriceLine
        body = step.checked(place, model, row.values)
        if body is not None:
            record = found[place]
            wanted = _Wanted(place, row.op, record["id"], record["price_set_id"] or "", body)
            lists.setdefault(body.price_list_id, []).append(wanted)
    owners = {record["id"]: record["product_id"] for record in found.values()}
    own = lists.pop(None, [])
    if own:
        await _write_own(tx, step, own, owners)
    for list_id, wanted in lists.items():
        await _write_listed(tx, step, str(list_id), wanted)


async def _write_own(
    tx: Transaction, step: Step, wanted: list[_Wanted], owners: Mapping[str, str]
) -> None:
    """Give each variant its present prices, except for those in the lines."""
    owners = {one.variant_id: owners[one.variant_id] for one in wanted}
    await lock_rows(tx, Product.__table__, owners.values(), shared=True)
    held = await lock_variants(tx, owners)
    for one in wanted:
        if one.variant_id not in held:
            step.blame(one.place, not_found("product_variant", step.rows[one.place].keys[0]))
    wanted = [one for one in wanted if one.variant_id in held]
    present = {
        (price.price_set_id, price.key): price
        for price in await lock_prices(tx, list({one.price_set_id for one in wanted}))
    }
    prices = _merge(step, wanted, present)
    updates: dict[str, VariantUpdate] = {}
    for variant_id, by_key in prices.items():
        path = f"update[{len(updates)}]"
        for number, (place, _) in enumerate(by_key.values()):
            if place is not None:
                step.note(f"{path}.prices[{number}]", place)
        rows = [price for _, price in by_key.values()]
        patch = VariantPatch.model_construct({"prices"}, prices=rows)
        updates[variant_id] = VariantUpdate(variant_id, owners[variant_id], patch, path)
    for one in wanted:
        if one.place not in step.failures:
            step.note(updates[one.variant_id].path, one.place)
    await update_variants(tx, list(updates.values()))
    made = await lock_prices(tx, list({one.price_set_id for one in wanted}))
    _tell(step, wanted, present, {(price.price_set_id, price.key): price for price in made})


_Places = Mapping[tuple[str, PriceKey], PresentPrice]


def _merge(
    step: Step, wanted: list[_Wanted], present: _Places
) -> dict[str, dict[PriceKey, tuple[int | None, PriceUpdate]]]:
    """The wanted prices of each variant, with the positions of their lines."""
    sets = {one.price_set_id: one.variant_id for one in wanted}
    prices: dict[str, dict[PriceKey, tuple[int | None, PriceUpdate]]] = {}
    for (set_id, key), price in present.items():
        kept = PriceUpdate.model_construct({"id"}, id=price.id)
        prices.setdefault(sets[set_id], {})[key] = (None, kept)
    for one in wanted:
        if not _may(step, one, present.get((one.price_set_id, one.key))):
            continue
        own = prices.setdefault(one.variant_id, {})
        if one.op == "delete":
            own.pop(one.key, None)
            continue
        given = one.body.model_dump(exclude_unset=True, exclude={"price_list_id"})
        there = present.get((one.price_set_id, one.key))
        if there is not None:
            given = {"id": there.id, "amount": one.body.amount}
        own[one.key] = (one.place, PriceUpdate.model_validate(given))
    changed = {one.variant_id for one in wanted if one.place not in step.failures}
    return {variant_id: own for variant_id, own in prices.items() if variant_id in changed}


def _may(step: Step, one: _Wanted, there: PresentPrice | None) -> bool:
    """Whether the line can be written, given what exists."""
    if one.op == "create" and there is not None:
        step.blame(one.place, taken("price", "currency_code", there.id))
        return False
    if one.op == "update" and there is None:
        words = f"The variant has no such price in {one.body.currency_code}"
        path = "currency_code"
        problem: Problem = {"path": path, "code": "not_found", "message": words}
        step.blame(one.place, NotFound(words, problems=[problem]))
        return False
    return True


def _tell(step: Step, wanted: list[_Wanted], before: _Places, after: _Places) -> None:
    for one in wanted:
        if one.place in step.failures:
            continue
        place = (one.price_set_id, one.key)
        was, now = before.get(place), after.get(place)
        if one.op == "delete":
            change = Done(was.id, "deleted") if was else Done(None, "none")
        else:
            change = Done(now.id if now else None, "updated" if was else "created")
        step.done[one.place] = change


async def _write_listed(tx: Transaction, step: Step, list_id: str, wanted: list[_Wanted]) -> None:
    if not await lock_rows(tx, PriceList.__table__, [list_id], shared=True):
        words = f"Price list with id: {list_id} was not found"
        for one in wanted:
            problem: Problem = {"path": "price_list_id", "code": "not_found", "message": words}
            step.blame(one.place, NotFound(words, problems=[problem]))
        return
    keys = [(one.price_set_id, one.key) for one in wanted]
    before = await _listed(tx, list_id, keys)
    wanted = [one for one in wanted if _may(step, one, before.get((one.price_set_id, one.key)))]
    batch = BatchListedPrices()
    for one in wanted:
        there = before.get((one.price_set_id, one.key))
        if one.op == "delete":
            batch.delete.extend([there.id] if there else [])
            continue
        step.note(f"create[{len(batch.create)}]", one.place)
        batch.create.append(_listed_price(one))
    await batch_prices(tx, list_id, batch)
    _tell(step, wanted, before, await _listed(tx, list_id, keys))


def _listed_price(one: _Wanted) -> ListedPrice:
    given = one.body.model_dump(exclude_unset=True, exclude={"price_list_id"})
    return ListedPrice.model_validate({**given, "variant_id": one.variant_id})


async def _listed(
    tx: Transaction, list_id: str, keys: list[tuple[str, PriceKey]]
) -> dict[tuple[str, PriceKey], PresentPrice]:
    held = await lock_listed_prices(tx, list_id, dict.fromkeys(keys))
    return {(price.price_set_id, price.key): price for price in held}
