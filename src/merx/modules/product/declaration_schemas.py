"""The body that declares a product: its wanted state, whatever it is now."""

from collections.abc import Sequence
from typing import Self

from pydantic import Field, model_validator

from merx.core.kinds import Flag, Input, Metadata, Real, Stock, TidyTitle, Title, rule
from merx.modules.product.schemas import (
    ImageInput,
    PriceInput,
    ProductStatus,
    Reference,
    VariantInput,
)


class DeclaredOption(Input):
    """An option of the product, by title, with all the values the product offers."""

    title: TidyTitle
    values: list[TidyTitle] = Field(min_length=1)


class DeclaredStock(Input):
    """The stocked quantity of a variant at a location."""

    location_id: str
    stocked_quantity: Stock


class DeclaredVariant(VariantInput):
    """A variant, identified by its sku; `stock` leaves locations it does not name unchanged."""

    sku: str = Field(min_length=1)  # pyright: ignore[reportGeneralTypeIssues, reportIncompatibleVariableOverride]
    prices: list[PriceInput] = Field(default_factory=list[PriceInput])
    stock: list[DeclaredStock] = Field(default_factory=list[DeclaredStock])


class DeclareProduct(Input):
    """The wanted state of a product. Omitted keys stay unchanged; a given list is complete."""

    title: Title
    options: list[DeclaredOption]
    variants: list[DeclaredVariant]
    subtitle: str | None = None
    description: str | None = None
    is_giftcard: Flag = False
    discountable: Flag = True
    images: list[ImageInput] = Field(default_factory=list[ImageInput])
    thumbnail: str | None = None
    handle: str = ""
    status: ProductStatus = "draft"
    external_id: str | None = None
    type_id: str | None = None
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

    @model_validator(mode="after")
    def _check_once(self) -> Self:
        _refuse_repeats([option.title for option in self.options], "options")
        _refuse_repeats([variant.sku for variant in self.variants], "variants")
        return self


def _refuse_repeats(values: Sequence[str], name: str) -> None:
    if len(set(values)) < len(values):
        raise rule("must not name anything twice", name)
