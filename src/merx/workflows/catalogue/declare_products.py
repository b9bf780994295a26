"""Declares a product: creates it, or changes only what differs from the declaration.

The present product is read once and compared with the declaration. Equal parts are left alone, so a
declaration that already holds writes nothing and emits nothing.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Literal

from merx.batch import Patch
from merx.core.database import Transaction
from merx.core.errors import Conflict, InvalidData
from merx.core.shapes import Document, Json
from merx.modules.product.declaration_schemas import (
    DeclaredOption,
    DeclaredVariant,
    DeclareProduct,
)
from merx.modules.product.option_schemas import BatchOptions
from merx.modules.product.schemas import (
    BatchedVariantPatch,
    BatchVariants,
    CreateProduct,
    UpdateProduct,
    VariantInput,
)
from merx.modules.product.service import lock_products
from merx.workflows.catalogue.batch_options import batch_options
from merx.workflows.catalogue.batch_variants import batch_variants
from merx.workflows.catalogue.create_products import create_products
from merx.workflows.catalogue.declared_stock import declare_stock
from merx.workflows.catalogue.present_product import (
    PresentOption,
    PresentPrice,
    PresentProduct,
    PresentVariant,
    read_present,
)
from merx.workflows.catalogue.update_products import update_product

Name = Literal["external_id", "handle"]

# Declarations of one product are serialised, even while there is no row to lock.
_TURN = "SELECT pg_advisory_xact_lock(hashtextextended($1, 7261952))"
_FIND = {
    name: f"SELECT id FROM product WHERE {name} = $1 AND deleted_at IS NULL LIMIT 2"
    for name in ("external_id", "handle")
}
_PROFILE = "shipping_profile_id"
_LISTS = ("categories", "tags", "sales_channels")
_NESTED = {*_LISTS, "options", "variants", "images", "metadata", "shipping_profile_id"}
_OF_VARIANTS = ("prices", "options", "stock", "sku", "metadata", "inventory_items",
                "link_inventory_by_sku")  # fmt: skip


@dataclass(frozen=True, slots=True)
class Declared:
    """The declared product, and whether it is new."""

    product_id: str
    is_new: bool


async def find_declared(tx: Transaction, by: Name, value: str) -> str | None:
    """The id of the product with that name.

    Its other declarations wait until the transaction ends.
    """
    await tx.execute(_TURN, f"{by}:{value}")
    found = [record[0] for record in await tx.fetch(_FIND[by], value)]
    if len(found) > 1:
        raise Conflict(f"Several products have the {by} {value}; declare one of them by handle")
    return found[0] if found else None


async def declare_product(
    tx: Transaction, by: Name, value: str, wanted: DeclareProduct
) -> Declared:
    """Make the product with that name match the declaration; raises the errors of the routes that
    change it.
    """
    if by in wanted.model_fields_set and getattr(wanted, by) != value:
        words = f"must be that of the path: {value}"
        raise InvalidData(f"Field '{by}' {words}", problems=[{"path": by, "message": words}])
    wanted = wanted.model_copy(update={by: value})
    product_id = await find_declared(tx, by, value)
    if product_id is None:
        [made] = await create_products(tx, [_new(wanted)])
        await declare_stock(tx, made, wanted.variants)
        return Declared(made, is_new=True)
    await lock_products(tx, [product_id])
    await _change(tx, await read_present(tx, product_id), wanted)
    await declare_stock(tx, product_id, wanted.variants)
    return Declared(product_id, is_new=False)


def _new(wanted: DeclareProduct) -> CreateProduct:
    given = {
        name: value
        for name, value in _plain(wanted).items()
        if name not in ("variants", "options") and (value is not None or name != _PROFILE)
    }
    product = CreateProduct.model_validate({**given, "title": wanted.title})
    product.options = BatchOptions.model_validate({"add": list(map(_option, wanted.options))}).add
    product.variants = [_new_variant(variant) for variant in wanted.variants]
    return product


def _plain(model: Any) -> Json:
    return model.model_dump(exclude_unset=True)


def _option(option: DeclaredOption) -> Json:
    return {"title": option.title, "values": option.values, "is_exclusive": True}


def _new_variant(variant: DeclaredVariant) -> VariantInput:
    given = {name: value for name, value in _plain(variant).items() if name != "stock"}
    return VariantInput.model_validate({"prices": [], **given})


async def _change(tx: Transaction, present: PresentProduct, wanted: DeclareProduct) -> None:
    """Columns and links, then new options, the variants, and removed options."""
    patch = _patch(present, wanted)
    if patch:
        await update_product(tx, present["id"], UpdateProduct.model_validate(patch))
    offered = {option["title"]: option for option in present["options"]}
    more = _more_options(offered, wanted.options)
    if more.add or more.update:
        await batch_options(tx, present["id"], more)
    gone = [option["id"] for title, option in offered.items() if title not in _titles(wanted)]
    if gone:
        await _drop_options(tx, present, wanted, gone)
    variants = _variants(present["variants"], wanted.variants)
    if variants.create or variants.update or variants.delete:
        await batch_variants(tx, present["id"], variants)
    less = _fewer_values(offered, wanted.options)
    if less.update:
        await batch_options(tx, present["id"], less)


async def _drop_options(
    tx: Transaction, present: PresentProduct, wanted: DeclareProduct, gone: list[str]
) -> None:
    """Stop using options, which requires that no variant has a value of them.

    The remaining variants therefore first give up all values of those options, and get the declared
    ones when the variants are changed.
    """
    titles = _titles(wanted)
    declared = {variant.sku: variant for variant in wanted.variants}
    kept = [variant for variant in present["variants"] if variant["sku"] in declared]
    for variant in kept:
        own = declared.get(variant["sku"] or "")
        if own is not None and "options" not in own.model_fields_set:
            chosen = _chosen(variant)
            own.options = {title: chosen[title] for title in chosen if title in titles}
    bare = [BatchedVariantPatch(id=variant["id"], options={}) for variant in kept]
    absent = [one["id"] for one in present["variants"] if one["sku"] not in declared]
    await batch_variants(tx, present["id"], BatchVariants(update=bare, delete=absent))
    await batch_options(tx, present["id"], BatchOptions(remove=gone))
    present["variants"] = [{**variant, "options": []} for variant in kept]


def _titles(wanted: DeclareProduct) -> set[str]:
    return {option.title for option in wanted.options}


def _chosen(variant: PresentVariant) -> dict[str, str]:
    return {one["option"]["title"]: one["value"] for one in variant["options"]}


def _patch(present: PresentProduct, wanted: DeclareProduct) -> Patch:
    given = wanted.model_fields_set
    columns: Document = present
    patch = {
        name: getattr(wanted, name)
        for name in given - _NESTED
        if not _equal(getattr(wanted, name), columns[name])
    }
    for name in _LISTS:
        ids = [one.id for one in getattr(wanted, name)]
        if name in given and set(ids) != {one["id"] for one in columns[name]}:
            patch[name] = [{"id": one} for one in ids]
    if "shipping_profile_id" in given:
        profile = present["shipping_profile"]
        if wanted.shipping_profile_id != (profile["id"] if profile else None):
            patch["shipping_profile_id"] = wanted.shipping_profile_id
    if "metadata" in given and wanted.metadata != present["metadata"]:
        patch["metadata"] = _metadata(present["metadata"], wanted.metadata)
    if "images" in given:
        ids = {image["url"]: image["id"] for image in reversed(present["images"])}
        urls = [image.url for image in wanted.images]
        if urls != [image["url"] for image in present["images"]]:
            patch["images"] = [
                {"url": url, **({"id": ids.pop(url)} if url in ids else {})} for url in urls
            ]
    return patch


def _metadata(present: Document | None, wanted: Document | None) -> Document | None:
    """The patch that turns the metadata into the wanted one: a key given as "" is removed."""
    return {**dict.fromkeys(present or {}, ""), **wanted} if wanted else wanted


def _equal(wanted: Any, present: Any) -> bool:
    """Whether the value equals the shown one; null and an empty text differ."""
    return (float(wanted) if isinstance(wanted, Decimal) else wanted) == present


def _values(option: PresentOption) -> dict[str, str]:
    return {value["value"]: value["id"] for value in option["values"]}


def _more_options(
    offered: Mapping[str, PresentOption], wanted: Sequence[DeclaredOption]
) -> BatchOptions:
    add = [_option(option) for option in wanted if option.title not in offered]
    update = [
        {
            "product_option_id": offered[option.title]["id"],
            "add": [
                {"value": value}
                for value in option.values
                if value not in _values(offered[option.title])
            ],
        }
        for option in wanted
        if option.title in offered
    ]
    return BatchOptions.model_validate(
        {"add": add, "update": [one for one in update if one["add"]]}
    )


def _fewer_values(
    offered: Mapping[str, PresentOption], wanted: Sequence[DeclaredOption]
) -> BatchOptions:
    kept = {option.title: option.values for option in wanted}
    gone = {
        option["id"]: [
            value_id for value, value_id in _values(option).items() if value not in kept[title]
        ]
        for title, option in offered.items()
        if title in kept
    }
    return BatchOptions.model_validate(
        {
            "update": [
                {"product_option_id": option_id, "remove": ids}
                for option_id, ids in gone.items()
                if ids
            ],
        }
    )


def _variants(
    present: Sequence[PresentVariant], wanted: Sequence[DeclaredVariant]
) -> BatchVariants:
    by_sku = {variant["sku"]: variant for variant in present if variant["sku"]}
    skus = {variant.sku for variant in wanted}
    patches = [
        {"id": by_sku[variant.sku]["id"], **patch}
        for variant in wanted
        if variant.sku in by_sku and (patch := _variant_patch(by_sku[variant.sku], variant))
    ]
    return BatchVariants(
        create=[_new_variant(variant) for variant in wanted if variant.sku not in by_sku],
        update=[BatchedVariantPatch.model_validate(patch) for patch in patches],
        delete=[variant["id"] for variant in present if variant["sku"] not in skus],
    )


def _variant_patch(present: PresentVariant, wanted: DeclaredVariant) -> Patch:
    given = wanted.model_fields_set
    columns: Document = present
    patch = {
        name: getattr(wanted, name)
        for name in given - set(_OF_VARIANTS)
        if not _equal(getattr(wanted, name), columns[name])
    }
    if "options" in given and wanted.options != _chosen(present):
        patch["options"] = wanted.options
    if "metadata" in given and wanted.metadata != present["metadata"]:
        patch["metadata"] = _metadata(present["metadata"], wanted.metadata)
    if "prices" in given and _price_keys(wanted) != _present_keys(present["prices"]):
        patch["prices"] = [price.model_dump(exclude_unset=True) for price in wanted.prices]
    return patch


_Price = tuple[str, float | None, float | None, tuple[tuple[str, str], ...]]


def _price_keys(variant: DeclaredVariant) -> dict[_Price, float]:
    """The amounts by the conditions of the prices."""
    return {
        (
            price.currency_code.lower(),
            _float(price.min_quantity),
            _float(price.max_quantity),
            tuple(sorted(price.rules.items())),
        ): float(price.amount)
        for price in variant.prices
    }


def _present_keys(prices: Sequence[PresentPrice]) -> dict[_Price, float]:
    return {
        (
            price["currency_code"],
            _float(price["min_quantity"]),
            _float(price["max_quantity"]),
            tuple(
                sorted(
                    (rule["attribute"], rule["value"]) for rule in price.get("price_rules") or ()
                )
            ),
        ): float(price["amount"])
        for price in prices
    }


def _float(value: Any) -> float | None:
    return None if value is None else float(value)
