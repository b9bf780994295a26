"""Writes imported products, many in one transaction.

The number of statements depends on what the products contain, not on how many they are.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from pydantic import BaseModel, ValidationError

from merx.core.database import Transaction
from merx.core.errors import MerxError
from merx.core.shapes import Json
from merx.modules.product.schemas import BatchedProductPatch, BatchProducts, ProductInput
from merx.modules.product.service import lock_products
from merx.workflows.catalogue.batch_products import batch_products
from merx.workflows.imports.attachments import attach, images_of
from merx.workflows.imports.drafts import (
    Fault,
    PriceDraft,
    ProductDraft,
    ReadingOptions,
    VariantDraft,
)
from merx.workflows.imports.options import Shared, offer_missing, option_body, shared_options
from merx.workflows.imports.references import References, find_references, region_name

_LISTS = ("tags", "categories", "sales_channels")

_BY_HANDLE = """
SELECT given.handle, p.id FROM unnest($1::text[]) AS given(handle)
CROSS JOIN LATERAL (
  SELECT id FROM product p WHERE p.handle = given.handle AND p.deleted_at IS NULL OFFSET 0) p"""
_BY_SKU = """
SELECT v.id, v.product_id, v.sku FROM unnest($1::text[]) AS given(id)
CROSS JOIN LATERAL (SELECT * FROM product_variant p WHERE p.product_id = given.id OFFSET 0) v
WHERE v.deleted_at IS NULL AND v.sku IS NOT NULL"""

_CURRENCY = (
    "SELECT currency_code FROM store_currency WHERE is_default AND deleted_at IS NULL LIMIT 1"
)


class Faulty(Exception):
    """Some products cannot be written: the errors of each, by its index."""

    def __init__(self, faults: Mapping[int, Sequence[Fault]]) -> None:
        super().__init__("products cannot be written")
        self.faults = faults


@dataclass(slots=True)
class _Chunk:
    """Products that are written together, and what was looked up for them."""

    drafts: Sequence[ProductDraft]
    options: ReadingOptions
    references: References = field(default_factory=References)
    shared: Mapping[str, Shared] = field(default_factory=dict[str, Shared])
    currency_code: str = ""
    # The ids of existing images, by product and URL.
    images: Mapping[str, Mapping[str, str]] = field(default_factory=dict[str, dict[str, str]])
    faults: dict[int, list[Fault]] = field(default_factory=dict[int, list[Fault]])

    def blame(self, place: int, fault: Fault) -> None:
        self.faults.setdefault(place, []).append(fault)

    def check(self) -> None:
        if self.faults:
            raise Faulty(self.faults)


async def write_products(
    tx: Transaction, drafts: Sequence[ProductDraft], options: ReadingOptions
) -> None:
    """Create and update products with everything in their drafts.

    Raises Faulty naming products that cannot be written; others may be invalid too. Values that the
    database finds taken are raised as by the workflows, with paths of `fault_of`.
    """
    chunk = _Chunk(drafts, options)
    if options.update_existing:
        await _find_existing(tx, drafts)
    chunk.references = await find_references(
        tx, drafts, create_missing=options.create_missing, blame=chunk.blame
    )
    chunk.check()
    chunk.currency_code = options.currency_code or await tx.fetchval(_CURRENCY) or ""
    present = {draft.id: draft for draft in drafts if draft.id}
    if present:
        await lock_products(tx, present)
        chunk.images = await images_of(tx, list(present))
    chunk.shared = await shared_options(tx, drafts)
    await offer_missing(tx, present, chunk.shared)
    batch = _batch(chunk)
    chunk.check()
    created, _ = await batch_products(tx, batch)
    new = iter(created)
    ids = [draft.id or next(new) for draft in drafts]
    await attach(tx, ids, drafts, chunk.references, chunk.blame)
    chunk.check()


def faults_of(drafts: Sequence[ProductDraft], error: MerxError) -> dict[int, list[Fault]]:
    """What an error of the workflows says about each draft; empty if it names no path."""
    lists = {
        "create": [place for place, draft in enumerate(drafts) if not draft.id],
        "update": [place for place, draft in enumerate(drafts) if draft.id],
    }
    faults: dict[int, list[Fault]] = {}
    for problem in error.problems:
        path = problem.get("path", "")
        name, bracket, rest = path.partition("[")
        number, _, below = rest.partition("]")
        if bracket and name in lists and number.isdigit():
            place = lists[name][int(number)]
            fault = drafts[place].fault(below.lstrip("."), problem.get("message", error.message))
            faults.setdefault(place, []).append(fault)
    return faults


async def _find_existing(tx: Transaction, drafts: Sequence[ProductDraft]) -> None:
    """Give drafts without an id the id of the product with their handle, and likewise their
    variants.
    """
    handles = [str(draft.values.get("handle")) for draft in drafts if not draft.id]
    ids = {record[0]: record[1] for record in await tx.fetch(_BY_HANDLE, handles)}
    for draft in drafts:
        draft.id = draft.id or ids.get(str(draft.values.get("handle")), "")
    records = await tx.fetch(_BY_SKU, list(ids.values()))
    skus = {(record["product_id"], record["sku"]): record["id"] for record in records}
    for draft in drafts:
        for variant in draft.variants:
            variant.id = variant.id or skus.get((draft.id, variant.values.get("sku")), "")


def _batch(chunk: _Chunk) -> BatchProducts:
    create: list[ProductInput] = []
    update: list[BatchedProductPatch] = []
    for place, draft in enumerate(chunk.drafts):
        body = _body(chunk, draft)
        if draft.id:
            update.extend(_checked(chunk, place, BatchedProductPatch, {**body, "id": draft.id}))
        else:
            create.extend(_checked(chunk, place, ProductInput, body))
    return BatchProducts.model_construct(create=create, update=update, delete=[])


def _checked(chunk: _Chunk, place: int, kind: Any, body: Json) -> list[Any]:
    """The body if it is valid; otherwise a fault for each invalid field."""
    try:
        made: BaseModel = kind.model_validate(body)
    except ValidationError as error:
        draft = chunk.drafts[place]
        for one in error.errors(include_url=False, include_input=False):
            path = "".join(f"[{step}]" if isinstance(step, int) else f".{step}"
                           for step in one["loc"]).lstrip(".")  # fmt: skip
            chunk.blame(place, draft.fault(path, f"{path} {one['msg']}"))
        return []
    return [made]


def _body(chunk: _Chunk, draft: ProductDraft) -> Json:
    body: dict[str, Any] = dict(draft.values)
    found = chunk.references
    for name, key in (("type", "type_id"), ("collection", "collection_id"),
                      ("shipping_profile", "shipping_profile_id")):  # fmt: skip
        if given := getattr(draft, name):
            body[key] = found.of(name, given)
    for name in _LISTS:
        if (listed := getattr(draft, name)) is not None:
            ids = dict.fromkeys(found.of(name, given) for given in listed)
            body[name] = [{"id": one} for one in ids]
    if draft.images is not None:
        body["images"] = _images(chunk, draft)
    if draft.options and not draft.id:
        body["options"] = [option_body(option, chunk.shared) for option in draft.options]
    if draft.variants:
        body["variants"] = [_variant(chunk, draft, variant) for variant in draft.variants]
    return body


def _images(chunk: _Chunk, draft: ProductDraft) -> list[dict[str, str]]:
    """The images; one whose URL the product already has is kept."""
    known = chunk.images.get(draft.id, {})
    own = list(draft.images or [])
    own.extend(url for variant in draft.variants for url in variant.images or ())
    return [
        {"url": url, "id": known[url]} if url in known else {"url": url}
        for url in dict.fromkeys(own)
    ]


def _variant(chunk: _Chunk, draft: ProductDraft, variant: VariantDraft) -> Json:
    body: dict[str, Any] = dict(variant.values)
    if variant.id:
        body["id"] = variant.id
    if not draft.id:
        # Bodies of new variants have none; `attach` writes it.
        body.pop("thumbnail", None)
    if variant.options:
        body["options"] = variant.options
    if variant.prices is not None or not variant.id:
        body["prices"] = [_price(chunk, price) for price in variant.prices or ()]
    if not variant.id:
        # The stock of a deleted variant remains under its sku; link it again.
        body["link_inventory_by_sku"] = True
    return body


def _price(chunk: _Chunk, price: PriceDraft) -> Json:
    rules = dict(price.rules)
    if price.region:
        name = region_name(price.region, price.currency_code)
        rules["region_id"] = chunk.references.of("regions", name)
    return {
        "currency_code": price.currency_code or chunk.currency_code,
        "amount": price.amount,
        "min_quantity": price.min_quantity,
        "max_quantity": price.max_quantity,
        "rules": rules,
    }
