"""Bodies of product and variant routes.

Fields are declared in the order the reference checks them.
"""

from typing import Annotated, Any, Literal, Self

from pydantic import BeforeValidator, ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError

from merx.core.kinds import (
    Code,
    Flag,
    Input,
    Metadata,
    Money,
    Number,
    OpenInput,
    Positive,
    Real,
    Tidy,
    TidyTitle,
    Title,
    Whole,
    rule,
)

Status = Literal["draft", "proposed", "published", "rejected"]
STATUSES: tuple[str, ...] = ("draft", "proposed", "published", "rejected")


def _status(value: Any) -> Any:
    if value not in STATUSES:
        raise PydanticCustomError("enum", "not a status", {"expected": ", ".join(STATUSES)})
    return value


ProductStatus = Annotated[Status, BeforeValidator(_status)]


class _Bounds(OpenInput):
    min_quantity: Number | None = None
    max_quantity: Number | None = None
    rules: dict[str, str] = Field(default_factory=dict[str, str])

    @model_validator(mode="after")
    def _check_bounds(self) -> Self:
        if (
            self.min_quantity is not None
            and self.max_quantity is not None
            and self.min_quantity > self.max_quantity
        ):
            raise rule("must not be greater than 'max_quantity'", "min_quantity")
        return self


class PriceInput(_Bounds):
    """A new price. Amounts are in major units: 9.95 is 9 dollars 95."""

    currency_code: str
    amount: Money


class PriceUpdate(_Bounds):
    """An existing price, by `id`, or by its currency, rules and bounds."""

    id: str | None = None
    currency_code: str | None = None
    amount: Money | None = None

    @model_validator(mode="after")
    def _check_given(self) -> Self:
        given = self.model_fields_set
        if self.id is None and "id" in given:
            raise rule("is required", "id")
        for name in ("currency_code", "amount"):
            if getattr(self, name) is None and (not self.id or name in given):
                raise rule("is required", name)
        return self


class InventoryItemLink(OpenInput):
    inventory_item_id: str
    required_quantity: Positive


class VariantInput(Input):
    """A new variant; `options` maps each option title of the product to one of its values.

    `link_inventory_by_sku` is Merx's own: an existing inventory item with the variant's sku that no
    variant uses is linked, where the reference refuses the sku.
    """

    title: Title
    sku: Code = None
    ean: Code = None
    upc: Code = None
    barcode: Code = None
    hs_code: str | None = None
    mid_code: str | None = None
    allow_backorder: Flag = False
    manage_inventory: Flag = True
    variant_rank: Whole = 0
    weight: Real | None = None
    length: Real | None = None
    height: Real | None = None
    width: Real | None = None
    origin_country: str | None = None
    material: str | None = None
    metadata: Metadata | None = None
    prices: list[PriceInput]
    options: dict[Tidy, Tidy] = Field(default_factory=dict[str, str])
    inventory_items: list[InventoryItemLink] = Field(default_factory=list[InventoryItemLink])
    link_inventory_by_sku: bool = False


class CreateVariant(VariantInput):
    additional_data: Metadata | None = None


class VariantPatch(Input):
    """Changes to a variant; omitted keys keep their value."""

    id: str = ""
    title: Title = ""
    prices: list[PriceUpdate] = Field(default_factory=list[PriceUpdate])
    sku: Code = None
    ean: Code = None
    upc: Code = None
    barcode: Code = None
    hs_code: str | None = None
    mid_code: str | None = None
    thumbnail: str | None = None
    allow_backorder: Flag = False
    manage_inventory: Flag = True
    variant_rank: Whole = 0
    weight: Real | None = None
    length: Real | None = None
    height: Real | None = None
    width: Real | None = None
    origin_country: str | None = None
    material: str | None = None
    metadata: Metadata | None = None
    options: dict[Tidy, Tidy] = Field(default_factory=dict[str, str])
    link_inventory_by_sku: bool = False


class UpdateVariant(VariantPatch):
    additional_data: Metadata | None = None


class BatchedVariantPatch(VariantPatch):
    id: str  # pyright: ignore[reportGeneralTypeIssues]


class BatchVariants(Input):
    """Rows to delete, then to update, then to create, so a sku can be swapped within one call."""

    create: list[VariantInput] = Field(default_factory=list[VariantInput])
    update: list[BatchedVariantPatch] = Field(default_factory=list[BatchedVariantPatch])
    delete: list[str] = Field(default_factory=list[str])


class LinkQuantity(Input):
    required_quantity: Positive


class CreateLink(Input):
    required_quantity: Positive
    inventory_item_id: str


class BatchedLink(Input):
    required_quantity: Positive
    inventory_item_id: str
    variant_id: str


class BatchedUnlink(Input):
    inventory_item_id: str
    variant_id: str


class BatchLinks(Input):
    create: list[BatchedLink] = Field(default_factory=list[BatchedLink])
    update: list[BatchedLink] = Field(default_factory=list[BatchedLink])
    delete: list[BatchedUnlink] = Field(default_factory=list[BatchedUnlink])


class Reference(OpenInput):
    """Another row, by its id."""

    id: str


class ImageInput(OpenInput):
    url: str


class ImagePatch(OpenInput):
    id: str = ""
    url: str


class OptionInput(OpenInput):
    """A new option with its values, or an existing one by `id` with some or all of its values."""

    model_config = ConfigDict(extra="allow")

    id: str | None = None
    title: TidyTitle | None = None
    values: list[TidyTitle] | None = None
    value_ids: list[str] | None = None
    ranks: dict[Tidy, Whole] = Field(default_factory=dict[str, int])
    is_exclusive: bool = True
    metadata: Metadata | None = None

    @model_validator(mode="after")
    def _check_kind(self) -> Self:
        if self.id is None and self.title is None:
            raise rule("is required", "title")
        if self.id is None and self.values is None:
            raise rule("is required", "values")
        if self.id is None and self.model_extra:
            raise rule("is required", "id")
        return self


class ProductInput(Input):
    title: str
    subtitle: str | None = None
    description: str | None = None
    is_giftcard: Flag = False
    discountable: Flag = True
    images: list[ImageInput] = Field(default_factory=list[ImageInput])
    thumbnail: str | None = None
    handle: str = ""
    status: ProductStatus | None = "draft"
    external_id: str | None = None
    type_id: str | None = None
    collection_id: str | None = None
    categories: list[Reference] = Field(default_factory=list[Reference])
    tags: list[Reference] = Field(default_factory=list[Reference])
    options: list[OptionInput] = Field(default_factory=list[OptionInput])
    variants: list[VariantInput] = Field(default_factory=list[VariantInput])
    sales_channels: list[Reference] = Field(default_factory=list[Reference])
    shipping_profile_id: str = ""
    weight: Real | None = None
    length: Real | None = None
    height: Real | None = None
    width: Real | None = None
    hs_code: str | None = None
    mid_code: str | None = None
    origin_country: str | None = None
    material: str | None = None
    metadata: Metadata | None = None


class CreateProduct(ProductInput):
    additional_data: Metadata | None = None


class ProductVariantPatch(VariantPatch):
    """A variant in the list of a product.

    With an id it is kept and changed, without one it is new.
    """

    @model_validator(mode="after")
    def _check_new(self) -> Self:
        if not self.id and "title" not in self.model_fields_set:
            raise rule("is required", "title")
        if not self.id and any(price.id for price in self.prices):
            raise rule("must not have ids, as the variant is new", "prices")
        return self


def _removed_options(value: Any) -> Any:
    raise PydanticCustomError(
        "sentence",
        "The 'options' property was removed in version 2.16.0."
        " Please remove it from your request payload.",
    )


class ProductPatch(Input):
    """Changes to a product; omitted keys keep their value, given lists replace the old ones."""

    title: Title = ""
    discountable: Flag = True
    is_giftcard: Flag = False
    options: Annotated[Any, BeforeValidator(_removed_options)] = None
    option_ids: list[str] = Field(default_factory=list[str])
    variants: list[ProductVariantPatch] = Field(default_factory=list[ProductVariantPatch])
    status: ProductStatus = "draft"
    subtitle: str | None = None
    description: str | None = None
    images: list[ImagePatch] = Field(default_factory=list[ImagePatch])
    thumbnail: str | None = None
    handle: str = ""
    type_id: str | None = None
    external_id: str | None = None
    collection_id: str | None = None
    categories: list[Reference] = Field(default_factory=list[Reference])
    tags: list[Reference] = Field(default_factory=list[Reference])
    sales_channels: list[Reference] = Field(default_factory=list[Reference])
    shipping_profile_id: str | None = None
    weight: Real | None = None
    length: Real | None = None
    height: Real | None = None
    width: Real | None = None
    hs_code: str | None = None
    mid_code: str | None = None
    origin_country: str | None = None
    material: str | None = None
    metadata: Metadata | None = None


class UpdateProduct(ProductPatch):
    additional_data: Metadata | None = None


class BatchedProductPatch(ProductPatch):
    id: str


class BatchProducts(Input):
    """Rows to delete, then to update, then to create, so a handle can be reused within one call."""

    create: list[ProductInput] = Field(default_factory=list[ProductInput])
    update: list[BatchedProductPatch] = Field(default_factory=list[BatchedProductPatch])
    delete: list[str] = Field(default_factory=list[str])


def as_new_variant(patch: ProductVariantPatch) -> VariantInput:
    """A row without id from a product's variant list, as a new variant."""
    given = patch.model_dump(exclude_unset=True, exclude={"id", "thumbnail"})
    return VariantInput.model_validate({"prices": [], **given}, strict=False)
