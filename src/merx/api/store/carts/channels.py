"""The sales channel of a new cart: one of the publishable key's channels."""

from merx.access.store import Storefront
from merx.core.errors import UnfitKey

_FOREIGN = (
    "Sales channel ID in payload {} is not associated with the Publishable API Key in the header."
)
_SEVERAL = (
    "Cannot assign sales channel to cart. The Publishable API Key in the header has multiple"
    " associated sales channels. Please provide a sales channel ID in the request body."
)


def channel_for(shop: Storefront, wanted: str | None) -> str | None:
    """The requested channel, or the key's only one; raises `UnfitKey`."""
    channels = shop.sales_channel_ids
    if wanted is not None:
        if wanted not in channels:
            raise UnfitKey(_FOREIGN.format(wanted))
        return wanted
    if len(channels) > 1:
        raise UnfitKey(_SEVERAL)
    return channels[0] if channels else None
