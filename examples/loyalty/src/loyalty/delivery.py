"""A fulfillment provider whose price depends on the number of items."""

from collections.abc import Sequence
from decimal import Decimal

from merx.extending import Data, DeliveryPrice, ManualProvider, Parcel, ServiceOption


class MemberDelivery(ManualProvider):
    """Costs 5 in any currency, and nothing from ten items on."""

    id = "loyalty_members"

    async def options(self) -> Sequence[ServiceOption]:
        """A single service."""
        return (ServiceOption("member-delivery", "Member delivery"),)

    async def can_calculate(self, option: Data) -> bool:
        """Always: the price needs only the number of items."""
        return True

    async def calculate_price(self, option: Data, data: Data, parcel: Parcel) -> DeliveryPrice:
        """The price of a parcel."""
        items = sum(each.quantity for each in parcel.goods)
        return DeliveryPrice(Decimal(0 if items >= 10 else 5))
