"""The tax lines of a cart or an order: the rates in one statement, and one call of the provider.

A caller that holds locks does the two steps separately: `find_taxes` reads, and `ask_taxes`, which
must come before anything is locked unless the provider is local, asks.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import NamedTuple

from merx.core.database import Database, Transaction
from merx.core.errors import InvalidData
from merx.modules.tax.applicable import Thing, find_regime
from merx.providers.at_once import answer_of
from merx.providers.tax import (
    ApplicableRate,
    Place,
    SystemTaxProvider,
    TaxableItem,
    TaxesUnknown,
    TaxProvider,
)

TaxProviders = Mapping[str, TaxProvider]
SYSTEM = SystemTaxProvider()


class Taxed(NamedTuple):
    """A line item with a product, or a shipping method with an option and quantity one."""

    id: str
    quantity: Decimal
    unit_price: Decimal
    product_id: str | None = None
    product_type_id: str | None = None
    shipping_option_id: str | None = None


@dataclass(frozen=True, slots=True)
class TaxQuestion:
    """What is bought where. `forced`: even if the region leaves taxes to another system.

    Without an address no taxes are due.
    """

    taxed: Sequence[Taxed]
    place: Place | None
    currency_code: str
    region_id: str | None = None
    forced: bool = False


class AppliedRate(NamedTuple):
    """A tax line to be stored; `provider_id` is what the API shows: `system`."""

    code: str
    description: str
    rate: Decimal
    tax_rate_id: str | None
    provider_id: str


TaxLines = Mapping[str, Sequence[AppliedRate]]
"""The lines of each line item and shipping method by its id; one without taxes has none."""


@dataclass(frozen=True, slots=True)
class TaxesToAsk:
    """The request to the provider."""

    provider_id: str
    place: Place
    items: Sequence[TaxableItem]

    @property
    def is_local(self) -> bool:
        """Whether the shop itself answers, so that it may be asked while rows are locked."""
        return self.provider_id == SYSTEM.id


async def tax_lines(database: Database, providers: TaxProviders, question: TaxQuestion) -> TaxLines:
    """The tax lines of everything in the question; no connection is held while a provider works.

    Raises InvalidData if the provider cannot calculate them.
    """
    async with database.read() as tx:
        asked = await find_taxes(tx, question)
    return await ask_taxes(providers, asked) if asked else {}


async def find_taxes(tx: Transaction, question: TaxQuestion) -> TaxesToAsk | None:
    """The rates that apply, in one statement; None if no taxes are due."""
    place, taxed = question.place, question.taxed
    if place is None or not taxed:
        return None
    regime = await find_regime(
        tx,
        [Thing(one.product_id, one.product_type_id, one.shipping_option_id) for one in taxed],
        country=place.country_code,
        province=place.province_code,
        region_id=None if question.forced else question.region_id,
    )
    if regime is None:
        return None
    items = [
        TaxableItem(
            one.id,
            [ApplicableRate(rate.id, rate.code, rate.name, rate.rate) for rate in rates],
            one.quantity,
            one.unit_price,
            question.currency_code,
            one.product_id,
            one.product_type_id,
            one.shipping_option_id,
        )
        for one, rates in zip(taxed, regime.rates, strict=True)
    ]
    return TaxesToAsk(regime.provider_id, place, items)


async def ask_taxes(providers: TaxProviders, asked: TaxesToAsk) -> TaxLines:
    """The provider's answer by line item and shipping method."""
    provider = providers.get(asked.provider_id)
    if provider is None:
        raise InvalidData(f"Tax provider {asked.provider_id} is not set up")
    try:
        call = provider.tax_lines(asked.items, asked.place)
        answered = await answer_of(call, is_local=asked.is_local)
    except TaxesUnknown as error:
        raise InvalidData(f"Taxes could not be calculated: {error}") from error
    lines: dict[str, list[AppliedRate]] = {item.id: [] for item in asked.items}
    for line in answered:
        if line.item_id not in lines:
            raise LookupError(f"{asked.provider_id} answered a line of unknown {line.item_id}")
        shown = asked.provider_id.removeprefix("tp_")
        lines[line.item_id].append(
            AppliedRate(line.code, line.name, line.rate, line.rate_id, shown)
        )
    return lines
