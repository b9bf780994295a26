"""The body of a request to generate the variants that a product's options allow."""

from pydantic import Field

from merx.core.kinds import Flag, Input, Money, OpenInput, Tidy, TidyTitle
from merx.modules.product.schemas import PriceInput


class Surcharge(OpenInput):
    """What an option value adds to a price in the currency; may be negative."""

    currency_code: str
    amount: Money


class GenerateVariants(Input):
    """`options` are further values to offer, by the title of an option that the product uses.

    `combinations` are those to generate, by default all. In `title` and `sku`, an option's title in
    braces stands for its value, and `{handle}` for the product's handle. `surcharges` are added to
    `prices`, by option and value.
    """

    options: dict[Tidy, list[TidyTitle]] = Field(default_factory=dict[str, list[str]])
    combinations: list[dict[Tidy, Tidy]] = Field(default_factory=list[dict[str, str]])
    title: TidyTitle = ""
    sku: str | None = None
    prices: list[PriceInput] = Field(default_factory=list[PriceInput])
    surcharges: dict[Tidy, dict[Tidy, list[Surcharge]]] = Field(
        default_factory=dict[str, dict[str, list[Surcharge]]]
    )
    manage_inventory: Flag = True
    allow_backorder: Flag = False
